"""Matrices as people write them, and files that lie."""

import contextlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.mathtoys import generators, parsing


@pytest.mark.parametrize(
    "text",
    [
        "[[1,2],[3,4]]",
        "1 2; 3 4",
        "A = [1, 2; 3, 4];",
        "1,2\n3,4\n",
        "1\t2\n3\t4",
        "1;2\n3;4",
        "1 2;\n3 4;",
        "[1,2]\n[3,4]",
        "{{1,2},{3,4}}",
        "np.array([[1, 2],\n       [3, 4]])",
        "[[1. 2.]\n [3. 4.]]",
        r"$$\begin{pmatrix} 1 & \frac{4}{2} \\ 3 & \sqrt{16} \\ \end{pmatrix}$$",
        r"\left[\begin{array}{cc}1&2\\3&4\end{array}\right]",
        "2 - 1, 2; 3 2*2",
        "1\uff0c2\uff1b3\uff0c4",
    ],
)
def test_ways_to_write_the_same(text):
    assert parsing.read(text).array.tolist() == [[1, 2], [3, 4]]


def test_signs_and_spaces():
    assert parsing.read("1 -2; 3 +4").array.tolist() == [[1, -2], [3, 4]]
    assert parsing.read("0,5;1,5\n2;3").array.tolist() == [[0.5, 1.5], [2, 3]]
    assert parsing.read("[[1+2i, -i],[2j, pi]]").array.tolist() == [[1 + 2j, -1j], [2j, np.pi]]


@settings(deadline=None)
@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=3, max_size=3), st.sampled_from(" ,\t")
)
def test_what_is_printed_is_read_again(rows, mark):
    text = "\n".join(mark.join(repr(value) for value in row) for row in rows)
    assert parsing.read(text).array.tolist() == rows
    assert parsing.read(repr(rows)).array.tolist() == rows


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "matrix_empty"),
        (";;;", "matrix_empty"),
        ("[[],[]]", "matrix_empty"),
        ("1 2; 3", "matrix_ragged"),
        ("1 2 3; 4 5 6", "matrix_not_square"),
        ("nan 1; 1 1", "matrix_not_finite"),
        ("1 1; 1 -inf", "matrix_not_finite"),
        ("hello world; a b", "expression_word"),
        ("1e308 0; 0 1", "matrix_entries_huge"),
        ("[[9**9**9, 1], [1, 1]]", "expression_value"),
        ("[" * 100_000, "matrix_brackets"),
        ("[[[1]]]", "matrix_brackets"),
        ("[[1,2],[3,4]", "matrix_brackets"),
        ("1" * 1_000_001, "matrix_text_long"),
        (" " * 900_000 + "-x" + " " * 90_000, "expression_word"),
        (r"\begin{pmatrix}" * 60_000, "expression_long"),
        ("1," * 5000, "matrix_too_large"),
        ("\n".join(f"sqrt({i}) " * 60 for i in range(60)), None),
        ("random(3000)", "out_of_range"),
        ("random(3, -1)", "out_of_range"),
    ],
)
def test_bad_texts_give_a_sentence(text, key):
    if key is None:  # the same formula again costs nothing
        assert parsing.read(text).n == 60
        return
    with pytest.raises(VisitorError) as caught:
        parsing.read(text)
    assert caught.value.key == key


@settings(deadline=None)
@given(st.text(alphabet="[]{}();, 1ei-+*/^.\n\\&|", max_size=80))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(VisitorError):
        assert np.isfinite(parsing.read(text).array).all()


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "complex128", "bool", ">f8"])
def test_npy(tmp_path, dtype):
    array = np.arange(9).reshape(3, 3).astype(dtype)
    np.save(tmp_path / "a.npy", np.asfortranarray(array))
    assert np.array_equal(parsing.read_file(tmp_path / "a.npy").array, array)


def header(shape, descr="<f8"):
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (header((10**9, 10**9)), "matrix_too_large"),
        (header((1000, 1000)) + b"\0" * 80, "matrix_npy"),
        (header((2, 2), "|O") + b"cos\nsystem\n(S'true'\ntR.", "matrix_npy"),
        (header((2, 2), "<U8") + b"\0" * 128, "matrix_npy"),
        (header((4,)) + b"\0" * 32, "matrix_npy"),
        (header((0, 0)), "matrix_empty"),
        (b"\x93NUMPY\x09\x00", "matrix_npy"),
        (b"", "matrix_npy"),
        (b"PK\x03\x04", "matrix_npy"),
    ],
)
def test_npy_that_lies(tmp_path, data, key):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(VisitorError) as caught:
        parsing.read_file(tmp_path / "a.npy")
    assert caught.value.key == key


