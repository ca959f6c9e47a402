"""Scoring a reader: `python -m core score reading`."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import VisitorError
from core.reading.data import Question, usable_questions
from core.text import clean

if TYPE_CHECKING:
    from core.reading.task import Reader


@dataclass(frozen=True)
class Scores:
    """Percent.

    em, f1: exact match and character F1 against the best of the true answers.  Of a question with several passages they
        are those of the most probable candidate, and the vote's are `em_vote` and `f1_vote`; with one passage each the
        vote changes nothing.
    mean: of em and f1, the figure of https://kexue.fm/archives/7148.
    answerable: how often "answer" or "no answer" was right.
    n: questions.  seconds: spent reading.
    """

    em: float
    f1: float
    em_vote: float
    f1_vote: float
    answerable: float
    n: int
    seconds: float

    @property
    def mean(self) -> float:
        return (self.em + self.f1) / 2

    def row(self) -> dict[str, float]:
        """By the names the figures go by, rounded to what they are worth."""
        names = ("em", "f1", "mean", "em_vote", "f1_vote", "answerable")
        return {name: round(getattr(self, name), 2) for name in names} | {
            "n": self.n, "seconds": round(self.seconds, 2),
        }  # fmt: skip


def plain(text: str) -> str:
    """What answers are compared by: characters of one width in lower case, without blanks and marks."""
    return "".join(
        c for c in unicodedata.normalize("NFKC", clean(text)).lower() if unicodedata.category(c)[0] in "LNSM"
    )


def character_f1(answer: str, true: str) -> float:
    """F1 by the longest run of characters that both share, as the evaluation of CMRC 2018 counts (Cui et al. 2019,
    arXiv:1810.07366), here over characters of every script; 0 to 1.  Two empty ones are equal."""
    a, b = plain(answer), plain(true)
    if not a or not b:
        return float(a == b)
    return 2 * SequenceMatcher(None, a, b, False).find_longest_match().size / (len(a) + len(b))


def measured(answer: str, true: Sequence[str]) -> tuple[float, float]:
    """Exact match and F1 against the best of the true answers; of a question without any, against ""."""
    wanted = list(true) or [""]
    return (
        max(float(plain(answer) == plain(t)) for t in wanted),
        max(character_f1(answer, t) for t in wanted),
    )


def score(reader: Reader, questions: Sequence[Question]) -> Scores:
    """Ask all questions; one that is too long counts as not answered."""
    sums, began = [0.0] * 5, time.monotonic()
    for question in questions:
        single, voted = _answers(reader, question)
        figures = (*measured(single, question.answers), *measured(voted, question.answers),
                   float(bool(voted) == bool(question.answers)))  # fmt: skip
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
    n = len(questions)
    return Scores(*(100 * total / max(n, 1) for total in sums), n=n, seconds=time.monotonic() - began)


def _answers(reader: Reader, question: Question) -> tuple[str, str]:
    """The answer of the most probable candidate, and the vote's."""
    try:
        result = reader.answer_passages(question.text, [passage.text for passage in question.passages])
    except VisitorError:
        return "", ""
    counted = [c for c in result.candidates if c.text and c.probability >= result.threshold]
    return max(counted, key=lambda c: c.probability).text if counted else "", result.answer


def score_files(
    model: Reader,
    files: Sequence[Path],
    limit: int | None = None,
    say: Callable[[str], None] = print,
) -> Scores:
    """`score` on the first `limit` questions of the files; bad rows are named and left out.

    Raises:
        VisitorError: a file cannot be read, or there is no question in it.
    """
    return score(model, usable_questions(files, limit, say))
