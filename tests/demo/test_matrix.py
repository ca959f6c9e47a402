"""The matrix tab as clients see it: the endpoint, and results as HTML and pictures."""

import json
import math
import re
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import Client

from core.errors import VisitorError
from core.mathtoys import exponentials, flow, generators, parsing
from core.mathtoys.matrix import identity
from demo import blocks, matrix, matrix_pictures, matrix_render, matrix_text
from tests.demo.fakes import FakeService

ASKED = SimpleNamespace(headers={"accept-language": "en"}, cookies={})


@pytest.fixture(scope="module")
def client():
    usual, blocks.TABS = blocks.TABS, (("tab_matrix", matrix.tab),)
    page = blocks.build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **blocks.launch_options())
    yield Client(page.local_url, verbose=False)
    page.close()
    blocks.TABS = usual


def test_the_endpoint_answers_with_the_dataclass(client):
    answer = client.predict("1/2 -2; 2 0", 40, api_name="/matrix")
    assert answer["within"] and answer["left"] == pytest.approx(math.exp(0.5))
    assert answer["verified"]["agreed"] >= 39 and answer["verified"]["right"].startswith("1.64872127070012814684865")
    answer = client.predict(matrix="1000000 1; i 0", api_name="/matrix")
    assert answer["left"] is None and answer["verified"] is None
    assert answer["log_left"]["real"] == pytest.approx(1e6) and answer["is_complex"]
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"matrix": ""}, "no matrix"),
        ({"matrix": "1 2; 3"}, "Row 2"),
        ({"matrix": "1 2 3"}, "square"),
        ({"matrix": "os.system(1)"}, "not known"),
        ({"matrix": "[" * 50_000}, "brackets"),
        ({"matrix": "random(2001)"}, "2000"),
        ({"matrix": "1", "digits": 5}, "15"),
        ({"matrix": "hilbert(13)", "digits": 20}, "12"),
    ],
)
def test_the_endpoint_refuses_with_a_sentence(client, arguments, part):
    with pytest.raises(Exception, match=part) as caught:
        client.predict(**arguments, api_name="/matrix")
    assert "Traceback" not in str(caught.value)


