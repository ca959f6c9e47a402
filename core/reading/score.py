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
from core.reading.data import Passage, Question, usable_questions
from core.reading.results import METHODS, Asking, ReadingResult
from core.text import clean

if TYPE_CHECKING:
    from core.reading.task import Reader

__all__ = ["METHODS", "Answered", "Scores", "best_threshold", "measured", "score", "score_files"]


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


def score(reader: Reader, questions: Sequence[Question], method: str | None = None) -> Scores:
    """Ask all questions by one of the reader's methods (None: its usual one); one that is too long counts as not
    answered."""
    sums, began = [0.0] * 5, time.monotonic()
    for question in questions:
        result = _read(reader, question, Asking(method=method))
        best, probability = _surest(result)
        single = best if result and probability >= result.threshold else ""
        voted = result.answer if result else ""
        figures = (*measured(single, question.answers), *measured(voted, question.answers),
                   float(bool(voted) == bool(question.answers)))  # fmt: skip
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
    n = len(questions)
    return Scores(*(100 * total / max(n, 1) for total in sums), n=n, seconds=time.monotonic() - began)


def _read(reader: Reader, question: Question, asking: Asking) -> ReadingResult | None:
    try:
        return reader.answer_passages(question.text, [p.text for p in question.passages], asking, with_places=False)
    except VisitorError:
        return None


def _surest(result: ReadingResult | None) -> tuple[str, float]:
    """The most probable candidate that is an answer."""
    found = [(c.probability, c.text) for c in result.candidates if c.text] if result else []
    probability, text = max(found, default=(0.0, ""))
    return text, probability


# ---- the threshold of "no answer" --------------------------------------------------------------------------------
_RECALL = 2  # how much more it counts that a question which has an answer gets it than that no wrong one is given


@dataclass(frozen=True)
class Answered:
    """The most probable answer to a question: its probability, what it is worth (mean of exact match and F1, 0 to 1),
    and whether there is an answer at all."""

    probability: float
    worth: float
    answerable: bool


def with_others(questions: Sequence[Question]) -> list[Question]:
    """The questions, and every fourth of them once more with passages of another, in which none of its answers stands:
    a fifth of all then has no answer."""
    asked = list(questions)
    for i in range(0, len(questions), 4):
        question, other = questions[i], questions[(i + len(questions) // 2) % len(questions)]
        texts = [p.text for p in other.passages]
        if other.text != question.text and not any(answer in text for answer in question.answers for text in texts):
            asked.append(Question(question.text, tuple(Passage(text, ()) for text in texts), ()))
    return asked


def read_off(reader: Reader, questions: Sequence[Question], method: str) -> list[Answered]:
    """What the reader says to each question when nothing keeps it from answering."""
    found = []
    for question in questions:
        text, probability = _surest(_read(reader, question, Asking(method=method, threshold=0.0)))
        worth = sum(measured(text, question.answers)) / 2 if text and question.answers else 0.0
        found.append(Answered(probability if text else 0.0, worth, bool(question.answers)))
    return found


def best_threshold(answered: Sequence[Answered]) -> float:
    """The probability from which to answer, so that F2 is largest: the weighted harmonic mean of what the given answers
    are worth on average and what is got of the questions that have one, the latter counted twice as important (van
    Rijsbergen 1979), for an answer that is not sure is shown as such and one that is held back helps nobody.  To refuse
    is worth nothing by itself: else a weak reader would do best by saying nothing.

    Between the last that is answered and the first that is not; 0 where answering all is best.
    """
    order = sorted(answered, key=lambda a: -a.probability)
    wanted = sum(a.answerable for a in order)
    total = most = threshold = 0.0
    for i, one in enumerate(order):
        total += one.worth
        after = order[i + 1].probability if i + 1 < len(order) else 0.0
        figure = (1 + _RECALL**2) * total / (i + 1 + _RECALL**2 * wanted)
        if after < one.probability and figure > most:
            most, threshold = figure, (one.probability + after) / 2 if after else 0.0
    return round(threshold, 4)


def tuned(reader: Reader, files: Sequence[Sequence[Question]], method: str) -> float:
    """The threshold that is best for the questions of all files together, some asked once more with
    passages that do not answer them."""
    return best_threshold([one for questions in files for one in read_off(reader, with_others(questions), method)])


def score_files(
    model: Reader,
    files: Sequence[Path],
    limit: int | None = None,
    say: Callable[[str], None] = print,
    method: str | None = None,
) -> Scores:
    """`score` on the first `limit` questions of the files; bad rows are named and left out.

    Raises:
        VisitorError: a file cannot be read, there is no question in it, or the model does not know the method.
    """
    if method not in (None, *model.methods):
        raise VisitorError("reading_method", method=method, choices=", ".join(model.methods))
    return score(model, usable_questions(files, limit, say), method)
