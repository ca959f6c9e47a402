"""Answers to the questions of many rows: which columns are read, which come out, and how rows are answered together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from core.bulk.columns import counts, texts
from core.errors import VisitorError
from core.reading.citing import best, line
from core.reading.results import Asking
from core.reading.task import Reader

COLUMNS = {"text": "what is read", "question": "the question"}
Settings = Asking
BATCH = 32  # rows whose passages are read together


def check(settings: Asking) -> None:
    """Raises VisitorError where a value is out of its range."""
    settings.checked()


def schema() -> list[pa.Field]:
    """The question; the answer, "" where there is none, its probability, score and sentence, as `answer --json` has
    them; its place in the text, none without an answer; how many passages were read; and what is worth knowing, a key
    of the sentences."""
    numbers = [pa.field(name, pa.float64()) for name in ("probability", "score")]
    places = counts("start", "end", "passages")
    return [*texts("question", "answer"), *numbers, *texts("evidence"), *places, *texts("notice")]


def answers(
    model: Reader, rows: Sequence[tuple[str, ...]], settings: Asking, batch: int
) -> Iterator[dict[str, Any] | VisitorError]:
    """Of each row its columns of `schema`, in the order of the rows, or why it has none."""
    results = model.answer_many([(question, text) for text, question in rows], settings)
    for (text, _), result in zip(rows, results, strict=True):
        if isinstance(result, VisitorError):
            yield result
            continue
        candidate = best(result)
        places = (candidate.evidence_start, candidate.evidence_end) if candidate else (0, 0)
        yield {
            **{name: getattr(result, name) for name in ("question", "answer", "probability", "score", "notice")},
            "evidence": line(text[slice(*places)]),
            "start": candidate.start if candidate else None,
            "end": candidate.end if candidate else None,
            "passages": len(result.passages),
        }
