"""Texts of held-out files, read only so that none of them is trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import VisitorError
from core.reading.data import Question, read_questions
from core.tables import BadRow, name_bad, rows
from recipes.pretraining import RecipeError


def bare(text: str) -> str:
    """A text without blanks: two that differ in nothing else are one."""
    return "".join(text.split())


@dataclass(frozen=True)
class HeldOut:
    """Bare texts.

    texts: sentences and articles.  asked: (passage, question).
    """

    texts: frozenset[str]
    asked: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, paths: Iterable[Path], say: Callable[[str], None]) -> HeldOut:
        """The texts of files in any form that the tasks read; bad rows are named.

        Raises:
            VisitorError: a file cannot be read.
            RecipeError: there is no text in one.
        """
        texts: set[str] = set()
        asked: set[tuple[str, str]] = set()
        for path in paths:
            questions, bad_questions = _questions(path)
            found = list(rows(path, ("text",)))
            here = {bare(row["text"]) for row in found if not isinstance(row, BadRow)}
            pairs = {(bare(p.text), bare(q.text)) for q in questions for p in q.passages}
            if not here and not pairs:
                raise RecipeError(f"{path} holds no text to leave out: neither sentences, articles nor questions.")
            if not (here and pairs):  # the rows of one form are all bad ones of the other
                name_bad([row for row in found if isinstance(row, BadRow)] if here else bad_questions, say)
            say(f"{path.name}: {len(here) + len(pairs):,} texts are held out")
            texts |= here
            asked |= pairs
        return cls(frozenset(texts), frozenset(asked))

    def without(self, records: Sequence, name: str, say: Callable[[str], None]) -> list:
        """The records, sentences or pairs, whose `text` is not held out; how many are is said.

        Args:
            records: of a set.
            name: the set's.
            say: a line of progress.
        """
        kept = [record for record in records if bare(record.text) not in self.texts]
        _told(name, len(records) - len(kept), say)
        return kept

    def unasked(self, questions: Sequence[Question], name: str, say: Callable[[str], None]) -> list[Question]:
        """The questions without the passages that are held out together with them; how many those are is said.

        Args:
            questions: of a set; one that loses all its passages is left out.
            name: the set's.
            say: a line of progress.
        """
        kept = []
        for question in questions:
            passages = tuple(p for p in question.passages if (bare(p.text), bare(question.text)) not in self.asked)
            if passages:
                kept.append(replace(question, passages=passages))
        before, after = (sum(len(q.passages) for q in some) for some in (questions, kept))
        _told(name, before - after, say)
        return kept


def _told(name: str, count: int, say: Callable[[str], None]) -> None:
    say(f"{name}: {count:,} left out, their text is held out")


def _questions(path: Path) -> tuple[list[Question], list[BadRow]]:
    """The questions of a file; none where its kind (a table's) can hold none."""
    try:
        return read_questions([path])
    except VisitorError as error:
        if error.key != "reading_file_kind":
            raise
        return [], []
