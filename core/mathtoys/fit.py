"""A catenary through measured points: robust against wrong ones, with uncertainties, beside other curves.

What is made small are the distances at right angles to the curve, for a click on a photograph is as uncertain sideways
as it is up and down, and a slack chain is steep.  In three steps:

1. start: the catenaries through many triples of points (exact, see `core.mathtoys.feet`), and of these the one with the
   least median distance (P. J. Rousseeuw, Least median of squares, 1984): nearly half of the points may be wrong; with
   an unknown tilt this is done all around, and by the nearest nine tenths of the points too;
2. from there an M-estimate (`core.mathtoys.estimate`);
3. for many points the first steps are taken on some of them, and the last ones on all.

An arch (chain upside down) is a chain whose "down" is turned by 180°; it comes out with a < 0.
"""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import VisitorError
from core.mathtoys import rivals
from core.mathtoys.estimate import BIWEIGHT, CHUNK, SOME, State, covariance_of, measured, refined, upright
from core.mathtoys.feet import rough_distances, through_three
from core.mathtoys.points import checked
from core.mathtoys.values import real

SHOWN = 5_000  # points that a result lists; of more, as many evenly picked ones
_TRIPLES, _SCORED = 400, 400  # for the start
_TILTED = 2_000  # points by which a tilt is chosen
_TRIED = 4  # orientations that are followed further
_NEARER = tuple(math.radians(step) for step in (4, 2, 1, 0.5, 0.25, 0.12, 0.06, 0.03))
_FEW = 8  # points below which none is left out: nothing tells who is wrong
_CURVE = 201


@dataclass(frozen=True)
class CatenaryFit:
    """The catenary that fits best.  All in the units of the points; angles in degrees.

    a: the parameter, below 0 for an arch.  x0, y0: the vertex.  tilt: of the upright, counterclockwise.
    a_error, x0_error, y0_error, tilt_error: standard errors; None where the points leave none to tell (three points) or
    the value was given (tilt).
    points: how many were given.  outliers: how many of them were left out as wrong.
    rms: root mean square distance of the others.  largest: their largest.
    length: of the chain between its outermost kept points.  sag: below the line between these.
    x, y, residual, outlier: the points (evenly picked 5,000 of more), their signed distances, and whether left out.
    curve_x, curve_y: the curve, for drawing.
    rivals: how other curves fit the same kept points.
    seconds: taken.
    """

    a: float
    x0: float
    y0: float
    tilt: float
    a_error: float | None
    x0_error: float | None
    y0_error: float | None
    tilt_error: float | None
    points: int
    outliers: int
    rms: float
    largest: float
    length: float
    sag: float
    x: tuple[float, ...]
    y: tuple[float, ...]
    residual: tuple[float, ...]
    outlier: tuple[bool, ...]
    curve_x: tuple[float, ...]
    curve_y: tuple[float, ...]
    rivals: tuple[rivals.Rival, ...]
    seconds: float


def fit_catenary(points: Any, tilt: float = 0.0, fit_tilt: bool = False) -> CatenaryFit:
    """Fit a catenary to points.

    Args:
        points: pairs (x, y), y upwards: an array of shape (n, 2), a list of pairs, or text with a pair a line; from 3
            (4 when the tilt is fitted) to 2,000,000, in any order.
        tilt: by how many degrees the picture is turned counterclockwise, −180 to 180.
        fit_tilt: find the tilt too, whatever it is; `tilt` is not used then.

    Raises:
        VisitorError: too few or too many points, not finite, on one straight line, or no chain among them.
    """
    began = time.monotonic()
    given = checked(points)
    tilt = math.radians(real("tilt", tilt, -180, 180))
    centre, size = _frame(given, 4 if fit_tilt else 3)
    scaled = (given - centre) / size
    rng = np.random.default_rng(0)  # the same points give the same answer
    some = _sample(scaled, SOME, rng)
    tried = _sample(some, _TILTED, rng) if fit_tilt else some
    starts = _starts(tried, None if fit_tilt else tilt, rng)
    robust = len(given) >= _FEW
    fits = [refined(tried, state, scale, robust, fit_tilt, 60) for state, scale in starts]
    if robust and fit_tilt:  # once more from where no point was left out
        whole = [refined(tried, state, scale, False, True, 100)[:2] for state, scale in starts]
        fits += [refined(tried, state, scale, True, True, 60) for state, scale in whole]
    state, scale, _ = min(fits, key=lambda fit: fit[2])
    if len(tried) < len(some):
        state, scale, _ = refined(some, state, scale, robust, fit_tilt, 60)
    if len(some) < len(scaled):
        state, scale, _ = refined(scaled, state, scale, robust, fit_tilt, 3)
    return _result(given, scaled, centre, size, state, scale, robust, None if fit_tilt else tilt, began)


