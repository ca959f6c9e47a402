"""Points that a visitor gives: typed, pasted, in a file, clicked."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core.documents import decode
from core.errors import VisitorError

MAX_POINTS = 2_000_000
MAX_BYTES = 64_000_000  # of text
_SEPARATORS = str.maketrans({"\uff0c": ",", "\uff1b": ",", ";": ",", "\t": " ", "\uff08": " ", "\uff09": " "})
_DECIMAL = re.compile(r"\s*[-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?\s*")  # with a comma or a point
MAX_LINE = 10_000  # characters
_QUICK = 2_000  # characters below which the slow reader is as quick


def parse(text: str) -> np.ndarray:
    """Points out of text: a line each, x and y with a comma, semicolon, tab or spaces between them.

    A header, further columns, brackets, empty lines and lines that begin with # are allowed.  Where a semicolon stands
    between two numbers, a comma inside one of them is its decimal point: "0,5;1,25".

    Returns:
        Shape (n, 2).

    Raises:
        VisitorError: a line is not two finite numbers, or there are too many.
    """
    if not isinstance(text, str):
        raise VisitorError("points_not_pairs")
    if len(text) > MAX_BYTES:
        raise VisitorError("curves_text_long", megabytes=MAX_BYTES // 1_000_000)
    if len(text) <= _QUICK:
        return _slow(text)
    _line_lengths(text)
    quick = _quick(text)
    return _checked(quick) if quick is not None else _slow(text)


def read(path: Path | str, name: str | None = None) -> np.ndarray:
    """Points out of a csv, tsv or txt file.

    Raises:
        VisitorError: the file is too large or no text, or its lines are no points.
    """
    path = Path(path)
    name = name or path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise VisitorError("curves_text_long", megabytes=MAX_BYTES // 1_000_000)
        data = path.read_bytes()
    except OSError as error:
        raise VisitorError("file_unreadable", file=name, why=error.strerror or type(error).__name__) from error
    return parse(decode(data, name).lstrip("\ufeff"))


def checked(points: Any) -> np.ndarray:
    """Points as an array of shape (n, 2).

    Raises:
        VisitorError: no pairs, not finite, or too many.
    """
    if isinstance(points, str):
        return parse(points)
    if isinstance(points, np.ndarray):
        return _checked(points)
    if not isinstance(points, Iterable):
        raise VisitorError("points_not_pairs")
    points = list(points)
    if len(points) > MAX_POINTS:
        raise VisitorError("points_many", count=len(points), most=MAX_POINTS)
    for number, point in enumerate(points, 1):
        if not isinstance(point, list | tuple | np.ndarray) or len(point) != 2:
            raise VisitorError("points_not_pairs")
        if not all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in point):
            raise VisitorError("points_not_finite", number=number)
    try:
        return _checked(np.array(points, dtype=float).reshape(-1, 2))
    except OverflowError:  # an integer that no double holds
        raise VisitorError("points_not_finite", number=1) from None


def _checked(points: np.ndarray) -> np.ndarray:
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "iuf":
        raise VisitorError("points_not_pairs")
    if len(points) > MAX_POINTS:
        raise VisitorError("points_many", count=len(points), most=MAX_POINTS)
    points = points.astype(float)
    wrong = np.nonzero(~(np.abs(points) <= 1e15).all(axis=1))[0]
    if len(wrong):
        raise VisitorError("points_not_finite", number=int(wrong[0]) + 1)
    return points


def _line_lengths(text: str) -> None:
    """Raise VisitorError at a line that is too long: readers need many times its size."""
    begun = 0
    while len(text) - begun > MAX_LINE:
        end = text.rfind("\n", begun, begun + MAX_LINE + 1) + 1
        if not end:
            raise VisitorError("points_line", line=text.count("\n", 0, begun) + 1)
        begun = end


def _quick(text: str) -> np.ndarray | None:
    """NumPy's own reader, for text that is as plain as large files are; None when it is not."""
    lines = text.count("\n") + 1
    if lines > MAX_POINTS + 1000:
        raise VisitorError("points_many", count=lines, most=MAX_POINTS)
    first = text.split("\n", 1)[0]
    header = _header(first)
    comma = "," in text[len(first) : len(first) + 200]
    try:
        return np.loadtxt(
            io.StringIO(text), delimiter="," if comma else None, skiprows=int(header), usecols=(0, 1), ndmin=2
        )
    except (ValueError, IndexError):
        return None


def _slow(text: str) -> np.ndarray:
    points, seen = [], False
    for number, line in enumerate(io.StringIO(text, newline=None), 1):  # one line after the other
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _numbers(line)
        if pair is None:
            if not seen and _header(line):
                seen = True
                continue
            raise VisitorError("points_line", line=number)
        seen = True
        points.append(pair)
        if len(points) > MAX_POINTS:
            raise VisitorError("points_many", count=len(points), most=MAX_POINTS)
    return _checked(np.array(points, dtype=float).reshape(-1, 2))


def _header(line: str) -> bool:
    """Whether a line names columns: it is no pair, and neither of its first two cells begins like a number."""
    return _numbers(line) is None and not any(re.match(r"[-+.]?\d", part) for part in _cells(line)[:2])


def _numbers(line: str) -> tuple[float, float] | None:
    """The first two numbers of a line, or None."""
    parts = _cells(line)
    try:
        return float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        return None


def _cells(line: str) -> list[str]:
    parts = re.split("[;\uff1b]", line)
    first = parts[:2]
    if len(first) == 2 and any("," in part for part in first) and all(map(_DECIMAL.fullmatch, first)):
        return [part.strip().replace(",", ".") for part in parts]
    line = re.sub(r"[()\[\]{}\"']", " ", line.translate(_SEPARATORS)).strip().strip(",")
    return [part.strip() for part in line.split(",")] if "," in line else line.split()
