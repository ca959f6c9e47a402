"""Numbers that a visitor gives, checked once and in one way."""

from __future__ import annotations

import math

from core.errors import VisitorError

LEAST, MOST = 1e-9, 1e9  # of any length, force, density or speed: far beyond ropes, far within doubles


def real(name: str, value: object, least: float = -MOST, most: float = MOST) -> float:
    """`value` as a float.

    Raises:
        VisitorError: no number, not finite, or outside of least to most; the sentence calls it `name`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise VisitorError("number_wanted", name=name)
    if not least <= value <= most:
        raise VisitorError("out_of_range", name=name, least=f"{least:g}", most=f"{most:g}")
    return float(value)


def positive(name: str, value: object, most: float = MOST) -> float:
    """`value` as a float above zero; a raise as `real` has it."""
    value = real(name, value)
    if value <= 0:
        raise VisitorError("not_above_zero", name=name)
    return real(name, value, LEAST, most)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no double holds
        return False
