"""Thresholds of finished weights, found on held-out files by the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path


def reading(weights: Path, dev: Sequence[Path], limit: int | None, out: Path, say: Callable[[str], None]) -> None:
    """Of "no answer", one a way of answering (see `core.reading.score.tuned`); written with the weights to `out`."""
    from core.reading.data import read_questions
    from core.reading.model import ReadingModel
    from core.reading.score import tuned
    from core.reading.task import Reader

    model = ReadingModel(weights)
    held = [read_questions([path], limit)[0] for path in dev]
    for method in model.methods:
        model.thresholds[method] = tuned(Reader.of(model), held, method)
        say(f"{method}: {model.thresholds[method]}")
    model.save(out)


def triples(weights: Path, dev: Sequence[Path], limit: int | None, out: Path, say: Callable[[str], None]) -> None:
    """From which a triple counts, so that F1 is best; written with the weights to `out`."""
    from core.triples.data import read_sentences
    from core.triples.model import TriplesModel
    from core.triples.score import best_threshold, extracted, true_keys
    from core.triples.task import FLOOR, Extractor

    model = TriplesModel(weights)
    held = [sentence for sentence in read_sentences(dev, limit)[0] if not sentence.partial]
    found = extracted(Extractor.of(model), held)
    model.threshold = max(FLOOR, round(best_threshold(list(zip(map(true_keys, held), found, strict=True))), 4))
    say(f"threshold: {model.threshold}")
    model.save(out)


TUNERS = {"reading": reading, "triples": triples}
