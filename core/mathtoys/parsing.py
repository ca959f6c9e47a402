"""A matrix as people write it → an array: `[[1, 2], [3, 4]]`, `1 2; 3 4`, LaTeX's pmatrix, csv, npy, or a recipe.

Whatever is read is data: entries are plain numbers or formulas (`core.mathtoys.expressions`), a .npy's header is
looked at before anything is allocated, and pickled objects are refused.  A recipe such as `hilbert(200)` stands for
a matrix of `core.mathtoys.generators`.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.documents import decode
from core.errors import VisitorError
from core.mathtoys import generators
from core.mathtoys.expressions import MAX_LENGTH, Expression, parse

MOST = 2_000  # rows and columns
MAX_CHARACTERS = 1_000_000  # of a text that is typed or pasted
MAX_BYTES = 64_000_000  # of a file; 2,000 x 2,000 complex doubles
MAX_FORMULAS = 2_500  # entries that are formulas rather than plain numbers
MAX_WRITTEN = 150_000  # characters of all of them, two seconds' work at worst
LARGEST = 1e12  # of an entry
EXACT = 12  # rows up to which the entries are kept as they were written, for many digits

_OPEN, _CLOSE = "([{", ")]}"
_LATEX = re.compile(r"\\begin\{(?:[a-z]{0,5}matrix|array)\*?\}(?:\{[lcr| ]{0,40}\})?")
_WRAPPER = re.compile(r"(?:[A-Za-z]\w* ?=)? ?(?:(?:np\.|numpy\.)?(?:array|matrix|Matrix) ?\()?")
_COMMAND = {r"\cdot": "*", r"\times": "*", r"\left": "", r"\right": "", r"\,": " ", r"\;": " ", r"\!": "", r"\ ": " "}


@dataclass(frozen=True)
class Matrix:
    """A square matrix: float64 or complex128, (n, n), and for n <= 12 its entries as they were written."""

    array: np.ndarray
    entries: tuple[tuple[Expression, ...], ...] | None = None

    @property
    def n(self) -> int:
        return len(self.array)


def read(text: str) -> Matrix:
    """The matrix of a text.

    Args:
        text: rows in brackets, by `;` or by lines, numbers by commas, spaces, tabs or `&`; or a recipe.

    Raises:
        VisitorError: nothing there, too long, ragged, not square, not finite, too large, or an entry that is neither a
            number nor a formula.
    """
    if not isinstance(text, str) or not text.strip():
        raise VisitorError("matrix_empty")
    if len(text) > MAX_CHARACTERS:
        raise VisitorError("matrix_text_long", most=MAX_CHARACTERS)
    recipe = generators.recipe(text)
    if recipe is not None:
        return matrix(recipe)
    return _numbers(rows_of(text))


def matrix(values: object) -> Matrix:
    """An array, or nested lists of numbers, as a `Matrix`; raises as `read` does."""
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise VisitorError("matrix_numbers") from error
    if array.dtype.kind == "O" and array.size <= MAX_FORMULAS:  # Fractions, long integers
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise VisitorError("matrix_numbers") from error
    if array.dtype.kind not in "biufc":
        raise VisitorError("matrix_numbers")
    checked = _checked(array)
    if len(checked) > EXACT:
        return Matrix(checked)
    return Matrix(checked, tuple(tuple(parse(written(value)) for value in row) for row in checked.tolist()))


def read_file(path: Path | str, name: str | None = None) -> Matrix:
    """The matrix of a file: .npy, or text (.csv, .tsv, .txt) as `read` takes it.

    Raises:
        VisitorError: as `read`, and for a file of another kind, too large, broken, or holding objects.
    """
    path = Path(path)
    name = name or path.name
    kind = Path(name).suffix.lower()
    if kind not in (".csv", ".tsv", ".txt", ".npy"):
        raise VisitorError("matrix_file_kind", file=name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise VisitorError("matrix_file_large", file=name, megabytes=MAX_BYTES // 1_000_000)
        if kind == ".npy":
            return matrix(_npy(path, name))
        data = path.read_bytes()
    except OSError as error:
        raise VisitorError("file_unreadable", file=name, why=error.strerror or type(error).__name__) from error
    text = decode(data, name)
    if not text.strip():
        raise VisitorError("matrix_empty")
    plain = _plain_table(text)
    return matrix(plain) if plain is not None else _numbers(rows_of(text))


def rows_of(text: str) -> list[list[str]]:
    """A text cut into rows and cells; nothing is worked out yet."""
    text = text.strip().replace("\uff0c", ",").replace("\uff1b", ";")
    found = _LATEX.search(text)
    if found:
        body = text[found.end() :].split("\\end", 1)[0]
        rows = [row.split("&") for row in body.split("\\\\") if row.strip()]
        marked = {cell for row in rows for cell in row if any(mark in cell for mark in "\\{}")}
        if len(marked) > MAX_FORMULAS:
            raise VisitorError("matrix_many_formulas", most=MAX_FORMULAS)
        plain = {cell: _unlatex(cell) for cell in marked}
        return [[plain.get(cell, cell.strip()) for cell in row] for row in rows]
    text = text.rstrip(";").rstrip()
    opening = min((place for place in (text.find("["), text.find("{")) if place >= 0), default=-1)
    if opening < 0 or not _WRAPPER.fullmatch(" ".join(text[:opening][:80].split())):
        return _by_lines(text)
    text = text[opening:].rstrip(")")
    return _bracketed(text)


def _bracketed(text: str) -> list[list[str]]:
    """Rows inside brackets: `[[1, 2], [3, 4]]`, `[[1 2]\\n [3 4]]`, `[1 2; 3 4]`."""
    inner = text[1:-1]
    if {"[": "]", "{": "}"}[text[0]] != text[-1:] or len(text) < 2:
        raise VisitorError("matrix_brackets")
    if not any(mark in inner for mark in "[{"):
        return _by_lines(inner.strip().rstrip(";"))
    if inner.lstrip()[:1] not in ("[", "{"):  # rows without brackets around them all: [1, 2], [3, 4]
        inner = text
    rows, depth, begun = [], 0, 0
    for place, letter in enumerate(inner):
        if letter in "[{":
            depth += 1
            begun = place + 1 if depth == 1 else begun
        elif letter in "]}":
            depth -= 1
            if depth == 0:
                rows.append(inner[begun:place])
        elif depth == 0 and letter not in ", ;\t\r\n":
            raise VisitorError("matrix_brackets")
        if depth not in (0, 1):
            raise VisitorError("matrix_brackets")
    if depth:
        raise VisitorError("matrix_brackets")
    return [_cells(row.replace("\n", " ")) for row in rows]


def _by_lines(text: str) -> list[list[str]]:
    """Rows by lines or `;`.  Lines that hold as many `;` as each other, and nothing else to part cells, are a csv."""
    lines = [line.strip().rstrip(";") for line in re.split(r"[\r\n]+", text) if line.strip(" \t;,")]
    european = len(lines) > 1 and {line.count(";") for line in lines} == {len(lines) - 1}
    if european:
        comma = not any("." in line for line in lines)  # 0,5;1,5: the comma is the decimal point
        return [[cell.replace(",", ".") if comma else cell for cell in line.split(";")] for line in lines]
    return [_cells(row) for line in lines for row in line.split(";") if row.strip()]


def _cells(row: str) -> list[str]:
    """The cells of one row: by `&` or tabs, by commas, or by spaces; `1 - 2` is one cell, `1 -2` are two."""
    row = row.strip().rstrip(",")
    for mark in ("\t", "&", ","):
        if mark in row:
            return [cell.strip() for cell in _split(row, mark)]
    row = re.sub(r" ([-+*/^]) ", r"\1", " ".join(row.split()))
    row = re.sub(r" ?([*/^]) ?", r"\1", row)
    return [cell for cell in _split(row, " ") if cell]


def _split(row: str, mark: str) -> list[str]:
    """Cut at a mark that stands outside of brackets."""
    if "(" not in row:
        return row.split(mark)
    cells, depth, begun = [], 0, 0
    for place, letter in enumerate(row):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if letter == mark and depth == 0:
            cells.append(row[begun:place])
            begun = place + 1
    return [*cells, row[begun:]]


def _unlatex(cell: str) -> str:
    """A cell of LaTeX as a formula: fractions, roots, pi, dots."""
    if len(cell) > MAX_LENGTH:
        raise VisitorError("expression_long", most=MAX_LENGTH)
    for command, plain in _COMMAND.items():
        cell = cell.replace(command, plain)
    cell = re.sub(r"\\(?:mathrm|mathit|operatorname|text)\s*\{([A-Za-z]+)\}", r"\1", cell)
    cell = re.sub(r"\\[dt]?frac\s*(\d)\s*(\d)", r"(\1/\2)", cell)
    inner = r"\{([^{}]*)\}"
    for _ in range(20):  # from the inside out
        before = cell
        cell = re.sub(rf"\\[dt]?frac\s*{inner}\s*{inner}", r"((\1)/(\2))", cell)
        cell = re.sub(rf"\\sqrt\s*(?:{inner}|(\d))", lambda m: f"sqrt({m[1] or m[2]})", cell)
        cell = re.sub(rf"([\^]){inner}", r"\1(\2)", cell)
        if cell == before:
            break
    return re.sub(r"\\([A-Za-z]+)", r" \1 ", cell).replace("{", "(").replace("}", ")").strip()


def _numbers(rows: list[list[str]]) -> Matrix:
    """Cells worked out: plain numbers at once, formulas one by one."""
    _shape(rows)
    n, formulas, characters, known = len(rows), 0, 0, {}
    values = np.empty((n, n), dtype=np.complex128)
    kept: list[tuple[Expression, ...]] = []
    for row, cells in enumerate(rows):
        line = []
        for column, cell in enumerate(cells):
            plain = _plain(cell)
            if plain is None and cell not in known:
                formulas, characters = formulas + 1, characters + len(cell)
                if formulas > MAX_FORMULAS:
                    raise VisitorError("matrix_many_formulas", most=MAX_FORMULAS)
                if characters > MAX_WRITTEN:
                    raise VisitorError("matrix_formulas_long", most=MAX_WRITTEN)
                known[cell] = parse(cell)
            if plain is not None and not np.isfinite(plain):
                raise VisitorError("matrix_not_finite", row=row + 1, column=column + 1)
            values[row, column] = known[cell].number() if plain is None else plain
            if n <= EXACT:
                line.append(known[cell] if plain is None else parse(cell.strip()))
        kept.append(tuple(line))
    array = _checked(values if np.iscomplexobj(values) and values.imag.any() else values.real.copy())
    return Matrix(array, tuple(kept) if n <= EXACT else None)


def _plain(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _shape(rows: list[list[str]]) -> None:
    """Raise VisitorError unless the rows make a square that is not too large."""
    if not rows or not any(cell.strip() for row in rows for cell in row):
        raise VisitorError("matrix_empty")
    longest = max(len(rows), *(len(row) for row in rows))
    if longest > MOST:
        raise VisitorError("matrix_too_large", found=longest, most=MOST)
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise VisitorError("matrix_ragged", row=number + 1, found=len(row), wanted=len(rows[0]))
    if len(rows) != len(rows[0]):
        raise VisitorError("matrix_not_square", rows=len(rows), columns=len(rows[0]))


def _checked(array: np.ndarray) -> np.ndarray:
    """A square array of finite numbers as float64 or complex128."""
    if array.ndim != 2:
        raise VisitorError("matrix_not_square", rows=len(array) if array.ndim else 1, columns=array.ndim)
    rows, columns = array.shape
    if not array.size:
        raise VisitorError("matrix_empty")
    if max(rows, columns) > MOST:
        raise VisitorError("matrix_too_large", found=max(rows, columns), most=MOST)
    if rows != columns:
        raise VisitorError("matrix_not_square", rows=rows, columns=columns)
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)
    if array.dtype.kind == "c" and not array.imag.any():
        array = array.real.copy()
    if not np.isfinite(array).all():
        wrong = np.argwhere(~np.isfinite(array))
        raise VisitorError("matrix_not_finite", row=int(wrong[0, 0]) + 1, column=int(wrong[0, 1]) + 1)
    if np.abs(array).max() > LARGEST:
        raise VisitorError("matrix_entries_huge", most=f"{LARGEST:.0e}".replace("e+", "e"))
    return array


def _plain_table(text: str) -> np.ndarray | None:
    """A csv of plain numbers, read at NumPy's speed; None when it is something else."""
    first = text.lstrip().split("\n", 1)[0]
    if len(first) > 60 * MOST:
        raise VisitorError("matrix_too_large", found=MOST + 1, most=MOST)
    mark = next((mark for mark in (",", ";", "\t") if mark in first), None)
    columns = len(first.split(mark))
    table = re.fullmatch(r"[-+0-9.eE,;\s]+", first) and not ("," in first and ";" in first)
    if table and columns > MOST:
        raise VisitorError("matrix_too_large", found=columns, most=MOST)
    try:
        if not table or (columns == 1 and len(text) < MAX_CHARACTERS):
            raise ValueError(first)
        return np.loadtxt(io.StringIO(text), delimiter=mark, ndmin=2, max_rows=MOST + 1)
    except ValueError:
        if len(text) > MAX_CHARACTERS:
            raise VisitorError("matrix_text_long", most=MAX_CHARACTERS) from None
        return None


def _npy(path: Path, name: str) -> np.ndarray:
    """The array of a .npy, its header looked at before anything is allocated."""
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
            shape, _, dtype = reader(file)
            held = path.stat().st_size - file.tell()
        if dtype.hasobject or dtype.kind not in "biufc" or len(shape) != 2:
            raise ValueError(dtype)
        if max(shape) > MOST:
            raise VisitorError("matrix_too_large", found=max(shape), most=MOST)
        if held < shape[0] * shape[1] * dtype.itemsize:
            raise ValueError(held)
        return np.load(path, allow_pickle=False)
    except VisitorError:
        raise
    except Exception as error:  # NumPy raises many kinds on a broken header, those of Python's parser among them
        raise VisitorError("matrix_npy", file=name) from error


def written(value: complex | float | int) -> str:
    """A number as the formula that gives it back: every digit kept."""
    if isinstance(value, complex):
        return f"{value.real!r}+({value.imag!r})*i"
    return repr(value)
