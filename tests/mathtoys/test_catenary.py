"""The hanging chain, held to its equations in high precision, to its integrals, and to what can be given."""

import math
from decimal import Decimal

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.integrate import quad

from core.errors import VisitorError
from core.mathtoys.catenary import catenary

mp = mpmath.mp.clone()
mp.dps = 60


def exact(x1, y1, x2, y2, length):
    """(a, sag) by 60 digits, from the equations as they stand in the books, and by bisection."""
    x1, y1, x2, y2, length = (mp.mpf(value) for value in (x1, y1, x2, y2, length))
    span, rise = x2 - x1, y2 - y1
    target = mp.sqrt(length**2 - rise**2) / span
    low, high = mp.mpf(10) ** -12, mp.mpf(100)
    for _ in range(220):
        u = (low + high) / 2
        low, high = (u, high) if mp.sinh(u) / u < target else (low, u)
    a = span / (2 * low)
    x0 = (x1 + x2) / 2 - a * mp.asinh(rise / (2 * a * mp.sinh(low)))
    steepest = x0 + a * mp.asinh(rise / span)
    height = a * (mp.cosh((steepest - x0) / a) - mp.cosh((x1 - x0) / a)) + y1
    return a, y1 + rise / span * (steepest - x1) - height


def text(value):
    """The double's value as exact decimals, so that mpmath starts from the same number."""
    return str(Decimal(value))


@pytest.mark.parametrize(
    "problem",
    [
        (0, 0, 1, 0, 1.05),
        (0, 0, 1, 0, 2),
        (0, 0, 1, 0, 1 + 1e-12),
        (0, 0, 1, 0, 1e4),
        (0, 0, 1, 100, 100.5),
        (-3, 7, 2, -50, 80),
        (0, 0, 1, 1000, 1000.0005001),
        (1e6, 3, 1e6 + 2, 4, 5),
    ],
)
def test_against_high_precision(problem):
    ours = catenary(*map(float, problem[:4]), length=float(problem[4]))
    a, sag = exact(*(text(float(value)) for value in problem))
    assert ours.a == pytest.approx(float(a), rel=1e-11)
    assert ours.sag == pytest.approx(float(sag), rel=1e-10)


@pytest.mark.parametrize(("length", "sag"), [(1.05, 0.139304), (1.5, 0.502633), (2, 0.796388), (3, 1.334155)])
def test_the_known_sags(length, sag):
    assert catenary(length=length).sag == pytest.approx(sag, abs=5e-7)


supports = st.tuples(
    st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(1e-2, 1e3), st.floats(-1e3, 1e3)
).map(lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3]))  # fmt: skip
slack = st.one_of(st.floats(1e-9, 1e-3), st.floats(1e-3, 10), st.floats(10, 1e4))


@given(supports, slack)
@example((0.0, 0.0, 1.0, 0.0), 1e-12)
@example((0.0, 0.0, 1.0, 0.0), 1e4)
def test_any_length_that_reaches_solves_and_integrates_back(ends, more):
    x1, y1, x2, y2 = ends
    distance = math.hypot(x2 - x1, y2 - y1)
    length = distance * (1 + more)
    assume(length > distance * (1 + 1e-13))
    chain = catenary(*ends, length=length)
    low, high = ((x - chain.x0) / chain.a for x in (x1, x2))
    integral = chain.a * quad(math.cosh, low, high, epsabs=0, epsrel=1e-12, limit=200)[0]
    # Both ends of a steep chain have only the digits of x; the integral's own parameters carry them.
    assert chain.length == pytest.approx(length, rel=1e-9)
    assert integral == pytest.approx(length, rel=1e-9) or abs(y2 - y1) > 1e2 * (x2 - x1)
    assert float(chain.height(np.array([x2]))[0]) == pytest.approx(y2, rel=1e-9, abs=1e-9 * length)
    assert chain.s[-1] == pytest.approx(length, rel=1e-9)
    assert chain.left_pull + chain.right_pull == pytest.approx(length, rel=1e-9)
    assert max(chain.tension) == pytest.approx(max(chain.left_tension, chain.right_tension))


