"""The rows of one file, one after the other: no file is ever read whole but a text, which is one row.

A row is numbered as its users count: lines of jsonl (blank ones too, which hold no row), rows of csv (without the
header) and of Parquet, from 1; a text file is row 1.  A row that cannot be used is a `Bad` in its place, and so is what
cannot be read of a file, the last thing that comes of it.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import itertools
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from core import documents
from core.bulk.inputs import Source, kind_of, why_of
from core.errors import VisitorError
from core.text import printable

LONGEST = 16_000_000  # bytes of a line of jsonl, characters of a cell of csv
_LOOKED_AT = 100  # rows of a file whose lines name their fields, before a model is loaded
_BATCH = 256  # rows of Parquet that are decoded together
_BUFFER = 1 << 20  # bytes
_OPENERS = {
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".bz2": bz2.open,
    ".zst": lambda file: io.BufferedReader(pa.CompressedInputStream(file, "zstd"), _BUFFER),
}


@dataclass(frozen=True)
class Columns:
    """Which columns are read.

    needed: column → the flag that names it, of those that must hold text.  id: what identifies a row, if it is there;
    id_wanted: whether it was asked for by name.
    """

    needed: tuple[tuple[str, str], ...]
    id: str = "id"
    id_wanted: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The needed columns."""
        return tuple(name for name, _ in self.needed)


@dataclass(frozen=True)
class Row:
    """The needed columns of a row in their order, where it stands, and its id as a string, if it has one."""

    source: str
    row: int
    id: str | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class Bad:
    """A row that was left out, or with row 0 a file that could not be read (on), and why."""

    source: str
    row: int
    id: str | None
    error: VisitorError


