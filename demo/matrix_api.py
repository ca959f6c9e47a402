"""The endpoint `/matrix`."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import gradio as gr

from core.mathtoys.matrix import given, identity
from core.mathtoys.precise import verify
from demo.common import endpoint_errors


def endpoint(matrix: str, digits: int = 0, request: gr.Request = None) -> dict:
    """Compare both sides of det(exp A) = exp(tr A) for a square matrix.

    Args:
        matrix: the matrix as text: "[[1, 2], [3, 4]]", "1 2; 3 4", LaTeX or csv, entries with fractions, sqrt(2), pi,
            i; or a recipe such as "hilbert(200)" or "random(1000, 7)" (size, seed).  To 2,000 x 2,000.
        digits: 15 to 100: also both sides to so many digits, for matrices to 12 x 12; 0: not.

    Returns:
        {"n", "trace", "log_left", "log_right", "left", "right", "relative_error", "allowed", "within", "condition",
        ..., "verified"}: left is det exp(A), right is exp(tr A), null where a double cannot hold it; complex numbers
        are {"real", "imag"}; verified is null or {"left", "right", "agreed", ...}.
    """
    with endpoint_errors("matrix", request):
        found = given(matrix if isinstance(matrix, str) else "")
        answer = dataclasses.asdict(identity(found))
        answer["verified"] = dataclasses.asdict(verify(found, digits)) if digits else None
        return plain(answer)


def plain(value: Any) -> Any:
    """A value as JSON has it: no complex numbers, nothing that is not finite."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, complex):
        return {"real": plain(value.real), "imag": plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