def test_csv_files(tmp_path):
    array = np.random.default_rng(0).normal(size=(300, 300))
    np.savetxt(tmp_path / "a.csv", array, delimiter=",")
    assert np.array_equal(parsing.read_file(tmp_path / "a.csv").array, array)  # savetxt writes 18 digits
    (tmp_path / "b.csv").write_text("1/2,2\r\n3,sqrt(4)\r\n")
    assert parsing.read_file(tmp_path / "b.csv").array.tolist() == [[0.5, 2], [3, 2]]
    (tmp_path / "c.csv").write_text(",".join(["1"] * 5000))
    for name, key in [("c.csv", "matrix_too_large"), ("d.mat", "matrix_file_kind"), ("e.csv", "file_unreadable")]:
        with pytest.raises(VisitorError) as caught:
            parsing.read_file(tmp_path / name)
        assert caught.value.key == key


@pytest.mark.parametrize(
    "values", [[["a", "b"], ["c", "d"]], [[1, 2], [3]], [[None, 1], [1, 1]], 5, [], np.zeros((2, 2, 2))]
)
def test_arrays_that_are_no_matrix(values):
    with pytest.raises(VisitorError):
        parsing.matrix(values)


@given(st.sampled_from(["jordan", "rotation"]), st.floats(-1e12, 1e12))
@example("rotation", 0.031415926535897934)
@example("jordan", 1e-7)
@example("jordan", 1e12)
def test_a_recipe_is_read_as_it_was_written(kind, parameter):
    read = generators.recipe(generators.written(kind, 3, parameter))
    assert np.array_equal(read, generators.generate(kind, 3, parameter))


def test_generators_are_what_they_say():
    made = {kind: generators.generate(kind, 6, 1) for kind in generators.KINDS}
    assert np.array_equal(made["skew"], -made["skew"].T)
    assert abs(np.trace(made["traceless"])) < 1e-14
    assert not np.linalg.matrix_power(made["nilpotent"], 6).any()
    assert np.array_equal(made["idempotent"] @ made["idempotent"], made["idempotent"])
    assert (
        np.allclose(made["stochastic"].sum(1), 0)
        and (made["stochastic"] - np.diag(np.diag(made["stochastic"])) >= 0).all()
    )
    assert np.array_equal(made["rotation"], -made["rotation"].T)
    assert np.iscomplexobj(made["complex"]) and made["hilbert"][1, 2] == 0.25
    for kind, array in made.items():
        assert np.array_equal(parsing.read(generators.written(kind, 6, 1)).array, array)


def test_a_table_of_too_many_columns_is_refused_by_its_first_line(tmp_path):
    (tmp_path / "a.csv").write_text(",".join(["1"] * 2001) + "\n" + "1\n" * 10, encoding="utf-8")
    with pytest.raises(VisitorError, match="2,001"):
        parsing.read_file(tmp_path / "a.csv")


@pytest.mark.parametrize("n", [60, 3])
def test_a_file_of_one_line_may_hold_all_rows(tmp_path, n):
    rows = [[float(i == j) for j in range(n)] for i in range(n)]
    for text in (str(rows), ";".join(",".join(map(str, row)) for row in rows)):
        (tmp_path / "a.txt").write_text(text, encoding="utf-8")
        assert np.array_equal(parsing.read_file(tmp_path / "a.txt").array, np.eye(n))


def test_a_complex_matrix_as_numpy_saves_it(tmp_path):
    array = np.arange(2500).reshape(50, 50) * (1 / 3 + 0.7j)
    np.savetxt(tmp_path / "a.txt", array)
    assert np.allclose(parsing.read_file(tmp_path / "a.txt").array, array)


def test_formulas_have_a_bound_in_all():
    cell = "i" * 390
    with pytest.raises(VisitorError, match="150,000 characters"):
        parsing.read("\n".join(",".join(f"{cell}+{n}.{m}" for n in range(20)) for m in range(20)))
