"""Matrices to try: random ones, and those whose determinant, trace or exponential one knows.

`generate` makes the array; `recipe` reads the same request as a text, `random(200, 7)`, so that a large matrix fits
into a text field and a link.
"""

from __future__ import annotations

import math
import re

import numpy as np

from core.errors import VisitorError

MOST = 2_000  # rows
KINDS = (
    "random",
    "complex",
    "skew",
    "traceless",
    "nilpotent",
    "jordan",
    "idempotent",
    "rotation",
    "stochastic",
    "hilbert",
)
_DRAWN = ("random", "complex", "skew", "traceless", "nilpotent", "stochastic")  # by a seed
SEED_MOST = (1 << 31) - 1
_NUMBER = r"-?\d{1,16}(?:\.\d{0,25})?(?:[eE][-+]?\d{1,3})?"  # as `repr` writes any double
_RECIPE = re.compile(rf"\s*([A-Za-z]+)\s*\(\s*(\d{{1,9}})\s*(?:[,\uff0c]\s*({_NUMBER})\s*)?\)\s*")


def generate(kind: str, n: int, parameter: float = 0.0) -> np.ndarray:
    """A matrix of a kind.

    Args:
        kind: "random" (normal entries of variance 1/n), "complex" (the same, complex), "skew" (-A is its transpose: exp
            turns), "traceless" (det exp = 1), "nilpotent" (strictly upper triangular: the series ends), "jordan" (one
            block: cannot be diagonalised), "idempotent" ([[1, 0], [1, 0]] in blocks: A A = A), "rotation" (angle times
            [[0, -1], [1, 0]] in blocks), "stochastic" (rows sum to 0, off the diagonal nothing negative: exp is a
            Markov chain) or "hilbert" (1/(i + j - 1)).
        n: rows, 1 to 2,000.
        parameter: the seed of what is random; the eigenvalue of "jordan"; the angle in radians of "rotation".

    Returns:
        (n, n), float64 or complex128.

    Raises:
        VisitorError: another kind, or a value out of range.
    """
    check(kind, n, parameter)
    if kind in _DRAWN:
        return _random(kind, n, np.random.default_rng(int(parameter)))
    if kind == "hilbert":
        return 1.0 / (np.arange(n)[:, None] + np.arange(n) + 1.0)
    if kind == "jordan":
        return np.diag(np.full(n, float(parameter))) + np.diag(np.ones(n - 1), 1)
    block = np.array([[1.0, 0.0], [1.0, 0.0]] if kind == "idempotent" else [[0.0, -1.0], [1.0, 0.0]])
    result = np.zeros((n, n))
    for start in range(0, n - 1, 2):
        result[start : start + 2, start : start + 2] = block * (1.0 if kind == "idempotent" else parameter)
    return result


def check(kind: str, n: int, parameter: float = 0.0) -> None:
    """See that `generate` takes these, before anything is made; raises as it does."""
    if kind not in KINDS:
        raise VisitorError("bad_choice", name="kind", choices=", ".join(KINDS))
    if not 1 <= n <= MOST:
        raise VisitorError("out_of_range", name="n", least=1, most=MOST)
    if not math.isfinite(parameter):
        raise VisitorError("number_wanted", name="parameter")
    if kind in _DRAWN and not 0 <= parameter <= SEED_MOST:
        raise VisitorError("out_of_range", name="seed", least=0, most=SEED_MOST)


def _random(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    drawn = rng.standard_normal((n, n)) / math.sqrt(n)
    if kind == "complex":
        return drawn + 1j * rng.standard_normal((n, n)) / math.sqrt(n)
    if kind == "skew":
        return drawn - drawn.T
    if kind == "traceless":
        return drawn - np.eye(n) * (np.trace(drawn) / n)
    if kind == "nilpotent":
        return np.triu(drawn, 1)
    if kind == "stochastic":
        rates = rng.random((n, n)) / n
        np.fill_diagonal(rates, 0.0)
        return rates - np.diag(rates.sum(1))
    return drawn


def recipe(text: str) -> np.ndarray | None:
    """The matrix of a text like `random(200, 7)`; None when the text is no recipe.

    Raises:
        VisitorError: a known name with values out of range.
    """
    found = _RECIPE.fullmatch(text)
    if not found or found[1].lower() not in KINDS:
        return None
    usual = {"rotation": 1.0, "jordan": 1.0}.get(found[1].lower(), 0.0)
    return generate(found[1].lower(), int(found[2]), float(found[3]) if found[3] else usual)


def written(kind: str, n: int, parameter: float = 0.0) -> str:
    """The recipe of a matrix, as `recipe` reads it."""
    whole = abs(parameter) < 1e15 and parameter == int(parameter)
    return f"{kind}({n}, {int(parameter) if whole else float(parameter)!r})"
