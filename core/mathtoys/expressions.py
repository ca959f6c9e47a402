"""Formulas as people type them, read without `eval`: `sqrt(2)/3`, `2pi i`, `1/3`, `x^2 + sin(3x y)`.

A text is cut into tokens that the grammar knows, left-out multiplication signs are put in, and Python's own parser
(`ast`, which runs nothing) builds the tree; only nodes on a list are taken.  One tree is worked out in three ways:
with floats (complex), vectorised with NumPy over variables (real), and exactly, as a Gaussian rational, where no
irrational function stands in it.  mpmath works it out to any number of digits.
"""

from __future__ import annotations

import ast
import cmath
import functools
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from core.errors import VisitorError

MAX_LENGTH = 400  # characters
MAX_DEPTH = 30  # brackets inside each other
MAX_BITS = 4096  # of an exact numerator or denominator; beyond, the float stands
MAX_MAGNITUDE = 4096  # bits of the integer part of a number in mpmath; its time grows with them, without end
MAX_DIGITS = 400  # in the power of ten of a literal that is kept exactly

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z]+)|(\*\*|[-+*/^(),]))")
_LETTERS = {"\u2212": "-", "\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u03c0": "pi", "\uff08": "(", "\uff09": ")"}
_CONSTANTS = ("pi", "e", "i", "j")
_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
# name: (complex floats, NumPy, mpmath's name)
_FUNCTIONS: dict[str, tuple[Callable, Callable, str]] = {
    "sqrt": (cmath.sqrt, np.sqrt, "sqrt"),
    "exp": (cmath.exp, np.exp, "exp"),
    "log": (cmath.log, np.log, "log"),
    "ln": (cmath.log, np.log, "log"),
    "sin": (cmath.sin, np.sin, "sin"),
    "cos": (cmath.cos, np.cos, "cos"),
    "tan": (cmath.tan, np.tan, "tan"),
    "asin": (cmath.asin, np.arcsin, "asin"),
    "acos": (cmath.acos, np.arccos, "acos"),
    "atan": (cmath.atan, np.arctan, "atan"),
    "sinh": (cmath.sinh, np.sinh, "sinh"),
    "cosh": (cmath.cosh, np.cosh, "cosh"),
    "tanh": (cmath.tanh, np.tanh, "tanh"),
    "abs": (abs, np.abs, "fabs"),
}


@dataclass(frozen=True)
class Expression:
    """A formula that was read; `variables` are the names that stand free in it."""

    text: str
    tree: ast.expr
    variables: frozenset[str]

    def number(self) -> complex:
        """Its value as a complex double.  Raises VisitorError when there is none, or it is not finite."""
        kit = _Kit(float, {"pi": cmath.pi, "e": cmath.e, "i": 1j, "j": 1j}, {k: f[0] for k, f in _FUNCTIONS.items()})
        value = complex(_guarded(self, kit))
        if not cmath.isfinite(value):
            raise VisitorError("expression_value", text=_short(self.text))
        return value

    @property
    def compact(self) -> str:
        """Its text without blanks; where some stood between its parts, with the signs that they left out."""
        text = self.text.strip()
        return (
            text
            if text == "".join(text.split())
            else "".join(piece.strip("'") for piece in _tokens(text, tuple(self.variables)))
        )

    def rational(self) -> tuple[Fraction, Fraction] | None:
        """Its exact value as real and imaginary part; None where it is not rational, or too long to keep."""
        try:
            return _exact(self.tree)
        except (_NotRational, ZeroDivisionError):
            return None

    def precise(self, context: Any) -> Any:
        """Its value in an mpmath context (`mpmath.mp` or one's own), to that context's digits."""
        names = {"pi": +context.pi, "e": +context.e, "i": context.j, "j": context.j}
        functions = {name: getattr(context, found[2]) for name, found in _FUNCTIONS.items()}

        def check(value: Any) -> Any:  # what doubles lose may be a tower of powers here
            if context.mag(value) > MAX_MAGNITUDE:
                raise OverflowError(MAX_MAGNITUDE)
            return value

        return _guarded(self, _Kit(lambda text: context.mpf(text), names, functions, check))

    def values(self, **variables: np.ndarray | float) -> np.ndarray:
        """Its real values over arrays that broadcast together; nan where it is not defined."""
        names = {"pi": np.float64(np.pi), "e": np.float64(np.e)}
        names |= {name: np.asarray(value, dtype=np.float64) for name, value in variables.items()}
        kit = _Kit(np.float64, names, {name: found[1] for name, found in _FUNCTIONS.items()})
        with np.errstate(all="ignore"):
            value = np.asarray(_guarded(self, kit), dtype=np.float64)
            return np.broadcast_to(value, np.broadcast_shapes(value.shape, *(np.shape(v) for v in variables.values())))


