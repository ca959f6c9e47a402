"""The vote among passages (https://kexue.fm/archives/7148): equal answers count together."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Sequence

from core.reading.results import Asking, Candidate, PassageRead, ReadingResult, Vote
from core.text import clean, sentences


def votes(candidates: Sequence[Candidate], passages: Sequence[PassageRead], threshold: float) -> tuple[Vote, ...]:
    """Σp²/(1 + Σp) of each answer, best first; empty answers and those less probable than `threshold` are dropped.

    Passages overlap: an answer that two of them read at the same place is one witness, the more probable reading.
    """
    groups: dict[str, dict[tuple[int, int, int], int]] = {}
    counted = [i for i, c in enumerate(candidates) if c.text and c.probability >= threshold]
    for i in sorted(counted, key=lambda i: -candidates[i].probability):
        c = candidates[i]
        place = (passages[c.passage].source, c.start, c.end)
        groups.setdefault(same(c.text), {}).setdefault(place, i)
    found = []
    for group in groups.values():
        chances = [candidates[i].probability for i in group.values()]
        score = sum(p * p for p in chances) / (1 + sum(chances))
        found.append(Vote(candidates[next(iter(group.values()))].text, round(score, 6), tuple(group.values())))
    return tuple(sorted(found, key=lambda vote: -vote.score))


def decided(result: ReadingResult, threshold: float) -> ReadingResult:
    """The same reading with another threshold, 0 to 1: its candidates vote again, and no model is asked.

    Raises:
        VisitorError: the threshold is out of its range.
    """
    Asking(threshold=threshold).checked()
    found = votes(result.candidates, result.passages, threshold)
    first = result.candidates[found[0].candidates[0]] if found else None
    return dataclasses.replace(
        result,
        threshold=float(threshold),
        votes=found,
        answer=first.text if first else "",
        probability=first.probability if first else 0.0,
        score=found[0].score if found else 0.0,
    )


def same(answer: str) -> str:
    """What equal answers have in common: width of characters, case and blanks do not tell them apart."""
    return "".join(unicodedata.normalize("NFKC", clean(answer)).lower().split())


def evidence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence, or the sentences, of `text` that `start:end` stands in: (start, end)."""
    around = [(a, b) for a, b in sentences(clean(text)) if a < end and b > start]
    return (min(around[0][0], start), max(around[-1][1], end)) if around else (start, end)
