"""Rows out of files: jsonl, tsv and csv, plain, .gz or .xz, bad rows reported and passed over."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import VisitorError

_NAMED = 20  # bad rows that are named one by one
OPENERS = {".xz": lzma.open, ".gz": gzip.open}


@dataclass(frozen=True)
class BadRow:
    """A row that could not be used: where it stands and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def rows(path: Path, fields: tuple[str, ...]) -> Iterator[dict[str, str] | BadRow]:
    """As `numbered_rows`, without the numbers."""
    return (row for _, row in numbered_rows(path, fields))


def numbered_rows(path: Path, fields: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str] | BadRow]]:
    """(line, row): the rows of a file that have all `fields` as non-empty strings; a `BadRow` for each that has not.

    Args:
        path: `.jsonl`, `.tsv` or `.csv` (the last two with a header, or with the fields in order), also `.xz`, `.gz`.
        fields: names that a row must have.

    Raises:
        VisitorError: the file cannot be read at all.
    """
    opener = OPENERS.get(path.suffix)
    kind = Path(path.stem).suffix if opener else path.suffix
    try:
        with (opener or open)(path, "rb") as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
            if kind in (".jsonl", ".json"):
                yield from _json_rows(text, path.name, fields)
            elif kind in (".csv", ".tsv", ".txt"):
                yield from _csv_rows(text, path.name, fields, "," if kind == ".csv" else "\t")
            else:
                raise VisitorError("table_kind", file=path.name)
    except FileNotFoundError:
        raise VisitorError("file_missing", file=path.name) from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise VisitorError("file_unreadable", file=path.name, why=str(error)) from None


def _checked(row: dict, file: str, line: int, fields: tuple[str, ...]) -> dict[str, str] | BadRow:
    for field in fields:
        if not isinstance(row.get(field), str) or not row[field].strip():
            return BadRow(file, line, f"no {field}")
        if "�" in row[field]:
            return BadRow(file, line, f"{field} is not UTF-8")
    return row


def _json_rows(
    text: io.TextIOBase, file: str, fields: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str] | BadRow]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield number, BadRow(file, number, "no JSON")
            continue
        found = _checked(row, file, number, fields) if isinstance(row, dict) else BadRow(file, number, "no object")
        yield number, found


def _csv_rows(
    text: io.TextIOBase, file: str, fields: tuple[str, ...], delimiter: str
) -> Iterator[tuple[int, dict[str, str] | BadRow]]:
    csv.field_size_limit(1 << 24)
    reader = csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE)
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, BadRow(file, reader.line_num, str(error))
            continue
        if not cells:
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            if set(fields) <= set(header):
                continue
            header = list(fields)
        if len(cells) < len(header):
            yield reader.line_num, BadRow(file, reader.line_num, f"{len(cells)} of {len(header)} columns")
            continue
        number = reader.line_num
        yield number, _checked(dict(zip(header, cells, strict=False)), file, number, fields)


def name_bad(bad: Sequence[BadRow], say: Callable[[str], None]) -> None:
    """The first bad rows, one by one, and how many more there are."""
    for row in bad[:_NAMED]:
        say(f"left out {row}")
    if len(bad) > _NAMED:
        say(f"left out {len(bad) - _NAMED:,} more rows")
