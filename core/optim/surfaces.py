"""What a loss of two parameters is: its value, gradient and Hessian, its map, and how sharp its valleys are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import VisitorError

_GRID = 81  # points a side of a map
Gradient = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Surface:
    """A loss L(x, y).

    Attributes:
        name: one of `core.optim.losses.NAMES`.
        box: (least x, greatest x, least y, greatest y) of its map.
        start: where paths usually begin, inside the box.
        pace: a step length that suits it, for methods whose steps are as long as their learning rate.
        minima: the known lowest points.
        lowest: the least value of L; None where there is none, or it is not known.
        bottomless: L falls without end, or may, so that a path that runs off does what the flow does.
        value: (x, y) arrays → L.
        slope: a point as two floats → (∂L/∂x, ∂L/∂y); nan where L is not defined, inf beyond doubles.
        hessian: (x, y) arrays → (∂xx, ∂xy, ∂yy).
        work: operations that a gradient takes, in those of a formula; 1 for the surfaces that are built in.
        batches: for the mini-batch loss, (a, b) of its samples, whose loss is ½(x a + y − b)²; else None.
    """

    name: str
    box: tuple[float, float, float, float]
    start: tuple[float, float]
    pace: float
    minima: tuple[tuple[float, float], ...]
    lowest: float | None
    bottomless: bool
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    slope: Callable[[float, float], tuple[float, float]]
    hessian: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
    work: int = 1
    batches: tuple[np.ndarray, np.ndarray] | None = None

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """∇L at a point (2,) of the whole loss."""
        return np.array(self.slope(*theta.tolist()))

    def sharpest(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The largest eigenvalue of the Hessian at points."""
        with np.errstate(all="ignore"):
            xx, xy, yy = self.hessian(np.asarray(x, float), np.asarray(y, float))
            return (xx + yy) / 2 + np.hypot((xx - yy) / 2, xy)


@dataclass(frozen=True)
class Landscape:
    """A surface over its box, for a map: x, y (n,) ascending, level (n, n), rows by y, growing with the loss but slower
    and slower; None where it has no finite value."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    level: tuple[tuple[float | None, ...], ...]


def landscape(of: Surface) -> Landscape:
    """The map of a surface."""
    x0, x1, y0, y1 = of.box
    x, y = np.linspace(x0, x1, _GRID), np.linspace(y0, y1, _GRID)
    with np.errstate(all="ignore"):
        loss = np.asarray(of.value(x[None, :], y[:, None]), float)
        seen = loss[np.isfinite(loss)]
        if not seen.size:
            raise VisitorError("loss_nowhere")
        least = seen.min() if of.lowest is None else of.lowest
        # logarithmic far from the bottom and linear near to it, or steep walls would hide every valley
        scale = max(float(np.quantile(seen - least, 0.1)), 1e-300)
        level = np.log1p((loss - least) / scale)
    rows = [[round(one, 4) if math.isfinite(one) else None for one in row] for row in level.tolist()]
    return Landscape(_rounded(x), _rounded(y), tuple(map(tuple, rows)))


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values.tolist())


def sharpness(of: Surface) -> float:
    """How sharp its valleys are: the largest eigenvalue of the Hessian, at the usual start and the known lowest points;
    where none are known, at the start and in the middle of those on a grid; 1 where none is positive."""
    places = [of.start, *of.minima]
    found = [float(of.sharpest(*place)) for place in places]
    if not of.minima:
        x0, x1, y0, y1 = of.box
        grid = of.sharpest(np.linspace(x0, x1, 9)[None, :], np.linspace(y0, y1, 9)[:, None])
        sharp = grid[np.isfinite(grid) & (grid > 1e-9)]
        found.append(float(np.median(sharp)) if sharp.size else 0.0)
    return max((one for one in found if math.isfinite(one) and one > 1e-9), default=1.0)
