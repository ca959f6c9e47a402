"""Training a reading model: `python -m core train reading`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import backend, training
from core.distribution import Workers
from core.errors import VisitorError
from core.reading import batches, data
from core.reading.model import ReadingModel
from core.reading.score import score, tuned
from core.reading.task import Reader

_CHUNK = 1500  # rows among which those of like length are put together


@dataclass(frozen=True)
class Options:
    """What a run needs beside the data: see `core.training.Settings` for its length and rate.

    places: mask places, the [SEP] behind an answer among them; longer answers are left out.
    question, passage: pieces of a question and of a window that are read.
    tokens: places a batch, padding included.
    seq2seq: share of the batches that teach to write the answer rather than to read it off.
    negatives: chance that a question with an answer is shown a passage without it.
    unanswerable: chance that a question without an answer is taken in a pass.
    dropout: rate while training.
    dev_limit: questions of each dev file that are scored; None: all.
    """

    places: int = 32
    question: int = 64
    passage: int = 256
    tokens: int = 4096
    seq2seq: float = 0.25
    negatives: float = 0.1
    unanswerable: float = 0.5
    dropout: float = 0.1
    dev_limit: int | None = 300
    settings: training.Settings = field(default_factory=lambda: training.Settings(epochs=3, rate=3e-4))


# for the command line
HELPS = {
    "places": "mask places: pieces of the longest answer, and one",
    "question": "pieces of a question that are read",
    "passage": "pieces of a passage that are read at once",
    "tokens": "places a batch, padding included",
    "seq2seq": "share of the batches that teach to write answers piece by piece",
    "negatives": "chance that a question is shown a passage without its answer",
    "unanswerable": "chance that a question without an answer is taken in a pass",
    "dropout": "rate",
    "dev_limit": "questions of each dev file that are scored after an epoch",
}
CHOICES: dict[str, Sequence[str]] = {}


def train(
    files: Sequence[Path],
    dev: Sequence[Path],
    base: Path,
    out: Path,
    options: Options | None = None,
    say: Callable[[str], None] = print,
) -> list[dict]:
    """Train on `files`, score on `dev`, keep the best in `out`; a run found in `out` is resumed.

    The threshold of "no answer" is tuned on `dev` at every scoring and stored with the weights.

    Returns:
        The run's table, a row an epoch: mean of exact match and F1 over the dev files (percent), the threshold.

    Raises:
        VisitorError: a file cannot be read, or holds no question that can be used.
    """
    options = options or Options()
    settings = options.settings
    sizes = batches.Sizes(options.places, options.question, options.passage)
    workers = Workers(settings.strategy)
    with workers.scope(), backend.precision(settings.precision):
        model = ReadingModel(base, sizes, options.dropout)
    examples, out_of_it = batches.encode(data.usable_questions(files, None, say), model.tokenizer, sizes)
    held = {file: data.usable_questions([file], options.dev_limit, say) for file in dev}
    names = training.names_of(dev)
    if not any(example.length for example in examples):
        raise VisitorError("reading_none_fit")
    say(f"{len(examples):,} passages to train on ({out_of_it:,} left out: their answer is too long, or not in them), "
        f"{sum(map(len, held.values())):,} questions to score on")  # fmt: skip
    reader = Reader.of(model)

    def loss(*arrays):
        if len(arrays) == 4:
            return model.masks_loss(*arrays, training=True)
        return model.seq2seq_loss(*arrays[:4], training=True)

    def epoch_batches(epoch: int) -> Iterator[tuple]:
        rng = np.random.default_rng([settings.seed, epoch])
        some = list(batches.rows(examples, options.negatives, options.unanswerable, sizes.passage, rng))
        for start in range(0, len(some), _CHUNK):
            for group in batches.grouped(some[start : start + _CHUNK], sizes.places, options.tokens, rng):
                if rng.random() < options.seq2seq:
                    yield batches.collate_seq2seq(group, model.tokenizer)
                else:
                    yield batches.collate(group, model.tokenizer, sizes.places)

    def scores() -> dict[str, float]:
        """Means over the dev files and then each, at the threshold that is best for all of them."""
        if not held:
            return {}
        for method in model.methods:
            model.thresholds[method] = tuned(reader, list(held.values()), method)
            if method == model.methods[0]:
                each = {names[file]: score(reader, questions).mean for file, questions in held.items()}
        mean = sum(each.values()) / len(each)
        return {"mean": mean, **(each if len(each) > 1 else {}), "threshold": model.thresholds[model.methods[0]]}

    return training.train(
        model.variables, loss, epoch_batches, scores, lambda: model.save(out), out / "run", settings, say, workers
    )
