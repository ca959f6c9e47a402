"""A rope on a turning vertical pole: one end fixed to it (or to an arm), the other free.

The post (https://kexue.fm/archives/6784) ends with this problem, but its snippet sets no condition for the free end and
swaps x and y.  At a free end the tension is zero.  With x the arc length from the free end, in units of L, and
q(x) = (1/x)∫₀ˣ r, the mean distance of the piece below from the axis, the balance of forces is

    dr/dx = −q/√(q² + β²),   dq/dx = (r − q)/x,   T = ρω²x√(q² + β²),   β = g/(ω²L)

with r(0) = q(0) at the free end and r(1) = the arm.  So a single number, r(0), makes a solution: all of them are found
by looking through its whole range, and then given to `solve_bvp`, which knows terms like S y/x.

For small swings r = r(0) J₀(2√(x/β)): the hanging chain leaves the vertical at ω_n = ½ j₀ₙ √(g/L), and beyond ω_n
there are n such shapes (I. I. Kolodner, Heavy rotating string, 1955).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import solve_bvp
from scipy.special import jn_zeros

from core.errors import VisitorError
from core.mathtoys.rope import G
from core.mathtoys.turning import POINTS, Shape, TurningRope
from core.mathtoys.values import positive, real

MODES = 6  # most shapes given back, those that meet the axis least often first
_FLATTEST = 2.5e-3  # least β: beyond, gravity is nothing but stiffness for the solver
_START = 1e-5  # of x/β, where the numbers begin instead of at the singular 0
_SINGULAR = np.array([[0.0, 0, 0], [1, -1, 0], [0, 0, 0]])


def pole_rope(
    arm: float = 0.0,
    length: float = 1.0,
    omega: float = 8.0,
    gravity: float = G,
    density: float = 0.1,
) -> TurningRope:
    """A rope that hangs from a turning pole and swings out; its end is free, the tension there zero.

    Args:
        arm: how far from the pole's axis the rope is fixed, m, 0 or more.
        length: of the rope, m.
        omega: rad/s, more than 0; at most 20 √(g/L).
        gravity: m/s², more than 0.
        density: kg/m.

    Returns:
        At most 6 shapes, first the one that meets the axis least often.  Without an arm the rope that hangs straight is
        one too, number 0, the last.  `count` says how many there are in all, `critical` holds the speeds at which,
        without an arm, each shape begins.

    Raises:
        VisitorError: a number is out of range.
    """
    length, omega = positive("L", length, 1e6), positive("ω", omega)
    gravity, density = positive("g", gravity, 1e6), positive("ρ", density)
    arm = real("r₀", arm, 0, 100 * length) / length
    beta = gravity / (omega**2 * length)
    if beta < _FLATTEST:
        most = math.sqrt(gravity / length / _FLATTEST)
        raise VisitorError("pole_too_fast", most=f"{most:.4g}", turns=f"{most / (2 * math.pi):.4g}")
    force = density * omega**2 * length**2
    starts = _starts(arm, beta)
    count = len(starts) + (arm == 0)
    shapes = [_shape(_solve(*start, arm, beta), beta, length, force) for start in starts[:MODES]]
    shapes.sort(key=lambda shape: (shape.number, shape.energy))
    if arm == 0:
        x = np.linspace(1, 0, POINTS)
        shapes.append(_made(0, x, np.zeros(POINTS), -(1 - x), beta * x, beta, length, force))
    critical = jn_zeros(0, MODES) / 2 * math.sqrt(gravity / length)
    swing = 1 / beta
    return TurningRope(length, omega, gravity, density, swing, tuple(shapes), tuple(critical.tolist()), count)


def _starts(arm: float, beta: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Every solution, roughly: (x, state), by Runge-Kutta from the free end for many r(0) at once; those that cross the
    axis least often come first."""
    most = 1 + arm
    amplitudes = np.concatenate([np.geomspace(1e-5, 0.1, 150) * most, np.linspace(0.1, 1, 151)[1:] * most])
    found = []
    for side in (1, -1) if arm else (1,):
        roots, ends = amplitudes, _swing(amplitudes, beta)[1][-1, 0] - side * arm
        if not arm:
            ends = ends / roots  # r(0) = 0 is the rope that hangs straight, not a shape of its own
        signs = np.nonzero(np.diff(np.sign(ends)))[0]
        low, high = roots[signs], roots[signs + 1]
        for _ in range(2 if len(signs) else 0):  # all brackets at once, each cut into 16
            finer = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, 17)
            ends = _swing(finer.ravel(), beta)[1][-1, 0].reshape(finer.shape) - side * arm
            place = np.argmax(np.diff(np.sign(ends), axis=1) != 0, axis=1)
            row = np.arange(len(low))
            low, high = finer[row, place], finer[row, place + 1]
        if len(signs):
            x, states = _swing((low + high) / 2, beta)
            found += [(x, side * states[:, :, i].T) for i in range(len(signs))]
    return sorted(found, key=lambda start: np.count_nonzero(np.diff(np.sign(start[1][0, :-1]))))