@given(supports, st.floats(1e-4, 20))
def test_length_sag_tension_and_clearance_tell_the_same_chain(ends, more):
    chain = catenary(*ends, length=math.hypot(ends[2] - ends[0], ends[3] - ends[1]) * (1 + more))
    assume(abs(chain.rise) < 30 * chain.span)
    for name in ("sag", "horizontal_tension"):
        other = catenary(*ends, **{name.split("_")[-1]: getattr(chain, name)})
        assert other.length == pytest.approx(chain.length, rel=1e-7), name
    if ends[0] < chain.x0 < ends[2] and min(ends[1], ends[3]) - chain.lowest[1] > 1e-3 * chain.span:
        assert catenary(*ends, clearance=chain.lowest[1]).a == pytest.approx(chain.a, rel=1e-6)


def test_forces_balance_piece_by_piece():
    chain = catenary(0, 3, 4, 1, length=6, weight=2.5)
    x, y, s, tension = (np.array(getattr(chain, name)) for name in ("x", "y", "s", "tension"))
    slope = np.sinh((x - chain.x0) / chain.a)
    assert tension == pytest.approx(chain.horizontal_tension * np.sqrt(1 + slope**2))
    upward = chain.horizontal_tension * slope
    assert upward - upward[0] == pytest.approx(2.5 * s)  # each piece carries the weight below it
    assert tension - tension[0] == pytest.approx(2.5 * (y - y[0]))


def test_supports_in_either_order_and_a_slack_chain_below_its_supports():
    assert catenary(2, 1, 0, 0, length=4) == catenary(0, 0, 2, 1, length=4)
    assert catenary(0, 0, 1, 0, length=1e4).lowest[1] == pytest.approx(-4999.96, abs=0.01)
    steep = catenary(0, 0, 1, 100, length=100.01)
    assert steep.x0 < 0 and steep.lowest == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"length": 1.0}, "rope_too_short"),
        ({"length": 0.5}, "rope_too_short"),
        ({"length": 2, "x2": 0.0}, "supports_vertical"),
        ({"length": 2, "x2": 0.0, "y2": 1.0}, "supports_vertical"),
        ({}, "catenary_one_of"),
        ({"length": 2, "sag": 1}, "catenary_one_of"),
        ({"length": math.nan}, "number_wanted"),
        ({"length": math.inf}, "number_wanted"),
        ({"length": 10**400}, "number_wanted"),
        ({"length": "2"}, "number_wanted"),
        ({"length": True}, "number_wanted"),
        ({"length": 1e300}, "out_of_range"),
        ({"length": -2}, "not_above_zero"),
        ({"sag": 0}, "not_above_zero"),
        ({"sag": -1}, "not_above_zero"),
        ({"tension": 1e-3}, "catenary_too_slack"),
        ({"tension": 1e9, "weight": 1e-3}, "catenary_too_taut"),
        ({"clearance": 0.0}, "clearance_too_high"),
        ({"clearance": 5.0}, "clearance_too_high"),
        ({"length": 2, "weight": 0}, "not_above_zero"),
        ({"length": 2, "x1": math.nan}, "number_wanted"),
    ],
)
def test_what_cannot_hang_is_told(arguments, key):
    with pytest.raises(VisitorError) as caught:
        catenary(**arguments)
    assert caught.value.key == key


anything = st.one_of(st.none(), st.floats(), st.floats(-10, 10), st.integers(), st.text(max_size=3))


@given(anything, anything, anything, anything, anything)
@example(1.0, 0.0, None, None, -4.048905308496816e-225)  # heights that vanish beside a
def test_anything_gives_a_chain_or_a_sentence(x2, y2, length, sag, clearance):
    try:
        chain = catenary(0.0, 0.0, x2, y2, length=length, sag=sag, clearance=clearance)
    except VisitorError as error:
        assert error.sentence("en") and error.sentence("zh")
    else:
        assert np.isfinite([*chain.x, *chain.y, *chain.tension]).all()
