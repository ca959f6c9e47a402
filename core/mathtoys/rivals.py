"""Other curves through the points of a catenary fit: parabola, cubic, skipping rope.

Each is fitted by least squares of the distances at right angles to it, as the catenary is, to the points that the
catenary kept, in its upright frame; so the figures can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.special import ellipj, ellipkm1

from core.mathtoys.feet import distances, feet

_MOST = 1_000  # points; evenly picked ones of more
_STEPS = 12
_CURVE = 201
_STEEPEST = 300.0  # (x - x0)/a beyond which sinh would overflow: points that are nearly a vertical line
Curve = Callable[[Any, np.ndarray], tuple[np.ndarray, np.ndarray]]  # (parameters, x) → (y, dy/dx)


@dataclass(frozen=True)
class Rival:
    """A curve beside the catenary.

    name: "catenary", "parabola", "cubic" or "rope".  parameters: how many were fitted.
    rms: root mean square distance of the kept points, in their units.  times: the catenary's.
    x, y: the curve, for drawing.
    """

    name: str
    parameters: int
    rms: float
    times: float
    x: tuple[float, ...]
    y: tuple[float, ...]


def compared(
    x: np.ndarray,
    y: np.ndarray,
    catenary: tuple[float, float, float],
    size: float,
    place: Callable[[np.ndarray], np.ndarray],
    free: int = 3,
) -> tuple[Rival, ...]:
    """The catenary itself and the others.

    Args:
        x, y: the kept points, upright and scaled, shape (n,).
        catenary: (x0, y0, a) in the same scale.
        size: a length of 1 here in the units of the points.
        place: upright and scaled, shape (2, n), back to where the points were given.
        free: how many parameters the catenary had: 4 with the tilt.
    """
    step = max(1, len(x) // _MOST)
    x, y = x[::step], y[::step]
    x0, y0, a = catenary
    p, q = (x - x0) / a, (y - y0) / a
    own = math.sqrt(np.mean((a * distances(p, q, feet(p, q))) ** 2))
    floor = 1e-15 * max(1.0, float(np.abs(y).max()))  # what is below is rounding
    at = np.linspace(x.min(), x.max(), _CURVE)
    ends = np.clip([(at[0] - x0) / a, (at[-1] - x0) / a], -_STEEPEST, _STEEPEST)
    length = a * float(np.diff(np.sinh(ends))[0])
    line = math.hypot(at[-1] - at[0], a * float(np.diff(np.cosh(ends))[0]))
    fitted = {name: _polynomial_fit(x, y, degree, at) for name, degree in (("parabola", 2), ("cubic", 3))}
    fitted["rope"] = _rope(x, y, (at[0], at[-1]), at, (length - line) / line)
    found = [Rival("catenary", free, size * own, 1.0, (), ())]
    for name, (rms, curve) in fitted.items():
        drawn = place(curve)
        times = max(rms, floor) / max(own, floor)
        count = 4 if name == "cubic" else 3
        found.append(Rival(name, count, size * rms, times, tuple(drawn[0].tolist()), tuple(drawn[1].tolist())))
    return tuple(found)


def _polynomial_fit(x: np.ndarray, y: np.ndarray, degree: int, at: np.ndarray) -> tuple[float, np.ndarray]:
    """Root mean square distance, and the curve at `at`."""
    middle, half = (at[0] + at[-1]) / 2, (at[-1] - at[0]) / 2

    def curve(parameters: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        t = (x - middle) / half
        return np.polyval(parameters, t), np.polyval(np.polyder(parameters), t) / half

    powers = np.vander((x - middle) / half, degree + 1)
    start = np.linalg.lstsq(powers, y, rcond=None)[0]
    fit = _least(lambda parameters: _apart(curve, parameters, x, y), start, len(x))
    return math.sqrt(2 * fit.cost / len(x)), np.stack([at, curve(fit.x, at)[0]])


def _least(apart: Callable[[np.ndarray], np.ndarray], start: np.ndarray, count: int) -> Any:
    """Least squares; MINPACK's is the quicker one, but wants as many points as parameters."""
    method = "lm" if count >= len(start) else "trf"
    return least_squares(apart, start, method=method, x_scale=1.0, max_nfev=200)


def _apart(curve: Curve, parameters: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Signed distances; the feet by Gauss-Newton from straight above or below, a step never longer than the last."""
    foot, limit = x, np.full_like(x, np.inf)
    for _ in range(_STEPS):
        at, slope = curve(parameters, foot)
        step = ((x - foot) + (y - at) * slope) / (1 + slope**2)
        limit = np.minimum(limit, 0.9 * np.abs(step) + 1e-300)
        foot = foot + np.clip(step, -limit, limit)
    at, slope = curve(parameters, foot)
    return np.copysign(np.hypot(x - foot, y - at), y - at)


def _rope(
    x: np.ndarray, y: np.ndarray, ends: tuple[float, float], at: np.ndarray, excess: float
) -> tuple[float, np.ndarray]:
    """The skipping rope whose hands are where the points end, at x = `ends`: root mean square distance, and y at `at`.

    Fitted are the heights of both hands and the shape, τ = log(k²/(1 − k²)).  (With hands anywhere it could come as
    near to a chain as one likes: the bend of an endless skipping rope is a catenary.)
    """
    low, high = ends

    def turned(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, Curve]:
        first, last, tau = parameters
        span, cos = math.hypot(high - low, last - first), (high - low) / math.hypot(high - low, last - first)
        sin = (last - first) / span
        along = cos * (x - low) + sin * (y - first)
        return along, cos * (y - first) - sin * (x - low), tau, lambda tau, z: _skipping(tau, z, span)

    def apart(parameters: np.ndarray) -> np.ndarray:
        along, across, tau, curve = turned(parameters)
        return _apart(curve, tau, along, across)

    order = np.argsort(x)
    start = np.array([y[order[0]], y[order[-1]], math.log(min(max(excess, 1e-9), 1e9))])
    fit = _least(apart, start, len(x))
    first, last, tau = fit.x
    span = math.hypot(high - low, last - first)
    z = np.linspace(0, span, len(at))
    r = _skipping(tau, z, span)[0]
    cos, sin = (high - low) / span, (last - first) / span
    drawn = np.stack([low + cos * z - sin * r, first + sin * z + cos * r])
    return math.sqrt(2 * fit.cost / len(x)), drawn


def _skipping(tau: float, z: np.ndarray, span: float) -> tuple[np.ndarray, np.ndarray]:
    """−r and its slope at z, of a skipping rope with hands at 0 and `span`."""
    tau = min(max(tau, -30.0), 20.0)
    m, m1 = 1 / (1 + math.exp(-tau)), 1 / (1 + math.exp(tau))
    complete = ellipkm1(m1)
    unit, depth = span / (2 * complete), span * math.sqrt(m) / (m1 * complete)
    sn, cn, dn, _ = ellipj(z / unit, m)
    return -depth * sn, -depth / unit * cn * dn
