"""What the two sides of det(exp A) = exp(tr A) cost, measured on this machine now."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.mathtoys.generators import generate
from core.mathtoys.matrix import given, log_determinant

SIZES = (5, 10, 20, 50, 100, 200, 300)
ENOUGH = 0.02  # seconds spent on one figure before it is taken
MOST_ROUNDS = 15
LARGEST = 500  # rows of a matrix that is measured again; for larger ones `Identity.seconds_left` stands


@dataclass(frozen=True)
class Cost:
    """Seconds, the median of a few runs each.

    Attributes:
        n: rows of the visitor's matrix.
        left, right: on that matrix: exponential and determinant, trace and exponential.
        sizes: rows of the random matrices of the curve.
        lefts, rights: one for each size.
    """

    n: int
    left: float
    right: float
    sizes: tuple[int, ...]
    lefts: tuple[float, ...]
    rights: tuple[float, ...]


def cost(a: object, sizes: tuple[int, ...] = SIZES) -> Cost:
    """Measure both sides on a matrix and on random ones; about a second.

    Raises:
        VisitorError: it is no matrix.
    """
    array = given(a).array
    lefts, rights = [], []
    for size in sizes:
        drawn = generate("random", size, 1)
        lefts.append(_seconds(lambda drawn=drawn: log_determinant(drawn)))
        rights.append(_seconds(lambda drawn=drawn: np.exp(drawn.trace())))
    rounds = MOST_ROUNDS if len(array) <= LARGEST else 1
    with np.errstate(over="ignore"):
        left = _seconds(lambda: log_determinant(array), rounds)
        right = _seconds(lambda: np.exp(array.trace()), rounds)
    return Cost(len(array), left, right, tuple(sizes), tuple(lefts), tuple(rights))


def _seconds(work: Callable[[], object], rounds: int = MOST_ROUNDS) -> float:
    times, spent = [], 0.0
    while len(times) < rounds and (spent < ENOUGH or len(times) < min(3, rounds)):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
        spent += times[-1]
    return statistics.median(times)
