"""What exp of a matrix is and is not: the series, the eigenvalues, entry by entry, sums, logarithms.

Each function answers one question of the proof of det(exp A) = exp(tr A) with a frozen dataclass, and works to a
stated size only, so that no visitor takes the machine.  Source: https://kexue.fm/archives/6377.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

import mpmath
import numpy as np
from scipy import linalg

from core.errors import VisitorError
from core.mathtoys.matrix import WELL, given, log_determinant, one_norm
from core.mathtoys.values import real

SMALL = 50  # rows for panels that show or compare whole matrices
MIDDLE = 200  # rows for eigenvalues and the series
CALM_NORM = 100.0  # 1-norm for panels that form exp(A) as it is
REFERENCE = 4  # rows up to which the reference comes from mpmath
DEFECTIVE = 1e7  # condition of the eigenvectors; rounding makes 1e7.7 and more of a Jordan block of two rows
COMMUTING = 1e-12  # of |A| |B|: a commutator below is rounding
SAME = 1e-8  # relative distance below which a logarithm counts as the matrix that it came from
MAX_TERMS = 400


@dataclass(frozen=True)
class Series:
    """How near the partial sums of I + A + A^2/2! + ... come to exp(A), and two other ways.

    Attributes:
        terms: (k,) numbers of terms, from 1.
        errors: (k,) relative error of each partial sum (Frobenius norm).
        scaling_error: of SciPy's scaling and squaring.
        eigen_error: of V exp(L) V^-1; inf when V is singular.
        eigen_condition: 2-norm condition of the eigenvectors V.
        largest_term: the largest |entry| of any term: what the sum must cancel.
        verified: the reference was computed to more than double precision, not by SciPy.
    """

    terms: np.ndarray
    errors: np.ndarray
    scaling_error: float
    eigen_error: float
    eigen_condition: float
    largest_term: float
    verified: bool


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues and where exp sends them.

    Attributes:
        eigenvalues: (n,) complex.
        images: (n,) exp of them: the eigenvalues of exp(A).
        total: their sum, to be held against the trace.
        trace: tr A.
        condition: of the matrix of eigenvectors (2-norm); inf when it is singular.
        defective: its eigenvectors are dependent as far as doubles can tell (condition beyond 1e7).
    """

    eigenvalues: np.ndarray
    images: np.ndarray
    total: complex
    trace: complex
    condition: float
    defective: bool


@dataclass(frozen=True)
class Elementwise:
    """exp of each entry beside exp of the matrix, with both determinants (of the matrix as `matrix.log_determinant`
    takes it) and exp(tr A)."""

    entries: np.ndarray
    matrix: np.ndarray
    determinant_entries: complex
    determinant_matrix: complex
    exp_trace: complex


@dataclass(frozen=True)
class Sums:
    """exp(A + B) beside exp(A) exp(B).

    Attributes:
        together, apart: (n, n) exp(A + B) and exp(A) exp(B).
        commutator: Frobenius norm of AB - BA.
        commute: it is nothing but rounding, beside |A| |B|.
        difference: relative, |together - apart| / |together| (Frobenius).
        leading: the same of the first term of the difference, [A, B] / 2 (Baker-Campbell-Hausdorff).
        determinant_together, determinant_apart: equal all the same, since both are exp(tr A + tr B); of a product it is
            the product of the determinants.
    """

    together: np.ndarray
    apart: np.ndarray
    commutator: float
    commute: bool
    difference: float
    leading: float
    determinant_together: complex
    determinant_apart: complex


@dataclass(frozen=True)
class Logarithm:
    """ln det B = tr ln B for B = exp(A).

    Attributes:
        log_det: ln det B (principal).
        trace_log: tr of the principal logarithm of B; both may differ by 2 pi i k.
        turns: that k.
        error: |exp(log_det - trace_log) - 1|.
        same: the principal logarithm of B is A again: no eigenvalue's imaginary part leaves (-pi, pi]; at pi itself as
            rounding has it.
        distance: |ln B - A| / |A| (Frobenius).
    """

    log_det: complex
    trace_log: complex
    turns: int
    error: float
    same: bool
    distance: float


@dataclass(frozen=True)
class Branch:
    """One logarithm of the plane's rotation by an angle: (angle + 2 pi number) J with J = [[0, -1], [1, 0]]."""

    number: int
    angle: float
    matrix: np.ndarray
    norm: float
    error: float


def series(a: object) -> Series:
    """Partial sums of the exponential series beside scaling and squaring and the eigen-decomposition.

    Args:
        a: a matrix as `core.mathtoys.matrix.identity` takes it, to 200 rows and 1-norm 100.

    Raises:
        VisitorError: it is no such matrix.
    """
    array = up_to(a, MIDDLE, CALM_NORM)
    norm = one_norm(array)
    best, verified = reference(array)
    size = np.linalg.norm(best)
    count = min(MAX_TERMS, 20 + math.ceil(4 * norm))
    total = term = np.eye(len(array), dtype=array.dtype)
    errors, largest = [], 1.0
    for k in range(1, count + 1):
        errors.append(float(np.linalg.norm(total - best) / size))
        term = term @ array / k
        largest = max(largest, float(np.abs(term).max()))
        total = total + term
    values, vectors = np.linalg.eig(array)
    condition = _condition(vectors)
    eigen = math.inf
    if math.isfinite(condition):
        with contextlib.suppress(np.linalg.LinAlgError):  # a pivot of 0, although the condition is finite
            eigen = float(np.linalg.norm((vectors * np.exp(values)) @ np.linalg.inv(vectors) - best) / size)
    return Series(
        terms=np.arange(1, count + 1),
        errors=np.array(errors),
        scaling_error=float(np.linalg.norm(linalg.expm(array) - best) / size),
        eigen_error=eigen,
        eigen_condition=condition,
        largest_term=largest,
        verified=verified,
    )


