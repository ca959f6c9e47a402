"""Fits of chains with known parameters: exact points, noisy ones, wrong ones, a picture, and what is no chain."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.mathtoys import points as pointers
from core.mathtoys.feet import distances, feet, through_three
from core.mathtoys.fit import fit_catenary
from tests.mathtoys.chains import chain, dark_pixels, photograph, turned

CHAIN = {"a": 0.7, "x0": 0.3, "y0": -1.0, "low": -1.0, "high": 1.5}


def scaled_and_turned(points, tilt, scale):
    return turned(points, tilt) * scale


@settings(deadline=None, max_examples=40)
@given(
    st.floats(-1.5, 1.5).map(lambda e: 10**e),
    st.floats(-0.8, 0.8),
    st.integers(3, 60),
    st.floats(-180, 180),
    st.floats(-6, 6).map(lambda e: 10**e),
    st.booleans(),
)
@example(0.09, 0.0, 3, 0.0, 1.0, False)
@example(30.0, 0.8, 10, -77.0, 1e6, True)
def test_noiseless_points_give_the_parameters_back(a, lean, count, tilt, scale, arch):
    """Of a span of 2: from a rope of thousands of spans to a sag of 1 %, under any rotation and scaling."""
    assume((1 + abs(lean)) / a < 12)
    points = chain(-a if arch else a, lean, 0.4, -1, 1, count)
    found = fit_catenary(scaled_and_turned(points, tilt, scale), tilt=tilt)
    vertex = scaled_and_turned(np.array([[lean, 0.4]]), tilt, scale)[0]
    assert found.a == pytest.approx(-a * scale if arch else a * scale, rel=1e-6)
    assert (found.x0, found.y0) == pytest.approx(tuple(vertex), abs=1e-6 * scale)
    assert found.tilt == pytest.approx(tilt)
    assert found.outliers == 0 and found.points == count
    assert (found.a_error is None) == (count == 3)


@settings(deadline=None, max_examples=8)
@given(st.floats(0.15, 1.2), st.floats(-0.5, 0.5), st.integers(12, 60), st.floats(-89, 89), st.booleans())
@example(0.25, 0.5, 12, 1.0, False)  # steep chains, of which half is nearly half of another one
@example(0.15625, 0.5, 12, 0.125, False)
@example(0.25105796150944565, 0.1611914610149492, 14, 57.65161704235854, False)
@example(0.20979626217485103, -0.0712201701494628, 35, 28.527544838082065, True)
def test_the_tilt_is_found_too(a, lean, count, tilt, arch):
    points = turned(chain(-a if arch else a, lean, 0.4, -1, 1, count), tilt)
    found = fit_catenary(points, fit_tilt=True)
    assert found.tilt == pytest.approx(tilt, abs=1e-5)
    assert found.a == pytest.approx(-a if arch else a, rel=1e-6)


def test_noise_is_told_and_is_as_large_as_told():
    """The parameters of many noisy copies scatter as much as each fit says, within what 40 copies can tell."""
    rng = np.random.default_rng(3)
    clean = chain(**CHAIN, count=40)
    fits = [fit_catenary(clean + rng.normal(0, 0.01, clean.shape)) for _ in range(40)]
    for name, true in (("a", 0.7), ("x0", 0.3), ("y0", -1.0)):
        values, told = (np.array([getattr(fit, name + end) for fit in fits]) for end in ("", "_error"))
        assert values.std() == pytest.approx(np.median(told), rel=0.4)
        assert abs(values.mean() - true) < 4 * values.std() / math.sqrt(40)
    assert np.mean([fit.rms for fit in fits]) == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("fit_tilt", [False, True])
def test_wrong_points_change_nothing(fit_tilt):
    rng = np.random.default_rng(5)
    points = chain(**CHAIN, count=60) + rng.normal(0, 0.005, (60, 2))
    wrong = rng.choice(60, 20, replace=False)
    points[wrong] = rng.uniform((-2, -2), (2, 6), (20, 2))
    points[wrong[0]] = (1e6, -1e6)
    found = fit_catenary(points, fit_tilt=fit_tilt)
    assert found.a == pytest.approx(0.7, abs=4 * found.a_error)
    assert found.a_error < 0.02
    assert found.tilt == pytest.approx(0, abs=4 * (found.tilt_error or 0.0) + 1e-9)
    left_out = {i for i, out in enumerate(found.outlier) if out}
    assert left_out <= set(wrong.tolist()) and len(left_out) >= 17


def test_other_curves_fit_worse():
    points = chain(**CHAIN, count=50) + np.random.default_rng(0).normal(0, 0.002, (50, 2))
    rivals = {rival.name: rival for rival in fit_catenary(points).rivals}
    assert rivals["catenary"].times == 1
    assert rivals["parabola"].times > rivals["cubic"].times > 3
    assert rivals["rope"].times > 3
    assert all(len(rivals[name].x) > 100 for name in ("parabola", "cubic", "rope"))


def test_a_parabola_and_a_skipping_rope_are_recognised():
    from core.mathtoys.rope import rope

    x = np.linspace(-1, 1, 60)
    noise = np.random.default_rng(0).normal(0, 1e-3, 60)
    parabola = {r.name: r.times for r in fit_catenary(np.stack([x, 1.5 * x**2 + noise], axis=1)).rivals}
    assert parabola["parabola"] < 0.2
    shape = rope(1, 2)
    turning = np.stack([shape.z, -np.array(shape.r)], axis=1)[::3]
    turning[:, 1] += np.random.default_rng(1).normal(0, 1e-3, len(turning))
    times = {r.name: r.times for r in fit_catenary(turning).rivals}
    assert times["rope"] < 0.2 and min(times, key=times.get) == "rope"


@pytest.mark.parametrize("tilt", [0.0, 6.0])
def test_a_chain_on_a_photograph(tilt):
    """A drawn photograph: every dark pixel, and a few clicks that miss by a pixel or two, give the chain's curve."""
    image, places = photograph(a=210.0, x0=480.0, y0=140.0, tilt=tilt)
    pixels = dark_pixels(image)
    assert len(pixels) > 2000
    found = fit_catenary(pixels, fit_tilt=True)
    vertex = turned(np.array([[480.0, 140.0]]), tilt)[0]
    assert found.a == pytest.approx(210, rel=0.01)
    assert found.tilt == pytest.approx(tilt, abs=0.3)
    assert (found.x0, found.y0) == pytest.approx(tuple(vertex), abs=3)
    clicks = places[::6] + np.random.default_rng(1).normal(0, 1.5, (len(places[::6]), 2))
    clicked = fit_catenary(clicks, tilt=tilt)
    assert clicked.a == pytest.approx(210, abs=4 * clicked.a_error)
    assert clicked.a_error < 5


