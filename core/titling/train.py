"""Training a titling model: `python -m core train titling`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import backend, bert, training
from core.distribution import Workers
from core.errors import VisitorError
from core.titling import copying, data
from core.titling.model import TitlingModel
from core.titling.score import score
from core.titling.seq2seq import Seq2SeqModel
from core.titling.task import MODELS, Titler


@dataclass(frozen=True)
class Options:
    """What a run needs beside the data: see `core.training.Settings` for its length and rate.

    model: "unilm", the BERT, or "seq2seq", the model of 2018 (`core.titling.seq2seq`): that one takes of a BERT only
        the vocabulary and the embedding to begin with, and knows neither bfloat16 nor `compile`.
    copy: the copy head; None keeps the base's own, else takes the pointer; for seq2seq "none" or the prior.
    max_source: pieces of an article that are read.
    tokens: places a batch, padding included.
    dev_limit: pairs of each dev file that are scored.
    """

    copy: str | None = None
    max_source: int = 256
    tokens: int = 4096
    dropout: float = 0.0
    dev_limit: int = 150
    model: str = "unilm"
    settings: training.Settings = field(default_factory=training.Settings)


# for the command line
HELPS = {
    "model": "unilm: a BERT; seq2seq: the LSTMs of 2018, from the vocabulary of a base or from weights of their own, "
    "without --bfloat16 and --compile",
    "copy": "how titles copy from the article; default: as the base does",
    "max_source": "pieces of a text that are read",
    "tokens": "places a batch, padding included",
    "dropout": "rate",
    "dev_limit": "examples of each dev file that are scored after an epoch",
}
CHOICES = {"copy": copying.KINDS, "model": MODELS}


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
        VisitorError: a file cannot be read, or holds no pair at all; or the model does not know a setting.
    """
    options = options or Options()
    if options.model == "seq2seq":  # told before hours are spent without it
        for name in ("bfloat16", "compile"):
            if getattr(options.settings, name):
                raise VisitorError("not_for_model", name=f"--{name}", model=options.model)
    workers = Workers(options.settings.strategy)
    with workers.scope():
        model = _model(base, options)
    began = time.monotonic()
    examples = _examples(files, model, out / "run", say)
    held = {file: data.usable_pairs([file], options.dev_limit, say) for file in dev}
    say(f"{len(examples):,} pairs to train on, {sum(map(len, held.values())):,} to score on, "
        f"read in {time.monotonic() - began:.0f} s")  # fmt: skip
    titler, names = Titler.of(model), training.names_of(dev)

    def loss(*arrays):
        return model.loss(*arrays, training=True)

    def epoch_batches(epoch: int) -> Iterator[tuple]:
        for batch in data.batches(examples, options.tokens, options.settings.seed * 1000 + epoch):
            yield data.apart(batch) if options.model == "seq2seq" else _arrays(batch, model.copy)

    def rouge() -> dict[str, float]:
        """Rouge-L of what the model writes now: the mean over the dev files, then each of them."""
        each = {names[file]: score(titler, pairs).rouge_l for file, pairs in held.items()}
        mean = sum(each.values()) / max(1, len(each))
        return {"rouge-l": mean, **(each if len(each) > 1 else {})} if each else {}

    keep, run = (lambda: model.save(out)), out / "run"
    return training.train(model.variables, loss, epoch_batches, rouge, keep, run, options.settings, say, workers)


def _model(base: Path, options: Options) -> TitlingModel | Seq2SeqModel:
    if options.model == "seq2seq":
        return Seq2SeqModel(base, options.copy, options.max_source, options.dropout)
    with backend.precision(options.settings.precision):
        return TitlingModel(base, options.copy or _copy_of(base), options.max_source, options.dropout)


def _copy_of(base: Path) -> str:
    """The copy head to train with: the base's own where it has one, else the pointer."""
    section = bert.read_config(base).get("titling")
    return section.get("copy", "pointer") if isinstance(section, dict) else "pointer"


def _examples(
    files: Sequence[Path], model: TitlingModel | Seq2SeqModel, cache: Path, say: Callable[[str], None]
) -> list[data.Example]:
    """The files' examples; kept in `cache`, since choosing sentences from long articles takes minutes."""
    stamp = [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    key = json.dumps([stamp, model.max_source, model.tokenizer.vocabulary_text])
    kept = cache / f"examples-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    if kept.is_file():
        return data.load_examples(kept)
    examples = data.encode(data.usable_pairs(files, None, say), model.tokenizer, model.max_source)
    if not examples:
        raise VisitorError("no_rows", fields=f"text, title (under {data.MAX_TITLE} pieces)")
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
