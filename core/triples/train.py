"""Training a triples model: `python -m core train triples`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import backend, training
from core.distribution import Workers
from core.errors import VisitorError, language
from core.triples import data, schema
from core.triples.model import TriplesModel
from core.triples.score import best_threshold, extracted, measure, true_keys
from core.triples.task import FLOOR, Extractor


@dataclass(frozen=True)
class Options:
    """What a run needs beside the data: see `core.training.Settings` for its length and rate.

    schema: the file of predicates; None takes the one beside the base.
    max_length: pieces of a sentence that are read.
    tokens: places a batch, padding included.
    subjects: how many subjects of a sentence one pass asks the objects of.  1: a random one with ends mixed, as in the
        post; 0: all of them and one negative, which learns more from a pass.
    dropout: rate while training.
    marks: characters that no mention crosses, ours beside the post's method; empty if yours are whole clauses or lists.
    dev_limit: sentences of the dev files that are scored; None: all.
    """

    schema: str | None = None
    max_length: int = 256
    tokens: int = 2048
    subjects: int = 0
    dropout: float = 0.1
    marks: str = "\uff0c\u3002\uff1b\u3001"
    dev_limit: int | None = None
    settings: training.Settings = field(default_factory=lambda: training.Settings(epochs=20, rate=4e-4, ema=0.999))


# for the command line
HELPS = {
    "schema": "file of predicates and types, in DuIE's form; default: the one beside the base",
    "max_length": "pieces of a sentence that are read",
    "tokens": "places a batch, padding included",
    "subjects": "subjects asked a sentence and pass; 1: as in the post, 0: all and one negative",
    "dropout": "rate",
    "marks": "characters that no mention crosses; '' if yours are whole clauses or lists",
    "dev_limit": "sentences of the dev files that are scored after an epoch; default: all",
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

    The threshold is tuned on `dev` at every scoring and stored with the weights.

    Returns:
        The run's table, a row an epoch: F1, precision, recall (percent), the threshold.

    Raises:
        VisitorError: a file cannot be read, or holds nothing that the schema's predicates fit.
    """
    options = options or Options()
    settings = options.settings
    if options.subjects < 0:
        raise VisitorError("out_of_range", name="subjects", least=0, most=1000)
    known = schema.read(Path(options.schema)) if options.schema else None
    workers = Workers(settings.strategy)
    with workers.scope(), backend.precision(settings.precision):
        model = TriplesModel(base, known, options.max_length, options.dropout, settings.seed)
    model.marks = options.marks
    examples = _examples(files, model, say)
    held = [s for s in data.usable_sentences(dev, options.dev_limit, say) if not s.partial]
    if not held:
        raise VisitorError("no_rows", fields="text, spo_list")
    say(f"{len(examples):,} sentences to train on, {sum(e.partial for e in examples):,} of them partially labelled; "
        f"{len(held):,} to score on; {len(model.schema.labels)} labels")  # fmt: skip
    extractor = Extractor.of(model)
    truths = [true_keys(sentence) for sentence in held]

    def epoch_batches(epoch: int) -> Iterator[tuple]:
        for batch in data.batches(examples, options.tokens, options.subjects, settings.seed * 1000 + epoch):
            yield batch.arrays()

    def f1() -> dict[str, float]:
        """F1 at the threshold that is best on the dev files; the model keeps it."""
        found = extracted(extractor, held)
        model.threshold = max(FLOOR, round(best_threshold(list(zip(truths, found, strict=True))), 4))
        least = model.threshold
        scores = measure((t, {k for k, p in f.items() if p >= least}) for t, f in zip(truths, found, strict=True))
        return {"f1": scores.f1, "precision": scores.precision, "recall": scores.recall, "threshold": least}

    for line in warnings(settings, sum(1 for _ in epoch_batches(0))):
        say(line)
    return training.train(
        model.variables, model.loss, epoch_batches, f1, lambda: model.save(out), out / "run", settings, say, workers
    )


def warnings(settings: training.Settings, batches: int) -> list[str]:
    """What to say before a run whose length is known to be too short for its average of weights.

    The average still holds `ema ** updates` of the untrained weights; scored with them, F1 is 0 however well the run
    goes, and that is what most people ask about who try the post's code.
    """
    windows = math.ceil(batches / settings.accumulate)
    updates = min(settings.epochs * windows, settings.updates or math.inf)
    left = settings.ema**updates if settings.ema else 0.0
    if left <= training.EMA_LEFT:
        return []
    fitting = 1 - 3 / max(updates, 4)
    return [VisitorError("ema_too_long", updates=int(updates), ema=settings.ema, share=f"{left:.0%}",
                         fitting=f"{max(0.0, fitting):.3g}").sentence(language())]  # fmt: skip


def _examples(files: Sequence[Path], model: TriplesModel, say: Callable[[str], None]) -> list[data.Example]:
    sentences = data.usable_sentences(files, None, say)
    whole = {s.text for s in sentences if not s.partial}
    again = [s for s in sentences if s.partial and s.text in whole]  # the full labels say all there is to say
    sentences = [s for s in sentences if not s.partial or s.text not in whole]
    examples = data.encode(sentences, model.tokenizer, model.schema, model.max_length)
    kept, wanted = sum(len(o) for e in examples for o in e.subjects.values()), 0
    wanted = sum(len(g.slots) for s in sentences for g in s.triples)
    if kept < wanted:
        unknown = sum(g.predicate not in model.schema.names for s in sentences for g in s.triples)
        say(f"left out {wanted - kept:,} of {wanted:,} marked values: {unknown:,} of predicates that the schema has "
            f"not, the others not found in their text or beyond {model.max_length} pieces")  # fmt: skip
    if again:
        say(f"left out {len(again):,} partially labelled rows whose sentence is there with all its labels")
    if not any(example.subjects for example in examples):
        raise VisitorError("triples_none_fit")
    return examples