def test_a_million_points_with_a_fifth_of_them_wrong():
    rng = np.random.default_rng(7)
    points = chain(**CHAIN, count=1_000_000) + rng.normal(0, 0.01, (1_000_000, 2))
    wrong = rng.random(1_000_000) < 0.2
    points[wrong] = rng.uniform((-2, -2), (2, 3), (int(wrong.sum()), 2))
    found = fit_catenary(points)
    assert found.a == pytest.approx(0.7, abs=5e-4)
    assert found.points == 1_000_000 and len(found.residual) == 5_000
    assert found.outliers == pytest.approx(190_000, abs=10_000)


# ---- feet


@given(st.floats(-8, 8), st.floats(-20, 60))
def test_feet_are_nearest(p, q):
    eta = feet(np.array([p]), np.array([q]))
    apart = abs(distances(np.array([p]), np.array([q]), eta)[0])
    t = np.linspace(-9, 9, 20001)
    assert apart <= np.hypot(t - p, np.cosh(t) - 1 - q).min() * (1 + 1e-9) + 1e-12


def test_points_far_away_have_feet():
    eta = feet(np.array([1e300, -1e15, 0, 5]), np.array([0, 1e15, -1e300, 1e300]))
    assert np.isfinite(eta).all()


def test_four_points_with_a_tilt_are_as_many_as_parameters():
    found = fit_catenary([(-1, 1.543), (0, 1), (0.5, 1.1276), (1.5, 2.3524)], fit_tilt=True)
    assert found.a_error is None
    assert {rival.name: rival.parameters for rival in found.rivals}["catenary"] == 4


@pytest.mark.parametrize(
    "text", ["0,5;1,25\n1,0;0,4\n1,5;0,3", "0,5;1,25\r\n1;0,4\r\n1,5;0,3", "x;y\n0,5;1,25\n1;0,4\n1,5;0,3\n"]
)
def test_commas_of_numbers_between_semicolons(text):
    assert pointers.parse(text).tolist() == [[0.5, 1.25], [1, 0.4], [1.5, 0.3]]
    assert pointers.parse("1, 2; 3\n4, 5; 6").tolist() == [[1, 2], [4, 5]], "a third column"
    assert pointers.parse("0,1;\n1,0.2;\n2,1;").tolist() == [[0, 1], [1, 0.2], [2, 1]], "the end of a line"


