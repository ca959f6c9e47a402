"""Ropes that turn under gravity, held to both closed forms, to Bessel's small swings, to their energy and to another
solver."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import root
from scipy.special import j0, jn_zeros

from core.errors import VisitorError
from core.mathtoys.catenary import catenary
from core.mathtoys.pole import pole_rope
from core.mathtoys.rope import G, rope
from core.mathtoys.turning import turning_rope


def arrays(shape):
    return (np.array(getattr(shape, name)) for name in ("r", "z", "s", "tension"))


# ---- both ends fixed


@pytest.mark.parametrize("omega", [0.0, 1e-3])
@pytest.mark.parametrize("ends", [(-0.5, 0, 0.5, 0), (0.2, 0.3, 1.0, -0.1), (0.7, 0, -0.1, 0.4)])
def test_without_turning_it_is_the_catenary(ends, omega):
    shape = turning_rope(*ends, length=2.0, omega=omega, density=0.1, branches=(0,)).shapes[0]
    chain = catenary(*ends, length=2.0, weight=0.1 * G)
    r, z, s, tension = arrays(shape)
    assert z == pytest.approx(chain.height(r), abs=1e-6)
    ours = (shape.first_tension, shape.last_tension)
    assert sorted(ours) == pytest.approx(sorted((chain.left_tension, chain.right_tension)), rel=1e-5)


@pytest.mark.parametrize("gravity", [0.0, 1e-6])
@pytest.mark.parametrize("waves", [1, -1, 2, 3])
def test_without_gravity_it_is_the_skipping_rope(gravity, waves):
    found = turning_rope(0, 0, 0, 1, 2.0, omega=5, gravity=gravity, density=0.1, branches=(waves,)).shapes
    half = rope(1 / abs(waves), 2.0 / abs(waves), 5, 0.1)
    r, z, s, tension = arrays(found[0])
    expected = math.copysign(1, waves) * np.interp(np.mod(s, half.length), half.s, half.r)
    expected *= (-1) ** np.floor(s / half.length)
    assert r == pytest.approx(expected, abs=2e-3)  # linear interpolation between the points of the closed form
    assert np.abs(r).max() == pytest.approx(half.depth, rel=1e-3)
    assert found[0].first_tension == pytest.approx(half.hand_tension, rel=1e-6)
    assert found[0].last_tension == pytest.approx(half.hand_tension, rel=1e-6)


def shot(shape, ends, length, omega, density=0.1):
    """The same problem by shooting from the first end, started at our solution: r and z at its points of s."""
    weight, turn = density * G, density * omega**2

    def run(unknown, at=None):
        def rates(s, y):
            upward = unknown[1] + weight * s
            tension = math.hypot(y[2], upward)
            return [y[2] / tension, upward / tension, -turn * y[0]]

        return solve_ivp(
            rates, (0, length), [ends[0], ends[1], unknown[0]], rtol=1e-10, atol=1e-12, t_eval=at, method="DOP853"
        )

    def miss(unknown):
        last = run(unknown).y[:, -1]
        return [last[0] - ends[2], last[1] - ends[3]]

    r, z, s, tension = arrays(shape)
    start = tension[0] * np.array([(r[1] - r[0]) / s[1], (z[1] - z[0]) / s[1]])
    solved = root(miss, start, tol=1e-12)
    assert solved.success
    return run(solved.x, s).y[:2]


@pytest.mark.parametrize("ends", [(-0.3, 0.0, 0.5, 0.2), (0.0, 0.0, 0.0, 1.0), (-0.5, 0.0, 0.5, 0.0)])
def test_all_branches_against_shooting(ends):
    found = turning_rope(*ends, length=2.0, omega=10.0, density=0.1)
    assert len(found.shapes) >= 3
    for shape in found.shapes:
        r, z = shot(shape, ends, 2.0, 10.0)
        assert shape.r == pytest.approx(r, abs=1e-5)
        assert shape.z == pytest.approx(z, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(1.6, 3), st.floats(0, 12))
def test_every_shape_keeps_its_length_its_ends_and_its_energy(x1, x2, z2, length, omega):
    try:
        found = turning_rope(x1, 0.0, x2, z2, length, omega, branches=(0, 1))
    except VisitorError as error:
        assert error.key in ("ends_too_near", "no_branch")
        return
    for shape in found.shapes:
        r, z, s, tension = arrays(shape)
        assert (r[0], z[0], r[-1], z[-1]) == pytest.approx((x1, 0, x2, z2), abs=1e-6)
        assert np.hypot(np.diff(r), np.diff(z)).sum() == pytest.approx(length, rel=1e-2)
        assert shape.drift < 1e-6  # T + ½ρω²r² − ρgz
        assert (tension > 0).all()


def test_the_energy_is_stationary():
    """Moved a little while its length is kept, the rope has the same energy to first order: the balance of forces and
    the variation say the same."""
    ends, length, omega = (-0.3, 0.0, 0.5, 0.2), 2.0, 4.0
    shape = turning_rope(*ends, length=length, omega=omega, density=1.0, branches=(0,)).shapes[0]
    r, z, s, tension = arrays(shape)

    def lagrangian(r, z):
        """ρ(gz − ½ω²r²) + multiplier, the multiplier being minus what T + ½ρω²r² − ρgz is, over the length."""
        piece = np.hypot(np.diff(r), np.diff(z))
        middle = (r[1:] + r[:-1]) / 2, (z[1:] + z[:-1]) / 2
        constant = tension[0] + 0.5 * omega**2 * shape.r[0] ** 2 - G * shape.z[0]
        return float(np.sum((G * middle[1] - 0.5 * omega**2 * middle[0] ** 2 + constant) * piece))

    for wave in (1, 2, 3):
        bump = np.sin(wave * np.pi * s / length)
        for across, up in ((1, 0), (0, 1)):
            plus, minus = (lagrangian(r + h * across * bump, z + h * up * bump) for h in (1e-4, -1e-4))
            assert abs(plus - minus) / 2e-4 < 5e-3
            assert abs(plus + minus - 2 * lagrangian(r, z)) / 1e-8 > 0.1  # and it is no flat place


# ---- a pole


def test_small_swings_are_bessels():
    for number, zero in enumerate(jn_zeros(0, 3), 1):
        begins = zero / 2 * math.sqrt(G)
        found = pole_rope(0.0, 1.0, begins * 1.0005)
        assert found.critical[number - 1] == pytest.approx(begins)
        assert [shape.number for shape in found.shapes] == [*range(1, number + 1), 0]
        r, z, s, tension = arrays(found.shapes[number - 1])
        assert np.abs(r).max() < 0.1
        assert r / r[-1] == pytest.approx(j0(2 * begins * np.sqrt((1 - s) / G)), abs=0.01)


@pytest.mark.parametrize("omega", [3.0, 5.0, 9.0, 14.0, 19.0])
def test_as_many_shapes_as_kolodner_counts(omega):
    """Beyond the n-th critical speed the hanging rope can turn in n ways (Kolodner 1955), and straight."""
    expected = int(np.sum(jn_zeros(0, 9) / 2 * math.sqrt(G) < omega))
    found = pole_rope(0.0, 1.0, omega)
    assert len(found.shapes) == found.count == expected + 1


def test_more_shapes_than_are_worked_out_are_counted():
    omega, length = 10 * math.pi, 3.0
    expected = int(np.sum(jn_zeros(0, 30) / 2 * math.sqrt(G / length) < omega))
    found = pole_rope(0.0, length, omega)
    assert found.count == expected + 1 > len(found.shapes)


@settings(max_examples=20, deadline=None)
@given(st.one_of(st.just(0.0), st.floats(0.01, 2)), st.floats(0.2, 4), st.floats(0.1, 12))
def test_a_rope_on_a_pole(arm, length, omega):
    found = pole_rope(arm, length, omega * math.sqrt(1 / length), density=0.2)
    assert found.shapes
    for shape in found.shapes:
        r, z, s, tension = arrays(shape)
        assert (r[0], z[0]) == pytest.approx((arm, 0), abs=1e-7)
        assert abs(tension[-1]) < 1e-12 * tension[0] and (tension[:-1] > 0).all()
        assert shape.drift < 1e-6
        weight = 0.2 * G * length
        # At the fixed end the rope carries its weight, and pulls inwards what the turning of all of it takes.
        pull = 0.2 * found.omega**2 * np.trapezoid(r, s)
        assert tension[0] == pytest.approx(math.hypot(weight, pull), rel=1e-3)


def test_fast_on_an_arm_it_stretches_out():
    shape = pole_rope(0.2, 1.0, 60.0, density=0.1).shapes[0]
    assert shape.r[-1] == pytest.approx(1.2, abs=0.001)
    assert shape.first_tension == pytest.approx(0.05 * 3600 * (1.2**2 - 0.2**2), rel=1e-3)


def test_a_slow_arm_lets_it_hang():
    shape = pole_rope(0.2, 1.0, 0.01).shapes[0]
    assert shape.r == pytest.approx([0.2] * len(shape.r), abs=1e-5)


# ---- mistakes


@pytest.mark.parametrize(
    ("function", "arguments", "key"),
    [
        (turning_rope, {"length": 0.5}, "rope_too_short"),
        (turning_rope, {"length": 100}, "ends_too_near"),
        (turning_rope, {"x1": 1e5, "x2": 1e5 + 1}, "ends_too_far"),
        (turning_rope, {"omega": 0, "gravity": 0}, "no_force"),
        (turning_rope, {"omega": -1}, "out_of_range"),
        (turning_rope, {"omega": math.nan}, "number_wanted"),
        (turning_rope, {"omega": 1e300}, "out_of_range"),
        (turning_rope, {"branches": (9,)}, "out_of_range"),
        (turning_rope, {"density": 0}, "not_above_zero"),
        (pole_rope, {"length": 0}, "not_above_zero"),
        (pole_rope, {"omega": 0}, "not_above_zero"),
        (pole_rope, {"omega": 1e3}, "pole_too_fast"),
        (pole_rope, {"gravity": 0}, "not_above_zero"),
        (pole_rope, {"arm": -1}, "out_of_range"),
        (pole_rope, {"arm": math.inf}, "number_wanted"),
    ],
)
def test_what_cannot_be_is_told(function, arguments, key):
    with pytest.raises(VisitorError) as caught:
        function(**arguments)
    assert caught.value.key == key