def _swing(amplitudes: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """x, and (r, q) for each x and amplitude r(0), in steps of √x, along which the waves are evenly long."""
    steps = int(np.clip(30 / math.sqrt(beta), 100, 1200))
    root = np.linspace(math.sqrt(min(_START * beta, 1e-4)), 1, steps + 1)
    h, first = root[1] - root[0], root[0] ** 2
    fall = amplitudes / np.hypot(amplitudes, beta)
    y = np.array([amplitudes - first * fall, amplitudes - first * fall / 2])
    states = [y]

    def rates(t: float, y: np.ndarray) -> np.ndarray:
        return np.array([-2 * t * y[1] / np.hypot(y[1], beta), 2 / t * (y[0] - y[1])])

    for t in root[:-1]:
        k1 = rates(t, y)
        k2 = rates(t + h / 2, y + h / 2 * k1)
        k3 = rates(t + h / 2, y + h / 2 * k2)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + rates(t + h, y + h * k3))
        states.append(y)
    return root**2, np.array(states)


def _solve(x: np.ndarray, state: np.ndarray, arm: float, beta: float):
    """The same as a boundary value problem, (r, q, z) from the free end to the pole; a callable x → (r, q, z)."""
    step = max(1, len(x) // 80)
    x, state = np.append(x[:-1:step], 1.0), np.append(state[:, :-1:step], state[:, -1:], axis=1)
    x[0] = 0.0
    slope = beta / np.hypot(state[1], beta)
    z = np.concatenate([[0.0], np.cumsum(np.diff(x) * (slope[1:] + slope[:-1]) / 2)])

    def rates(x, y):
        root = np.hypot(y[1], beta)
        return np.array([-y[1] / root, np.zeros_like(x), beta / root])

    def jacobian(x, y):
        cubed = np.hypot(y[1], beta) ** 3
        by_state = np.zeros((3, 3, len(x)))
        by_state[0, 1], by_state[2, 1] = -(beta**2) / cubed, -beta * y[1] / cubed
        return by_state

    def boundary(free, fixed):
        return np.array([free[0] - free[1], fixed[0] - arm, fixed[2]])

    with np.errstate(all="ignore"):
        found = solve_bvp(
            rates, boundary, x, np.vstack([state, z - z[-1]]), S=_SINGULAR, fun_jac=jacobian, tol=1e-7, bc_tol=1e-10,
            max_nodes=5000,
        )  # fmt: skip
    if not found.success:
        raise VisitorError("no_branch")
    return found.sol


def _shape(at, beta: float, length: float, force: float) -> Shape:
    x = np.linspace(1, 0, POINTS)  # from the pole to the free end, as people look at it
    r, q, z = at(x)
    crossings = int(np.count_nonzero(np.diff(np.sign(at(np.linspace(0, 1 - 1e-6, 2000))[0]))))
    return _made(crossings + 1, x, r, z, x * np.hypot(q, beta), beta, length, force)


def _made(number: int, x, r, z, tension, beta: float, length: float, force: float) -> Shape:
    """A shape in metres and newtons from scaled numbers; `force` is ρω²L²."""
    kept = tension + r**2 / 2 - beta * z
    energy = force * length * np.trapezoid(beta * z - r**2 / 2, -x)
    return Shape(
        start="pole",
        number=number,
        r=tuple((length * r).tolist()),
        z=tuple((length * z).tolist()),
        s=tuple((length * (1 - x)).tolist()),
        tension=tuple((force * tension).tolist()),
        first_tension=float(force * tension[0]),
        last_tension=float(force * tension[-1]),
        energy=float(energy),
        drift=float(np.ptp(kept) / tension.max()),
    )
