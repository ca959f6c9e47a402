"""Sentences, and which of them a model with a limited view should read."""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.tokenizer import Pieces, Tokenizer

# A sentence ends at a Chinese stop, at a Western one that a space or a Chinese character follows, or at a line's end.
# Full-width marks are written as escapes: they are easily mistaken for, or turned into, their ASCII cousins.
_END = re.compile(
    r"[\u3002\uff01\uff1f\uff1b\u2026!?;]+[\u201d\u2019\u300d\u300f\uff09)\"']*|\.(?=\s|[\u4e00-\u9fff])|\n+"
)
_UNBROKEN = re.compile("[\u4e00-\u9fff]{500}")  # of a run without a stop jieba's time takes the square
KEYWORDS = 20  # words that speak for a text, as many as jieba's extract_tags returns by default
LEAD_SHARE = 0.4  # of the room goes to the beginning, where Chinese prose says what it is about
KEYWORD_SCAN = 20_000  # characters that keywords and sentences are chosen from: about 0.2 s of jieba


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of each sentence of `text`, blanks at either side left out."""
    start = 0
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
        start = end


def clean(text: str) -> str:
    """`text` with control characters, and what only steers direction or width, turned into blanks, one for one: places
    in it stay places in the original."""
    return "".join(" " if _is_control(c) else c for c in text)


def printable(text: str) -> str:
    """`text` with halves of surrogate pairs, which no encoding takes, replaced one for one by U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _is_control(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")


def is_mostly_chinese(text: str) -> bool:
    """Whether at least a fifth of the letters in the first 2,000 characters are Chinese."""
    letters = [c for c in text[:2000] if c.isalpha()]
    return not letters or sum("㐀" <= c <= "鿿" or c >= "\U00020000" for c in letters) * 5 >= len(letters)


def lead(text: str) -> str:
    """The first sentence: the baseline that every title has to beat."""
    return next((text[start:end] for start, end in sentences(text)), "")


@functools.cache
def _jieba():
    """jieba with its TF-IDF keywords, loaded at first use (about a second)."""
    import jieba
    import jieba.analyse

    jieba.setLogLevel(logging.WARNING)
    own = Path.home() / ".cache" / "wanzhuan"  # jieba caches its dictionary, by itself in a folder anyone can write to
    with contextlib.suppress(OSError, RuntimeError):
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        jieba.dt.tmp_dir = str(own)
    return jieba


def words(text: str) -> list[str]:
    """The words of `text` by jieba, and the shorter words inside long ones: what a search looks for."""
    return list(_jieba().cut_for_search(text))


def cut(text: str) -> list[str]:
    """`text` cut into words that jieba's dictionary has, and single characters, in order and without gaps."""
    return list(_jieba().cut(text, HMM=False))


def keywords(text: str, count: int = KEYWORDS) -> dict[str, float]:
    """The words that speak for `text` and their TF-IDF weight, by jieba."""
    text = _UNBROKEN.sub(r"\g<0> ", text)
    return dict(_jieba().analyse.extract_tags(text, topK=count, withWeight=True))


@dataclass(frozen=True)
class Reading:
    """What a model gets to read of a text: its pieces, and how many characters that is (all, when nothing was cut)."""

    pieces: Pieces
    characters: int


def select(text: str, tokenizer: Tokenizer, room: int) -> Reading:
    """The part of `text` that fits into `room` pieces.

    A text that fits is read whole.  Of a longer one the beginning is kept, and the rest of the room goes to the
    sentences in which most of the text's keywords stand, in their own order.
    """
    begin = len(text) - len(text.lstrip())
    scanned = text[: begin + KEYWORD_SCAN]
    spans = list(sentences(scanned))
    encoded = tokenizer.encode_batch([text[start:end] for start, end in spans])
    pieces = [p.shifted(start) for p, (start, _) in zip(encoded, spans, strict=True)]
    whole = not text[len(scanned) :].strip()
    if sum(map(len, pieces)) > room:
        whole = False
        kept = _choose(scanned, spans, [len(p) for p in pieces], room)
        pieces = [p for p, keep in zip(pieces, kept, strict=True) if keep]
    joined = functools.reduce(Pieces.__add__, pieces, Pieces((), ()))[:room]
    if whole:
        return Reading(joined, len(text))
    last = [p[: max(0, room - before)] for p, before in zip(pieces, _before(pieces), strict=True)]
    return Reading(joined, sum(p.spans[-1][1] - p.spans[0][0] for p in last if len(p)))


def _before(pieces: list[Pieces]) -> Iterator[int]:
    """How many pieces stand before each of the given runs."""
    return itertools.accumulate((len(p) for p in pieces[:-1]), initial=0) if pieces else iter(())


def _choose(text: str, spans: list[tuple[int, int]], lengths: list[int], room: int) -> list[bool]:
    """Which sentences to keep: from the front until LEAD_SHARE of the room is taken, then the richest in keywords."""
    weights = keywords(text)
    kept, used = [False] * len(spans), 0
    for i, length in enumerate(lengths):
        if used and used + length > room * LEAD_SHARE:
            break
        kept[i], used = True, used + length

    def worth(i: int) -> float:
        sentence = text[slice(*spans[i])]
        return sum(w for word, w in weights.items() if word in sentence) / (lengths[i] + 10) ** 0.5

    for i in sorted((i for i in range(len(spans)) if not kept[i]), key=worth, reverse=True):
        if used + lengths[i] <= room:
            kept[i], used = True, used + lengths[i]
    return kept
