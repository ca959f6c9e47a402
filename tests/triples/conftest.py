"""Tiny weights for triples, and an extractor that is told what to find."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core import bert
from core.tokenizer import Tokenizer
from core.triples import schema
from core.triples.model import TriplesModel
from tests.conftest import SPECIALS, TINY_CONFIG, tiny_vocabulary

DOCS = Path(__file__).parents[2] / "docs" / "triples"
ROWS = """\
{"predicate": "作者", "subject_type": "图书作品", "object_type": {"@value": "人物"}}
{"predicate": "上映时间", "subject_type": "影视作品", "object_type": {"inArea": "地点", "@value": "Date"}}
{"predicate": "首都", "subject_type": "国家", "object_type": "城市"}
"""


def write_base(folder: Path, pieces: list[str], noise: float) -> Path:
    """An encoder of 2 layers of width 32 with these pieces."""
    config = {k: v for k, v in TINY_CONFIG.items() if k != "titling"} | {"vocab_size": len(pieces)}
    rng = np.random.default_rng(4)
    tensors = {n: t + rng.normal(0, noise, t.shape) for n, t in bert.random_tensors(config, seed=3).items()}
    bert.write_folder(folder, config, "\n".join(pieces) + "\n", tensors)
    return folder


@pytest.fixture(scope="session")
def schema_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "schema.jsonl"
    path.write_text(ROWS, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base that has learned nothing, its weights large enough that no two places look alike."""
    return write_base(tmp_path_factory.mktemp("base") / "tiny", tiny_vocabulary(), 0.2)


@dataclass(frozen=True)
class Reader:
    """What reading data needs of a model."""

    tokenizer: Tokenizer
    schema: schema.Schema


@pytest.fixture(scope="session")
def reader(base: Path, schema_file: Path) -> Reader:
    return Reader(Tokenizer(base / "vocab.txt"), schema.read(schema_file))


@pytest.fixture(scope="session")
def model(base: Path, schema_file: Path) -> TriplesModel:
    """A model around it whose heads say yes often; never to be trained."""
    made = TriplesModel(base, schema.read(schema_file), 96)
    rng = np.random.default_rng(5)
    for variable in made._heads().values():
        variable.assign_add(rng.normal(0, 0.3, variable.shape).astype(np.float32))
    made.subject.bias.assign([1.0, 1.0])
    made.object.bias.assign(np.full(8, 1.0, np.float32))
    return made


@pytest.fixture(scope="session")
def dishes_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder whose pieces are the characters of the worked example."""
    characters = sorted(set((DOCS / "dishes.jsonl").read_text(encoding="utf-8")) - set('\n "'))
    return write_base(tmp_path_factory.mktemp("base") / "dishes", [*SPECIALS, *characters], 0.0)
