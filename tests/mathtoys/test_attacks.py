"""What ill will or odd numbers once broke: each case took the machine, a stack trace or a wrong verdict."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from core.errors import VisitorError
from core.mathtoys import parsing, photo, points
from core.mathtoys.matrix import identity
from core.mathtoys.precise import verify


@pytest.mark.parametrize("shift", [-8.4, -4.2, -3.0, 3.0, 4.2, 8.4, 33.0, -33.0, -836.0, 5e3])
@pytest.mark.parametrize("n", [2, 9])
def test_what_the_pade_approximant_loses_is_allowed_for(shift, n):
    for seed in range(3):
        drawn = np.random.default_rng(seed).standard_normal((n, n))
        found = identity(shift * np.eye(n) + 0.05 * drawn)
        assert found.within and found.allowed < 1e-6


def test_turning_by_large_angles_is_within():
    assert identity("0 1e12; -1e12 0").within


@pytest.mark.parametrize("text", ["1/(9^9^9^(1e308*10))", "9^(9^(-1e-14/(0.1*3-0.3000000000000000000000000000001)))"])
def test_towers_that_only_doubles_lose_are_refused(text):
    with pytest.raises(VisitorError) as told:
        verify(text)
    assert told.value.key == "expression_value"


SIGNS = (" ", "\t", '"', "(", "[", "<", "1", "-", ".", "=", "。", "的")
BOMB = """
import sys
from core.errors import VisitorError
from core.mathtoys import expressions, parsing, points
from core.optim import formula

readers = {
    "points": points.parse, "matrix": parsing.read, "expression": expressions.parse, "formula": formula.read
}
for sign in sys.argv[2:]:
    for text in (200_000 * sign, "1 " + 200_000 * sign, 4_000 * (20 * sign + "\\n")):
        try:
            readers[sys.argv[1]](text)
        except VisitorError:
            pass
    print(sign)
"""


@pytest.mark.parametrize("reader", ["points", "matrix", "expression", "formula"])
def test_one_sign_without_end(reader):
    """In a process of its own, which a pattern that never ends does not take this one along with."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", BOMB, reader, *SIGNS]
    done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", timeout=20 * len(SIGNS))
    assert done.returncode == 0 and done.stdout.count("\n") == len(SIGNS), done.stderr[-2000:]


def test_latex_cells_without_end():
    with pytest.raises(VisitorError) as told:
        parsing.read(r"\begin{pmatrix}" + "&".join(rf"\frac1{i}" for i in range(3000)))
    assert told.value.key == "matrix_many_formulas"


@pytest.mark.parametrize("header", ["-" * 9000 + "1", "{'descr': '''\n", "(" * 9000])
def test_npy_headers_that_no_parser_takes(tmp_path, header):
    file = tmp_path / "a.npy"
    file.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    with pytest.raises(VisitorError) as told:
        parsing.read_file(file)
    assert told.value.key == "matrix_npy"


def test_one_endless_line_is_no_points():
    for text in ("1" * 20_000, "1 2 " * 10_000, "1,2\n" * 9000 + "3,4," * 10_000):
        with pytest.raises(VisitorError) as told:
            points.parse(text)
        assert told.value.key == "points_line"
    assert told.value.values == {"line": 9001}


@pytest.mark.parametrize("rows", [3, 3000])
def test_columns_may_have_names_with_digits(rows):
    assert points.parse("x1, y1\n" + "1, 2\n" * rows).shape == (rows, 2)
    with pytest.raises(VisitorError):
        points.parse("1, y1\n" + "1, 2\n" * rows)


def test_points_of_a_file_that_is_gone(tmp_path):
    with pytest.raises(VisitorError) as told:
        points.read(tmp_path / "gone.csv")
    assert told.value.key == "file_unreadable"


def test_a_picture_one_pixel_wide_may_be_a_bomb(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 59_000_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(png)
    with pytest.raises(VisitorError) as told:
        photo.load(tmp_path / "a.png")
    assert told.value.key == "picture_too_large"
