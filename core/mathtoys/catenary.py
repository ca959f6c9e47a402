"""A hanging chain between two supports, solved to the last digits: taut, slack, steep.

The curve is y = y0 + a (cosh((x − x0)/a) − 1) with its vertex at (x0, y0) (https://kexue.fm/archives/6784, ω = 0; the
factor a before cosh is missing in the post's last line).  With span D, rise h and u = D/2a everything follows from u:

    √(L² − h²) / D = sinh(u)/u        the length L gives u
    sinh(m) = (h/D) u/sinh(u)         m: how far the middle of the span lies from the vertex, in units of a

Each of the four things that may be given (length, sag, tension, clearance) is one equation, monotone in u or a.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import brentq

from core.errors import VisitorError
from core.mathtoys.values import LEAST, positive, real

POINTS = 101  # of each of the two ways to sample a curve
_STEEPEST = 40.0  # largest u: a rope of 1e15 times its span
_TIGHT = 8.9e-16  # relative; brentq allows no less


@dataclass(frozen=True)
class Catenary:
    """A chain that hangs.  Lengths in metres, forces in newtons, angles in degrees.

    a, x0, y0: the curve's parameters; (x0, y0) is its vertex, which may lie outside of the supports.
    left, right: the supports.  span, rise: from left to right.  length: of the chain.
    sag: the largest distance straight down from the line between the supports.
    lowest: the chain's lowest point.  weight: N/m.
    horizontal_tension: the same everywhere.  left_tension, right_tension: at the supports.
    left_pull, right_pull: the upward forces of the supports; together the chain's weight.  Negative: it pulls down.
    left_angle, right_angle: of the chain at the supports against the horizontal, positive where it rises to the right.
    x, y, s, tension: the curve by points, from left to right: place, length from the left support, tension.
    """

    a: float
    x0: float
    y0: float
    left: tuple[float, float]
    right: tuple[float, float]
    span: float
    rise: float
    length: float
    sag: float
    lowest: tuple[float, float]
    weight: float
    horizontal_tension: float
    left_tension: float
    right_tension: float
    left_pull: float
    right_pull: float
    left_angle: float
    right_angle: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    s: tuple[float, ...]
    tension: tuple[float, ...]

    def height(self, x: np.ndarray) -> np.ndarray:
        """y at each x.  From the left support on, so that a taut chain loses no digits to its distant vertex."""
        start, step = (self.left[0] - self.x0) / self.a, (np.asarray(x, float) - self.left[0]) / self.a
        return self.left[1] + 2 * self.a * np.sinh(start + step / 2) * np.sinh(step / 2)


def catenary(
    x1: float = 0.0,
    y1: float = 0.0,
    x2: float = 1.0,
    y2: float = 0.0,
    length: float | None = None,
    sag: float | None = None,
    tension: float | None = None,
    clearance: float | None = None,
    weight: float = 1.0,
) -> Catenary:
    """The chain through the supports (x1, y1) and (x2, y2), which need not be equally high.

    Args:
        x1, y1, x2, y2: the supports, in metres, within ±1e9.
        length, sag, tension, clearance: exactly one of them is given.  length: of the chain, more than the distance of
            the supports.  sag: the largest distance straight down from the line between them.  tension: the horizontal
            one, N.  clearance: the height y of the chain's lowest point, not above the lower support.
        weight: of the chain, N/m (density times g).

    Raises:
        VisitorError: no such chain, or a number out of range.
    """
    x1, y1, x2, y2 = (real(n, v) for n, v in (("x₁", x1), ("y₁", y1), ("x₂", x2), ("y₂", y2)))
    if x1 > x2:
        x1, y1, x2, y2 = x2, y2, x1, y1
    weight = positive("w", weight)
    span, rise = x2 - x1, y2 - y1
    if span <= max(LEAST, 1e-9 * abs(rise), 1e-12 * max(abs(x1), abs(x2))):
        raise VisitorError("supports_vertical")
    given = {"length": length, "sag": sag, "tension": tension, "clearance": clearance}
    given = {name: value for name, value in given.items() if value is not None}
    if len(given) != 1:
        raise VisitorError("catenary_one_of")
    ((kind, value),) = given.items()
    if kind == "length":
        u = _from_length((x1, y1), (x2, y2), positive("L", value))
    elif kind == "sag":
        u = _from_sag(positive("f", value) / span, rise / span)
    elif kind == "tension":
        u = span * weight / (2 * positive("H", value))
    else:
        u = _from_clearance(span, y1, y2, real("c", value))
    if u > _STEEPEST:
        raise VisitorError("catenary_too_slack")
    if u < 1e-9:
        raise VisitorError("catenary_too_taut")
    return _solved((x1, y1), (x2, y2), u, weight)


def vertex_offset(u: float, slope: float) -> float:
    """m = (middle of the span − x0)/a, from u = D/2a and slope = h/D."""
    return math.asinh(slope * u / math.sinh(u))


def _solved(left: tuple[float, float], right: tuple[float, float], u: float, weight: float) -> Catenary:
    span, rise = right[0] - left[0], right[1] - left[1]
    a, m = span / (2 * u), vertex_offset(u, rise / span)
    low, high = m - u, m + u
    x0 = left[0] - a * low
    y0 = left[1] - 2 * a * math.sinh(low / 2) ** 2
    within = min(max(0.0, low), high)  # where the chain, not the whole curve, is lowest
    lowest = (x0 + a * within, y0 + 2 * a * math.sinh(within / 2) ** 2)
    if within in (low, high):
        lowest = left if within == low else right
    horizontal = weight * a
    eta = _sampled(low, high)
    s = a * (np.sinh(eta) - math.sinh(low))
    x = left[0] + a * (eta - low)
    y = left[1] + 2 * a * np.sinh((eta + low) / 2) * np.sinh((eta - low) / 2)
    x[-1], y[-1] = right
    return Catenary(
        a=a, x0=x0, y0=y0, left=left, right=right, span=span, rise=rise,
        length=2 * a * math.sinh(u) * math.cosh(m), sag=span * _sag(u, rise / span), lowest=lowest, weight=weight,
        horizontal_tension=horizontal,
        left_tension=horizontal * math.cosh(low), right_tension=horizontal * math.cosh(high),
        left_pull=-horizontal * math.sinh(low), right_pull=horizontal * math.sinh(high),
        left_angle=math.degrees(math.atan(math.sinh(low))), right_angle=math.degrees(math.atan(math.sinh(high))),
        x=tuple(x.tolist()), y=tuple(y.tolist()), s=tuple(s.tolist()),
        tension=tuple((horizontal * np.cosh(eta)).tolist()),
    )  # fmt: skip


def _sampled(low: float, high: float) -> np.ndarray:
    """Places (x − x0)/a, evenly along x and evenly along the chain together: one alone leaves a slack chain either
    without its bend or without its sides."""
    along = np.arcsinh(np.linspace(math.sinh(low), math.sinh(high), POINTS))
    eta = np.sort(np.concatenate([np.linspace(low, high, POINTS), along[1:-1]]))
    eta = eta[np.append(np.diff(eta) > 1e-6 * (high - low), True)]  # points that fall together would stand twice
    eta[0], eta[-1] = low, high
    return eta


# ---- what may be given


def _from_length(left: tuple[float, float], right: tuple[float, float], length: float) -> float:
    exact = [Fraction(value) for value in (*left, *right, length)]
    across, up = exact[2] - exact[0], exact[3] - exact[1]
    excess = exact[4] ** 2 - across**2 - up**2  # exact: of a taut chain only the last digits of L say how taut
    if excess <= 0:
        distance = math.hypot(right[0] - left[0], right[1] - left[1])
        raise VisitorError("rope_too_short", length=f"{length:.12g}", distance=f"{distance:.12g}")
    relative = float(excess / across**2)  # (sinh(u)/u)² − 1
    return _root(_log_sinhc, 0.5 * math.log1p(relative), lambda target: math.sqrt(6 * target))


def _log_sinhc(u: float) -> float:
    """log(sinh(u)/u), to full relative precision."""
    if u < 0.5:
        square = u * u
        return math.log1p(square / 6 * (1 + square / 20 * (1 + square / 42 * (1 + square / 72 * (1 + square / 110)))))
    return u + math.log1p(-math.exp(-2 * u)) - math.log(2 * u)


def _from_sag(sag: float, slope: float) -> float:
    return _root(lambda u: math.log(_sag(u, slope)), math.log(sag), lambda _: 1e-12)


def _sag(u: float, slope: float) -> float:
    """Sag over span.  It is largest where the chain runs parallel to the line between the supports: at σ, sinh σ = h/D.

    There it is a (cosh(σ − δ) − cosh σ + δ sinh σ), with δ = σ − (m − u) the way from the left support.
    """
    sigma, level = math.asinh(slope), slope * u / math.sinh(u)
    loss = _sinh_minus(u) / math.sinh(u)  # 1 − u/sinh(u)
    beyond = slope**2 * loss * (2 - loss) / (slope * math.hypot(1, level) + level * math.hypot(1, slope) or 1.0)
    delta = u + math.asinh(beyond)  # σ − m from its sinh: both are nearly equal in a taut chain
    if delta < 1:
        fall = math.cosh(sigma) * 2 * math.sinh(delta / 2) ** 2 - math.sinh(sigma) * _sinh_minus(delta)
    else:
        end = sigma - delta
        fall = 2 * math.sinh((end + sigma) / 2) * math.sinh((end - sigma) / 2) + delta * math.sinh(sigma)
    return fall / (2 * u)


def _sinh_minus(x: float) -> float:
    """sinh(x) − x without cancellation."""
    if abs(x) > 0.5:
        return math.sinh(x) - x
    square = x * x
    return x * square / 6 * (1 + square / 20 * (1 + square / 42 * (1 + square / 72 * (1 + square / 110))))


def _from_clearance(span: float, y1: float, y2: float, clearance: float) -> float:
    low, high = sorted((y1 - clearance, y2 - clearance))
    if low < 0 or high == 0:
        raise VisitorError("clearance_too_high", lower=f"{min(y1, y2):.6g}")

    def width(log_a: float) -> float:  # of the chain between the heights `low` and `high` above its vertex
        a = math.exp(log_a)
        return 2 * a * (math.asinh(math.sqrt(low / (2 * a))) + math.asinh(math.sqrt(high / (2 * a)))) - span

    bounds = math.log(span / (2 * _STEEPEST)) - 2, math.log(span * (1 + span / high)) + 1
    if width(bounds[0]) > 0:
        raise VisitorError("catenary_too_slack")
    if width(bounds[1]) < 0:  # so near to a straight line that the heights vanish beside a
        raise VisitorError("catenary_too_taut")
    return span / (2 * math.exp(brentq(width, *bounds, xtol=1e-15, rtol=_TIGHT)))


def _root(function: Callable[[float], float], target: float, least: Callable[[float], float]) -> float:
    """The u where the rising `function` is `target`; `least` is a u that is not above it."""
    low = 0.999 * least(target)
    high = max(2 * low, 1.0)
    while function(high) < target:
        high *= 2
        if high > 8 * _STEEPEST:
            raise VisitorError("catenary_too_slack")
    if function(low) > target:
        raise VisitorError("catenary_too_taut")
    return brentq(lambda u: function(u) - target, low, high, xtol=1e-300, rtol=_TIGHT, maxiter=400)
