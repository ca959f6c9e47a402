"""How far points lie from a catenary, and the catenary through three points: what a fit is made of.

In units of a and from the vertex the curve is y = cosh(x) − 1.  The foot of a point (p, q) is where
(η − p) + (cosh η − 1 − q) sinh η = 0; it lies between the place straight above or below, η = p, and the place straight
beside, cosh η = 1 + q, so a Newton step that leaves this bracket is replaced by its middle.
"""

from __future__ import annotations

import numpy as np

_STEPS = 40
_FAR = 60.0  # |η| beyond which cosh is not computed: no point of a chain lies there
_NEAR = 1e-9  # a last Newton step of this size leaves an error of its square


def feet(p: np.ndarray, q: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """η of the foot of each point (p, q), both of shape (n,); `start`: where to begin, if something is known."""
    side, p = np.where(p < 0, -1.0, 1.0), np.minimum(np.abs(p), 1e25)
    q = np.clip(q, -1e12, 1e25)
    beside = _arccosh1p(np.maximum(q, 0.0))
    above = np.minimum(p, _arccosh1p(np.maximum(q, 0.0) + p + 1.0))  # far out the curve is steep: no need to go to p
    low, high = np.minimum(beside, above), np.maximum(beside, above)
    eta = np.clip(side * start, low, high) if start is not None else np.where(p < 1, above, beside)
    for _ in range(_STEPS):
        grown = np.exp(np.minimum(eta, _FAR))
        cosh, sinh = 0.5 * (grown + 1 / grown), 0.5 * (grown - 1 / grown)
        value = (eta - p) + (cosh - 1 - q) * sinh
        rising = value > 0
        low, high = np.where(rising, low, eta), np.where(rising, eta, high)
        slope = cosh * (2 * cosh - 1 - q)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            after = eta - value / slope
        after = np.where((slope > 0) & (after >= low) & (after <= high), after, 0.5 * (low + high))
        moved = np.abs(after - eta).max(initial=0.0)
        eta = after
        if moved < _NEAR * (1 + np.abs(eta).max(initial=0.0)):
            break
    return side * eta


def _arccosh1p(x: np.ndarray) -> np.ndarray:
    """arccosh(1 + x) without cancellation."""
    return np.log1p(x + np.sqrt(x * (x + 2)))


def distances(p: np.ndarray, q: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """Signed distance of each point from its foot, positive above the curve."""
    near = np.clip(eta, -_FAR, _FAR)
    return ((q - 2 * np.sinh(near / 2) ** 2) - np.sinh(near) * (p - near)) / np.cosh(near)


def rough_distances(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """About the same without looking for the foot: the distance from the line through the places on the curve straight
    above or below the point and straight beside it."""
    p = np.abs(p)
    upright = np.abs(q + 1 - np.cosh(np.minimum(p, _FAR)))
    level = np.where(q > 0, np.abs(p - _arccosh1p(np.maximum(q, 0.0))), p - np.minimum(q, 0.0))
    return upright * level / (np.hypot(upright, level) + 1e-300)


def through_three(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The catenaries that open upwards through three points each.

    Their slopes between neighbours, y₁₂ and y₂₃, are hyperbolic sines of places on the curve; with κ = 1/2a

        arsinh(y₂₃ σ(d₂₃κ)) − arsinh(y₁₂ σ(d₁₂κ)) = (x₃ − x₁)κ,   σ(v) = v/sinh(v)

    has one root when y₂₃ > y₁₂, and it is bracketed by 0 and by where the left side can no longer keep up.

    Args:
        x, y: shape (3, n), x rising along the first axis.

    Returns:
        (x0, y0, a) of shape (3, n); NaN where the points are not strictly convex.
    """
    d, width = np.diff(x, axis=0), x[2] - x[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.diff(y, axis=0) / d
    good = (d > 0).all(axis=0) & (slope[1] > slope[0])
    d, slope = np.where(good, d, 1.0), np.where(good, slope, [[-1.0], [1.0]])
    width = np.where(good, width, 2.0)

    def places(kappa: np.ndarray) -> np.ndarray:
        return np.arcsinh(slope * _over_sinh(d * kappa))

    low, high = np.full(len(width), -60.0), np.log((np.arcsinh(np.abs(slope)).sum(axis=0) + 1e-30) / width)
    for _ in range(60):  # of log κ, halved: each step is one pass over all
        middle = 0.5 * (low + high)
        kappa = np.exp(middle)
        place = places(kappa)
        beyond = place[1] - place[0] < width * kappa
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    kappa = np.exp(0.5 * (low + high))
    a = 1 / (2 * kappa)
    x0 = (x[0] + x[1]) / 2 - a * places(kappa)[0]
    y0 = y[1] - 2 * a * np.sinh(np.clip((x[1] - x0) / (2 * a), -_FAR, _FAR)) ** 2
    return np.where(good, [x0, y0, a], np.nan)


def _over_sinh(v: np.ndarray) -> np.ndarray:
    v = np.minimum(v, 300.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(v > 1e-8, v / np.sinh(v), 1.0)
