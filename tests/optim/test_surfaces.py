"""Surfaces: gradients and Hessians against finite differences, lowest points, formulas that are refused."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.optim import formula, jets
from core.optim.losses import FORMULA, NAMES, bowl, surface, typed
from core.optim.surfaces import landscape, sharpness

SURFACES = [surface(name) for name in NAMES] + [bowl(1e4, 35.0), bowl(1.0), typed("exp(-x^2) y + (x - y)^4/9", 2.0)]
inside = st.floats(-0.99, 0.99)


def place(of, across, down):
    x0, x1, y0, y1 = of.box
    return (x0 + x1) / 2 + across * (x1 - x0) / 2, (y0 + y1) / 2 + down * (y1 - y0) / 2


def differences(function, x, y, width):
    """Central differences of a function of two numbers (fourth order)."""
    weights = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
    return (
        sum(w * np.asarray(function(x + n * width, y), float) for n, w in weights) / width,
        sum(w * np.asarray(function(x, y + n * width), float) for n, w in weights) / width,
    )


@pytest.mark.parametrize("of", SURFACES, ids=lambda of: of.name)
@settings(deadline=None, max_examples=60)
@given(inside, inside)
def test_gradients_and_hessians_are_those_of_the_loss(of, across, down):
    x, y = place(of, across, down)
    width = 1e-3
    scale = 1 + np.abs(of.hessian(np.float64(x), np.float64(y))).max() + np.abs(of.slope(x, y)).max()
    assert np.allclose(of.slope(x, y), differences(of.value, x, y, width), atol=1e-5 * scale, rtol=1e-5)
    by_x, by_y = differences(of.slope, x, y, width)
    xx, xy, yy = (float(part) for part in of.hessian(np.float64(x), np.float64(y)))
    assert np.allclose([xx, xy, xy, yy], [*by_x, *by_y], atol=1e-5 * scale, rtol=1e-5)


@pytest.mark.parametrize("of", SURFACES, ids=lambda of: of.name)
def test_the_same_value_slope_and_curvature_at_many_points_and_at_one(of):
    x0, x1, y0, y1 = of.box
    x, y = np.linspace(x0, x1, 7), np.linspace(y0, y1, 7)
    many, curved = of.value(x, y), of.sharpest(x, y)
    assert many.shape == curved.shape == (7,)
    for n in range(7):
        assert float(of.value(np.float64(x[n]), np.float64(y[n]))) == pytest.approx(many[n], nan_ok=True)
        assert float(of.sharpest(x[n], y[n])) == pytest.approx(curved[n], nan_ok=True)


@pytest.mark.parametrize("of", [of for of in SURFACES if of.minima], ids=lambda of: of.name)
def test_known_lowest_points(of):
    for x, y in of.minima:
        assert float(of.value(np.float64(x), np.float64(y))) == pytest.approx(of.lowest, abs=1e-9)
        assert np.hypot(*of.slope(x, y)) < 1e-3
    x, y = np.meshgrid(np.linspace(*of.box[:2], 60), np.linspace(*of.box[2:], 60))
    assert of.value(x, y).min() >= of.lowest - 1e-9


@given(st.floats(1, 1e6), st.floats(-180, 180))
def test_a_bowl_has_its_condition_number_whichever_way_it_is_turned(condition, turn):
    of = bowl(condition, turn)
    xx, xy, yy = (float(part) for part in of.hessian(np.float64(0), np.float64(0)))
    low, high = np.linalg.eigvalsh([[xx, xy], [xy, yy]])
    assert low == pytest.approx(1, rel=1e-6, abs=1e-9 * condition)
    assert high == pytest.approx(condition)
    assert sharpness(of) == pytest.approx(condition)
    assert of.box[0] <= of.start[0] <= of.box[1] and of.box[2] <= of.start[1] <= of.box[3]


@pytest.mark.parametrize("of", SURFACES, ids=lambda of: of.name)
def test_maps_grow_with_the_loss(of):
    drawn = landscape(of)
    level = np.array(drawn.level, float)
    loss = np.asarray(of.value(np.array(drawn.x)[None, :], np.array(drawn.y)[:, None]), float)
    order = np.argsort(loss, axis=None)
    assert (np.diff(level.ravel()[order]) >= -2e-4).all()


# ---- formulas

leaves = st.sampled_from(["x", "y", "0.5", "2", "pi", "x y", "3x"])
formulas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "atan"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        inner.map(lambda a: f"({a})^2"),
        inner.map(lambda a: f"-({a})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})/(2+({p[1]})^2)"),
        inner.map(lambda a: f"sqrt(1+({a})^2)"),
        inner.map(lambda a: f"exp(-({a})^2)"),
        inner.map(lambda a: f"2^(sin({a}))"),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(formulas, st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_derivatives_of_any_formula(text, x, y):
    assume(len(text) < 380)
    try:
        expression = formula.read(text)
    except VisitorError as error:
        assert error.key == "expression_deep"
        return
    slopes = formula.slopes(expression)
    value, by_x, by_y = slopes(x, y)
    jet = [float(part) for part in jets.jets(expression.tree, x, y)]
    assert value == pytest.approx(float(expression.values(x=x, y=y)), rel=1e-9, abs=1e-9)
    assert jet[:3] == pytest.approx([value, by_x, by_y], rel=1e-9, abs=1e-9)
    assume(max(map(abs, jet)) < 1e3)
    near = differences(lambda a, b: slopes(a, b)[0], x, y, 1e-4)
    assert np.allclose([by_x, by_y], near, atol=1e-4, rtol=1e-4)
    (xx, xy), (yx, yy) = differences(lambda a, b: slopes(a, b)[1:], x, y, 1e-4)
    assert np.allclose(jet[3:], [xx, xy, yy], atol=1e-3, rtol=1e-3)
    assert xy == pytest.approx(yx, abs=1e-3, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "x", "y", "value", "slope"),
    [
        ("x^3", -2.0, 0.0, -8, (12, 0)),
        ("x^-1", -2.0, 0.0, -0.5, (-0.25, 0)),
        ("x^0 + y^1", 0.0, 3.0, 4, (0, 1)),
        ("x^y", 2.0, 3.0, 8, (12, 8 * math.log(2))),
        ("sqrt(4) x + e^0 y", 1.0, 1.0, 3, (2, 1)),
        ("abs(x) - +y", -2.0, 1.0, 1, (-1, -1)),
        ("ln(x)/y", 1.0, 2.0, 0, (0.5, 0)),
        ("7", 1.0, 1.0, 7, (0, 0)),
        ("asin(x) + acos(x)", 0.3, 0.0, math.pi / 2, (0, 0)),
        ("tan(x)cosh(y) - sinh(0)", 0.0, 0.0, 0, (1, 0)),
    ],
)
def test_worked_examples(text, x, y, value, slope):
    found = formula.slopes(formula.read(text))(x, y)
    assert found == pytest.approx((value, *slope), abs=1e-12)
    assert [float(part) for part in jets.jets(formula.read(text).tree, x, y)][:3] == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("text", ["log(x)", "sqrt(x)", "1/(x - x)", "x^0.5", "(-1)^x", "asin(x - 2)"])
def test_where_a_formula_is_not_defined_its_slope_is_no_number(text):
    assert all(math.isnan(part) for part in formula.slopes(formula.read(text))(-1.0, 0.0))


def test_what_is_beyond_doubles_is_infinite():
    assert formula.slopes(formula.read("exp(exp(x))"))(10.0, 0.0)[0] == math.inf
    assert formula.slopes(formula.read("10^10^10"))(0.0, 0.0)[0] == math.inf


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "loss_empty"),
        ("   ", "loss_empty"),
        (None, "loss_empty"),
        ("(" * 10_000 + "x" + ")" * 10_000, "expression_long"),
        ("(" * 150 + "x" + ")" * 150, "expression_deep"),
        ("z + 1", "loss_word"),
        ("x + 2i", "loss_word"),
        ("relu(x)", "loss_word"),
        ("__import__('os').system('ls')", "loss_form"),
        ("x.__class__", "loss_form"),
        ("x; y", "loss_form"),
        ("x +", "loss_form"),
        ("sin x", "loss_form"),
        ("x = 3", "loss_form"),
        ("lambda x: x", "loss_word"),
        ("[x for x in y]", "loss_form"),
        ("x < y", "loss_form"),
        ("sin(x, y)", "loss_form"),
        ("\x00", "loss_form"),
    ],
)
def test_formulas_that_are_refused(text, key):
    with pytest.raises(VisitorError) as caught:
        surface("formula", formula=text)
    assert caught.value.key == key
    assert caught.value.sentence("zh") != caught.value.sentence("en")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_a_sentence(text):
    try:
        of = surface("formula", formula=text)
    except VisitorError:
        return
    slope = of.slope(0.3, 0.7)
    assert len(slope) == 2 and all(isinstance(part, float) for part in slope)


@pytest.mark.parametrize(
    "wanted",
    [{"name": "hill"}, {"condition": 0.5}, {"condition": 1e9}, {"condition": "wide"}, {"turn": math.nan},
     {"name": "formula", "reach": 0}, {"name": "formula", "formula": "1/0*x", "reach": None}],
)  # fmt: skip
def test_surfaces_that_are_refused(wanted):
    with pytest.raises(VisitorError):
        surface(**wanted)


def test_the_formula_that_stands_there_first_is_one():
    of = surface("formula", formula=FORMULA)
    assert np.isfinite(of.slope(*of.start)).all() and of.work > 5
