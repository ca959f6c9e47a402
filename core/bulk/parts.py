"""Rows cut into parts: each is answered, written and renamed as a whole.

A part is named by the place where it begins, (number of the file, lines or rows of it before), and remembers the place
where the next one begins.  So a run that goes on finds the same parts whatever it was that stopped it, and a cluster's
machines may do them in any order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from core.bulk.inputs import Source
from core.bulk.readers import Bad, Columns, Reader, Row
from core.errors import VisitorError

Place = tuple[int, int]
ROWS = 1_000
CHARACTERS = 16_000_000  # of a part's texts: whatever they are, so much fits in memory


def name_of(place: Place) -> str:
    """Sorted by name, parts are in the order of their rows."""
    return f"part-{place[0]:07d}-{place[1]:012d}"


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


def cut(
    sources: Mapping[int, Source] | Sequence[Source],
    split: Place,
    columns: Columns,
    done: Callable[[Place], Record | None],
    rows: int = ROWS,
    characters: int = CHARACTERS,
) -> Iterator[Part | Record]:
    """The parts of a split in their order; of one that is done its record, and its rows are not looked at.

    Args:
        sources: by number.
        split: (first, last + 1) of them.
        columns: what is read.
        done: where a part begins → its record, if it is done.
        rows: of a part at most.
        characters: a part is closed by the row with which its texts have so many.
    """
    at: Place = (split[0], 0)
    while True:
        while at[0] < split[1] and (record := done(at)):
            yield record
            at = record.end
        for part in _from(sources, at, split[1], columns, rows, characters):
            yield part
            at = part.end
            if at[0] < split[1] and done(at):
                break
        else:
            return


def _from(
    sources: Mapping[int, Source] | Sequence[Source], at: Place, last: int, columns: Columns, most: int, room: int
) -> Iterator[Part]:
    """The parts from a place on, as if none were done."""
    rows: list[Row | Bad] = []
    start, characters, size = at, 0, 0.0
    for number in range(at[0], last):
        first = at[1] if number == at[0] else 0
        reader, before = Reader(sources[number], columns, first), None
        for row in reader:
            if before is None:
                before = reader.share if first else 0.0  # what was passed over belongs to parts that are done
            rows.append(row)
            characters += sum(map(len, row.values)) if isinstance(row, Row) else 0
            if len(rows) < most and characters < room:
                continue
            broken = isinstance(row, Bad) and row.row == 0
            end = (number + 1, 0) if broken else (number, reader.position)
            share = 1.0 if broken else reader.share
            yield Part(start, end, int(size + (share - before) * sources[number].size), tuple(rows))
            rows, start, characters, size, before = [], end, 0, 0.0, share
        if before is None:
            before = 1.0 if first else 0.0
        size += (1.0 - before) * sources[number].size
    if rows:
        yield Part(start, (last, 0), int(size), tuple(rows))
