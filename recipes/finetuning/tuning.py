"""Thresholds of finished weights, found on held-out files by the app; they and the weights' card go to a new folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import VisitorError, WeightsError
from recipes.finetuning import cards
from recipes.pretraining import RecipeError

Say = Callable[[str], None]


def reading(weights: Path, dev: Sequence[Path], limit: int | None, out: Path, say: Say) -> None:
    """Of "no answer", one a way of answering (see `core.reading.score.tuned`); written with the weights to `out`.

    Args:
        weights: of the task.
        dev: held-out files.
        limit: questions of each that are read; None: all.
        out: the folder that is written.
        say: a line of progress.

    Raises:
        RecipeError: a file holds no question, or none of all has an answer.
        VisitorError: a file or the weights cannot be used.
    """
    from core import bert
    from core.reading.data import usable_questions
    from core.reading.model import ReadingModel
    from core.reading.score import tuned
    from core.reading.task import Reader

    held = _held(usable_questions, dev, limit, "question", say)
    if not any(question.answers for some in held.values() for question in some):
        raise RecipeError("No question of the held-out files has an answer: no threshold can be chosen on them.")
    if "reading" not in bert.read_config(weights):  # a base could be read too, with a pointer that knows nothing
        raise WeightsError("weights_no_task", name=weights.name, task="reading")
    card, model = cards.read(weights), ReadingModel(weights)
    for method in model.methods:
        model.thresholds[method] = tuned(Reader.of(model), list(held.values()), method)
        say(f"{method}: {model.thresholds[method]}")
    model.save(out)
    _hand_on(card, weights, out, model.thresholds, held, say)


def triples(weights: Path, dev: Sequence[Path], limit: int | None, out: Path, say: Say) -> None:
    """From which a triple counts, so that F1 is best; written with the weights to `out`.

    Args:
        weights: of the task.
        dev: held-out files; partially labelled rows in them are left out.
        limit: sentences of each that are read; None: all.
        out: the folder that is written.
        say: a line of progress.

    Raises:
        RecipeError: a file holds no fully labelled sentence, or none of all has a triple.
        VisitorError: a file or the weights cannot be used.
    """
    from core.triples.data import usable_sentences
    from core.triples.model import TriplesModel
    from core.triples.score import best_threshold, extracted, true_keys
    from core.triples.task import FLOOR, Extractor

    def fully_labelled(paths: Sequence[Path], limit: int | None, say: Say) -> list:
        sentences = usable_sentences(paths, limit, say)
        full = [sentence for sentence in sentences if not sentence.partial]
        if len(full) < len(sentences):
            say(f"left out {len(sentences) - len(full):,} partially labelled rows")
        return full

    held = _held(fully_labelled, dev, limit, "fully labelled sentence", say)
    sentences = [sentence for some in held.values() for sentence in some]
    if not any(sentence.triples for sentence in sentences):
        raise RecipeError("No sentence of the held-out files has a triple: no threshold can be chosen on them.")
    card, model = cards.read(weights), TriplesModel(weights)
    found = extracted(Extractor.of(model), sentences)
    pairs = list(zip(map(true_keys, sentences), found, strict=True))
    model.threshold = max(FLOOR, round(best_threshold(pairs), 4))
    say(f"threshold: {model.threshold}")
    model.save(out)
    _hand_on(card, weights, out, {"threshold": model.threshold}, held, say)


TUNERS = {"reading": reading, "triples": triples}


def _held(
    usable: Callable[..., list], dev: Sequence[Path], limit: int | None, what: str, say: Say
) -> dict[Path, list[Any]]:
    """The records of each file, bad rows named.

    Raises:
        RecipeError: a file has none.
        VisitorError: a file cannot be read.
    """
    held = {}
    for path in dev:
        try:
            held[path] = usable([path], limit, say)
        except VisitorError as error:
            if error.key != "no_rows":
                raise
            held[path] = []
        if not held[path]:
            raise RecipeError(f"{path} holds no {what}: no threshold can be chosen on it.")
        say(f"{path.name}: {len(held[path]):,} records")
    return held


def _hand_on(
    card: str, weights: Path, out: Path, thresholds: Mapping[str, float], held: Mapping[Path, list], say: Say
) -> None:
    """Write the card of the weights beside the tuned ones."""
    if not card:
        say(f"{weights} has no {cards.CARD}: write one before these weights are handed on")
        return
    counts = {path.name: len(some) for path, some in held.items()}
    (out / cards.CARD).write_text(cards.with_thresholds(card, thresholds, counts), encoding="utf-8")
