"""A few hundred short texts that follow rules a tiny network can learn, and the corpus packed from them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core import bert
from core.reading import batches
from core.reading.data import Passage, Question
from core.tokenizer import Tokenizer
from recipes.pretraining import packing
from recipes.pretraining.corpus import Corpus
from tests.reading.conftest import SIZES, write

_WHO = ["王莹", "李明", "海东", "记者", "老师", "公司", "学生", "研究人员"]
_WHERE = ["北京", "上海市", "天津", "杭州", "图书馆", "学校", "实验室"]
_WHAT = ["提高了准确率", "发表了文章", "研究了数据", "参加了比赛", "学习了方法"]
SEPARATOR = "\u3002"


def sentence(rng: np.random.Generator) -> str:
    """A sentence of three parts."""
    return f"{rng.choice(_WHO)}\u5728{rng.choice(_WHERE)}{rng.choice(_WHAT)}{SEPARATOR}"


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """torch on one thread, where a test has it: beside other work its threads would wait for each other."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    yield
    if torch:
        torch.set_num_threads(before)


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a .txt (documents between blank lines), a .jsonl with titles in a subfolder, and a file for
    measuring."""
    folder = tmp_path_factory.mktemp("texts")
    rng = np.random.default_rng(0)
    documents = ["\n".join(sentence(rng) for _ in range(rng.integers(1, 4))) for _ in range(250)]
    (folder / "plain.txt").write_text("\n\n".join(documents), encoding="utf-8")
    (folder / "more").mkdir()
    rows = [{"text": "".join(sentence(rng) for _ in range(5)), "title": sentence(rng)[:-1]} for _ in range(150)]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "more" / "titles.jsonl").write_text(lines, encoding="utf-8")
    (folder / "more" / "titles.dev.jsonl").write_text('{"text": "\u4e0d\u8bb8\u8bfb"}', encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def corpus(texts: Path) -> Corpus:
    """The folder, packed."""
    return packing.pack(texts, size=300, say=lambda line: None)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """An encoder as the language tasks begin with."""
    return write(tmp_path / "tiny-base", 0.0)


@pytest.fixture
def reading(base: Path) -> dict[str, list]:
    """Two sets of questions, encoded."""
    tokenizer = Tokenizer(base / bert.VOCAB)
    some = [Question(f"{a}在？", (Passage(f"{a}在{b}。", (b,)),), (b,)) for a in "王林东" for b in ("北京", "上海")]
    examples, _ = batches.encode(some, tokenizer, SIZES)
    return {"one": examples * 20, "other": examples}
