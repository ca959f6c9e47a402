"""The identity to many digits (mpmath) and exactly (SymPy), for small matrices.

Entries are taken as they were written: `1/3` and `sqrt(2)` are not rounded to doubles first.  mpmath works in a
context of its own, as the usual one is shared by everybody; SymPy gets numbers that we built, never a text, since its
parser runs `eval`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath

from core.errors import VisitorError
from core.mathtoys.matrix import given
from core.mathtoys.parsing import EXACT, Matrix
from core.mathtoys.values import real

if TYPE_CHECKING:
    import sympy

MAX_DIGITS = 100
MAX_NORM = 500.0  # the working precision grows with the norm
MAX_WORK = 300_000  # rows^3 times digits worked with: some two seconds for each of the two computations
MAX_FORMULAS = 10_000  # characters of all entries that call functions or raise to powers
_COSTLY = re.compile(r"[(^]|\*\*")
EXACT_ROWS = 3
EXACT_DIGITS = 6  # of a numerator or denominator


@dataclass(frozen=True)
class Verified:
    """Both sides to many digits.

    Attributes:
        digits: asked for.
        left, right: det exp(A) and exp(tr A), as text.
        agreed: decimal digits to which the two sides agree, `digits` at most.
        working_digits: the precision both were computed in; the left side again in a higher one.
        stable: the second computation of the left side gave the same digits.
    """

    digits: int
    left: str
    right: str
    agreed: int
    working_digits: int
    stable: bool


@dataclass(frozen=True)
class Exact:
    """The identity in closed form, as LaTeX.

    Attributes:
        polynomial: the characteristic polynomial in lambda.
        jordan: the Jordan form J of A = P J P^-1.
        diagonalisable: whether J is diagonal.
        exponential: exp(A).
        determinant: det exp(A), simplified.
        exp_trace: exp(tr A).
        equal: whether SymPy finds the two the same.
    """

    polynomial: str
    jordan: str
    diagonalisable: bool
    exponential: str
    determinant: str
    exp_trace: str
    equal: bool


def verify(a: object, digits: int = 50) -> Verified:
    """det exp(A) and exp(tr A) to so many digits.

    Args:
        a: a matrix as `core.mathtoys.matrix.identity` takes it, to 12 rows and 1-norm 500, of 9 rows and more less.
        digits: 15 to 100.

    Raises:
        VisitorError: too large a matrix, or digits out of range.
    """
    digits, found = int(real("digits", digits, 15, MAX_DIGITS)), given(a)
    if found.entries is None:
        raise VisitorError("matrix_only_to", most=EXACT)
    norm = float(abs(found.array).sum(0).max())
    most = min(MAX_NORM, math.floor((MAX_WORK / found.n**3 - digits - 16) * math.log(10) / 2))
    if norm > most:
        key = "matrix_norm" if most == MAX_NORM else "matrix_norm_digits"
        raise VisitorError(key, most=f"{max(most, 0):g}")
    if sum(len(entry.text) for row in found.entries for entry in row if _COSTLY.search(entry.text)) > MAX_FORMULAS:
        raise VisitorError("matrix_formulas_long", most=MAX_FORMULAS)
    # exp(A) may be worse conditioned than e^(2 norm), and that many digits go when its determinant is taken
    working = digits + 15 + math.ceil(2 * norm / math.log(10))
    context, left, right = _both_sides(found, working)
    _, again, _ = _both_sides(found, working + 20)
    gap = abs(left / right - 1)
    agreed = digits if gap == 0 else max(0, min(digits, math.floor(-float(context.log10(gap)))))
    stable = abs(left / again - 1) < context.mpf(10) ** -digits
    return Verified(
        digits=digits,
        left=_text(context, left, digits),
        right=_text(context, right, digits),
        agreed=agreed,
        working_digits=working,
        stable=bool(stable),
    )


def _both_sides(found: Matrix, working: int) -> tuple[Any, Any, Any]:
    context = mpmath.MPContext()
    context.dps = working
    matrix = context.matrix([[entry.precise(context) for entry in row] for row in found.entries])
    trace = context.fsum(matrix[i, i] for i in range(found.n))
    return context, context.det(context.expm(matrix)), context.exp(trace)


def _text(context: Any, value: Any, digits: int) -> str:
    """A number to so many digits; an imaginary part that is rounding alone is left out."""
    value = context.mpc(value)
    if abs(value.imag) <= abs(value) * context.mpf(10) ** -digits:
        return context.nstr(value.real, digits)
    sign = "-" if value.imag < 0 else "+"
    return f"{context.nstr(value.real, digits)} {sign} {context.nstr(abs(value.imag), digits)}i"


def exact(a: object) -> Exact:
    """exp(A), its determinant and exp(tr A) in closed form, for real rational matrices to 3 x 3.

    Raises:
        VisitorError: `matrix_not_rational`, or `matrix_no_formula` where an eigenvalue is the root of a cubic that
            does not factor.
    """
    import sympy  # late: it takes a second

    found = given(a)
    rationals = _rationals(found)
    matrix = sympy.Matrix([[sympy.Rational(entry.numerator, entry.denominator) for entry in row] for row in rationals])
    letter = sympy.Symbol("lambda")
    polynomial = matrix.charpoly(letter).as_expr()
    if any(sympy.degree(factor, letter) > 2 for factor, _ in sympy.factor_list(polynomial, letter)[1]):
        raise VisitorError("matrix_no_formula")
    transform, jordan = matrix.jordan_form()
    blocks = jordan.exp()
    exponential = (transform * blocks * transform.inv()).applyfunc(sympy.radsimp)
    determinant = sympy.simplify(sympy.expand(exponential.det(method="berkowitz")))
    expected = sympy.exp(matrix.trace())
    return Exact(
        polynomial=sympy.latex(polynomial),
        jordan=_latex(jordan),
        diagonalisable=jordan.is_diagonal(),
        exponential=_latex(exponential.applyfunc(lambda entry: sympy.simplify(entry.rewrite(sympy.exp)))),
        determinant=sympy.latex(determinant),
        exp_trace=sympy.latex(expected),
        equal=bool(sympy.simplify(determinant - expected) == 0),
    )


def _rationals(found: Matrix) -> list[list[Fraction]]:
    """The entries as fractions; raises VisitorError when they are none, or long."""
    refused = VisitorError("matrix_not_rational", digits=EXACT_DIGITS, most=EXACT_ROWS)
    if found.entries is None or found.n > EXACT_ROWS:
        raise refused
    rows = [[entry.rational() for entry in row] for row in found.entries]
    for row in rows:
        for value in row:
            if value is None or value[1] or max(abs(value[0].numerator), value[0].denominator) >= 10**EXACT_DIGITS:
                raise refused
    return [[value[0] for value in row] for row in rows]


def _latex(matrix: sympy.Matrix) -> str:
    import sympy

    return sympy.latex(matrix, mat_delim="(", mat_str="matrix")
