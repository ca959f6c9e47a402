"""Inputs of every kind, written for the tests of bulk runs."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.bulk.readers import Columns

TEXT = Columns((("text", "--text"),))
OPENERS = {
    "": open,
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".bz2": bz2.open,
    ".zst": lambda path, mode: pa.CompressedOutputStream(path.open(mode), "zstd"),
}
TABLES = (".jsonl", ".csv", ".tsv")
KINDS = [*(kind + packed for kind in TABLES for packed in OPENERS), ".parquet"]


def write(path: Path, rows: Sequence[dict[str, object]], group: int = 3) -> Path:
    """A table of the kind and packing that the name says; group: rows of a row group of Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=group)
        return path
    packed = path.suffix if path.suffix in OPENERS else ""
    kind = Path(path.stem).suffix if packed else path.suffix
    if kind == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        lines: list[str] = []
        names = list(rows[0])
        cells = [names, *([row[name] for name in names] for row in rows)]
        table = csv.writer(_Lines(lines), delimiter="," if kind == ".csv" else "\t")
        table.writerows(cells)
        text = "".join(lines)
    with OPENERS[packed](path, "wb") as file:
        file.write(text.encode())
    return path


def rows(count: int, first: int = 0) -> list[dict[str, object]]:
    """Rows with an id and a text of some length."""
    return [{"id": f"n{i}", "text": f"第{i}篇。" + "今天天气很好。" * (i % 5)} for i in range(first, first + count)]


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> None:
        self._lines.append(line)