def reference(array: np.ndarray) -> tuple[np.ndarray, bool]:
    """exp(A) as right as doubles hold it, by mpmath up to 4 rows; beyond by SciPy: (matrix, whether by mpmath)."""
    if len(array) > REFERENCE:
        return linalg.expm(array), False
    context = mpmath.MPContext()  # of one's own: mpmath.mp is shared by everybody
    context.dps = 25 + math.ceil(2 * one_norm(array) / math.log(10))
    found = context.expm(context.matrix(array.tolist()))
    cast = complex if np.iscomplexobj(array) else float
    return np.array([[cast(found[i, j]) for j in range(len(array))] for i in range(len(array))]), True


def spectrum(a: object) -> Spectrum:
    """Eigenvalues, their images under exp, and whether the matrix can be diagonalised; to 200 rows."""
    array = up_to(a, MIDDLE)
    values, vectors = np.linalg.eig(array)
    condition = _condition(vectors)
    with np.errstate(over="ignore", invalid="ignore"):
        images = np.exp(values.astype(complex))
    total, trace = complex(values.sum()), complex(array.trace())
    return Spectrum(values.astype(complex), images, total, trace, condition, condition > DEFECTIVE)


def elementwise(a: object) -> Elementwise:
    """exp of the entries beside exp of the matrix, to 50 rows and 1-norm 100."""
    array = up_to(a, SMALL, CALM_NORM)
    entries, matrix = np.exp(array), linalg.expm(array)
    with np.errstate(over="ignore", invalid="ignore"):
        by_entries, trace = complex(np.linalg.det(entries)), complex(np.exp(array.trace()))
    return Elementwise(entries, matrix, by_entries, _exp(log_determinant(array, WELL)[0]), trace)


def sums(a: object, b: object) -> Sums:
    """exp(A + B) beside exp(A) exp(B), to 50 rows and 1-norm 100.

    Raises:
        VisitorError: matrices of two sizes, or too large.
    """
    first, second = up_to(a, SMALL, CALM_NORM), up_to(b, SMALL, CALM_NORM)
    if first.shape != second.shape:
        raise VisitorError("matrix_sizes", found=len(second), wanted=len(first))
    bracket = first @ second - second @ first
    together, apart = linalg.expm(first + second), linalg.expm(first) @ linalg.expm(second)
    size, commutator = np.linalg.norm(together), float(np.linalg.norm(bracket))
    return Sums(
        together=together,
        apart=apart,
        commutator=commutator,
        commute=commutator <= COMMUTING * float(np.linalg.norm(first) * np.linalg.norm(second)),
        difference=float(np.linalg.norm(together - apart) / size),
        leading=float(np.linalg.norm(bracket / 2) / size),
        determinant_together=_exp(log_determinant(first + second, WELL)[0]),
        determinant_apart=_exp(log_determinant(first, WELL)[0] + log_determinant(second, WELL)[0]),
    )


def logarithm(a: object) -> Logarithm:
    """ln det B against tr ln B for B = exp(A), to 50 rows and 1-norm 100.

    Raises:
        VisitorError: too large, or B is singular to the last digit (its logarithm cannot be computed).
    """
    array = up_to(a, SMALL, CALM_NORM)
    exponential = linalg.expm(array)
    sign, size = np.linalg.slogdet(exponential)
    if not math.isfinite(size) or np.linalg.cond(exponential, 1) > 1 / (4 * np.finfo(float).eps):
        raise VisitorError("matrix_no_logarithm")
    log = linalg.logm(exponential)
    log_det, trace = complex(size, float(np.angle(sign))), complex(np.trace(log))
    gap = log_det - trace
    turns = round(gap.imag / (2 * math.pi))
    distance = float(np.linalg.norm(log - array) / max(np.linalg.norm(array), np.finfo(float).tiny))
    return Logarithm(
        log_det=log_det,
        trace_log=trace,
        turns=turns,
        error=abs(gap - 2j * math.pi * turns),
        same=distance < SAME or bool((np.abs(np.linalg.eigvals(array).imag) < math.pi).all()),
        distance=distance,
    )


def branches(angle: float, most: int = 3) -> tuple[Branch, ...]:
    """Logarithms of the plane's rotation by `angle` (radians): one for each whole turn from -most to most.

    Raises:
        VisitorError: the angle is no number within 1,000, or `most` is not 0 to 20.
    """
    angle, most = real("angle", angle, -1000, 1000), int(real("most", most, 0, 20))
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    found = []
    for number in range(-most, most + 1):
        turned = angle + 2 * math.pi * number
        error = float(np.linalg.norm(linalg.expm(turned * quarter) - rotation))
        found.append(Branch(number, turned, turned * quarter, abs(turned) * math.sqrt(2), error))
    return tuple(found)


def up_to(a: object, rows: int, norm: float = math.inf) -> np.ndarray:
    """The array of a matrix that is not too large; raises VisitorError with the limit."""
    array = given(a).array
    if len(array) > rows:
        raise VisitorError("matrix_only_to", most=rows)
    if one_norm(array) > norm:
        raise VisitorError("matrix_norm", most=f"{norm:g}")
    return array


def _exp(log: complex) -> complex:
    """exp of a logarithm; infinite where no double holds it."""
    with np.errstate(over="ignore", invalid="ignore"):
        return complex(np.exp(log))


def _condition(vectors: np.ndarray) -> float:
    try:
        return float(np.linalg.cond(vectors))
    except np.linalg.LinAlgError:
        return math.inf
