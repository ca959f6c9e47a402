"""A matrix as the text that stands in the box, and as the cells of the grid beside it."""

from __future__ import annotations

import json

import numpy as np

from core.errors import VisitorError
from core.mathtoys import parsing
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


def written(array: np.ndarray) -> str:
    """Rows of entries with blanks between them, as they are read again."""
    return "\n".join(" ".join(row) for row in _shown(array))


def _shown(array: np.ndarray) -> list[list[str]]:
    return [[_number(value) for value in row] for row in array.tolist()]


def _number(value: complex | float) -> str:
    if isinstance(value, complex):
        return f"{_number(value.real)}{value.imag:+}i"
    return str(int(value)) if value == int(value) else repr(value)


def laid(text: str, found: parsing.Matrix) -> str:
    """A small matrix for the grid, and the text that it stands for: by then the visitor may have written another one,
    in the grid itself, which must not go.  "" for a larger one."""
    if found.n > GRID:
        return ""
    headers = [str(i + 1) for i in range(found.n)]
    return json.dumps({"text": text, "headers": headers, "data": _shown(found.array)})
