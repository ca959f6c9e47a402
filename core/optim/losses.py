"""Losses of two parameters to run down on: each with its exact gradient and Hessian.

A quadratic bowl, L = ½ θᵀ H θ, is where the theory of post 3 (https://kexue.fm/archives/6234) and every stability bound
is exact; Rosenbrock ("An automatic method for finding the greatest or least value of a function", 1960), Himmelblau
("Applied Nonlinear Programming", 1972), Beale (1958) and Rastrigin (1974) are the usual proving grounds; the mini-batch
loss is a straight line through points, of which each step sees a few; a formula is whatever one types.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from core.errors import VisitorError
from core.mathtoys.values import real
from core.optim import formula as formulas
from core.optim import jets
from core.optim.surfaces import Surface

NAMES = ("bowl", "rosenbrock", "himmelblau", "beale", "rastrigin", "saddle", "minibatch", "formula")
MOST_CONDITION = 1e6
SAMPLES = 48  # points that the mini-batch loss is the mean over
FORMULA = "x^2 + 3 sin(2x) + 2 y^2 - x y"  # what stands there before one types


def surface(name: str = "bowl", condition: float = 10.0, turn: float = 0.0, formula: str = FORMULA,
            reach: float = 3.0) -> Surface:  # fmt: skip
    """A surface by its name.

    Args:
        name: one of `NAMES`.
        condition: of the bowl, κ = largest over smallest eigenvalue of its Hessian, 1 to 1e6; the smallest is 1.
        turn: of the bowl, by how many degrees its long axis is turned from that of x, -180 to 180.
        formula: what is typed for "formula", in x and y.
        reach: the formula's map goes from -reach to reach, 0.01 to 1000.

    Raises:
        VisitorError: no such surface, a value out of range, or a formula that cannot be used.
    """
    if name == "bowl":
        return bowl(real("κ", condition, 1.0, MOST_CONDITION), real("turn", turn, -180.0, 180.0))
    if name == "formula":
        return typed(formula, real("reach", reach, 0.01, 1000.0))
    if not isinstance(name, str) or name not in _BUILT:
        raise VisitorError("bad_choice", name="surface", choices=", ".join(NAMES))
    return _BUILT[name]()


def bowl(condition: float, turn: float = 0.0) -> Surface:
    """L = ½(u² + κ v²), u and v turned from x and y by `turn` degrees."""
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    xx, xy, yy = c * c + condition * s * s, (1 - condition) * c * s, s * s + condition * c * c
    u, v = 1.7, 0.9  # of the start, along the axes of the bowl
    size = 2.0
    return Surface(
        name="bowl",
        box=(-size, size, -size, size),
        start=(_near(c * u - s * v, size), _near(s * u + c * v, size)),
        pace=0.1,
        minima=((0.0, 0.0),),
        lowest=0.0,
        bottomless=False,
        value=lambda x, y: 0.5 * (xx * x * x + 2 * xy * x * y + yy * y * y),
        slope=lambda x, y: (xx * x + xy * y, xy * x + yy * y),
        hessian=lambda x, y: _everywhere(x, y, xx, xy, yy),
    )


def _near(value: float, size: float) -> float:
    return round(min(max(value, -size), size), 3)


def _everywhere(x: np.ndarray, y: np.ndarray, *values: float) -> tuple[np.ndarray, ...]:
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return tuple(np.full(shape, value) for value in values)


def rosenbrock() -> Surface:
    """L = (1 − x)² + 100 (y − x²)²."""
    return Surface(
        name="rosenbrock",
        box=(-2.0, 2.0, -1.0, 3.0),
        start=(-1.2, 1.0),
        pace=0.05,
        minima=((1.0, 1.0),),
        lowest=0.0,
        bottomless=False,
        value=lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        slope=lambda x, y: (2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)),
        hessian=lambda x, y: (2 - 400 * y + 1200 * x * x, -400 * x + 0 * y, 200 + 0 * x + 0 * y),
    )


def himmelblau() -> Surface:
    """L = (x² + y − 11)² + (x + y² − 7)²: four lowest points."""
    return Surface(
        name="himmelblau",
        box=(-6.0, 6.0, -6.0, 6.0),
        start=(-0.5, -1.0),
        pace=0.2,
        minima=((3.0, 2.0), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)),
        lowest=0.0,
        bottomless=False,
        value=lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
        slope=lambda x, y: (
            4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
            2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
        ),
        hessian=lambda x, y: (12 * x * x + 4 * y - 42, 4 * x + 4 * y, 12 * y * y + 4 * x - 26),
    )


def beale() -> Surface:
    """L = Σₖ (cₖ − x + x yᵏ)², c = 1.5, 2.25, 2.625."""
    targets = (1.5, 2.25, 2.625)

    def slope(x: float, y: float) -> tuple[float, float]:
        along = across = 0.0
        for power, target in enumerate(targets, 1):
            rest = target - x + x * y**power
            along += 2 * rest * (y**power - 1)
            across += 2 * rest * x * power * y ** (power - 1)
        return along, across

    def hessian(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        xx = xy = yy = 0.0
        for power, target in enumerate(targets, 1):
            rest, bent, risen = target - x + x * y**power, power * y ** (power - 1), y**power - 1
            twice = power * (power - 1) * y ** max(power - 2, 0)
            xx = xx + 2 * risen**2 + 0 * x
            xy = xy + 2 * (risen * x * bent + rest * bent)
            yy = yy + 2 * ((x * bent) ** 2 + rest * x * twice)
        return xx, xy, yy

    return Surface(
        name="beale",
        box=(-4.5, 4.5, -4.5, 4.5),
        start=(1.0, 1.6),
        pace=0.1,
        minima=((3.0, 0.5),),
        lowest=0.0,
        bottomless=False,
        value=lambda x, y: sum((target - x + x * y**power) ** 2 for power, target in enumerate(targets, 1)),
        slope=_calm(slope),
        hessian=hessian,
    )


def _calm(slope: Callable[[float, float], tuple[float, float]]) -> Callable[[float, float], tuple[float, float]]:
    """Powers and sines of floats raise where arrays give inf or nan."""

    def found(x: float, y: float) -> tuple[float, float]:
        try:
            return slope(x, y)
        except OverflowError:
            return math.inf, math.inf
        except ValueError:
            return math.nan, math.nan

    return found


def rastrigin() -> Surface:
    """L = 20 + x² + y² − 10 cos 2πx − 10 cos 2πy: a valley at every pair of whole numbers."""
    tau = 2 * math.pi
    return Surface(
        name="rastrigin",
        box=(-5.12, 5.12, -5.12, 5.12),
        start=(2.3, -1.7),
        pace=0.2,
        minima=((0.0, 0.0),),
        lowest=0.0,
        bottomless=False,
        value=lambda x, y: 20 + x * x + y * y - 10 * np.cos(tau * x) - 10 * np.cos(tau * y),
        slope=_calm(lambda x, y: (2 * x + 10 * tau * math.sin(tau * x), 2 * y + 10 * tau * math.sin(tau * y))),
        hessian=lambda x, y: (
            2 + 10 * tau**2 * np.cos(tau * x) + 0 * y,
            0 * x + 0 * y,
            2 + 10 * tau**2 * np.cos(tau * y) + 0 * x,
        ),
    )


def saddle() -> Surface:
    """L = (x² − y²)/2: down without end along y, and a point where the slope is 0 and no minimum stands."""
    return Surface(
        name="saddle",
        box=(-2.0, 2.0, -2.0, 2.0),
        start=(1.6, 0.02),
        pace=0.05,
        minima=(),
        lowest=None,
        bottomless=True,
        value=lambda x, y: (x * x - y * y) / 2,
        slope=lambda x, y: (x, -y),
        hessian=lambda x, y: _everywhere(x, y, 1.0, 0.0, -1.0),
    )


def minibatch() -> Surface:
    """The mean over 48 points (a, b) of ½(x a + y − b)²: a straight line of slope x and height y through them.  The
    points are the same ones always; which of them a step sees is the business of `core.optim.batches`."""
    noise = np.random.default_rng(6794)
    a = noise.uniform(-0.6, 1.8, SAMPLES)
    b = 0.8 * a - 0.5 + noise.normal(0, 0.5, SAMPLES)
    aa, ab, a1, b1 = (float(np.mean(one)) for one in (a * a, a * b, a, b))
    hessian = np.array([[aa, a1], [a1, 1.0]])
    x, y = np.linalg.solve(hessian, [ab, b1])
    lowest = float(np.mean((x * a + y - b) ** 2) / 2)
    rest = float(np.mean(b * b))
    return Surface(
        name="minibatch",
        box=(-2.0, 3.0, -3.0, 2.0),
        start=(-1.5, 1.3),
        pace=0.1,
        minima=((float(x), float(y)),),
        lowest=lowest,
        bottomless=False,
        value=lambda x, y: 0.5 * (aa * x * x + y * y + 2 * a1 * x * y - 2 * ab * x - 2 * b1 * y + rest),
        slope=lambda x, y: (aa * x + a1 * y - ab, a1 * x + y - b1),
        hessian=lambda x, y: _everywhere(x, y, aa, a1, 1.0),
        batches=(a, b),
    )


def typed(text: str, reach: float) -> Surface:
    """A formula in x and y over the square from -reach to reach; raises VisitorError where it cannot be used."""
    expression = formulas.read(text)
    slopes = formulas.slopes(expression)

    def value(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return expression.values(x=x, y=y)

    return Surface(
        name="formula",
        box=(-reach, reach, -reach, reach),
        start=(0.75 * reach, 0.6 * reach),
        pace=0.03 * reach,
        minima=(),
        lowest=None,
        bottomless=True,
        value=value,
        slope=lambda x, y: slopes(x, y)[1:],
        hessian=lambda x, y: jets.jets(expression.tree, x, y)[3:],
        work=formulas.size(expression),
    )


_BUILT = {
    "rosenbrock": rosenbrock,
    "himmelblau": himmelblau,
    "beale": beale,
    "rastrigin": rastrigin,
    "saddle": saddle,
    "minibatch": minibatch,
}
