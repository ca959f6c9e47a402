"""Questions and passages as word pieces, windows of long passages, and batches of them.

The layout is the post's (https://kexue.fm/archives/7148), segment 0 throughout:

    [CLS] [MASK]×places [SEP] question [SEP] passage [SEP]

and for the seq2seq way UniLM's, `[CLS] question [SEP] passage [SEP] answer [SEP]`, segment 1 from the answer on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.reading.data import Passage, Question
from core.text import clean, sentences
from core.tokenizer import Pieces, Tokenizer
from core.triples.data import places as occurrences

LENGTHS = 16  # lengths of batches are multiples of this
MOST_STARTS = 4  # places of one answer in a window that are taught as right


@dataclass(frozen=True)
class Window:
    """Pieces `first:last` of a passage, and where in them the answer is: starts counted in the passage."""

    first: int
    last: int
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Example:
    """A question, a passage and its windows; length: pieces of the answer, 0 where there is none.

    answers: whether an answer is known to stand in the passage.
    """

    question: np.ndarray
    passage: np.ndarray
    length: int
    windows: tuple[Window, ...]

    @property
    def holding(self) -> list[Window]:
        """The windows in which the whole answer stands."""
        return [w for w in self.windows if w.starts]


@dataclass(frozen=True)
class Row:
    """One row of a batch: question and window, starts counted in the window; no start: the answer is empty."""

    question: np.ndarray
    window: np.ndarray
    starts: tuple[int, ...]
    length: int


@dataclass(frozen=True)
class Sizes:
    """Pieces: mask places (the answer's [SEP] among them), of a question, of a passage's window."""

    places: int = 24
    question: int = 64
    passage: int = 256


# ---- pieces ----------------------------------------------------------------------------------------------------
def sentence_starts(text: str, pieces: Pieces) -> list[int]:
    """The numbers of the pieces with which sentences begin; the first is always 0."""
    begins = {0}
    spans = iter(sentences(text))
    start, end = next(spans, (0, 0))
    for i, (a, _) in enumerate(pieces.spans):
        while a >= end and end:
            start, end = next(spans, (0, 0))
            begins.add(i)
    return sorted(begins)


def windows(starts: Sequence[int], count: int, room: int) -> list[tuple[int, int]]:
    """Windows of at most `room` pieces over `count`, beginning with a sentence where one begins, overlapping by about
    half: each (first, last), together all of them."""
    found, first = [], 0
    while True:
        last = min(first + room, count)
        found.append((first, last))
        if last >= count:
            return found
        ways = [s for s in starts if first < s <= first + room // 2]
        first = ways[-1] if ways else first + room // 2


def encode(questions: Sequence[Question], tokenizer: Tokenizer, sizes: Sizes) -> tuple[list[Example], int]:
    """Each passage of each question as an example, and how many were left out: those whose answer does not stand in
    its passage as it is written, or is longer than the mask places or than windows overlap.

    An answer is taken where the file says it starts, else wherever it stands.
    """
    examples, out = [], 0
    kept: dict[str, tuple[str, Pieces, np.ndarray, list[tuple[int, int]]]] = {}
    for question in questions:
        asked = np.array(tokenizer.encode(clean(question.text)).ids[: sizes.question], np.int32)
        for passage in question.passages:
            if passage.text not in kept:
                text = clean(passage.text)
                pieces = tokenizer.encode(text)
                parts = windows(sentence_starts(text, pieces), len(pieces), sizes.passage)
                kept[passage.text] = (text, pieces, np.array(pieces.ids, np.int32), parts)
            text, pieces, ids, parts = kept[passage.text]
            spots = _spots(passage, text, pieces)
            if passage.answers and (not spots or spots[0][1] - spots[0][0] + 1 >= sizes.places) or not len(ids):
                out += 1
                continue
            length = spots[0][1] - spots[0][0] + 1 if spots else 0
            starts = [first for first, last in spots if last - first + 1 == length]
            some = (Window(a, b, tuple(s for s in starts if a <= s and s + length <= b)) for a, b in parts)
            example = Example(asked, ids, length, tuple(some))
            if length and not example.holding:  # longer than two windows overlap
                out += 1
                continue
            examples.append(example)
    return examples, out


def _spots(passage: Passage, text: str, pieces: Pieces) -> list[tuple[int, int]]:
    """Where the first answer that stands in the passage does, as (first piece, last piece)."""
    for number, answer in enumerate(passage.answers):
        answer = clean(answer).strip()
        found = occurrences(pieces, text, answer) or occurrences(pieces, text.lower(), answer.lower())
        if number == 0 and passage.start is not None:
            found = [(a, b) for a, b in found if pieces.spans[a][0] == passage.start] or found
        if found:
            return found
    return []


# ---- batches ---------------------------------------------------------------------------------------------------
def rows(
    examples: Sequence[Example], negatives: float, unanswerable: float, room: int, rng: np.random.Generator
) -> Iterator[Row]:
    """One pass over the examples, a row each.

    An example with an answer is shown a stretch of at most `room` pieces around it; with the chance `negatives` one
    without it, of its own passage if there is one, else of another: its target is the empty answer.  Examples that have
    no answer are taken with the chance `unanswerable`.
    """
    for i in rng.permutation(len(examples)):
        e = examples[i]
        if not e.length:
            if rng.random() < unanswerable:
                yield _cut(e, e.passage, 0, room, rng)
        elif rng.random() >= negatives:
            yield _around(e, room, rng)
        else:
            without = [w for w in e.windows if not w.starts]
            if without:
                w = without[rng.integers(len(without))]
                yield _cut(e, e.passage[w.first : w.last], 0, room, rng)
            else:
                yield _cut(e, examples[rng.integers(len(examples))].passage, 0, room, rng)


def _cut(e: Example, passage: np.ndarray, length: int, room: int, rng: np.random.Generator) -> Row:
    first = int(rng.integers(max(1, len(passage) - room + 1)))
    return Row(e.question, passage[first : first + room], (), length)


def _around(e: Example, room: int, rng: np.random.Generator) -> Row:
    """`room` pieces with an answer somewhere in them."""
    starts = sorted({s for w in e.windows for s in w.starts})
    start = starts[rng.integers(len(starts))]
    least, most = max(0, start + e.length - room), min(start, max(0, len(e.passage) - room))
    first = int(rng.integers(least, max(least, most) + 1))
    last = min(first + room, len(e.passage))
    inside = [s - first for s in starts if first <= s and s + e.length <= last]
    return Row(e.question, e.passage[first:last], tuple(inside[:MOST_STARTS]), e.length)


def collate(some: Sequence[Row], t: Tokenizer, places: int) -> tuple[np.ndarray, ...]:
    """Rows for reading by masks.

    Returns:
        tokens (batch, length) int32, 0 = padding.  first (batch,) int32: where the passage begins.
        starts (batch, MOST_STARTS) int32: where the answer begins, -1 = none; all -1: the answer is empty.
        targets (batch, longest answer + 1) int32: the answer's pieces and [SEP], 0 behind them.
    """
    heads = [np.array([t.cls, *[t.mask] * places, t.sep, *r.question, t.sep], np.int32) for r in some]
    tokens = _padded([np.concatenate([h, r.window, [t.sep]]) for h, r in zip(heads, some, strict=True)])
    first = np.array([len(h) for h in heads], np.int32)
    starts = np.full((len(some), MOST_STARTS), -1, np.int32)
    for i, r in enumerate(some):
        starts[i, : len(r.starts)] = np.array(r.starts, np.int32) + first[i]
    return tokens, first, starts, _targets(some, t)


def collate_seq2seq(some: Sequence[Row], t: Tokenizer) -> tuple[np.ndarray, ...]:
    """Rows for seq2seq: tokens, segments (batch, length), sources (batch,) pieces of segment 0, targets as above, and
    a number that nothing reads, by which the model knows the way."""
    sources = [np.array([t.cls, *r.question, t.sep, *r.window, t.sep], np.int32) for r in some]
    targets = _targets(some, t)
    lengths = np.array([len(s) for s in sources], np.int32)
    tokens = _padded([np.concatenate([s, y[y > 0]]) for s, y in zip(sources, targets, strict=True)])
    segments = ((np.arange(tokens.shape[1])[None] >= lengths[:, None]) & (tokens > 0)).astype(np.int32)
    return tokens, segments, lengths, targets, np.int32(0)


def _targets(some: Sequence[Row], t: Tokenizer) -> np.ndarray:
    answers = [r.window[r.starts[0] : r.starts[0] + r.length] if r.starts else r.window[:0] for r in some]
    targets = np.zeros((len(some), max(map(len, answers)) + 1), np.int32)
    for row, answer in zip(targets, answers, strict=True):
        row[: len(answer)], row[len(answer)] = answer, t.sep
    return targets


def _padded(parts: Sequence[np.ndarray]) -> np.ndarray:
    longest = -(-max(map(len, parts)) // LENGTHS) * LENGTHS
    out = np.zeros((len(parts), longest), np.int32)
    for row, part in zip(out, parts, strict=True):
        row[: len(part)] = part
    return out


def grouped(some: Sequence[Row], places: int, size: int, rng: np.random.Generator) -> list[list[Row]]:
    """Rows of like length together, at most `size` places of a padded batch each, in a random order."""
    order = sorted(rng.permutation(len(some)), key=lambda i: len(some[i].question) + len(some[i].window))
    groups, now = [], []
    for i in order:
        length = -(-(places + len(some[i].question) + len(some[i].window) + 4) // LENGTHS) * LENGTHS
        if now and (len(now) + 1) * length > size:
            groups, now = [*groups, now], []
        now.append(some[i])
    groups += [now] if now else []
    return [groups[i] for i in rng.permutation(len(groups))]