def test_the_endpoint_is_the_only_one_and_is_described(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/matrix"}


def shown(text, kept=None):
    return list(matrix.show(text, kept, 0.5, ASKED))


def sums(text, second):
    return matrix._told(matrix._sums)(text, None, second, ASKED)


def test_every_panel_answers_for_the_first_example():
    first, rest = shown(matrix.FIRST)
    assert "They agree" in first[0] and "两边相等" in first[0]
    assert all(part is not None for part in rest[1:])
    assert "t = 0.50" in rest[3]


@pytest.mark.parametrize("text", list(matrix.EXAMPLES.values()))
def test_every_example_is_within(text):
    assert 'data-within="true"' in shown(text)[0][0]


def test_a_panel_that_does_not_fit_says_so_and_the_others_stay():
    _, rest = shown("hilbert(60)")
    assert rest[2] is None and "2 x 2" in rest[3]
    assert rest[6] is not None and "Sum of the eigenvalues" in rest[7]


def test_a_second_matrix():
    assert "same size" in sums(matrix.FIRST, "1 2 3; 4 5 6; 7 8 9")
    assert "Determinants" in sums("1 2 3; 4 5 6; 7 8 9", matrix.SECOND), (
        "not touched yet: it takes the first one's size"
    )
    assert "<img" not in sums(matrix.FIRST, "<img src=x>")


def test_what_is_told_of_a_matrix_says_of_which():
    mark = re.compile(r'^<div data-of="(\w+)">')
    of = {text: mark.match(shown(text)[0][0])[1] for text in ("1 2; 3 4", "1, 2; 3, 4", "1 2; 3 5")}
    assert of["1 2; 3 4"] == of["1, 2; 3, 4"] != of["1 2; 3 5"]
    for told in (
        matrix._told(matrix._verified, matrix._first)("1 2; 3 4", None, 30, ASKED)[0],
        matrix._told(matrix._verified, matrix._first)("1 2; 3 4", None, 1e9, ASKED)[0],
        matrix._told(matrix._exact, matrix._second)("1 2; 3 4", None, 30, ASKED)[1],
        matrix._told(matrix._cost, matrix._second)("1 2; 3 4", None, 30, ASKED)[1],
    ):
        assert mark.match(told)[1] == of["1 2; 3 4"]


def test_frames_carry_the_square(monkeypatch):
    found = flow.flow("0.5 -2; 2 0")
    layout = json.loads(matrix_pictures.flow(found, 0.25, "en").plot)["layout"]
    frames = layout["meta"]["frames"]
    square = frames["traces"][0]
    at = frames["values"].index(1.0)
    x, y = np.array(square["x"][at]), np.array(square["y"][at])
    area = abs((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2  # the shoelace formula
    assert area == pytest.approx(math.exp(0.5), rel=1e-4)
    assert frames["text"][at].startswith("t = 1.00 · area = 1.64872")


@pytest.mark.parametrize("text", ["1 i; 2 3", "0 0; 0 0", "20 1; 3 -40", "60 1 2; 0 0 1; 3 1 4"])
def test_pictures_are_json_without_nan(text):
    parts = [part for part in shown(text)[1] if hasattr(part, "plot")]
    assert parts
    for part in parts:
        json.loads(part.plot, parse_constant=lambda wrong: pytest.fail(wrong))


def test_three_dimensions():
    drawn = json.loads(matrix_pictures.flow(flow.flow(matrix.EXAMPLES["matrix_turning"]), 1, "zh").plot)
    assert {trace["type"] for trace in drawn["data"]} == {"scatter3d", "mesh3d"}
    assert "体积 = 1 " in drawn["layout"]["meta"]["frames"]["text"][-1]


def test_a_mistake_keeps_what_stands_there(monkeypatch):
    told = []
    monkeypatch.setattr(matrix, "warn", lambda text, request: told.append(text))
    assert len(shown("1 2; 3")) == 1
    assert "Row 2" in told[0]
    monkeypatch.setattr(matrix, "identity", lambda found: 1 / 0)
    shown(matrix.FIRST)
    assert "went wrong" in told[1]


def test_uploads(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[0.5, 1 / 3], [2, 3]]))
    text, kept = matrix.opened(str(tmp_path / "a.npy"), ASKED)
    assert kept is None and parsing.read(text).array.tolist() == [[0.5, 1 / 3], [2, 3]]
    np.save(tmp_path / "b.npy", np.eye(100))
    text, kept = matrix.opened(str(tmp_path / "b.npy"), ASKED)
    assert text == "file: b.npy" and not (tmp_path / "b.npy").exists()
    assert kept.value().n == 100


def test_what_was_written_stays_as_it_was_written(tmp_path):
    """In the box when a file is opened, and in the grid, whose cells go back into the box."""
    (tmp_path / "a.csv").write_text("1/3, pi i\n2e + 3, sqrt (2)\n", encoding="utf-8")
    text, _ = matrix.opened(str(tmp_path / "a.csv"), ASKED)
    assert text == "1/3 pi*i\n2*e+3 sqrt(2)"
    assert parsing.read(text).array[1, 0] == pytest.approx(2 * math.e + 3)
    assert parsing.read(text).entries[0][0].rational()[0] == Fraction(1, 3)
    for text, cells in (
        ("1/3 0; 0 2/3", [["1/3", "0"], ["0", "2/3"]]),
        ("1+i 2; -3i 1/2-2i", [["1+i", "2"], ["-3i", "1/2-2i"]]),
        (r"\begin{pmatrix}\frac12&0\\0&1\end{pmatrix}", [["(1/2)", "0"], ["0", "1"]]),
        ("rotation(2, 0.5)", [["0", "-0.5"], ["0.5", "0"]]),
    ):
        found = parsing.read(text)
        laid = json.loads(matrix_text.laid(text, found))
        assert laid["data"] == cells
        assert np.array_equal(parsing.read("\n".join(" ".join(row) for row in cells)).array, found.array)


def test_a_panel_that_breaks_takes_no_other_with_it(monkeypatch):
    monkeypatch.setattr(exponentials, "series", lambda found: 1 / 0)
    _, rest = shown(matrix.FIRST)
    assert rest[8] is None and "went wrong" in rest[9]
    assert "Sum of the eigenvalues" in rest[7] and "Determinant entry by entry" in rest[10]


def test_what_cannot_be_made_is_told(monkeypatch):
    told = []
    monkeypatch.setattr("demo.common.warn", lambda text, request: told.append(text))
    for kind, rows, parameter in (("random", 4, 12345678901), ("random", None, 1), ("jordan", 3, math.nan)):
        matrix.made(kind, rows, parameter, ASKED)
    assert "seed must lie between" in told[0] and "must be a finite number" in told[1] and len(told) == 3
    assert parsing.read(matrix.made("jordan", 20, 1e-7, ASKED)).array[0, 0] == 1e-7


def test_a_large_matrix_is_not_made_to_be_named(monkeypatch):
    monkeypatch.setattr(generators, "generate", lambda *_: pytest.fail("2,000 rows for a line of text"))
    assert matrix.made("complex", 2000, 1, ASKED) == "complex(2000, 1)"


def test_digits_closed_forms_and_times_are_questions(monkeypatch):
    def refuse(request):
        raise VisitorError("rate_limit", most=1, seconds=2)

    monkeypatch.setattr(matrix, "admit", refuse)
    for work, refused in ((matrix._verified, matrix._first), (matrix._exact, matrix._second)):
        assert "ask again in 2 s" in "".join(filter(None, matrix._told(work, refused)(matrix.FIRST, None, 30, ASKED)))
    assert "Determinants" in matrix._told(matrix._sums, counted=False)(matrix.FIRST, None, matrix.SECOND, ASKED)


def test_a_condition_says_of_which_matrix_it_is():
    assert "exp(A/64)" in matrix_render.identity(identity("0 40; 40 0"))
    assert "exp(A)" in matrix_render.identity(identity(matrix.FIRST))


def test_generated_matrices_are_read_again():
    for kind in ("random", "hilbert", "jordan", "stochastic", "rotation"):
        for rows in (3, 40):
            assert parsing.read(matrix.made(kind, rows, 1, ASKED)).n == rows


def test_what_is_not_within_is_told_so():
    found = identity("0.5 -2; 2 0")
    wrong = matrix_render.identity(type(found)(**{**found.__dict__, "within": False}))
    assert 'data-within="false"' in wrong and "≠" in wrong


def test_the_logarithms_of_a_rotation_are_a_table():
    table = matrix_render.branches(exponentials.branches(1.0))
    assert table.count("<tr") == 8 and table.count("wz-principal") == 1
