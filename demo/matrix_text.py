"""A matrix as the text that stands in the box, and as the cells of the grid beside it."""

from __future__ import annotations

import json

from core.errors import VisitorError
from core.mathtoys import parsing
from core.mathtoys.expressions import Expression
from demo.held import Held

FILE = "file: "  # how the text begins that stands for an uploaded matrix too large to be written out
GRID = 8  # rows up to which the grid shows the matrix
WRITTEN = 12  # rows up to which a matrix is written out as text


def given(text: str, kept: Held | None) -> parsing.Matrix:
    """The matrix of the text field, or the uploaded one that the text names."""
    if isinstance(text, str) and text.startswith(FILE):
        if kept is None:
            raise VisitorError("matrix_gone")
        return kept.value()
    return parsing.read(text)


def written(found: parsing.Matrix) -> str:
    """Rows of entries with blanks between them, as they are read again: as they were written, where that is kept."""
    return "\n".join(" ".join(row) for row in _shown(found))


def _shown(found: parsing.Matrix) -> list[list[str]]:
    if found.entries is None:
        return [[_number(value) for value in row] for row in found.array.tolist()]
    return [
        [_entry(entry, value) for entry, value in zip(entries, values, strict=True)]
        for entries, values in zip(found.entries, found.array.tolist(), strict=True)
    ]


def _entry(entry: Expression, value: complex | float) -> str:
    """An entry as it was written, but for blanks, which part entries here; a number of no text as short as can be."""
    return _number(value) if entry.text == parsing.written(value) else entry.compact


def _number(value: complex | float) -> str:
    if isinstance(value, complex):
        sign = "" if value.imag < 0 else "+"
        return f"{_number(value.real)}{sign}{_number(value.imag)}i" if value.imag else _number(value.real)
    return str(int(value)) if value == int(value) else repr(value)


def laid(text: str, found: parsing.Matrix) -> str:
    """A small matrix for the grid, and the text that it stands for: by then the visitor may have written another one,
    in the grid itself, which must not go.  "" for a larger one."""
    if found.n > GRID:
        return ""
    headers = [str(i + 1) for i in range(found.n)]
    return json.dumps({"text": text, "headers": headers, "data": _shown(found)})
