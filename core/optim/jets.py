"""Second derivatives of a formula: truncated Taylor series in x and y, forwards through its tree.

A jet is (f, ∂x f, ∂y f, ∂xx f, ∂xy f, ∂yy f), each a number or an array over points; the rules are those of the chain
and the product (Griewank and Walther, "Evaluating Derivatives", 2008, chapter 13).
"""

from __future__ import annotations

import ast
import math
from types import SimpleNamespace

import numpy as np

Jet = tuple[np.ndarray, ...]
CONSTANTS = {"pi": math.pi, "e": math.e}
_NUMPY = SimpleNamespace(
    **{name: getattr(np, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sign")},
    asin=np.arcsin,
    acos=np.arccos,
    atan=np.arctan,
    abs=np.abs,
    pow=np.power,
)
FUNCTIONS = (
    "sqrt", "exp", "log", "ln", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "abs",
)  # fmt: skip


def jets(tree: ast.expr, x: np.ndarray, y: np.ndarray) -> Jet:
    """(value, ∂x, ∂y, ∂xx, ∂xy, ∂yy) at points x, y of one shape; nan where it is not defined."""
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    zero, one = np.zeros(x.shape), np.ones(x.shape)
    start = {"x": (x, one, zero, zero, zero, zero), "y": (y, zero, one, zero, zero, zero)}
    with np.errstate(all="ignore"):
        return tuple(np.broadcast_to(part, x.shape) for part in _jet(tree, start))


def unary(name: str, m: SimpleNamespace, a: float | np.ndarray) -> tuple:
    """(f, f', f'') of a function at a, with the functions of `m`."""
    match name:
        case "sqrt":
            root = m.sqrt(a)
            return root, 0.5 / root, -0.25 / (root * a)
        case "exp":
            value = m.exp(a)
            return value, value, value
        case "log" | "ln":
            return m.log(a), 1 / a, -1 / (a * a)
        case "sin":
            sine = m.sin(a)
            return sine, m.cos(a), -sine
        case "cos":
            cosine = m.cos(a)
            return cosine, -m.sin(a), -cosine
        case "tan":
            tangent = m.tan(a)
            slope = 1 + tangent * tangent
            return tangent, slope, 2 * tangent * slope
        case "asin" | "acos":
            sign = 1.0 if name == "asin" else -1.0
            rest = 1 - a * a
            slope = sign / m.sqrt(rest)
            return (m.asin if name == "asin" else m.acos)(a), slope, slope * a / rest
        case "atan":
            rest = 1 + a * a
            return m.atan(a), 1 / rest, -2 * a / (rest * rest)
        case "sinh":
            value = m.sinh(a)
            return value, m.cosh(a), value
        case "cosh":
            value = m.cosh(a)
            return value, m.sinh(a), value
        case "tanh":
            value = m.tanh(a)
            slope = 1 - value * value
            return value, slope, -2 * value * slope
        case "abs":
            return m.abs(a), m.sign(a), 0.0 * a
    raise TypeError(name)


def _jet(node: ast.expr, start: dict[str, Jet]) -> Jet:
    match node:
        case ast.Constant(value=value):
            return (np.float64(value), *[np.float64(0.0)] * 5)
        case ast.Name(id=name) if name in start:
            return start[name]
        case ast.Name(id=name):
            return (np.float64(CONSTANTS[name]), *[np.float64(0.0)] * 5)
        case ast.UnaryOp(op=op, operand=operand):
            inner = _jet(operand, start)
            return tuple(-part for part in inner) if isinstance(op, ast.USub) else inner
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            inner = _jet(argument, start)
            return _chained(inner, *unary(name, _NUMPY, inner[0]))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _jet(left, start), _jet(right, start)
            match op:
                case ast.Add():
                    return tuple(p + q for p, q in zip(a, b, strict=True))
                case ast.Sub():
                    return tuple(p - q for p, q in zip(a, b, strict=True))
                case ast.Mult():
                    return _product(a, b)
                case ast.Div():
                    one = np.float64(1.0) / b[0]
                    return _product(a, _chained(b, one, -one * one, 2 * one**3))
            return _raised(a, b)
    raise TypeError(type(node).__name__)


def _chained(a: Jet, value: np.ndarray, first: np.ndarray, second: np.ndarray) -> Jet:
    """f(a) from f, f' and f'' at a."""
    if not any(np.ndim(part) or part for part in a[1:]):  # a constant, where 0 times an infinite slope is no matter
        return (value, *a[1:])
    _, x, y, xx, xy, yy = a
    return (
        value,
        first * x,
        first * y,
        first * xx + second * x * x,
        first * xy + second * x * y,
        first * yy + second * y * y,
    )


def _product(a: Jet, b: Jet) -> Jet:
    (f, fx, fy, fxx, fxy, fyy), (g, gx, gy, gxx, gxy, gyy) = a, b
    return (
        f * g,
        fx * g + f * gx,
        fy * g + f * gy,
        fxx * g + 2 * fx * gx + f * gxx,
        fxy * g + fx * gy + fy * gx + f * gxy,
        fyy * g + 2 * fy * gy + f * gyy,
    )


def _raised(a: Jet, b: Jet) -> Jet:
    """a^b; with a constant power the base may be negative."""
    if not any(np.any(part) for part in b[1:]) and np.ndim(b[0]) == 0:
        power = b[0]
        first = power * np.power(a[0], power - 1) if power else np.float64(0.0)
        second = power * (power - 1) * np.power(a[0], power - 2) if power not in (0.0, 1.0) else np.float64(0.0)
        return _chained(a, np.power(a[0], power), first, second)
    log = _chained(a, np.log(a[0]), 1 / a[0], -1 / a[0] ** 2)
    exponent = _product(log, b)
    value = np.power(a[0], b[0])
    return _chained(exponent, value, value, value)
