"""The estimate behind a catenary fit: distances, their derivatives, a loss that wrong points cannot move, its minimum.

An M-estimate with the biweight of Tukey (V. J. Yohai, 1987) from a start that is near already, by damped Gauss-Newton.
At its foot the derivative of a point's distance is that of the curve along its normal, so feet need no derivative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.mathtoys.feet import distances, feet

SOME = 20_000  # points on which the first steps are taken
BIWEIGHT = 4.685  # efficiency 95 % when the errors are normal
CHUNK = 1 << 16


@dataclass(frozen=True)
class State:
    """Vertex, log a and orientation (radians; the tilt, and π more for an arch), for points scaled to size 1."""

    x0: float
    y0: float
    log_a: float
    turn: float

    def moved(self, step: np.ndarray) -> State:
        return State(*(np.array([self.x0, self.y0, self.log_a, self.turn]) + np.append(step, 0.0)[:4]))


def upright(points: np.ndarray, turn: float) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = math.cos(turn), math.sin(turn)
    return cos * points[:, 0] + sin * points[:, 1], cos * points[:, 1] - sin * points[:, 0]


def measured(points: np.ndarray, state: State, free: int) -> tuple[np.ndarray, np.ndarray]:
    """Signed distances, shape (n,), and their derivatives by (x0, y0, log a, turn), shape (n, free)."""
    x, y = upright(points, state.turn)
    a = math.exp(state.log_a)
    p, q = (x - state.x0) / a, (y - state.y0) / a
    eta = feet(p, q)
    across, up = -np.tanh(eta), 1 / np.cosh(np.clip(eta, -300, 300))  # the normal
    columns = [-across, -up, -a * (across * eta + 1 - up), across * y - up * x]
    return a * distances(p, q, eta), np.stack(columns[:free], axis=1)


def refined(
    points: np.ndarray, state: State, scale: float, robust: bool, fit_tilt: bool, rounds: int
) -> tuple[State, float, float]:
    """Damped Gauss-Newton on the biweight, or on plain squares when not `robust`.

    The scale of the errors is taken anew after a step or two and then kept, so that the loss has one minimum to go to.

    Returns:
        The state, the scale of the errors, the mean loss there.
    """
    free = 4 if fit_tilt else 3
    damping, told = 1e-4, _sums(points, state, scale, robust, free)
    for number in range(rounds):
        if robust and number in (2, 5, 9):
            scale = _scale(points, state, free, scale)
            told = _sums(points, state, scale, robust, free)
        loss, gradient, normal = told
        if not np.isfinite(loss):
            break
        size = np.sqrt(np.maximum(np.diag(normal), 1e-300))
        scaled = normal / np.outer(size, size)
        settled = False
        for _ in range(8):
            step = -np.linalg.lstsq(scaled + damping * np.eye(free), gradient / size, rcond=1e-15)[0] / size
            tried = state.moved(np.clip(step, -1, 1))
            after = _sums(points, tried, scale, robust, free)
            if after[0] <= loss * (1 + 1e-14):
                settled = np.abs(step).max() < 1e-13 or (number > 10 and loss - after[0] < 1e-15 * loss)
                state, told, damping = tried, after, max(damping / 10, 1e-14)
                break
            damping = max(damping * 10, 1e-8)
        else:
            settled = True
        if settled and (not robust or number > 9 or len(points) > SOME):
            break
    return state, scale, told[0] * (scale**2 if robust else 1.0)


def _sums(
    points: np.ndarray, state: State, scale: float, robust: bool, free: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean loss, its gradient and the Gauss-Newton matrix, in pieces that fit into the processor's cache."""
    if not abs(state.log_a) < 40:
        return math.inf, np.zeros(free), np.eye(free)
    loss, gradient, normal = 0.0, np.zeros(free), np.zeros((free, free))
    for first in range(0, len(points), CHUNK):
        apart, slopes = measured(points[first : first + CHUNK], state, free)
        weight = np.ones_like(apart)
        if robust:
            outside = np.minimum((apart / (BIWEIGHT * scale)) ** 2, 1.0)
            weight = (1 - outside) ** 2
            loss += float(np.sum(1 - (1 - outside) ** 3)) * BIWEIGHT**2 / 3
        else:
            loss += float(np.sum(apart**2))
        gradient += slopes.T @ (weight * apart)
        normal += (slopes * weight[:, None]).T @ slopes
    return loss / len(points), gradient, normal


def _scale(points: np.ndarray, state: State, free: int, before: float) -> float:
    """1.4826 times the median distance: the standard deviation, if the right points err normally."""
    some = points if len(points) <= SOME else points[:: len(points) // SOME]
    apart = np.abs(measured(some, state, free)[0])
    median = float(np.median(apart)) * math.sqrt(len(some) / max(len(some) - free, 1))
    return max(1.4826 * median, 0.05 * before, 1e-9)


def covariance_of(
    apart: np.ndarray, slopes: np.ndarray, kept: np.ndarray, scale: float, robust: bool, free: int
) -> np.ndarray | None:
    """Of the scaled parameters: s² E[ψ²]/E[ψ']² (JᵀJ)⁻¹, which is the usual s² (JᵀJ)⁻¹ when all points count alike.

    None where there are no more points than parameters, or the points do not determine them.
    """
    n = len(apart)
    if n <= free:
        return None
    variance = float(np.sum(apart**2)) / (n - free)
    if robust:
        u = np.where(kept, apart / (BIWEIGHT * scale), 1.0) ** 2
        psi, slope = np.where(kept, apart, 0.0) * (1 - u) ** 2, (1 - u) * (1 - 5 * u)
        variance = float(np.sum(psi**2)) / (n - free) / max(float(np.mean(slope)), 1e-3) ** 2
    used = slopes[kept] if robust else slopes
    normal = used.T @ used * (n / len(used))
    size = np.sqrt(np.diag(normal))
    if not (size > 0).all() or np.linalg.cond(normal / np.outer(size, size)) > 1e14:
        return None
    return variance * np.linalg.inv(normal / np.outer(size, size)) / np.outer(size, size)
