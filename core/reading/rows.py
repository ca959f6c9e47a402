"""Questions and passages as rows of batches, for every kind of model that reads: cut, put together by length, and the
best answer of each passage's windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core import batch_sizes, patience
from core.errors import VisitorError
from core.reading.batches import LENGTHS, sentence_starts, windows
from core.reading.results import Place
from core.text import clean
from core.tokenizer import Pieces, Tokenizer

PLACES = 8192  # places of a batch
MAX_CHARACTERS = 2_000  # of a question, which has no more than some 64 pieces


@dataclass(frozen=True)
class Span:
    """The best answer of one passage: characters `start:end` of it, 0 and 0 for none.

    probability: what the model thinks of it, in [0, 1]; of no answer where it is none.
    places: the mask places that it was read off, for a model that has them.
    """

    start: int
    end: int
    probability: float
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A row: the number of its question and passage, the question's ids, and a window of the passage."""

    number: int
    question: tuple[int, ...]
    window: Pieces


def question_ids(text: str, tokenizer: Tokenizer, most: int) -> tuple[int, ...]:
    """The question's ids.

    Raises:
        VisitorError: it has none, or more than `most`.
    """
    if len(text) > MAX_CHARACTERS:  # before it is cut: its pieces would take hundreds of bytes a character
        raise VisitorError("reading_question_long", pieces=len(text), most=most)
    ids = tokenizer.encode(clean(text)).ids
    if not ids:
        raise VisitorError("reading_no_question")
    if len(ids) > most:
        raise VisitorError("reading_question_long", pieces=len(ids), most=most)
    return ids


def cut(pairs: Sequence[tuple[str, str]], tokenizer: Tokenizer, most: int, room: int) -> list[Asked]:
    """Rows of (question, passage) pairs; a passage of more than `room` pieces is cut into windows that overlap.

    Raises:
        VisitorError: a question is empty, or has more than `most` pieces.
    """
    asked = {text: question_ids(text, tokenizer, most) for text in {q for q, _ in pairs}}
    kept: dict[str, list[Pieces]] = {}
    rows = []
    for number, (question, passage) in enumerate(pairs):
        if passage not in kept:
            text = clean(passage)
            pieces = tokenizer.encode(text)
            parts = windows(sentence_starts(text, pieces), len(pieces), room)
            kept[passage] = [pieces[first:last] for first, last in parts if last > first]
        rows += [Asked(number, asked[question], window) for window in kept[passage]]
    return rows


def together(rows: Sequence[Asked], more: int) -> Iterator[tuple[list[int], int]]:
    """Numbers of rows of like length, and the length they are padded to; `more`: pieces a row has beside its question
    and window."""

    def length(i: int) -> int:
        return -(-(len(rows[i].question) + len(rows[i].window) + more) // LENGTHS) * LENGTHS

    todo = sorted(range(len(rows)), key=length)
    while todo:
        size = next((n for n, i in enumerate(todo) if n and (n + 1) * length(i) > PLACES), len(todo))
        some, todo = todo[:size], todo[size:]
        batch_sizes.note("reading", len(some))
        yield some, length(some[-1])


def best(
    count: int, rows: Sequence[Asked], more: int, read: Callable[[list[Asked], int], Sequence[Span]]
) -> list[Span]:
    """The best span of each of `count` passages over its windows: any answer before none, then the more probable.

    read: rows of one batch and their length → a span each, places those of the passage.
    """
    found = [Span(0, 0, 0.0)] * count
    for some, length in together(rows, more):
        patience.check()
        batch = [rows[i] for i in some]
        for row, span in zip(batch, read(batch, length), strict=True):
            found[row.number] = max(found[row.number], span, key=lambda s: (s.end > s.start, s.probability))
    return found
