"""Columns of the output, written shortly."""

from __future__ import annotations

import pyarrow as pa


def texts(*names: str) -> list[pa.Field]:
    """Strings."""
    return [pa.field(name, pa.string()) for name in names]


def counts(*names: str) -> list[pa.Field]:
    """Whole numbers of 32 bits: places and numbers of characters."""
    return [pa.field(name, pa.int32()) for name in names]


def of_rows() -> list[pa.Field]:
    """What every output begins with: the file, the row in it (see `core.bulk.readers`), and the row's id, if any."""
    return [*texts("source"), pa.field("row", pa.int64()), *texts("id")]
