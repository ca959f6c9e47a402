"""det(exp A) = exp(tr A), both sides, in logarithms too, with what floating point allows.

Source: https://kexue.fm/archives/6377.  The determinant is taken from the LU factors of exp(A), as SciPy's `expm`
gives it (Al-Mohy and Higham, "A New Scaling and Squaring Algorithm for the Matrix Exponential", 2009).  Where exp(A)
overflows or is singular to the last digit, exp(A) = exp(A/m)^m helps: its determinant is the m-th power of that of
exp(A/m), which is a sum of logarithms.  The trace is not taken out of A first, as that would assume what is shown.
"""

from __future__ import annotations

import cmath
import decimal
import math
import time
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from core.mathtoys import parsing

UNIT = 2.0**-53  # the unit roundoff of doubles
CALM = 64.0  # of the 1-norm: up to here exp(A) is formed as it is
SPLIT = 1.0  # beyond, or where exp(A) is too near a singular matrix: norm of A/m
PADE = 4.25  # 1-norm up to which `expm` halves A before its Pade approximant
NEAR_SINGULAR = 1e-10  # reciprocal condition of exp(A) below which the digits of its determinant are gone
WELL = 1e-5  # the same where nothing beside a determinant tells its error: some ten digits hold
EXACT_CONDITION = 8  # rows up to which the condition of the exponential is computed rather than bounded


@dataclass(frozen=True)
class Identity:
    """Both sides of the identity for one matrix.

    Attributes:
        n: rows.
        is_complex: whether an entry is not real.
        trace: tr A.
        log_left: log det exp(A), computed from exp(A): real part log|det|, imaginary part its angle in (-pi, pi].
        log_right: the trace, its imaginary part brought into (-pi, pi] as an angle.
        left, right: the same as plain numbers; None where a double cannot hold them (overflow, or underflow to 0).
        relative_error: |left / right - 1|, from the logarithms.
        allowed: what rounding may do to that error, to first order: 10 m n u (k + n) K c + n u sum |a_ii|, u = 2^-53,
            with the condition k of the exponential and K of the matrix exp(A/m), and what cancels in its Pade
            approximant, c (`cancellation`); 10 stands for the modest constants of the error analysis (squarings, LU).
        within: whether relative_error <= allowed.
        condition: k, relative condition number of exp at A/m (Frobenius norm); a lower bound where `condition_bound`.
        condition_bound: the condition is only known to be at least that (n > 8: the 1-norm of A/m).
        exponential_condition: K, of exp(A/m), maximum norm, as LAPACK estimates it.
        parts: m; 1 when the determinant is that of exp(A) itself.
        norm: 1-norm of A.
        seconds_left, seconds_right: what each side took, in this run.
    """

    n: int
    is_complex: bool
    trace: float | complex
    log_left: complex
    log_right: complex
    left: float | complex | None
    right: float | complex | None
    relative_error: float
    allowed: float
    within: bool
    condition: float
    condition_bound: bool
    exponential_condition: float
    parts: int
    norm: float
    seconds_left: float
    seconds_right: float


def identity(a: object) -> Identity:
    """Both sides of det(exp A) = exp(tr A).

    Args:
        a: a text as `core.mathtoys.parsing.read` takes it, an array or nested lists (n, n), or a `Matrix`; n to 2,000,
            entries to 1e12.

    Raises:
        VisitorError: it is no such matrix.
    """
    array = given(a).array
    began = time.perf_counter()
    log_left, parts, rcond, lost = log_determinant(array)
    seconds_left = time.perf_counter() - began
    began = time.perf_counter()
    trace = array.trace().item()
    seconds_right = time.perf_counter() - began
    log_right = complex(trace.real, _angle(trace.imag))
    is_real = not np.iscomplexobj(array)
    norm = one_norm(array)
    condition, bound = condition_of_exp(array if parts == 1 else array / parts)
    n = len(array)
    spread = 1 / max(rcond, 1e-300)
    allowed = 10 * parts * n * UNIT * (condition + n) * spread * lost + n * UNIT * float(np.abs(array.diagonal()).sum())
    error = _relative(log_left, log_right)
    return Identity(
        n=n,
        is_complex=not is_real,
        trace=trace,
        log_left=log_left,
        log_right=log_right,
        left=_plain(log_left, is_real),
        right=_plain(log_right, is_real),
        relative_error=error,
        allowed=allowed,
        within=error <= allowed,
        condition=condition,
        condition_bound=bound,
        exponential_condition=spread,
        parts=parts,
        norm=norm,
        seconds_left=seconds_left,
        seconds_right=seconds_right,
    )


matrix = identity  # its name in `core`


def given(a: object) -> parsing.Matrix:
    """A text, an array, nested lists or a `Matrix` as a `Matrix`; raises VisitorError."""
    if isinstance(a, parsing.Matrix):
        return a
    return parsing.read(a) if isinstance(a, str) else parsing.matrix(a)


