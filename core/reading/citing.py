"""A reading with the words that its places stand for, as JSON has it: who sent a file has its text nowhere else."""

from __future__ import annotations

import dataclasses
from typing import Any

from core.reading.index import Library
from core.reading.results import Candidate, ReadingResult
from core.text import clean


def best(result: ReadingResult) -> Candidate | None:
    """The candidate that the answer is taken from; None without an answer."""
    return result.candidates[result.votes[0].candidates[0]] if result.votes else None


def evidence(result: ReadingResult, candidate: Candidate, library: Library) -> tuple[str, str, str, str]:
    """Where a candidate's answer stands.

    Args:
        candidate: one with an answer.
        library: what was read.

    Returns:
        The document's name; its sentence before the answer, the answer, and the sentence behind it, as they are
        written there.
    """
    document = library.documents[result.passages[candidate.passage].source]
    edges = (candidate.evidence_start, candidate.start, candidate.end, candidate.evidence_end)
    before, answer, after = (document.text[a:b] for a, b in zip(edges, edges[1:], strict=False))
    return document.name, before, answer, after


def line(text: str) -> str:
    """A text in one line, without control characters."""
    return " ".join(clean(text).split())


def cited(result: ReadingResult, library: Library) -> dict[str, Any]:
    """The result's fields, and of the answer and of each candidate "source" and "evidence"; "" without an answer."""

    found = dataclasses.asdict(result)
    for fields, candidate in zip(found["candidates"], result.candidates, strict=True):
        fields |= _words(result, candidate, library)
    answer = {"answer": found.pop("answer"), "probability": found.pop("probability")}
    return {**answer, **_words(result, best(result), library), **found}


def verdict(result: ReadingResult, library: Library) -> dict[str, Any]:
    """Those fields of `cited` that another threshold changes: they are few, and the candidates are many."""
    fields = ("answer", "probability", "score", "threshold")
    votes = [dataclasses.asdict(vote) for vote in result.votes]
    return {name: getattr(result, name) for name in fields} | _words(result, best(result), library) | {"votes": votes}


def _words(result: ReadingResult, candidate: Candidate | None, library: Library) -> dict[str, str]:
    name, *parts = evidence(result, candidate, library) if candidate and candidate.text else ("", "")
    return {"evidence": line("".join(parts)), "source": clean(name)}
