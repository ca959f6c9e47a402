"""det(exp A) = exp(tr A): both sides, their error, and the panels that say why."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

import core
from core.errors import VisitorError
from core.mathtoys import exponentials, flow, generators, precise
from core.mathtoys.cost import cost
from core.mathtoys.matrix import identity, scientific

ENTRY = st.floats(-20, 20)
SQUARE = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(ENTRY, min_size=n, max_size=n), min_size=n, max_size=n).map(np.array)
)


@settings(deadline=None, max_examples=25)
@given(SQUARE, SQUARE)
def test_the_identity_holds_within_what_rounding_allows(a, b):
    assert identity(a).within
    if a.shape == b.shape:
        assert identity(a + 1j * b).within


@pytest.mark.parametrize("kind", generators.KINDS)
@pytest.mark.parametrize("n", [1, 2, 9, 40])
def test_the_identity_holds_for_every_kind(kind, n):
    found = identity(generators.generate(kind, n, 2))
    assert found.within
    assert found.relative_error < 1e-9


@pytest.mark.parametrize("trace", [1e6, -1e6])
def test_no_overflow_at_a_trace_of_a_million(trace):
    found = identity([[trace, 1.0, 0.0], [2.0, 3.0, 1.0], [0.0, 1.0, -3.0]])
    assert found.left is None and found.right is None
    assert found.log_left.real == pytest.approx(trace, rel=1e-12)
    assert found.within and found.parts > 1


def test_the_worked_example_of_the_post():
    found = identity("[[1, 0], [1, 0]]")  # exp(A) = I + (e - 1) A
    assert found.left == pytest.approx(math.e, rel=1e-15)
    assert np.allclose(
        exponentials.elementwise("1 0; 1 0").matrix, np.eye(2) + (math.e - 1) * np.array([[1, 0], [1, 0]])
    )


def test_an_angle_is_told_up_to_whole_turns():
    found = identity("10i 0; 0 1")
    assert found.log_right.imag == pytest.approx(10 - 4 * math.pi)
    assert found.within and found.left == pytest.approx(np.exp(1 + 10j))


def test_a_wrong_determinant_would_be_seen(monkeypatch):
    monkeypatch.setattr(linalg, "expm", np.exp)  # entry by entry
    assert not identity("0.5 -2; 2 0").within


def test_ill_conditioned_exponentials_are_taken_in_parts():
    found = identity("40 100; 0 -40")
    assert found.parts > 1 and found.within
    assert found.left == pytest.approx(1, rel=1e-9)


def test_core_answers_with_the_same():
    assert core.matrix([[0.0, 1.0], [-1.0, 0.0]]).left == pytest.approx(1)


@pytest.mark.parametrize(
    ("log", "text"),
    [
        (0.0, "1"),
        (1.0, "2.718282"),
        (1e6, "3.033215e+434294"),
        (-1e6, "3.296831e-434295"),
        (1e12, "1.786e+434294481903"),  # no digit more than the logarithm, a double, knows
        (-math.inf, "0"),
    ],
)
def test_numbers_of_any_size_are_written(log, text):
    assert scientific(log) == text


# ---- many digits


@pytest.mark.parametrize("text", ["0.5 -2; 2 0", "1/3 sqrt(2); pi i", "300 1; 0 -299", "hilbert(5)"])
def test_both_sides_agree_to_every_digit_asked_for(text):
    found = precise.verify(text, 60)
    assert found.agreed >= 59 and found.stable


def test_many_digits_have_a_bound_of_work():
    long = " + ".join(["e^(i)"] * 45)
    rows = "\n".join(",".join([long] * 6) for _ in range(6))
    with pytest.raises(VisitorError, match="10,000 characters"):
        precise.verify(rows, 30)
    with pytest.raises(VisitorError, match="10,000 characters"):
        precise.verify("\n".join(",".join(["7^.3-7^.3+" * 35 + "1"] * 6) for _ in range(6)), 30)
    with pytest.raises(VisitorError, match="norms up to 66"):
        precise.verify(100 * np.eye(12), 100)
    assert precise.verify(40 * np.eye(12), 100).agreed == 100


def test_fractions_are_not_rounded_first():
    mpmath.mp.dps = 15
    found = precise.verify("1/3 0; 0 2/3", 100)
    assert found.right.startswith(
        "2.718281828459045235360287471352662497757247093699959574966967627724076630353547594571382"
    )
    assert mpmath.mp.dps == 15  # the context that everybody shares is left alone


def test_closed_forms():
    found = precise.exact("1 0; 1 0")
    assert (found.determinant, found.exp_trace, found.equal, found.diagonalisable) == ("e", "e", True, True)
    found = precise.exact("1/2 1; 0 1/2")
    assert (found.determinant, found.equal, found.diagonalisable) == ("e", True, False)
    assert precise.exact("0 -1; 1 0").equal


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1 2 3; 4 5 6; 7 8 10", "matrix_no_formula"),
        ("sqrt(2) 1; 1 1", "matrix_not_rational"),
        ("i 1; 1 1", "matrix_not_rational"),
        ("hilbert(4)", "matrix_not_rational"),
        ("1234567 1; 1 1", "matrix_not_rational"),
    ],
)
def test_what_has_no_closed_form_is_told(text, key):
    with pytest.raises(VisitorError) as caught:
        precise.exact(text)
    assert caught.value.key == key


# ---- why it holds


def test_the_series_converges_and_fails():
    calm, harsh = exponentials.series("0.5 -2; 2 0"), exponentials.series("-30 1; 0 -31")
    assert calm.errors[-1] < 1e-14 and calm.verified
    assert harsh.errors.min() > 1e-6 and harsh.scaling_error < 1e-11 and harsh.largest_term > 1e11
    assert exponentials.series("nilpotent(5, 1)").errors[4:].max() < 1e-14  # five terms, and it ends


def test_a_defective_matrix_is_known_as_such():
    found = exponentials.spectrum("1 1; 0 1")
    assert found.defective and found.total == 2
    assert not exponentials.spectrum("1 0; 1 0").defective
    assert exponentials.series("1 1; 0 1").eigen_error > 0.1
    for a, b, c, d in itertools.product(range(-4, 5), repeat=4):
        if (a - d) ** 2 + 4 * b * c == 0 and (b or c):  # one eigenvalue twice, and no multiple of the identity
            assert exponentials.spectrum([[a, b], [c, d]]).defective, (a, b, c, d)


@pytest.mark.parametrize("text", ["-2 -1; 4 2", "-1 4; -1 3", "-3 -1; 4 1"])
def test_eigenvectors_that_cannot_be_inverted_are_no_way_to_the_exponential(text):
    """Their condition comes out finite, their inverse may meet a pivot of 0, as rounding has it."""
    found = exponentials.series(text)
    assert found.eigen_error > 0.1 and found.errors.min() < 1e-14


def test_an_inverse_that_does_not_come_out_is_an_infinite_error(monkeypatch):
    def singular(vectors):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(np.linalg, "inv", singular)
    assert exponentials.series("1 2; 3 4").eigen_error == math.inf


def test_entry_by_entry_is_something_else():
    found = exponentials.elementwise("0.5 -2; 2 0")
    assert np.allclose(found.entries, [[math.exp(0.5), math.exp(-2)], [math.exp(2), 1]])
    assert found.determinant_matrix == pytest.approx(math.exp(0.5)) and found.exp_trace == pytest.approx(math.exp(0.5))
    assert abs(found.determinant_entries - found.exp_trace) > 0.5


def test_sums():
    commuting = exponentials.sums("1 2; 0 1", "3 5; 0 3")
    assert commuting.commutator == 0 and commuting.difference < 1e-11
    other = exponentials.sums("0 1; 0 0", "0 0; 1 0")
    assert other.commutator == pytest.approx(math.sqrt(2)) and other.difference > 0.1
    assert other.determinant_together == pytest.approx(1) and other.determinant_apart == pytest.approx(1)
    assert commuting.commute and not other.commute
    assert not exponentials.sums("0 1e-7; 0 0", "0 0; 1e-7 0").commute, "small as they are"
    small = exponentials.sums("0 0.001; 0 0", "0 0; 0.001 0")
    assert small.difference == pytest.approx(small.leading, rel=1e-3)


def test_logarithms():
    found = exponentials.logarithm("0.5 -2; 2 0")
    assert found.same and found.turns == 0 and found.distance < 1e-13
    assert exponentials.logarithm("pi*i").same, "the end that belongs to it"
    far = exponentials.logarithm("rotation(2, 4)")
    assert not far.same and far.distance > 0.5
    assert exponentials.logarithm("4i 0; 0 5i").turns in (-1, 1)
    with pytest.raises(VisitorError, match="singular"):
        exponentials.logarithm("60 0; 0 -30")


@settings(deadline=None, max_examples=20)
@given(st.floats(-6, 6), st.integers(0, 5))
def test_every_branch_is_a_logarithm(angle, most):
    found = exponentials.branches(angle, most)
    assert len(found) == 2 * most + 1
    assert max(branch.error for branch in found) < 1e-11
    assert all(b.angle - a.angle == pytest.approx(2 * math.pi) for a, b in zip(found, found[1:], strict=False))


@settings(deadline=None, max_examples=10)
@given(
    st.integers(2, 3).flatmap(
        lambda n: st.lists(st.lists(st.floats(-3, 3), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_the_volume_carried_along_is_exp_of_the_trace(rows):
    found = flow.flow(rows, 11)
    assert np.allclose(found.volumes, found.expected, rtol=1e-8)
    assert np.allclose(found.corners[:, -1], found.exponentials.sum(2))  # the far corner is the sum of the columns
    assert np.allclose(flow.path(rows, 11).left, found.expected, rtol=1e-8)


@pytest.mark.parametrize("text", ["1", "random(4)", "1 i; 0 1"])
def test_the_flow_is_for_the_plane_and_space(text):
    with pytest.raises(VisitorError) as caught:
        flow.flow(text)
    assert caught.value.key == "matrix_flow"


def test_panels_tell_their_limits():
    for work in (exponentials.series, exponentials.elementwise, exponentials.logarithm, flow.path):
        with pytest.raises(VisitorError) as caught:
            work("hilbert(201)")
        assert caught.value.key == "matrix_only_to"
    with pytest.raises(VisitorError) as caught:
        exponentials.series("1000 0; 0 1")
    assert caught.value.key == "matrix_norm"


def test_cost_is_measured():
    found = cost("1 2; 3 4", sizes=(3, 30))
    assert found.n == 2 and len(found.lefts) == len(found.rights) == 2
    assert all(seconds > 0 for seconds in (*found.lefts, *found.rights, found.left, found.right))


@pytest.mark.parametrize("size", [20, 40, 50])
def test_what_is_shown_below_is_the_determinant_that_stands_above(size):
    """Where exp(A) is singular to the last digit its LU would say 0, or 1e18, for 1."""
    text = f"0 {size}; {size} 0"
    path, flowing = flow.path(text), flow.flow(text)
    assert path.largest_gap < 1e-9
    assert np.allclose(path.left, 1) and np.allclose(flowing.volumes, 1) and np.allclose(flowing.expected, 1)
    assert exponentials.elementwise(text).determinant_matrix == pytest.approx(1)
    found = exponentials.sums(text, "1 0; 0 1")
    assert found.determinant_together == pytest.approx(math.e**2) and found.determinant_apart == pytest.approx(
        math.e**2
    )
