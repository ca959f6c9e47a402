"""Tiny weights for reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import bert
from core.reading.batches import Sizes
from core.reading.model import ReadingModel
from tests.conftest import TINY_CONFIG, tiny_vocabulary

SIZES = Sizes(places=6, question=12, passage=40)


def write(folder: Path, noise: float, **reading) -> Path:
    """An encoder of 2 layers of width 32, with a pointer if `reading` says what config.json is to say of it."""
    pieces = tiny_vocabulary()
    config = {k: v for k, v in TINY_CONFIG.items() if k != "titling"} | {"vocab_size": len(pieces)}
    rng = np.random.default_rng(4)
    tensors = {n: t + rng.normal(0, noise, t.shape) for n, t in bert.random_tensors(config, seed=3).items()}
    if reading:
        config["reading"] = {"copy": "pointer", **reading}
        width = config["hidden_size"]
        for name, shape in (("query.weight", (width, width)), ("key.weight", (width, width)),
                            ("gate.weight", (2 * width, 1)), ("gate.bias", (1,))):  # fmt: skip
            tensors[f"copy.{name}"] = rng.normal(0, max(noise, 0.02), shape)
    bert.write_folder(folder, config, "\n".join(pieces) + "\n", tensors)
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base that has learned nothing."""
    return write(tmp_path_factory.mktemp("base") / "tiny", 0.0)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reading weights, large enough that no two places look alike; never to be written to."""
    sizes = {"places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage}
    return write(tmp_path_factory.mktemp("reading") / "tiny", 0.3, **sizes, thresholds={"masks": 0.25, "seq2seq": 0.5})


@pytest.fixture(scope="session")
def model(folder: Path) -> ReadingModel:
    """The model of `folder`; never to be trained."""
    return ReadingModel(folder)
