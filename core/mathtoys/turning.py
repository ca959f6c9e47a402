"""A rope that turns about a vertical axis while gravity pulls: both ends fixed.

The general problem of https://kexue.fm/archives/6784, δ∫(½ω²x² − gy)ds.  The post leaves out the constraint of the
length, and with it the tension; here the balance of forces is solved instead.  With arc length s, distance r from the
axis (signed: the rope stays in one plane, which turns), height z and tension T:

    (T r')' = −ρω²r,   (T z')' = ρg,   r'² + z'² = 1

so that with P = T r' and V = T z' = V₀ + ρgs the state is (r, z, P), V₀ is the one unknown number and T = √(P² + V²).
Along the rope T + ½ρω²r² − ρgz is constant, which no equation below uses: it is the check.

For ω → 0 the rope is a catenary, for g → 0 (and ends on the axis) a skipping rope with n half waves.  Both are known
in closed form, and from them the solution is followed to the values asked for: a branch for each start, each a shape of
its own.  Numbers are scaled: lengths by L, accelerations by ω²L + g, forces by ρL(ω²L + g).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_bvp

from core.errors import VisitorError
from core.mathtoys.catenary import catenary
from core.mathtoys.rope import G, rope
from core.mathtoys.values import positive, real

HALF_WAVES = 3  # most half waves of the skipping ropes that branches start from
POINTS = 161
_SOLVES = 24  # at most, for one branch
_ROUGH, _FINE = 1e-4, 1e-7  # tolerances on the way and at the end
_SLACKEST = 50.0  # largest length over the distance of the ends


@dataclass(frozen=True)
class Shape:
    """One way in which the rope can turn.  Metres, newtons, joules.

    start: where it was followed from: "chain" (ω → 0), "rope" (g → 0) or "pole" (a free end).
    number: of half waves at that start, negative when its first one lies on the other side; 0 for a chain.  For a pole:
    how often the rope meets the axis, the pole itself counted.
    r, z, s, tension: by points, from the first end on: from the axis, height, along the rope, tension.
    first_tension, last_tension: at the ends.
    energy: of gravity and rotation together, ρ∫(gz − ½ω²r²)ds.
    drift: how far T + ½ρω²r² − ρgz is from constant, over the largest tension; a check of the solution.
    """

    start: str
    number: int
    r: tuple[float, ...]
    z: tuple[float, ...]
    s: tuple[float, ...]
    tension: tuple[float, ...]
    first_tension: float
    last_tension: float
    energy: float
    drift: float


@dataclass(frozen=True)
class TurningRope:
    """The shapes found for one rope.

    length (m), omega (rad/s), gravity (m/s²), density (kg/m): as given.
    swing: ω²L/g, how the two compare.
    critical: for a rope on a pole, the speeds (rad/s) from which on it can leave the vertical in one more way.
    count: how many shapes there are; of a rope on a pole more than are given, at high speeds.
    """

    length: float
    omega: float
    gravity: float
    density: float
    swing: float
    shapes: tuple[Shape, ...]
    critical: tuple[float, ...] = ()
    count: int = 0


def turning_rope(
    x1: float = -0.3,
    z1: float = 0.0,
    x2: float = 0.5,
    z2: float = 0.2,
    length: float = 2.0,
    omega: float = 3.0,
    gravity: float = G,
    density: float = 0.1,
    branches: tuple[int, ...] | None = None,
) -> TurningRope:
    """A rope with fixed ends that turns about the vertical axis x = 0.

    Args:
        x1, z1, x2, z2: the ends, which turn with the rope; m, x from the axis.
        length: of the rope, m: more than the distance of the ends, at most 50 times as much.
        omega: rad/s, 0 or more.  gravity: m/s², 0 or more, not both 0.
        density: kg/m.
        branches: which to follow: 0 the chain, ±n the skipping rope with n half waves, n ≤ 3; None: all.

    Returns:
        The shapes that were found, each once; a branch that ends before the values asked for is left out.

    Raises:
        VisitorError: the rope is too short or too long, a number is out of range, or no branch leads there.
    """
    ends = np.array([real(n, v, -1e6, 1e6) for n, v in (("x₁", x1), ("z₁", z1), ("x₂", x2), ("z₂", z2))])
    length, density = positive("L", length, 1e6), positive("ρ", density)
    omega, gravity = real("ω", omega, 0, 1e6), real("g", gravity, 0, 1e6)
    distance = math.hypot(ends[2] - ends[0], ends[3] - ends[1])
    if length <= distance * (1 + 1e-9):
        raise VisitorError("rope_too_short", length=f"{length:.9g}", distance=f"{distance:.9g}")
    if length > _SLACKEST * distance:
        raise VisitorError("ends_too_near", most=f"{_SLACKEST:g}")
    if np.abs(ends).max() > 100 * length:
        raise VisitorError("ends_too_far")
    force = omega**2 * length + gravity
    if force <= 0:
        raise VisitorError("no_force")
    turn = omega**2 * length / force
    wanted = range(-HALF_WAVES, HALF_WAVES + 1) if branches is None else branches
    if not all(isinstance(n, int) and abs(n) <= HALF_WAVES for n in wanted):
        raise VisitorError("out_of_range", name="n", least=-HALF_WAVES, most=HALF_WAVES)
    shapes: list[Shape] = []
    for number in sorted(set(wanted), key=lambda n: (abs(n), -n)):
        found = _follow(number, ends / length, turn)
        if found is None:
            continue
        shape = _shape(number, found, turn, length, density * length * force)
        if not any(_same(shape, other, length) for other in shapes):
            shapes.append(shape)
    if not shapes:
        raise VisitorError("no_branch")
    swing = omega**2 * length / gravity if gravity else math.inf
    return TurningRope(length, omega, gravity, density, min(swing, 1e300), tuple(shapes), count=len(shapes))


def _same(one: Shape, other: Shape, length: float) -> bool:
    return bool(np.abs(np.subtract(one.r, other.r)).max() < 1e-4 * length)


# ---- from the closed forms to the values asked for


@dataclass(frozen=True)
class _Solution:
    """Scaled: mesh s, state (r, z, P) on it, V₀, and the interpolating function of the solver."""

    s: np.ndarray
    state: np.ndarray
    v0: float
    at: object


def _follow(number: int, ends: np.ndarray, turn: float) -> _Solution | None:
    """The branch `number` at these values, or None.  First all the way in one step, then in ever smaller ones."""
    begun = _chain(ends) if number == 0 else _waves(number, ends)
    if begun is None:
        return None
    values, solution = begun
    target, reached, step = np.append(ends, turn), 0.0, 1.0
    for _ in range(_SOLVES):
        share = min(1.0, reached + step)
        there = values + share * (target - values)
        found = _solve(there, solution, _ROUGH)
        if found is not None and _near(found, solution, share - reached):
            solution, reached, step = found, share, 2 * step
            if reached == 1.0:
                return _solve(target, solution, _FINE)
        else:
            step = (share - reached) / 2
            if step < 1e-3:
                break
    return None


def _near(found: _Solution, before: _Solution, step: float) -> bool:
    """Whether a step stayed on its branch: the curve may not jump further than the step explains."""
    moved = np.abs(found.at(before.s)[:2] - before.state[:2]).max()
    return moved < 0.15 + 0.5 * step


def _chain(ends: np.ndarray) -> tuple[np.ndarray, _Solution] | None:
    """The catenary, ω = 0; of ends that stand (nearly) one above the other, moved apart so that it does not fold."""
    if abs(ends[2] - ends[0]) < 0.02:
        ends = ends + 0.05 * np.array([-1, 0, 1, 0])
    try:
        chain = catenary(*ends, length=1.0)
    except VisitorError:  # nearly taut: there is no room to move its ends
        return None
    order = slice(None) if ends[0] <= ends[2] else slice(None, None, -1)
    sign = 1 if ends[0] <= ends[2] else -1
    s, r, z = (np.array(values) for values in (chain.s, chain.x, chain.y))
    pull = (chain.left_pull, chain.right_pull)
    s = s if sign > 0 else chain.length - s[::-1]
    state = np.array([r[order], z[order], np.full(len(r), sign * chain.a)])
    return np.append(ends, 0.0), _thinned(s, state, -pull[0] if sign > 0 else -pull[1], 30)


def _waves(number: int, ends: np.ndarray) -> tuple[np.ndarray, _Solution]:
    """The skipping rope with |number| half waves, g = 0, its ends moved onto the axis and not too near each other."""
    count, up = abs(number), 1.0 if ends[3] >= ends[1] else -1.0
    span = min(max(abs(ends[3] - ends[1]), 0.3), 0.9)
    half = rope(span / count, 1 / count, 1.0, 1.0)
    z, r, s = np.array(half.z), np.array(half.r), np.array(half.s)
    slope = np.sqrt(np.maximum(np.array(half.tension) ** 2 - half.axial_tension**2, 0))  # |P|
    pull = np.where(z <= half.span / 2, slope, -slope)
    parts = [np.array([z + i * half.span, (-1) ** i * r, (-1) ** i * pull, s + i * half.length]) for i in range(count)]
    z, r, pull, s = np.concatenate([parts[0], *(part[:, 1:] for part in parts[1:])], axis=1)
    side = math.copysign(1, number)
    middle = (ends[1] + ends[3]) / 2
    first = middle - up * span / 2
    state = np.array([side * r, first + up * z, side * pull])
    return np.array([0.0, first, 0.0, first + up * span, 1.0]), _thinned(s, state, up * half.axial_tension, 24 * count)


def _thinned(s: np.ndarray, state: np.ndarray, v0: float, intervals: int) -> _Solution:
    """A curve on few even nodes: the solver adds more where it needs them, and is quicker than with too many."""
    even = np.linspace(0, 1, intervals + 1)
    return _Solution(even, np.array([np.interp(even, s / s[-1], row) for row in state]), v0, None)


def _solve(values: np.ndarray, guess: _Solution, tolerance: float) -> _Solution | None:
    """The boundary value problem at (x₁, z₁, x₂, z₂, turn), started from `guess`."""
    ends, turn = values[:4], values[4]
    weight = 1 - turn

    def rates(s, y, p):
        v = p[0] + weight * s
        tension = np.hypot(y[2], v)
        return np.array([y[2] / tension, v / tension, -turn * y[0]])

    def jacobian(s, y, p):
        v = p[0] + weight * s
        cubed = np.hypot(y[2], v) ** 3
        by_state, by_v0 = np.zeros((3, 3, len(s))), np.zeros((3, 1, len(s)))
        by_state[0, 2], by_state[1, 2], by_state[2, 0] = v**2 / cubed, -y[2] * v / cubed, -turn
        by_v0[0, 0], by_v0[1, 0] = -y[2] * v / cubed, y[2] ** 2 / cubed
        return by_state, by_v0

    def boundary(first, last, p):
        return np.array([first[0] - ends[0], first[1] - ends[1], last[0] - ends[2], last[1] - ends[3]])

    def boundary_jacobian(first, last, p):
        by_first, by_last = np.zeros((4, 3)), np.zeros((4, 3))
        by_first[0, 0] = by_first[1, 1] = by_last[2, 0] = by_last[3, 1] = 1
        return by_first, by_last, np.zeros((4, 1))

    with np.errstate(all="ignore"):
        found = solve_bvp(
            rates, boundary, guess.s, guess.state, [guess.v0], fun_jac=jacobian, bc_jac=boundary_jacobian,
            tol=tolerance, bc_tol=1e-10, max_nodes=400 if tolerance == _ROUGH else 4000,
        )  # fmt: skip
    if not found.success or not np.isfinite(found.y).all():
        return None
    return _Solution(found.x, found.y, float(found.p[0]), found.sol)


def _shape(number: int, found: _Solution, turn: float, length: float, force: float) -> Shape:
    s = np.linspace(0, 1, POINTS)
    r, z, pull = found.at(s)
    tension = np.hypot(pull, found.v0 + (1 - turn) * s)
    kept = tension + turn * r**2 / 2 - (1 - turn) * z
    energy = force * length * np.trapezoid((1 - turn) * z - turn * r**2 / 2, s)
    return Shape(
        start="rope" if number else "chain",
        number=number,
        r=tuple((length * r).tolist()),
        z=tuple((length * z).tolist()),
        s=tuple((length * s).tolist()),
        tension=tuple((force * tension).tolist()),
        first_tension=float(force * tension[0]),
        last_tension=float(force * tension[-1]),
        energy=float(energy),
        drift=float(np.ptp(kept) / tension.max()),
    )
