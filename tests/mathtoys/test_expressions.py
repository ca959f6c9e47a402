"""Formulas: what is read, exactly and to many digits, and what is refused."""

import contextlib
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.mathtoys.expressions import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/3", 1 / 3),
        ("-2^2", -4),
        ("2^-1", 0.5),
        ("2**3**2", 512),
        ("2 pi i", 2j * math.pi),
        ("3i", 3j),
        ("I", 1j),
        ("(1+i)(1-i)", 2),
        ("2sqrt(2)", 2 * math.sqrt(2)),
        ("sqrt(-1)", 1j),
        ("exp(1) - e", 0),
        ("007", 7),
        ("1.5e-3", 0.0015),
        ("\u03c0 \u00d7 2", 2 * math.pi),
    ],
)
def test_values(text, value):
    assert parse(text).number() == pytest.approx(value)


@settings(deadline=None)
@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=10**6))
def test_rationals_stay_exact(a, b):
    text = f"({a}) + ({b})*i - 0.25"
    assert parse(text).rational() == (a - Fraction(1, 4), b)


def test_irrational_is_no_rational_but_has_every_digit():
    found = parse("sqrt(2)/3")
    assert found.rational() is None
    context = mpmath.MPContext()
    context.dps = 60
    assert abs(found.precise(context) * 3 - context.sqrt(2)) < context.mpf(10) ** -58
    assert parse("0.1").precise(context) * 10 == 1  # not the double 0.1


def test_variables_are_worked_out_over_arrays():
    found = parse("x^2 + sin(3x y) - 2e^(-x)", ("x", "y"))
    x, y = np.linspace(-1, 1, 5)[:, None], np.linspace(0, 2, 4)
    assert found.variables == {"x", "y"}
    assert np.allclose(found.values(x=x, y=y), x**2 + np.sin(3 * x * y) - 2 * np.exp(-x))
    assert found.values(x=x, y=y).shape == (5, 4)
    assert np.isnan(parse("sqrt(x)", ("x",)).values(x=-1.0))
    assert parse("3", ("x",)).values(x=np.zeros(4)).tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "expression_form"),
        ("1 2", "expression_form"),
        ("1,2", "expression_form"),
        ("sqrt", "expression_form"),
        ("sqrt(1,2)", "expression_form"),
        ("(1", "expression_form"),
        ("1)", "expression_form"),
        ("1 if 1 else 2", "expression_word"),
        ("[1]", "expression_form"),
        ("'a'", "expression_form"),
        ("__import__('os').system('x')", "expression_form"),
        ("x.real", "expression_word"),
        ("lambda", "expression_word"),
        ("open(1)", "expression_word"),
        ("9**9**9", "expression_value"),
        ("1e999999", "expression_value"),
        ("1/0", "expression_value"),
        ("(" * 40 + "1" + ")" * 40, "expression_deep"),
        ("1+" * 300 + "1", "expression_long"),
    ],
)
def test_refused(text, key):
    with pytest.raises(VisitorError) as caught:
        parse(text).number()
    assert caught.value.key == key


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="0123.eix()+-*/^ sqrtlogn", max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(VisitorError):
        parse(text, ("x",)).values(x=1.0)
    with contextlib.suppress(VisitorError):
        parse(text).rational()
