"""A loss typed as a formula in x and y: its value, its exact gradient and its exact Hessian, without `eval`.

The text is read by `core.mathtoys.expressions`.  Derivatives are taken on the tree that it gives, forwards (truncated
Taylor series in two variables): of first order with plain floats, compiled into closures once, since a path asks a
thousand times for one point; of second order with NumPy, since curvature is asked for at all points of a path at once.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from types import SimpleNamespace

from core.errors import VisitorError
from core.mathtoys.expressions import Expression, parse
from core.optim.jets import CONSTANTS, FUNCTIONS, unary

VARIABLES = ("x", "y")
_FLOATS = SimpleNamespace(
    **{name: getattr(math, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    sign=lambda value: (value > 0) - (value < 0.0),
    asin=math.asin,
    acos=math.acos,
    atan=math.atan,
    abs=abs,
    pow=math.pow,
)
Slopes = tuple[float, float, float]  # value, derivative by x, derivative by y


def read(text: str) -> Expression:
    """A formula in x and y, of at most 400 characters.

    Raises:
        VisitorError: `loss_word` for a name that is not known, `loss_form` where it cannot be read, or those of
            `expressions.parse` for one that is too long or too deep.
    """
    if not isinstance(text, str) or not text.strip():
        raise VisitorError("loss_empty")
    try:
        expression = parse(text, VARIABLES)
    except VisitorError as error:
        if error.key == "expression_word":
            raise VisitorError("loss_word", word=error.values["word"]) from error
        if error.key == "expression_form":
            raise VisitorError("loss_form", text=error.values["text"]) from error
        raise
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Name) and node.id not in (*VARIABLES, *CONSTANTS, *FUNCTIONS):
            raise VisitorError("loss_word", word=node.id)
    return expression


def size(expression: Expression) -> int:
    """How many operations one value of the formula takes, at least 1."""
    return max(1, sum(isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) for node in ast.walk(expression.tree)))


def slopes(expression: Expression) -> Callable[[float, float], Slopes]:
    """The formula as a function of a point: (value, ∂/∂x, ∂/∂y); nan where it is not defined, inf beyond doubles."""
    compiled = _compiled(expression.tree)
    if not callable(compiled):
        return lambda x, y: (compiled, 0.0, 0.0)

    def found(x: float, y: float) -> Slopes:
        try:
            return compiled(x, y)
        except OverflowError:
            return math.inf, math.inf, math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan, math.nan, math.nan

    return found


def _compiled(node: ast.expr) -> Callable[[float, float], Slopes] | float:
    """A closure for what hangs on x or y, a number for what does not."""
    try:
        return _closure(node)
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


def _closure(node: ast.expr) -> Callable[[float, float], Slopes] | float:
    match node:
        case ast.Constant(value=value):
            return float(value)
        case ast.Name(id="x"):
            return lambda x, y: (x, 1.0, 0.0)
        case ast.Name(id="y"):
            return lambda x, y: (y, 0.0, 1.0)
        case ast.Name(id=name):
            return CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand):
            inner = _compiled(operand)
            if isinstance(op, ast.UAdd):
                return inner
            return _times(-1.0, inner) if callable(inner) else -inner
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _called(name, _compiled(argument))
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(op, _compiled(left), _compiled(right))
    raise TypeError(type(node).__name__)


def _called(name: str, inner: Callable | float) -> Callable | float:
    if not callable(inner):
        plain = "log" if name == "ln" else name
        return getattr(_FLOATS, plain)(inner)

    def found(x: float, y: float) -> Slopes:
        a, ax, ay = inner(x, y)
        value, slope, _ = unary(name, _FLOATS, a)
        return value, slope * ax, slope * ay

    return found


def _times(factor: float, inner: Callable) -> Callable:
    def found(x: float, y: float) -> Slopes:
        a, ax, ay = inner(x, y)
        return factor * a, factor * ax, factor * ay

    return found


def _combined(op: ast.operator, left: Callable | float, right: Callable | float) -> Callable | float:
    """One of + - * / ^ of two closures or numbers."""
    if isinstance(op, ast.Pow):
        return _power(left, right)
    if not callable(left) and not callable(right):
        match op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
        return left / right
    if isinstance(op, ast.Mult) and not (callable(left) and callable(right)):
        return _times(right, left) if callable(left) else _times(left, right)
    first, second = (one if callable(one) else _held(one) for one in (left, right))

    def found(x: float, y: float) -> Slopes:
        a, ax, ay = first(x, y)
        b, bx, by = second(x, y)
        if isinstance(op, ast.Add):
            return a + b, ax + bx, ay + by
        if isinstance(op, ast.Sub):
            return a - b, ax - bx, ay - by
        if isinstance(op, ast.Mult):
            return a * b, ax * b + a * bx, ay * b + a * by
        value = a / b
        return value, (ax - value * bx) / b, (ay - value * by) / b

    return found


def _held(value: float) -> Callable[[float, float], Slopes]:
    return lambda x, y: (value, 0.0, 0.0)


def _power(left: Callable | float, right: Callable | float) -> Callable | float:
    if not callable(left) and not callable(right):
        return math.pow(left, right)
    if not callable(right):

        def whole(x: float, y: float) -> Slopes:
            a, ax, ay = left(x, y)
            if right == 2.0:
                return a * a, 2 * a * ax, 2 * a * ay
            slope = right * math.pow(a, right - 1) if right else 0.0
            return math.pow(a, right), slope * ax, slope * ay

        return whole
    base = left if callable(left) else _held(left)

    def found(x: float, y: float) -> Slopes:
        a, ax, ay = base(x, y)
        b, bx, by = right(x, y)
        value, log = math.pow(a, b), math.log(a)
        return value, value * (bx * log + b * ax / a), value * (by * log + b * ay / a)

    return found
