"""Word pieces back to readable text, and where it stands in the article.

A model that reads lower case writes lower case, and knows no rare character.  Both are mended the same way: what a
title copied is cut from the article as it was typed, so that names keep their capitals, spaces, traditional and rare
characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.text import Reading
from core.tokenizer import Tokenizer

# An unknown piece can stand for a whole "word": a row of emoji, a hash, a page without blanks in another script.
_LONGEST_UNKNOWN = 24
_SPACE_AFTER = re.compile(r"[A-Za-z0-9,;:!?%)\]]$")


@dataclass(frozen=True)
class Span:
    """Characters `start:end` of a title stand in its article at `source_start:source_end`."""

    start: int
    end: int
    source_start: int
    source_end: int


@dataclass(frozen=True)
class _Run:
    """Pieces `first:last` of the title, copied from place `source` of the reading; −1: written freely."""

    first: int
    last: int
    source: int


def surface(
    pieces: Sequence[int],
    reading: Reading,
    article: str,
    tokenizer: Tokenizer,
    restyle: Callable[[str], str] = lambda text: text,
) -> tuple[str, tuple[Span, ...]]:
    """The text of `pieces` and the spans of it that stand in the article.

    Args:
        pieces: ids without [CLS] and [SEP].
        reading: the pieces of the article that the model read, with their places in it.
        article: the text as it was given.
        tokenizer: whose ids these are.
        restyle: applied to what was not copied (to write traditional characters, say).
    """
    text, spans = "", []
    for run in _runs(pieces, reading, article, tokenizer):
        if run.source < 0:
            part, place = restyle(_plain(tokenizer.pieces[pieces[run.first]])), None
            if tokenizer.is_special(pieces[run.first]):
                continue
        else:
            place = reading.pieces.spans[run.source][0], reading.pieces.spans[run.source + run.last - run.first - 1][1]
            part = article[slice(*place)]
        if text and _wants_space(text, part) and not tokenizer.pieces[pieces[run.first]].startswith("##"):
            text += " "
        if place:
            spans.append(Span(len(text), len(text) + len(part), *place))
        text += part
    return text, tuple(spans)


def _plain(piece: str) -> str:
    return piece.removeprefix("##")


def _wants_space(before: str, after: str) -> bool:
    """Between two Western words, and after their punctuation before a letter."""
    if not (after[:1].isascii() and _SPACE_AFTER.search(before)):
        return False
    return after[:1].isalpha() or (after[:1].isdigit() and before[-1].isalnum())


def _runs(pieces: Sequence[int], reading: Reading, article: str, tokenizer: Tokenizer) -> list[_Run]:
    """Cut the title into the longest runs that stand in the article, from left to right."""
    source, spans = reading.pieces.ids, reading.pieces.spans
    places: dict[int, list[int]] = {}
    for j, piece in enumerate(source):
        places.setdefault(piece, []).append(j)

    for j in places.get(tokenizer.unk, []).copy():
        if spans[j][1] - spans[j][0] > _LONGEST_UNKNOWN:
            places[tokenizer.unk].remove(j)

    def length(i: int, j: int) -> int:
        n = 1
        while (
            i + n < len(pieces)
            and j + n < len(source)
            and pieces[i + n] == source[j + n]
            and _adjoin(article[spans[j + n - 1][1] : spans[j + n][0]])
            and spans[j + n][1] - spans[j + n][0] <= _LONGEST_UNKNOWN
        ):
            n += 1
        return n

    runs, i = [], 0
    while i < len(pieces):
        best = max(places.get(pieces[i], []), key=lambda j: (length(i, j), -j), default=-1)
        # an unknown piece on its own could be any unknown character of the article: only a run says which
        lone_unknown = best >= 0 and pieces[i] == tokenizer.unk and length(i, best) == 1
        if lone_unknown and len({article[slice(*spans[j])] for j in places[pieces[i]]}) > 1:
            before = pieces[i - 1] if i else None
            best = next((j for j in places[pieces[i]] if j and source[j - 1] == before), best)
        size = length(i, best) if best >= 0 else 1
        runs.append(_Run(i, i + size, best))
        i += size
    return runs


def _adjoin(gap: str) -> bool:
    """Whether two pieces with this between them still read as one stretch."""
    return gap == "" or gap == " "