def test_three_points_make_a_chain():
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(-3, 3, (3, 200)), axis=0)
    found = through_three(x, 2 + 0.7 * np.cosh((x - 0.3) / 0.7))
    assert found == pytest.approx(np.repeat([[0.3], [2.7], [0.7]], 200, axis=1), rel=1e-6)
    assert np.isnan(through_three(x, -np.cosh(x))).all()


# ---- points that are given


@pytest.mark.parametrize(
    "text",
    [
        "0,0\n1,2\n3,4",
        "x,y\n0,0\n1,2\n3,4\n",
        "0 0\n\n# more\n1 2\n3\t4",
        "(0; 0)\n(1; 2)\n[3; 4]",
        "0\uff0c0\n1\uff0c2\n3\uff0c4",
        "x y z\n0 0 9\n1 2 9\n3 4 9",
    ],
)
def test_text_of_many_kinds(text):
    assert pointers.parse(text).tolist() == [[0, 0], [1, 2], [3, 4]]


def test_long_text_reads_the_same(tmp_path):
    numbers = np.random.default_rng(0).normal(size=(3000, 2)).round(6)
    for separator, header in ((",", "x,y\n"), (" ", "")):
        file = tmp_path / "points.csv"
        file.write_text(header + "\n".join(f"{x!r}{separator}{y!r}" for x, y in numbers.tolist()), encoding="utf-8-sig")
        assert (pointers.read(file) == numbers).all()
    with pytest.raises(VisitorError, match="Line 3001"):
        pointers.parse("\n".join(f"{x},{y}" for x, y in numbers.tolist()) + "\n7,seven")


LINE = [(0, 0), (1, 1), (2, 2), (5, 5)]


@pytest.mark.parametrize(
    ("points", "key"),
    [
        ([(0, 0), (1, 1)], "points_few"),
        ([(0, 0), (0, 0), (1, 1), (1, 1)], "points_few"),
        ([], "points_few"),
        ("", "points_few"),
        (LINE, "points_straight"),
        ([(x, 3.0) for x in range(9)], "points_straight"),
        ([(1, y) for y in range(9)], "points_vertical"),
        ([(0, 0), (1, math.nan), (2, 1)], "points_not_finite"),
        ([(0, 0), (1, math.inf), (2, 1)], "points_not_finite"),
        ([(0, 0), (1, 1e300), (2, 1)], "points_not_finite"),
        ([(0, 0), (1, 10**400), (2, 1)], "points_not_finite"),
        ([(0, 0), (1, None), (2, 1)], "points_not_finite"),
        ([(0, 0, 0)] * 4, "points_not_pairs"),
        ([1, 2, 3], "points_not_pairs"),
        (None, "points_not_pairs"),
        (7, "points_not_pairs"),
        ("0,0\n1,x\n2,3", "points_line"),
        ("1\n2\n3", "points_line"),
        ("0,0\n1,nan\n2,3", "points_not_finite"),
    ],
)
def test_what_is_no_chain_is_told(points, key):
    with pytest.raises(VisitorError) as caught:
        fit_catenary(points)
    assert caught.value.key == key


def test_other_mistakes_are_told():
    with pytest.raises(VisitorError, match="tilt"):
        fit_catenary(chain(**CHAIN, count=9), tilt=1e9)
    with pytest.raises(VisitorError, match="4"):
        fit_catenary(chain(**CHAIN, count=3), fit_tilt=True)
    with pytest.raises(VisitorError) as caught:
        fit_catenary(np.zeros((pointers.MAX_POINTS + 1, 2)))
    assert caught.value.key == "points_many"


number = st.one_of(st.floats(), st.floats(-5, 5), st.integers(-3, 3))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(number, number), max_size=12), st.booleans())
@example([(0.0, 1.0), (1.9246497488286355e-61, 0.0), (1, 0.0)], False)  # nearly upright: sinh overflows
def test_any_points_give_a_curve_or_a_sentence(points, fit_tilt):
    try:
        found = fit_catenary(points, fit_tilt=fit_tilt)
    except VisitorError as error:
        assert error.sentence("en") and error.sentence("zh")
    else:
        assert np.isfinite([found.a, found.x0, found.y0, found.rms, *found.curve_x, *found.curve_y]).all()


def test_a_text_that_is_no_points_is_not_cut_into_lines_first():
    """Of other signs than a line's end Python's own `splitlines` makes lines too, of 50 bytes each."""
    text = ("ab\x0c" * 3000 + "\n") * 100
    tracemalloc.start()
    with pytest.raises(VisitorError, match="Line 2"):  # the first may name columns
        pointers.parse(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(text)
