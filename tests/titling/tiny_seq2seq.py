"""Weights of the model of 2018 of width 24, and what is asked of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core import bert
from core.decoding import Decoder
from core.titling.seq2seq import Seq2SeqModel
from core.titling.seq2seq_config import Sizes
from core.titling.seq2seq_weights import first_tensors
from tests.conftest import tiny_vocabulary

END, FREE = 3, 5  # id of [SEP], and of the first piece that is no special one


def tiny_folder(parent: Path, copy: str = "prior", vocabulary: list[str] | None = None, noise: float = 0.3) -> Path:
    """Weights of width 24 with noise so large that probabilities are far from even."""
    pieces = vocabulary or tiny_vocabulary()
    sizes = Sizes(len(pieces), 16, 24, 2, 5)
    rng = np.random.default_rng(7)
    tensors = {n: t + rng.normal(0, noise, t.shape) for n, t in first_tensors(sizes).items()}
    tensors["output.bias"][END] += 3
    if copy == "prior":
        tensors |= {n: rng.normal(0.5, 0.5, len(pieces)) for n in ("copy.log_scale", "copy.shift")}
    bert.write_folder(parent / copy, sizes.config(copy, 60), "\n".join(pieces) + "\n", tensors, half=False)
    return parent / copy


def a_decoder(model: Seq2SeqModel) -> Decoder:
    return Decoder(model, model.head, END, (0, 1, 2, 4))


def articles(model: Seq2SeqModel, count: int, seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    size = model.sizes.vocab_size
    return [[2, *rng.integers(FREE, size, rng.integers(1, 40)).tolist(), END] for _ in range(count)]


def padded(rows: list[list[int]], length: int | None = None) -> np.ndarray:
    array = np.zeros((len(rows), length or max(map(len, rows))), np.int32)
    for row, values in zip(array, rows, strict=True):
        row[: len(values)] = values
    return array


def forced_log_probs(model: Seq2SeqModel, source: list[int], written: np.ndarray) -> np.ndarray:
    """log p of the next piece after each prefix of the rows of `written` (n, T): (n, T + 1, vocabulary)."""
    tokens = np.repeat([source], len(written), 0).astype(np.int32)
    hidden, memory = model.read(tokens)
    features = model.forced(np.pad(written, [(0, 0), (0, 1)]).astype(np.int32), memory)
    return model.head.log_probs(model.head.prepare(hidden, tokens), features, model.logits(features, memory)).numpy()
