"""x' = Ax: what exp(tA) does to space, and its volume, which grows like exp(t tr A).

f(t) = det exp(tA) solves f' = tr(A) f with f(0) = 1 (https://kexue.fm/archives/6377, the second proof): the same
number is the area of the unit square, or the volume of the unit cube, that the flow has carried along.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from core.errors import VisitorError
from core.mathtoys.exponentials import CALM_NORM, SMALL, up_to
from core.mathtoys.matrix import WELL, given, log_determinant

POINTS = 101  # moments from t = 0 to t = 1


@dataclass(frozen=True)
class Path:
    """f(t) = det exp(tA) beside exp(t tr A).

    Attributes:
        times: (k,) from 0 to 1.
        left: (k,) complex: det exp(tA), by exponential and LU at every t, as `matrix.log_determinant` takes it.
        right: (k,) complex: exp(t tr A).
        largest_gap: the largest |left / right - 1|.
    """

    times: np.ndarray
    left: np.ndarray
    right: np.ndarray
    largest_gap: float


@dataclass(frozen=True)
class Flow:
    """The flow of x' = Ax in the plane or in space.

    Attributes:
        times: (k,) from 0 to 1.
        exponentials: (k, n, n) exp(tA).
        corners: (k, 2^n, n) the corners of the unit square or cube carried along, binary order.
        volumes: (k,) signed area or volume of what the corners span: the determinant of their edges, which are exp(tA);
            where these are so flat that rounding has it all, taken in parts as `matrix.log_determinant` does.
        expected: (k,) exp(t tr A).
        tracks: (s, k, n) the ways of s points that start on a circle or sphere.
    """

    times: np.ndarray
    exponentials: np.ndarray
    corners: np.ndarray
    volumes: np.ndarray
    expected: np.ndarray
    tracks: np.ndarray


def path(a: object, points: int = POINTS) -> Path:
    """det exp(tA) and exp(t tr A) from t = 0 to 1, for matrices to 50 rows and 1-norm 100.

    Raises:
        VisitorError: it is no such matrix.
    """
    array = up_to(a, SMALL, CALM_NORM)
    times = np.linspace(0.0, 1.0, points)
    log_left = _log_determinants(array, times)
    log_right = times * complex(array.trace())
    with np.errstate(over="ignore", invalid="ignore"):
        left, right = np.exp(log_left), np.exp(log_right)
        gap = np.abs(np.expm1(log_left - log_right))
    return Path(times, left, right, float(np.nan_to_num(gap, nan=math.inf).max()))


def flow(a: object, points: int = POINTS) -> Flow:
    """The flow of a real 2 x 2 or 3 x 3 matrix of 1-norm to 100, from t = 0 to 1.

    Raises:
        VisitorError: `matrix_flow` for other matrices.
    """
    array = given(a).array
    n = len(array)
    if n not in (2, 3) or np.iscomplexobj(array):
        raise VisitorError("matrix_flow")
    array = up_to(array, SMALL, CALM_NORM)
    times = np.linspace(0.0, 1.0, points)
    exponentials = linalg.expm(times[:, None, None] * array)
    cube = np.array(list(itertools.product((0.0, 1.0), repeat=n)))
    corners = np.einsum("kij,cj->kci", exponentials, cube)
    tracks = np.einsum("kij,sj->ski", exponentials, _starts(n))
    volumes, expected = np.exp(_log_determinants(array, times)).real, np.exp(times * array.trace())
    return Flow(times, exponentials, corners, volumes, expected, tracks)


def _log_determinants(array: np.ndarray, times: np.ndarray) -> np.ndarray:
    """log det exp(tA) for every t, (k,) complex."""
    return np.array([log_determinant(t * array, WELL)[0] for t in times])


def _starts(n: int) -> np.ndarray:
    """Points spread over the unit circle (12) or sphere (14: the axes and the corners of a cube)."""
    if n == 2:
        angles = np.arange(12) * (2 * np.pi / 12)
        return np.stack([np.cos(angles), np.sin(angles)], 1)
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=3))) / np.sqrt(3.0)
    return np.concatenate([np.eye(3), -np.eye(3), corners])
