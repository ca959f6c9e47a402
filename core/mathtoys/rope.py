"""The skipping rope (troposkein): the shape of a rope that turns about the line between two hands.

Posed in https://kexue.fm/archives/6784 (g = 0), which stops at an elliptic integral and leaves out the rope's length.
With the length as a constraint, δ∫(½ω²r² + λ)ds = 0, span D, length L and density ρ give

    r(z) = a sn(2Kz/D, k),   L/D = 2E/((1−k²)K) − 1,   a/D = k/((1−k²)K),   H = ρω²D²/(4(1−k²)K²)

where K(k), E(k) are the complete elliptic integrals and H is the tension along the axis.  ω stands in H alone: it does
not change the shape.  Everything is computed from m = k² and from m₁ = 1 − k² together, so that a nearly straight rope
(k → 0) and a very slack one (k → 1) keep their digits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ellipe, ellipj, ellipkinc, ellipkm1, elliprd

from core.errors import VisitorError
from core.mathtoys.catenary import catenary
from core.mathtoys.values import positive

SLACKEST = 1e6  # largest length over span
G = 9.80665  # m/s², standard gravity
_POINTS = 101  # of each of the two ways to sample the curve


@dataclass(frozen=True)
class Other:
    """Another curve through the same hands with the same length.

    name: "catenary", "sine" (half of one) or "cubic" (two odd cubics, joined with slope 0 in the middle).
    depth: its largest distance from the axis.  r: its distance at each z of the rope.
    largest, rms: how far it lies from the rope, at the same z; metres.
    """

    name: str
    depth: float
    r: tuple[float, ...]
    largest: float
    rms: float


@dataclass(frozen=True)
class SkippingRope:
    """A rope that turns.  Lengths in metres, forces in newtons.

    span, length, omega (rad/s), density (kg/m): as given.
    k: the modulus.  depth: a, the largest distance from the axis.
    axial_tension: H, the same everywhere.  hand_tension: at the hands, the largest.
    hand_angle: degrees between the rope and the axis at the hands.
    gravity: g/ω² over the depth; where it is not small, gravity bends the rope too.  shift: g/ω²: when the rope is at
    its lowest, gravity acts as if the axis lay so much higher, ω²(r + g/ω²), and so much lower at its highest.
    z, r, s, tension: the curve by points, from hand to hand: along the axis, from the axis, along the rope, tension.
    others: other curves for comparison.
    """

    span: float
    length: float
    omega: float
    density: float
    k: float
    depth: float
    axial_tension: float
    hand_tension: float
    hand_angle: float
    gravity: float
    shift: float
    z: tuple[float, ...]
    r: tuple[float, ...]
    s: tuple[float, ...]
    tension: tuple[float, ...]
    others: tuple[Other, ...]


def rope(span: float = 1.0, length: float = 2.0, omega: float = 10.0, density: float = 0.1) -> SkippingRope:
    """The curve of a skipping rope, gravity left out.

    Args:
        span: distance of the hands, m.
        length: of the rope, m: more than the span, at most a million times as much.
        omega: angular speed, rad/s.
        density: mass of a metre of rope, kg/m.

    Raises:
        VisitorError: the rope is shorter than the span, or a number is out of range.
    """
    span, length = positive("D", span), positive("L", length)
    omega, density = positive("ω", omega), positive("ρ", density)
    if length <= span:
        raise VisitorError("rope_too_short", length=f"{length:.12g}", distance=f"{span:.12g}")
    if length > SLACKEST * span:
        raise VisitorError("rope_too_slack", most=f"{SLACKEST:,.0f}")
    m, m1 = parameter((length - span) / span)
    complete = float(ellipkm1(m1))
    depth = span * math.sqrt(m) / (m1 * complete)
    axial = density * omega**2 * span**2 / (4 * m1 * complete**2)
    z, r, s = _sampled(span, depth, m, m1)
    shift = G / omega**2
    return SkippingRope(
        span=span, length=length, omega=omega, density=density, k=math.sqrt(m), depth=depth,
        axial_tension=axial, hand_tension=axial * (1 + m) / m1,
        hand_angle=math.degrees(math.atan(2 * math.sqrt(m) / m1)), gravity=shift / depth, shift=shift,
        z=tuple(z.tolist()), r=tuple(r.tolist()), s=tuple(s.tolist()),
        tension=tuple((axial + 0.5 * density * omega**2 * (depth**2 - r**2)).tolist()),
        others=_others(span, length, z, r),
    )  # fmt: skip


def parameter(excess: float) -> tuple[float, float]:
    """(k², 1 − k²) of a rope whose length is (1 + excess) times its span.

    excess = 2 (E − m₁K)/(m₁K), and E − m₁K = m B(m) with B by Carlson's R_D, which loses no digits when m is small.
    Solved in τ = log(m/m₁), in which both ends are far away and even.
    """

    def beyond(tau: float) -> float:
        m, m1 = _logistic(tau)
        return math.log(2 * m * _b(m, m1) / (m1 * ellipkm1(m1))) - target

    target = math.log(excess)
    return _logistic(brentq(beyond, target - 4, target + 4, xtol=1e-15, rtol=8.9e-16))


def _logistic(tau: float) -> tuple[float, float]:
    grown = math.exp(-abs(tau))
    small, large = grown / (1 + grown), 1 / (1 + grown)
    return (large, small) if tau > 0 else (small, large)


def _b(m: float, m1: float) -> float:
    """B(m) = ∫ cos²θ/√(1 − m sin²θ) dθ over 0..π/2, = (E − m₁K)/m."""
    if m > 0.5:
        return (ellipe(m) - m1 * ellipkm1(m1)) / m
    return ellipkm1(m1) - elliprd(0.0, m1, 1.0) / 3


def _sampled(span: float, depth: float, m: float, m1: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(z, r, s) by points, evenly in the amplitude and evenly along the axis together, so that the sides and the top
    of a slack rope are both smooth."""
    complete = ellipkm1(m1)
    even = ellipj(np.linspace(0, complete, _POINTS // 2 + 1), m)[3]
    phi = np.sort(np.concatenate([np.linspace(0, math.pi / 2, _POINTS // 2 + 1), even[1:-1]]))
    phi = phi[np.append(np.diff(phi) > 1e-6, True)]  # points that fall together would stand twice
    sine, first = np.sin(phi), ellipkinc(phi, m)
    first[-1] = complete
    # D(φ) = ∫ sin²θ/Δ, again by Carlson; F − D is the incomplete B.
    d = sine**3 / 3 * elliprd(np.cos(phi) ** 2, m1 + m * np.cos(phi) ** 2, 1.0)
    unit = span / (2 * complete)
    z, r, s = unit * first, depth * sine, unit * (first + 2 * m / m1 * (first - d))
    z[-1], r[-1] = span / 2, depth
    mirrored = slice(-2, None, -1)
    return (
        np.concatenate([z, span - z[mirrored]]),
        np.concatenate([r, r[mirrored]]),
        np.concatenate([s, 2 * s[-1] - s[mirrored]]),
    )


# ---- what it is compared with


def _others(span: float, length: float, z: np.ndarray, r: np.ndarray) -> tuple[Other, ...]:
    excess = (length - span) / span
    chain = catenary(0.0, 0.0, span, 0.0, length=length)
    half = np.minimum(z, span - z) / span  # 0..1/2 from the nearer hand
    sine = _amplitude(excess, lambda t: math.pi * np.cos(math.pi * t / 2))
    cubic = _amplitude(excess, lambda t: 3 * (1 - t**2))
    drawn = {
        "catenary": (chain.sag, -chain.height(z)),
        "sine": (span * sine, span * sine * np.sin(math.pi * half)),
        "cubic": (span * cubic, span * cubic * half * (3 - 4 * half**2)),
    }
    return tuple(Other(name, depth, tuple(at.tolist()), *_apart(z, at - r)) for name, (depth, at) in drawn.items())


@functools.cache
def _gauss() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an integral over 0..1."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    return (nodes + 1) / 2, weights / 2


def _amplitude(excess: float, slope: Callable[[np.ndarray], np.ndarray]) -> float:
    """Depth over span of a symmetric curve with this excess of length, whose slope at depth 1 and share t of the way to
    the middle is `slope(t)`.  √(1 + p²) − 1 is written as p²/(1 + √(1 + p²)), so that a taut rope keeps its digits."""
    nodes, weights = _gauss()
    at = slope(nodes) ** 2

    def beyond(log_depth: float) -> float:
        square = at * math.exp(2 * log_depth)
        return math.log(weights @ (square / (1 + np.sqrt(1 + square)))) - math.log(excess)

    middle = math.log(math.sqrt(excess) + excess)
    return math.exp(brentq(beyond, middle - 4, middle + 4, xtol=1e-13))


def _apart(z: np.ndarray, difference: np.ndarray) -> tuple[float, float]:
    square = np.trapezoid(difference**2, z) / (z[-1] - z[0])
    return float(np.abs(difference).max()), float(math.sqrt(square))