# ---- the points


def _sample(points: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return points if len(points) <= most else points[rng.choice(len(points), most, replace=False)]


def _frame(points: np.ndarray, least: int) -> tuple[np.ndarray, float]:
    """Centre and size of the bulk of the points, which wrong ones far away do not change.

    Raises:
        VisitorError: the points make no curve.
    """
    distinct = np.unique(points[:: max(1, len(points) // SOME)], axis=0)
    if len(distinct) < least:
        raise VisitorError("points_few", count=len(distinct), least=least)
    centre = np.median(distinct, axis=0)
    size = 3 * np.median(np.abs(distinct - centre).max(axis=1))
    spread = np.linalg.svd((distinct - distinct.mean(axis=0)) / np.abs(distinct - centre).max(), full_matrices=False)
    if spread[1][1] <= 1e-10 * spread[1][0]:
        raise VisitorError("points_vertical" if abs(spread[2][0][0]) < 1e-9 else "points_straight")
    return centre, float(size)


# ---- start


def _starts(points: np.ndarray, tilt: float | None, rng: np.random.Generator) -> list[tuple[State, float]]:
    """The best start for each orientation that is possible, best first, with the scale of the errors there."""
    points = np.unique(points, axis=0)
    n, free = len(points), 3 if tilt is not None else 4
    if math.comb(n, 3) <= _TRIPLES:
        triples = np.array(list(itertools.combinations(range(n), 3))).T
    else:
        triples = rng.permuted(np.tile(np.arange(n), (_TRIPLES, 1)), axis=1)[:, :3].T if n < 2000 else None
        triples = rng.integers(0, n, (3, _TRIPLES)) if triples is None else triples
    scored = points if n <= _SCORED else points[rng.choice(n, _SCORED, replace=False)]
    middle = min((len(scored) + free + 1) // 2, len(scored)) - 1

    def best_at(turn: float, rank: int) -> tuple[State, float] | None:
        x, y = upright(points, turn)
        order = np.argsort(x[triples], axis=0)
        three = np.take_along_axis(triples, order, axis=0)
        curves = through_three(x[three], y[three])
        x0, y0, a = curves[:, np.isfinite(curves).all(axis=0) & (curves[2] > 1e-7) & (curves[2] < 1e7)]
        if not len(a):
            return None
        x, y = (value[:, None] for value in upright(scored, turn))
        apart = rough_distances((x - x0) / a, (y - y0) / a) * a
        score = np.partition(apart, rank, axis=0)[rank]
        best = int(np.argmin(score))
        return State(x0[best], y0[best], math.log(a[best]), turn), float(score[best])

    # Half of a steep chain is nearly half of another one: with a tilt to find, most of the points have a say too.
    ranks = (middle,) if tilt is not None else (middle, min(len(scored) * 9 // 10, len(scored) - 1))
    turns = (tilt, tilt + math.pi) if tilt is not None else _orientations(points)
    starts = []
    for rank in ranks:
        found = sorted(filter(None, (best_at(turn, rank) for turn in turns)), key=lambda start: start[1])
        if not found:
            x = upright(points, tilt or 0.0)[0]
            raise VisitorError("points_vertical" if np.ptp(x) < 1e-9 else "points_no_curve")
        found = found[: 1 if tilt is not None else _TRIED]
        for step in _NEARER if tilt is None else ():  # a steep chain fits only within a fraction of a degree
            for i, (state, score) in enumerate(found):
                near = [best_at(state.turn + sign * step, rank) for sign in (-1, 1)]
                found[i] = min([(state, score), *filter(None, near)], key=lambda start: start[1])
        starts += found
    starts = {round(math.degrees(state.turn) % 360, 1): (state, score) for state, score in reversed(starts)}.values()
    correction = 1.4826 * (1 + 5 / max(n - free, 1))  # of so small a sample (Rousseeuw and Leroy, 1987)
    return [(state, max(correction * score, 1e-9)) for state, score in starts]


def _orientations(points: np.ndarray) -> np.ndarray:
    """Where to look for the upright when nothing is known of it: all around, and closely about the longest axis of the
    points, along which a steep chain hangs."""
    axis = np.linalg.svd(points - np.median(points, axis=0), full_matrices=False)[2][0]
    along = math.atan2(-axis[0], axis[1])
    near = np.radians([0, -0.5, 0.5, -1, 1, -2, 2, -4, 4])
    return np.concatenate([np.radians(np.arange(0, 360, 15)), along + near, along + math.pi + near])


# ---- the answer


def _result(
    given: np.ndarray, scaled: np.ndarray, centre: np.ndarray, size: float, state: State, scale: float,
    robust: bool, tilt: float | None, began: float,
) -> CatenaryFit:  # fmt: skip
    free, n = 4 if tilt is None else 3, len(given)
    parts = [measured(scaled[first : first + CHUNK], state, free) for first in range(0, n, CHUNK)]
    apart, slopes = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    kept = np.abs(apart) < BIWEIGHT * scale if robust else np.ones(n, bool)
    if kept.sum() < max(free, n / 3):
        raise VisitorError("points_no_curve")
    covariance = covariance_of(apart, slopes, kept, scale, robust, free)
    a = math.exp(state.log_a)
    x, y = upright(scaled[kept], state.turn)
    low, high = float(x.min()), float(x.max())
    error = math.sqrt(covariance[2, 2]) if covariance is not None else 0.0
    if a > 1e7 * (high - low) or (a > 20 * (high - low) and error > 1):
        raise VisitorError("points_straight")
    eta = np.linspace((low - state.x0) / a, (high - state.x0) / a, _CURVE)
    eta = np.clip(eta, -300, 300)
    steep = np.arcsinh(np.linspace(np.sinh(eta[0]), np.sinh(eta[-1]), _CURVE))
    eta = np.sort(np.concatenate([eta, steep[1:-1]]))
    curve = np.stack([state.x0 + a * eta, state.y0 + 2 * a * np.sinh(eta / 2) ** 2])
    cos, sin = math.cos(state.turn), math.sin(state.turn)
    back = size * np.array([[cos, -sin], [sin, cos]])
    drawn = centre[:, None] + back @ curve
    vertex = centre + back @ [state.x0, state.y0]
    errors = _errors(covariance, back, state, a * size)
    turn = math.remainder(state.turn, 2 * math.pi)
    arch = abs(turn) > math.pi / 2 if tilt is None else math.cos(turn - tilt) < 0
    if tilt is None:
        tilt = math.remainder(turn + math.pi, 2 * math.pi) if arch else turn
    rise = (curve[1, -1] - curve[1, 0]) / max(curve[0, -1] - curve[0, 0], 1e-300)
    below = curve[1, 0] + rise * (curve[0] - curve[0, 0]) - curve[1]
    shown = np.unique(np.linspace(0, n - 1, min(n, SHOWN)).astype(int))
    return CatenaryFit(
        a=-a * size if arch else a * size, x0=float(vertex[0]), y0=float(vertex[1]),
        tilt=math.degrees(tilt),
        a_error=errors[0], x0_error=errors[1], y0_error=errors[2], tilt_error=errors[3],
        points=n, outliers=int(n - kept.sum()),
        rms=float(size * math.sqrt(np.mean(apart[kept] ** 2))), largest=float(size * np.abs(apart[kept]).max()),
        length=float(size * a * (np.sinh(eta[-1]) - np.sinh(eta[0]))), sag=float(size * below.max()),
        x=tuple(given[shown, 0].tolist()), y=tuple(given[shown, 1].tolist()),
        residual=tuple(((-size if arch else size) * apart[shown]).tolist()), outlier=tuple((~kept[shown]).tolist()),
        curve_x=tuple(drawn[0].tolist()), curve_y=tuple(drawn[1].tolist()),
        rivals=rivals.compared(x, y, (state.x0, state.y0, a), size, lambda xy: centre[:, None] + back @ xy, free),
        seconds=round(time.monotonic() - began, 4),
    )  # fmt: skip


def _errors(
    covariance: np.ndarray | None, back: np.ndarray, state: State, a: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Standard errors of a, x0, y0 and the tilt in the units of the points, by the derivatives of the way back."""
    if covariance is None:
        return None, None, None, None
    tilted = len(covariance) == 4
    by = np.zeros((2, len(covariance)))
    by[:, :2] = back
    if tilted:
        by[:, 3] = np.array([[0, -1], [1, 0]]) @ back @ [state.x0, state.y0]
    vertex = np.sqrt(np.diag(by @ covariance @ by.T))
    tilt = math.degrees(math.sqrt(covariance[3, 3])) if tilted else None
    return a * math.sqrt(covariance[2, 2]), float(vertex[0]), float(vertex[1]), tilt
