"""Bounds of stability: the factors of a step against a real step, and paths at both sides of the bound."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.optim.flow import optimize
from core.optim.methods import RULES
from core.optim.settings import Setting
from core.optim.stability import RK4, bound, growth

BOUNDED = ("gd", "heun", "rk4", "momentum", "nesterov")
betas = st.floats(0.0, 0.99)


@given(st.sampled_from(["gd", "heun", "rk4"]), st.floats(0.01, 4.0), st.floats(0.1, 10))
def test_the_factor_is_that_of_a_step(method, z, curvature):
    p = Setting(method, z / curvature)
    after, _ = RULES[method].step(np.ones(1), lambda theta: curvature * theta, {}, p)
    assert abs(float(after[0])) == pytest.approx(float(growth(method, z)), rel=1e-9, abs=1e-12)


@given(st.sampled_from(["momentum", "nesterov"]), st.floats(0.01, 5.0), betas)
def test_the_factor_is_the_largest_eigenvalue_of_a_step_with_velocity(method, z, beta):
    p = Setting(method, z, beta)
    columns = []
    for theta, velocity in ((1.0, 0.0), (0.0, 1.0)):
        state = {"v": np.array([velocity])}
        after, _ = RULES[method].step(np.array([theta]), lambda here: here, state, p)
        columns.append([after[0], state["v"][0]])
    largest = np.abs(np.linalg.eigvals(np.array(columns).T)).max()
    assert float(growth(method, z, beta)) == pytest.approx(largest, rel=1e-6, abs=1e-6)


@given(st.sampled_from(BOUNDED), betas, st.floats(0.01, 0.999))
def test_below_the_bound_it_shrinks_and_above_it_grows(method, beta, share):
    most = bound(method, beta)
    assert float(growth(method, most * share, beta)) <= 1 + 1e-12
    assert float(growth(method, most, beta)) == pytest.approx(1, abs=1e-7)
    assert float(growth(method, most * (2 - share), beta)) > 1


def test_the_bounds_of_the_posts():
    assert bound("gd") == bound("heun") == 2
    assert bound("rk4") == RK4 == pytest.approx(2.785, abs=5e-4)
    assert bound("momentum", 0.9) == pytest.approx(3.8)
    assert bound("adam") is None
    with pytest.raises(ValueError):
        growth("adam", 1.0)


def test_the_flow_always_shrinks_and_small_steps_agree_with_it():
    z = np.linspace(0.01, 3, 50)
    assert (growth("flow", z) < 1).all()
    for method, order in (("gd", 1), ("heun", 2), ("rk4", 4)):
        errors = np.abs(growth(method, np.array([0.1, 0.05])) - growth("flow", np.array([0.1, 0.05])))
        assert math.log2(errors[0] / errors[1]) == pytest.approx(order + 1, abs=0.15)


@given(st.sampled_from(BOUNDED), st.sampled_from([0.97, 1.03]), st.floats(2, 1e4), st.floats(-90, 90))
def test_paths_at_both_sides_of_the_bound(method, share, condition, turn):
    method_of = {"method": method, "rate": share * (bound(method, 0.5) or 0) / condition}
    if method in ("momentum", "nesterov"):
        method_of["beta1"] = 0.5
    path = optimize("bowl", [method_of], 0.7, 0.4, 300, condition=condition, turn=turn).paths[0]
    told = path.stability
    assert told.quadratic and told.product == pytest.approx(share * told.bound)
    assert told.curvature == pytest.approx(condition)
    assert told.left_at == (1 if share > 1 else None)
    if share > 1:
        assert path.ended == "diverged" or path.loss[-1] > path.loss[100]
    else:
        assert path.ended == "done" and path.loss[-1] < path.loss[0]


def test_the_scalar_rmsprop_is_euler_with_its_own_step():
    path = optimize("bowl", ["rmsprop_scalar"], steps=300).paths[0]
    steps = np.diff(path.time)
    told = path.stability
    assert told.bound == 2 and told.left_at
    assert 10 * steps[told.left_at - 1] == pytest.approx(told.product)
    assert (10 * steps[: told.left_at - 1] <= 2).all()


def test_off_a_quadratic_the_curvature_is_that_of_the_place():
    path = optimize("rosenbrock", [{"method": "gd", "rate": 0.0018}], steps=50).paths[0]
    assert not path.stability.quadratic
    assert path.stability.left_at == 1
    assert path.stability.curvature == pytest.approx(1506, abs=5)


@pytest.mark.parametrize("name", ["adam", "lion", "adagrad"])
def test_methods_without_a_bound_tell_none(name):
    assert optimize("bowl", [name]).paths[0].stability is None


def test_where_there_is_no_valley_there_is_no_bound():
    assert optimize("formula", ["gd"], formula="-x^2 - y^2", steps=10).paths[0].stability is None


def test_mini_batches_have_no_bound_in_common():
    """A step sees its own batch's curvature, which may be four times the whole loss's."""
    wild = optimize("minibatch", [{"method": "gd", "rate": 1.2}], steps=60, batch=1).paths[0]
    assert wild.ended == "diverged" and wild.stability is None
    assert optimize("minibatch", ["gd"], steps=60, batch=48).paths[0].stability.quadratic


def test_a_step_that_was_never_taken_leaves_no_range():
    """Where Rastrigin is steeper than one step further on."""
    for steps in range(1, 5):
        told = optimize("rastrigin", [{"method": "gd", "rate": 0.006}], steps=steps).paths[0].stability
        assert told is None or told.left_at is None or told.left_at <= steps