class Reader:
    """The rows of one file from a given one on: iterate over it, once.

    position: how many lines or rows of the file have been passed.  share: of the file that has been read, 0 to 1.

    Args:
        source: the file.
        columns: of them a row is made.
        first: so many lines or rows are passed over.
    """

    def __init__(self, source: Source, columns: Columns, first: int = 0) -> None:
        self.source, self.columns, self.position = source, columns, 0
        self._first = first
        self._raw: BinaryIO | None = None
        self._read: float | None = None

    @property
    def share(self) -> float:
        """As far as the raw file has been read; what is buffered counts as read."""
        if self._read is not None:
            return self._read
        if self._raw is None or not self.source.size:
            return 0.0
        return min(1.0, self._raw.tell() / self.source.size)

    def __iter__(self) -> Iterator[Row | Bad]:
        kind, packed = kind_of(self.source.address)
        try:
            with open_raw(self.source.address) as self._raw:
                if kind in (".parquet", ".pq"):
                    yield from self._parquet(self._raw)
                    return
                with (_OPENERS[packed] if packed else _buffered)(self._raw) as file:
                    if kind in documents.KINDS:
                        yield from self._text(file, kind)
                    elif kind in (".csv", ".tsv"):
                        yield from self._csv(file, "," if kind == ".csv" else "\t")
                    else:
                        yield from self._json(file)
        except VisitorError as error:
            self._read = 1.0
            yield Bad(self.source.name, 0, None, error)
        except Exception as error:
            if not _of_the_file(error):
                raise
            self._read = 1.0
            error = VisitorError("file_unreadable", file=self.source.name, why=why_of(error))
            yield Bad(self.source.name, 0, None, error)
        finally:
            self._read, self._raw = 1.0, None

    # ---- kinds --------------------------------------------------------------------------------------------------
    def _json(self, file: BinaryIO) -> Iterator[Row | Bad]:
        for line in _lines(file):
            self.position += 1
            if self.position <= self._first:
                continue
            if line is None:
                yield self._bad("row_too_long", megabytes=LONGEST // 1_000_000)
                continue
            if self.position == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                found = json.loads(line.decode())
            except UnicodeDecodeError:
                yield self._bad("row_not_utf8")
                continue
            except (ValueError, RecursionError):
                found = None
            yield self._row(found) if isinstance(found, dict) else self._bad("row_no_json")

    def _csv(self, file: BinaryIO, delimiter: str) -> Iterator[Row | Bad]:
        csv.field_size_limit(LONGEST)
        quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        table = csv.reader(text, delimiter=delimiter, quoting=quoting)
        header = [name.strip() for name in next(table, [])]
        check_columns(self.source.name, header, self.columns)
        while True:
            try:
                cells = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                self.position += 1
                if self.position > self._first:
                    yield self._bad("row_bad_csv", why=error)
                continue
            if not cells:
                continue
            self.position += 1
            if self.position <= self._first:
                continue
            row = dict(zip(header, cells, strict=False))
            if any("\ufffd" in row.get(name, "") for name in self.columns.names):
                yield self._bad("row_not_utf8", row.get(self.columns.id))
            else:
                yield self._row(row)

    def _parquet(self, file: BinaryIO) -> Iterator[Row | Bad]:
        # Without these a whole row group would be in memory; with them its pages are, one after the other.
        table = pq.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER)
        names = table.schema_arrow.names
        check_columns(self.source.name, names, self.columns)
        wanted = [*self.columns.names, *([self.columns.id] if self.columns.id in names else [])]
        groups = list(range(table.num_row_groups))
        while groups and self.position + table.metadata.row_group(groups[0]).num_rows <= self._first:
            self.position += table.metadata.row_group(groups.pop(0)).num_rows
        for batch in table.iter_batches(_BATCH, row_groups=groups, columns=list(dict.fromkeys(wanted))):
            for row in batch.to_pylist():
                self.position += 1
                self._read = self.position / table.metadata.num_rows
                if self.position > self._first:
                    yield self._row(row)

    def _text(self, file: BinaryIO, kind: str) -> Iterator[Row | Bad]:
        self.position = 1
        if self._first:
            return
        address = self.source.name
        most = documents.MAX_PDF_BYTES if kind == ".pdf" else documents.MAX_BYTES
        data = file.read(most + 1)
        if len(data) > most:
            raise VisitorError("document_too_large", file=address, megabytes=most // 1_000_000)
        text = documents.text_of(data, kind, address)
        yield Row(address, 1, None, (text, *[""] * (len(self.columns.needed) - 1)))

    # ---- rows ---------------------------------------------------------------------------------------------------
    def _row(self, found: dict[str, Any]) -> Row | Bad:
        known = found.get(self.columns.id)
        known = None if known is None or isinstance(known, dict | list) else printable(str(known))
        values = tuple(found.get(name) for name in self.columns.names)
        for name, value in zip(self.columns.names, values, strict=True):
            if not isinstance(value, str) or not value.strip():
                return self._bad("row_no_field", known, column=name)
        return Row(self.source.name, self.position, known, tuple(map(printable, values)))

    def _bad(self, key: str, known: str | None = None, **values: object) -> Bad:
        return Bad(self.source.name, self.position, known, VisitorError(key, **values))


def open_raw(address: str) -> BinaryIO:
    """The bytes of a file, here or at an address."""
    if "://" not in address:
        return open(address, "rb")
    import fsspec

    return fsspec.open(address, "rb", compression=None).open()


def check_columns(address: str, names: list[str], columns: Columns) -> None:
    """See that a table has the columns.

    Raises:
        VisitorError: it lacks one; the sentence says which it has.
    """
    wanted = [*columns.needed, *([(columns.id, "--id")] if columns.id_wanted else [])]
    for name, flag in wanted:
        if name not in names:
            found = ", ".join(names[:20]) or "\u2013"
            raise VisitorError("bulk_no_column", file=address, column=name, found=found, flag=flag)


def check(source: Source, columns: Columns) -> VisitorError | None:
    """What is wrong with a file as far as its beginning tells, before a model is loaded; None where nothing is."""
    rows = list(itertools.islice(Reader(source, columns), _LOOKED_AT))
    if not rows:
        return None
    first = rows[0]
    if all(isinstance(row, Bad) and row.error.key == "row_no_field" for row in rows) and len(rows) > 1:
        name = first.error.values["column"]
        flag = dict(columns.needed)[name]
        return VisitorError("bulk_no_column", file=source.name, column=name, found="\u2013", flag=flag)
    return first.error if isinstance(first, Bad) and first.row == 0 else None


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for one that is too long to be held."""
    while line := file.readline(LONGEST + 1):
        if len(line) <= LONGEST or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST)
        yield None


def _of_the_file(error: Exception) -> bool:
    """Whether a file's bytes, or the store it lies in, are at fault rather than this program."""
    ours = (TypeError, AttributeError, LookupError, NameError, AssertionError, MemoryError)
    return isinstance(error, pa.ArrowException) or not isinstance(error, ours)


def _buffered(file: BinaryIO) -> BinaryIO:
    """With a `readline` that can be held to a length, which files of fsspec lack."""
    return file if isinstance(file, io.BufferedReader) else io.BufferedReader(file, _BUFFER)