def parse(text: str, variables: tuple[str, ...] = ()) -> Expression:
    """Read a formula.

    Args:
        text: at most 400 characters.
        variables: names that may stand free in it, one Latin letter each; they come before the constants e, i and j.

    Raises:
        VisitorError: `expression_long`, `expression_deep`, `expression_word` (a name that is not known) or
            `expression_form`.
    """
    if len(text) > MAX_LENGTH:
        raise VisitorError("expression_long", most=MAX_LENGTH)
    for letter, plain in _LETTERS.items():
        text = text.replace(letter, plain)
    pieces = _tokens(text, variables)
    try:
        tree = ast.parse("".join(pieces), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise VisitorError("expression_form", text=_short(text)) from error
    _look_over(tree, text)
    return Expression(text, tree, frozenset(piece for piece in pieces if piece in variables))


def _tokens(text: str, variables: tuple[str, ...]) -> list[str]:
    """The text's tokens as Python writes them, with the multiplication signs that people leave out."""
    pieces: list[str] = []
    depth = place = 0
    ended = called = False  # whether the last token ends a value, and whether it names a function
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            raise VisitorError("expression_form", text=_short(text))
        place = found.end()
        number, letters, sign = found.groups()
        words = [number] if number else _names(letters, variables) if letters else [sign]
        for word in words:
            starts = number is not None or letters is not None or word == "("
            if number and pieces and pieces[-1].startswith("'"):  # two numbers side by side are no product
                raise VisitorError("expression_form", text=_short(text))
            if starts and ended and not (called and word == "("):
                pieces.append("*")
            depth += (word == "(") - (word == ")")
            if depth > MAX_DEPTH:
                raise VisitorError("expression_deep", most=MAX_DEPTH)
            called = word in _FUNCTIONS and word not in variables
            ended = starts and word != "(" or word == ")"
            # a literal travels as a text constant, so that no digit of it is lost
            pieces.append(repr(number) if number else {"^": "**"}.get(word, word))
    return pieces


def _names(letters: str, variables: tuple[str, ...]) -> list[str]:
    """Letters as known names: `xy` is x y, `pii` is pi i.  Raises VisitorError for a word that is none."""
    known = sorted({*variables, *_CONSTANTS, *_FUNCTIONS}, key=len, reverse=True)
    names, rest = [], letters
    while rest:
        name = next((name for name in known if rest.startswith(name)), None)
        if name is None and rest[0] in "IJ":
            name, rest = rest[0].lower(), rest[0].lower() + rest[1:]
        if name is None or (name in _FUNCTIONS and name != rest):  # a function is followed by its bracket
            raise VisitorError("expression_word", word=_short(letters))
        names.append(name)
        rest = rest[len(name) :]
    return names


def _look_over(tree: ast.expr, text: str) -> None:
    """Raise VisitorError unless every node is on the list, and the tree is not too deep to walk."""
    level = [tree]
    for _ in range(2 * MAX_LENGTH):
        if not level:
            return
        below: list[ast.expr] = []
        for node in level:
            match node:
                case ast.Constant(value=str()):
                    pass
                case ast.Name(id=name) if name not in _FUNCTIONS:
                    pass
                case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                    below += [left, right]
                case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                    below.append(operand)
                case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
                    below.append(argument)
                case _:
                    raise VisitorError("expression_form", text=_short(text))
        level = below
    raise VisitorError("expression_deep", most=MAX_DEPTH)


@dataclass(frozen=True)
class _Kit:
    """What a tree is worked out with."""

    literal: Callable[[str], Any]
    names: Mapping[str, Any]
    functions: Mapping[str, Callable]
    check: Callable[[Any], Any] = lambda value: value


def _guarded(expression: Expression, kit: _Kit) -> Any:
    try:
        return _walk(expression.tree, kit)
    except KeyError as error:  # i, where only real values are asked for
        raise VisitorError("expression_word", word=str(error.args[0])) from error
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise VisitorError("expression_value", text=_short(expression.text)) from error


def _walk(node: ast.expr, kit: _Kit) -> Any:
    match node:
        case ast.Constant(value=value):
            return kit.check(kit.literal(value))
        case ast.Name(id=name):
            return kit.names[name]
        case ast.UnaryOp(op=op, operand=operand):
            value = _walk(operand, kit)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            return kit.check(_BINARY[type(op)](_walk(left, kit), _walk(right, kit)))
        case ast.Call(func=function, args=[argument]):
            return kit.check(kit.functions[function.id](_walk(argument, kit)))
    raise TypeError(type(node).__name__)


class _NotRational(Exception):
    """The value is irrational, or its digits are too many."""


def _exact(node: ast.expr) -> tuple[Fraction, Fraction]:
    match node:
        case ast.Constant(value=value):
            if abs(int((value.lower().split("e") + ["0"])[1])) > MAX_DIGITS:
                raise _NotRational
            return Fraction(value), Fraction(0)
        case ast.Name(id="i" | "j"):
            return Fraction(0), Fraction(1)
        case ast.UnaryOp(op=op, operand=operand):
            real, imaginary = _exact(operand)
            return (-real, -imaginary) if isinstance(op, ast.USub) else (real, imaginary)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, (power, none) = _exact(left), _exact(right)
            if none or power.denominator != 1 or abs(power) > 64:
                raise _NotRational
            result = functools.reduce(_times, [base] * abs(int(power)), (Fraction(1), Fraction(0)))
            return result if power >= 0 else _over((Fraction(1), Fraction(0)), result)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _exact(left), _exact(right)
            if isinstance(op, ast.Add):
                return _short_enough((a[0] + b[0], a[1] + b[1]))
            if isinstance(op, ast.Sub):
                return _short_enough((a[0] - b[0], a[1] - b[1]))
            return _times(a, b) if isinstance(op, ast.Mult) else _over(a, b)
    raise _NotRational


def _times(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    return _short_enough((a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]))


def _over(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    size = b[0] * b[0] + b[1] * b[1]
    return _times(a, (b[0] / size, -b[1] / size))


def _short_enough(value: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    if any(part.numerator.bit_length() > MAX_BITS or part.denominator.bit_length() > MAX_BITS for part in value):
        raise _NotRational
    return value


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "\u2026"
