"""How far a step may be for a method not to leave a valley that the flow would stay in.

On L = ½λθ² a step of h multiplies θ by a number (for momentum and Nesterov: a vector by a matrix) that hangs on
z = hλ alone; the method is stable where its size is at most 1.  Euler: |1 − z| ≤ 1, z ≤ 2; Heun: |1 − z + z²/2| ≤ 1,
z ≤ 2 as well; RK4: 1 − z + z²/2 − z³/6 + z⁴/24, z ≤ 2.785; momentum: z ≤ 2(1 + β); Nesterov:
z ≤ 2(1 + β)/(1 + 2β).  Off a quadratic λ is the largest eigenvalue of the Hessian where the path stands, and the bound
holds there as far as the quadratic stands for the loss.  The scalar RMSprop is Euler with a step of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.optim.settings import Setting
from core.optim.surfaces import Surface

EULER, RK4 = 2.0, 2.785293563405282
_BOUNDS = {"gd": EULER, "heun": EULER, "rmsprop_scalar": EULER, "rk4": RK4}


@dataclass(frozen=True)
class Stability:
    """A method beside its bound along a path.

    Attributes:
        bound: of hλ.
        left_at: the first step for which hλ > bound; None: it never was.
        product, curvature: hλ and λ there; where the bound was never left, where hλ is largest.
        quadratic: λ is the same everywhere, so that the bound is exact.
    """

    bound: float
    left_at: int | None
    product: float
    curvature: float
    quadratic: bool


def bound(method: str, beta: float = 0.0) -> float | None:
    """The greatest stable hλ on a quadratic; None for methods that have no such bound.

    Args:
        beta: of momentum and Nesterov, 0 to 1.
    """
    if method == "momentum":
        return 2 * (1 + beta)
    if method == "nesterov":
        return 2 * (1 + beta) / (1 + 2 * beta)
    return _BOUNDS.get(method)


def growth(method: str, z: np.ndarray | float, beta: float = 0.0) -> np.ndarray:
    """By how much a step of h multiplies θ on ½λθ², as a size, at z = hλ; the largest eigenvalue of the step's matrix
    for "momentum" and "nesterov"; e^(−z) for "flow".

    Raises:
        ValueError: no such method.
    """
    z = np.asarray(z, float)
    if method in ("gd", "rmsprop_scalar"):
        return np.abs(1 - z)
    if method == "heun":
        return np.abs(1 - z + z**2 / 2)
    if method == "rk4":
        return np.abs(1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24)
    if method == "flow":
        return np.exp(-z)
    if method == "momentum":
        trace, determinant = 1 + beta - z, beta + 0 * z
    elif method == "nesterov":
        trace, determinant = (1 + beta) * (1 - z), beta * (1 - z)
    else:
        raise ValueError(method)
    root = np.sqrt((trace**2 - 4 * determinant).astype(complex))
    return np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2


def along(
    surface: Surface, p: Setting, x: np.ndarray, y: np.ndarray, times: np.ndarray, tried: int
) -> Stability | None:
    """A path beside its method's bound; None where there is no bound, or no valley (λ ≤ 0 all along).

    Args:
        x, y: the path (n + 1,).
        tried: from how many of its places a step was taken or tried: n, or n + 1 where the last one was not kept.
        times: how much time each step covers (n,), as `methods.walk` has it; of the scalar RMSprop its step h.
    """
    limit = bound(p.method, p.beta1)
    if limit is None:
        return None
    steps = times if p.method == "rmsprop_scalar" else np.full(tried, p.rate)
    curvature = surface.sharpest(x, y)[: len(steps)]
    product = np.where(np.isfinite(curvature), steps * curvature, np.nan)
    if not np.any(product > 0):
        return None
    over = np.flatnonzero(product > limit * (1 + 1e-9))
    at = int(over[0]) if over.size else int(np.nanargmax(product))
    return Stability(
        bound=limit,
        left_at=at + 1 if over.size else None,
        product=float(product[at]),
        curvature=float(curvature[at]),
        quadratic=surface.name in ("bowl", "saddle", "minibatch"),  # of mini-batches: where each is the whole batch
    )
