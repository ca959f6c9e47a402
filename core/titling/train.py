"""Training a titling model: `python -m core train titling`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import backend, training
from core.errors import VisitorError
from core.titling import copying, data
from core.titling.model import TitlingModel


@dataclass(frozen=True)
class Options:
    """What a run needs beside the data: see `core.training.Settings` for its length and rate.

    copy: the copy head; None keeps the base's own, or the pointer.
    max_source: pieces of an article that are read.
    tokens: places a batch, padding included.
    dev_limit: pairs of each dev file that are scored.
    """

    copy: str | None = None
    max_source: int = 256
    tokens: int = 4096
    dropout: float = 0.0
    dev_limit: int = 150
    settings: training.Settings = field(default_factory=training.Settings)


def train(
    files: Sequence[Path],
    dev: Sequence[Path],
    base: Path,
    out: Path,
    options: Options | None = None,
    say: Callable[[str], None] = print,
) -> list[dict]:
    """Train on `files`, score on `dev`, keep the best in `out`; a run found in `out` is resumed.

    Returns:
        The run's table, a row an epoch.

    Raises:
        VisitorError: a file cannot be read, or holds no pair at all.
    """
    options = options or Options()
    tf = backend.load().tf
    model = TitlingModel(base, options.copy, options.max_source, options.dropout)
    began = time.monotonic()
    examples = _examples(files, model, None, out / "run", say)
    held = [e for file in dev for e in _examples([file], model, options.dev_limit, out / "run", say)]
    say(f"{len(examples):,} pairs to train on, {len(held):,} to score on, read in {time.monotonic() - began:.0f} s")

    def loss(tokens, segments, sources, targets, tags):
        return model.loss(tokens, segments, sources, targets, tags, training=True)

    def epoch_batches(epoch: int) -> Iterator[tuple]:
        for batch in data.batches(examples, options.tokens, options.settings.seed * 1000 + epoch):
            yield _arrays(batch, model.copy)

    @tf.function(reduce_retracing=True)
    def held_loss(arrays):
        return model.loss(*arrays, training=False)

    def score() -> dict[str, float]:
        sums = [held_loss(_arrays(b, model.copy)) for b in data.batches(held, options.tokens, 0)]
        if not sums:
            return {"dev-loss": 0.0}
        return {"negative-dev-loss": -float(sum(s for s, _ in sums)) / float(sum(n for _, n in sums))}

    return training.train(
        model.variables, loss, epoch_batches, score, lambda: model.save(out), out / "run", options.settings, say
    )


def _examples(
    files: Sequence[Path], model: TitlingModel, limit: int | None, cache: Path, say: Callable[[str], None]
) -> list[data.Example]:
    """The files' examples; kept in `cache`, since choosing sentences from long articles takes minutes."""
    stamp = [[file.name, file.stat().st_size] for file in files if file.is_file()]
    key = json.dumps([stamp, limit, model.max_source, model.tokenizer.vocabulary_text])
    kept = cache / f"examples-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    if kept.is_file():
        return data.load_examples(kept)
    pairs, bad = data.read_pairs(files, limit)
    for row in bad[:20]:
        say(f"left out {row}")
    if len(bad) > 20:
        say(f"left out {len(bad) - 20} more rows")
    if not pairs:
        raise VisitorError("no_rows", fields="text, title")
    examples = data.encode(pairs, model.tokenizer, model.max_source)
    data.save_examples(kept, examples)
    return examples


def _arrays(batch: data.Batch, copy: str) -> tuple[np.ndarray, ...]:
    """A batch as the model's loss takes it; the tags only where the copy head reads them."""
    tags = np.zeros_like(batch.targets)
    if copy == "bio":
        for i, (source, target) in enumerate(zip(batch.sources, batch.targets, strict=True)):
            length = int((target > 0).sum())
            tags[i, :length] = copying.tags(batch.tokens[i, :source], target[:length])
    return batch.tokens, batch.segments, batch.sources, batch.targets, tags
