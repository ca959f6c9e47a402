"""From probabilities to spans, and from a long text to windows and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.text import sentences
from core.tokenizer import Pieces, Tokenizer

SURE = 0.5  # an end at least so probable ends the search for a better one
MOST_LENGTH = 64  # pieces of a mention


@dataclass(frozen=True)
class Found:
    """A span of pieces: first, last (inclusive), and the geometric mean of its two probabilities."""

    first: int
    last: int
    probability: float


def spans(starts: np.ndarray, ends: np.ndarray, floor: float, marks: np.ndarray | None = None) -> list[Found]:
    """The spans of one pair of pointers, one for each start.

    To a start belongs the nearest end at or behind it, as in the post, that is at least `SURE`; where there is none
    (before the next start that is), the likeliest.

    Args:
        starts, ends: (length,) probabilities.
        floor: less probable starts and ends are passed over.
        marks: (length,) of bool, pieces that no span holds or crosses; None: there are no such pieces.
    """
    found = []
    barriers = np.flatnonzero(marks) if marks is not None else np.empty(0, int)
    begins = np.flatnonzero(starts >= floor)
    stops = np.flatnonzero(ends >= floor)
    for first in begins:
        best = -1
        ahead = barriers[np.searchsorted(barriers, first) :]
        beyond = min([first + MOST_LENGTH, *ahead[:1]])
        for last in stops[np.searchsorted(stops, first) :]:
            if last >= beyond:
                break
            if best < 0 or ends[last] > ends[best]:
                best = last
            if ends[last] >= SURE:
                break
        if best >= 0:
            found.append(Found(int(first), int(best), float(np.sqrt(starts[first] * ends[best]))))
    return found


def windows(text: str, tokenizer: Tokenizer, whole: int, room: int, overlap: int = 24) -> list[Pieces]:
    """`text` in runs of pieces that a model can read, offsets in `text`.

    Up to `whole` pieces the text is one window.  A longer one is cut at the ends of sentences into windows of at most
    `room` pieces, each of which begins with the sentence that ended the one before, if that is no longer than a third
    of the room; a sentence that is longer than the room is cut, with `overlap` pieces in both parts.
    """
    cuts = list(sentences(text))
    encoded = tokenizer.encode_batch([text[start:end] for start, end in cuts])
    parts = [p.shifted(start) for p, (start, _) in zip(encoded, cuts, strict=True) if len(p)]
    if sum(map(len, parts)) <= whole:
        joined = _joined(parts)
        return [joined] if len(joined) else []
    return list(_runs([short for part in parts for short in _short(part, room, overlap)], room))


def _short(part: Pieces, room: int, overlap: int) -> Iterator[Pieces]:
    if len(part) <= room:
        yield part
        return
    overlap = min(overlap, room // 2)
    for first in range(0, len(part) - overlap, room - overlap):
        yield part[first : first + room]


def _runs(parts: list[Pieces], room: int) -> Iterator[Pieces]:
    run: list[Pieces] = []
    for part in parts:
        if run and sum(map(len, run)) + len(part) > room:
            yield _joined(run)
            again = run[-1]
            fits = len(again) * 3 <= room and len(again) + len(part) <= room and len(run) > 1
            run = [again] if fits else []
        run.append(part)
    if run:
        yield _joined(run)


def _joined(parts: list[Pieces]) -> Pieces:
    return Pieces(tuple(i for p in parts for i in p.ids), tuple(s for p in parts for s in p.spans))
