"""The skipping rope, held to its golden values, its integrals in high precision and the balance of forces."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import VisitorError
from core.mathtoys.rope import G, parameter, rope

mp = mpmath.mp.clone()
mp.dps = 60


@pytest.mark.parametrize(
    ("length", "k", "depth", "sag"),
    [
        (1.05, 0.218858, 0.144560, 0.139304),
        (1.5, 0.587801, 0.515705, 0.502633),
        (2, 0.723987, 0.811414, 0.796388),
        (3, 0.837453, 1.349773, 1.334155),
    ],
)
def test_golden_values(length, k, depth, sag):
    found = rope(1, length)
    assert found.k == pytest.approx(k, abs=5e-7)
    assert found.depth == pytest.approx(depth, abs=5e-7)
    assert found.others[0].depth == pytest.approx(sag, abs=5e-7)


@given(st.one_of(st.floats(-12, -3), st.floats(-3, 4), st.floats(4, 6)).map(lambda e: 10**e))
@example(1e-12)
@example(1e4 - 1)
def test_the_modulus_in_high_precision(excess):
    m, m1 = parameter(excess)
    assert m + m1 == pytest.approx(1, rel=1e-15)
    small = mp.mpf(m) if m < 0.5 else 1 - mp.mpf(m1)
    back = 2 * mp.ellipe(small) / ((1 - small) * mp.ellipk(small)) - 2
    assert float(back) == pytest.approx(excess, rel=1e-11)


@given(st.floats(0.01, 100), st.one_of(st.floats(1e-9, 1e-3), st.floats(1e-3, 5), st.floats(5, 1e4)))
def test_lengths_integrate_back(span, excess):
    length = span * (1 + excess)
    found = rope(span, length)
    z, r, s = np.array(found.z), np.array(found.r), np.array(found.s)
    assert s[-1] == pytest.approx(length, rel=1e-9)
    assert z[-1] == span and r[0] == r[-1] == 0 and r.max() == pytest.approx(found.depth)
    assert (np.diff(z) > 0).all() and (np.diff(s) > 0).all()
    polygon = np.hypot(np.diff(z), np.diff(r))
    assert (polygon <= np.diff(s) + 1e-11 * length).all()  # a chord is no longer than its arc,
    assert polygon.sum() == pytest.approx(length, rel=2e-3)  # and not much shorter
    turning = found.axial_tension * np.gradient(r, z) / np.hypot(1, np.gradient(r, z))
    assert np.isfinite(turning).all()


def test_the_arc_length_by_another_integral():
    found = rope(1.0, 2.5)
    m = mp.mpf(found.k) ** 2
    complete = mp.ellipk(m)

    def step(z):  # ds/dz = √(1 + r'²), r = a sn(2Kz/D)
        u = 2 * complete * z
        slope = found.depth * 2 * complete * mp.ellipfun("cn", u, m=m) * mp.ellipfun("dn", u, m=m)
        return mp.sqrt(1 + slope**2)

    assert float(mp.quad(step, [0, 0.25, 0.5])) == pytest.approx(1.25, rel=1e-12)


def test_the_forces_balance():
    found = rope(1.2, 2.0, omega=9.0, density=0.3)
    z, r, s, tension = (np.array(getattr(found, name)) for name in ("z", "r", "s", "tension"))
    # d(T dr/ds)/ds = −ρω²r, integrated: the sideways force at the hands carries half of the outward pull of all.
    pull = 0.3 * 81 * np.trapezoid(r, s)
    assert 2 * math.sqrt(tension[0] ** 2 - found.axial_tension**2) == pytest.approx(pull, rel=1e-3)
    assert tension + 0.5 * 0.3 * 81 * r**2 == pytest.approx(tension[0])
    assert found.hand_tension == pytest.approx(tension[0])
    assert found.hand_tension == pytest.approx(found.axial_tension / math.cos(math.radians(found.hand_angle)))
    assert tension.min() == pytest.approx(found.axial_tension)


def test_omega_changes_the_tension_and_not_the_shape():
    slow, fast = rope(1, 2, omega=3), rope(1, 2, omega=30)
    assert slow.r == fast.r and slow.z == fast.z and slow.k == fast.k
    assert fast.hand_tension == pytest.approx(100 * slow.hand_tension)
    assert slow.shift == pytest.approx(G / 9)


def test_a_nearly_straight_rope_is_half_a_sine():
    catenary, sine, cubic = rope(1, 1 + 1e-8).others
    assert sine.largest < 1e-6 * sine.depth < cubic.largest < catenary.largest


def test_others_are_as_long_as_the_rope():
    found = rope(1, 2)
    z = np.array(found.z)
    for other in found.others:
        assert np.hypot(np.diff(z), np.diff(other.r)).sum() == pytest.approx(2, rel=1e-3)
        assert np.abs(np.subtract(other.r, found.r)).max() == pytest.approx(other.largest)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ((1, 1), "rope_too_short"),
        ((1, 0.5), "rope_too_short"),
        ((1, 1e7), "rope_too_slack"),
        ((0, 1), "not_above_zero"),
        ((-1, 1), "not_above_zero"),
        ((1, math.nan), "number_wanted"),
        ((1, 1e300), "out_of_range"),
        ((1, 2, 0), "not_above_zero"),
        ((1, 2, None), "number_wanted"),
        ((1, 2, 5, -0.1), "not_above_zero"),
    ],
)
def test_what_cannot_turn_is_told(arguments, key):
    with pytest.raises(VisitorError) as caught:
        rope(*arguments)
    assert caught.value.key == key