def log_determinant(array: np.ndarray, near: float = NEAR_SINGULAR) -> tuple[complex, int, float, float]:
    """log det exp(A) from exp(A/m): (logarithm, m, reciprocal condition of exp(A/m), its `cancellation`).

    m is 1 unless exp(A) would overflow or be singular to the last digits; then a power of two, so that A/m is exact.

    Args:
        near: reciprocal condition of exp(A) from which on it is taken as it is.
    """
    norm = one_norm(array)
    if norm <= CALM:
        log, rcond, lost = _log_of_exp(array)
        if rcond > near or norm <= SPLIT:
            return log, 1, rcond, lost
    parts = 2 ** math.ceil(math.log2(norm / SPLIT))
    log, rcond, lost = _log_of_exp(array / parts)
    return complex(parts * log.real, _angle(parts * log.imag)), parts, rcond, lost


def cancellation(norm: float, grown: float, rcond: float) -> float:
    """How many times u the Pade approximant of X = A/2^s loses: its terms reach e^|X|, exp(X) or exp(-X) may be small.

    Args:
        norm: of A.  grown: of exp(A).  rcond: 1 / (|exp(A)| |exp(-A)|), which bound exp(X) and exp(-X) from below.
    """
    share = 2.0 ** -max(0, math.ceil(math.log2(norm / PADE))) if norm > 0 else 1.0
    return math.exp(norm * share) * max(grown**-share, (grown * rcond) ** share)


def _log_of_exp(array: np.ndarray) -> tuple[complex, float, float]:
    """log det exp(A) by LU, the reciprocal condition number of exp(A) in the maximum norm, and `cancellation`."""
    exponential = linalg.expm(array).T  # LAPACK's order without a copy; the determinant is the same
    norm = one_norm(exponential)
    getrf, gecon = linalg.get_lapack_funcs(("getrf", "gecon"), (exponential,))
    factors, pivots, singular = getrf(exponential, overwrite_a=True)
    if singular:
        return complex(-math.inf, 0.0), 0.0, 1.0
    diagonal = factors.diagonal()
    swaps = np.count_nonzero(pivots != np.arange(len(pivots)))
    angle = float(np.angle(diagonal).sum()) + math.pi * (swaps % 2)
    rcond, _ = gecon(factors, norm)
    lost = cancellation(one_norm(array), norm, float(rcond))
    return complex(float(np.log(np.abs(diagonal)).sum()), _angle(angle)), float(rcond), lost


def condition_of_exp(array: np.ndarray) -> tuple[float, bool]:
    """Relative condition number of exp at A: (number, whether it is only a lower bound).

    Up to 8 rows by SciPy's `expm_cond` (Frobenius); beyond, its cost of n^5 is too much, and the 1-norm of A stands for
    it, which no condition number of exp is below (Higham, "Functions of Matrices", 2008, lemma 10.15).
    """
    if len(array) <= EXACT_CONDITION and array.any():
        found = float(linalg.expm_cond(array))
        if math.isfinite(found):
            return found, False
    return one_norm(array), len(array) > 1


def one_norm(array: np.ndarray) -> float:
    """The largest sum of |entries| of a column."""
    return float(linalg.norm(array, 1, check_finite=False))


def _relative(log_left: complex, log_right: complex) -> float:
    """|exp(left - right) - 1| without overflow; inf when the logarithms are further apart than doubles reach."""
    gap = complex(log_left.real - log_right.real, _angle(log_left.imag - log_right.imag))
    if not cmath.isfinite(gap) or gap.real > 700:
        return math.inf
    # exp(x + iy) - 1 = expm1(x) cos y - 2 sin^2(y/2) + i e^x sin y, which keeps the digits of small gaps
    real = math.expm1(gap.real) * math.cos(gap.imag) - 2 * math.sin(gap.imag / 2) ** 2
    return math.hypot(real, math.exp(gap.real) * math.sin(gap.imag))


def _plain(log: complex, is_real: bool) -> float | complex | None:
    if not -708.0 < log.real < 709.0:
        return None
    return math.exp(log.real) * (1 if abs(log.imag) < 1 else -1) if is_real else cmath.exp(log)


def _angle(value: float) -> float:
    """An angle brought into (-pi, pi]."""
    return value if -math.pi < value <= math.pi else math.remainder(value, 2 * math.pi)


def scientific(log: float, digits: int = 6) -> str:
    """exp(log) as a text of at most so many digits after the point, whatever its size: "2.718282", "1.2e+434294"."""
    if log == -math.inf:
        return "0"
    if -11 < log < 14:
        return f"{math.exp(log):.{digits + 1}g}"
    digits = max(0, min(digits, 15 - math.ceil(math.log10(abs(log)))))  # a double's log knows no more
    context = decimal.Context(prec=40)
    tens = context.divide(decimal.Decimal(log), context.ln(decimal.Decimal(10)))
    exponent = math.floor(tens)
    mantissa = f"{context.power(10, tens - exponent):.{digits}f}"
    if mantissa.startswith("10"):
        mantissa, exponent = f"{1:.{digits}f}", exponent + 1
    return f"{mantissa}e{exponent:+d}"
