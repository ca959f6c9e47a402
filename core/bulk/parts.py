"""Rows cut into parts: each is answered, written and renamed as a whole.

A part is named by the place where it begins, (number of the file, lines or rows of it before), and remembers the place
where the next one begins.  So a run that goes on finds the same parts whatever it was that stopped it, and a cluster's
machines may do them in any order.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from core.bulk.inputs import Source
from core.bulk.readers import Bad, Columns, Reader, Row
from core.errors import VisitorError

Place = tuple[int, int]
ROWS = 1_000
_NAME = re.compile(r"part-(\d{7,})-(\d{12,})", re.ASCII)
CHARACTERS = 16_000_000  # of a part's texts: whatever they are, so much fits in memory


def name_of(place: Place) -> str:
    """Sorted by name, parts are in the order of their rows."""
    return f"part-{place[0]:07d}-{place[1]:012d}"


def place_of(name: str) -> Place | None:
    """The place that `name_of` made a name of; None for any other name."""
    match = _NAME.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True)
class Record:
    """What is remembered of a part that is done.

    start, end: where it and the next one begin.  rows: answered; bad: left out.  size: bytes of the input.
    """

    start: Place
    end: Place
    rows: int
    bad: int
    size: int

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Record:
        """Raises ValueError, KeyError or TypeError where the text is none of `to_json`."""
        found = json.loads(text)
        start, end = (tuple(map(int, found[name])) for name in ("start", "end"))
        return cls(start, end, *(int(found[name]) for name in ("rows", "bad", "size")))


@dataclass(frozen=True)
class Part:
    """Rows in their order, bad ones among them; size: about how many bytes of the input they are."""

    start: Place
    end: Place
    size: int
    rows: tuple[Row | Bad, ...]

    @property
    def name(self) -> str:
        """Of the files that it becomes."""
        return name_of(self.start)

    def to_json(self) -> str:
        """How it travels."""
        rows = [
            [r.source, r.row, r.id, list(r.values)] if isinstance(r, Row) else [r.source, r.row, r.id, *error_json(r)]
            for r in self.rows
        ]
        return json.dumps({"start": self.start, "end": self.end, "size": self.size, "rows": rows})

    @classmethod
    def of(cls, text: str) -> Part:
        """What `to_json` wrote."""
        found = json.loads(text)
        rows = tuple(
            Row(*r[:3], tuple(r[3])) if len(r) == 4 else Bad(*r[:3], VisitorError(r[3], **r[4])) for r in found["rows"]
        )
        return cls(tuple(found["start"]), tuple(found["end"]), found["size"], rows)


def error_json(bad: Bad) -> tuple[str, dict[str, object]]:
    """An error's key and values, the latter as JSON has them."""
    plain = {k: v if isinstance(v, int | float | str) else str(v) for k, v in bad.error.values.items()}
    return bad.error.key, plain


class Done:
    """Which parts are done, by the places where they begin.

    Args:
        records: begin → a function that gives the record.
    """

    def __init__(self, records: Mapping[Place, Callable[[], Record]]) -> None:
        self._records, self._starts = records, sorted(records)

    def __contains__(self, place: Place) -> bool:
        return place in self._records

    def __getitem__(self, place: Place) -> Record:
        return self._records[place]()

    def within(self, split: Place) -> list[Record]:
        """Those that begin in a split's files, in their order."""
        first, last = (bisect.bisect_left(self._starts, (number, 0)) for number in split)
        return [self[start] for start in self._starts[first:last]]

    def behind(self, place: Place) -> Place:
        """Where to go on when the rest of a file cannot be read: at the next part of it that was read before, or at the
        next file."""
        after = bisect.bisect_right(self._starts, place)
        found = self._starts[after] if after < len(self._starts) else None
        return found if found and found[0] == place[0] else (place[0] + 1, 0)


def cut(
    sources: Mapping[int, Source] | Sequence[Source],
    split: Place,
    columns: Columns,
    done: Done,
    rows: int = ROWS,
    characters: int = CHARACTERS,
) -> Iterator[Part]:
    """The parts of a split that are not done, in their order; the rows of others are passed over.

    Args:
        sources: by number.
        split: (first, last + 1) of them.
        columns: what is read.
        done: parts of this split.
        rows: of a part at most.
        characters: a part is closed by the row with which its texts have so many.
    """
    at: Place = (split[0], 0)
    while at[0] < split[1]:
        if at in done:
            at = done[at].end
            continue
        for part in _from(sources, at, split[1], columns, done, rows, characters):
            yield part
            at = part.end
            if at in done:
                break
        else:
            return


def _from(
    sources: Mapping[int, Source] | Sequence[Source],
    at: Place,
    last: int,
    columns: Columns,
    done: Done,
    most: int,
    room: int,
) -> Iterator[Part]:
    """The parts from a place on.  None holds a row of a part that is done, even if a file that could be read before
    cannot be read now: then what comes behind it begins elsewhere."""
    rows: list[Row | Bad] = []
    start, characters, size = at, 0, 0.0
    number, first = at
    while number < last:
        reader, share, place = Reader(sources[number], columns, first), None, (number + 1, 0)
        for row in reader:
            if share is None:
                share = reader.share if first else 0.0  # what was passed over belongs to parts that are done
            rows.append(row)
            characters += sum(map(len, row.values)) if isinstance(row, Row) else 0
            here = (number, reader.position)
            if isinstance(row, Bad) and row.row == 0:
                place = done.behind(max(here, (number, first)))  # it may fail on the way to `first`
                break
            if len(rows) < most and characters < room and here not in done:
                continue
            size += (reader.share - share) * sources[number].size
            yield Part(start, here, int(size), tuple(rows))
            rows, start, characters, size, share = [], here, 0, 0.0, reader.share
        if share is None:
            share = 1.0 if first else 0.0
        size += (1.0 - share) * sources[number].size
        number, first = place
        if rows and (len(rows) >= most or place in done):
            yield Part(start, place, int(size), tuple(rows))
            rows, start, characters, size = [], place, 0, 0.0
    if rows:
        yield Part(start, (last, 0), int(size), tuple(rows))
