"""Heun, RK4 and RK23 inside a Keras model: orders, stability and errors, against exact flows and SciPy."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.integrate import RK23, solve_ivp
from scipy.linalg import expm

from core import backend
from core.optim import SGD, integrating
from core.optim.heun import METHODS

X = np.array([[1.0, 0.5], [-0.5, 1.5], [1.0, 1.0], [0.25, -1.0]])
START = np.array([1.0, -0.75])


def model(loss="mse", step: float | object = 0.125, **settings):
    """θ·x for a θ of two numbers in float64, that begins at START."""
    keras = backend.load().keras
    inputs = keras.Input((2,), dtype="float64")
    made = integrating()(inputs, keras.layers.Dense(1, use_bias=False, dtype="float64")(inputs))
    made.compile(step, loss, **settings)
    made.set_weights([START[:, None]])
    return made


def again(made, step: float) -> None:
    """The same model from START, with another step."""
    made.set_weights([START[:, None]])
    made.optimizer.learning_rate.assign(step)
    made.flow.time.assign(0)
    made.flow.gradients.assign(0)


def path(made, steps: int) -> np.ndarray:
    """θ after each of `steps` training steps on all of X."""
    found = []
    for _ in range(steps):
        made.train_on_batch(X, np.zeros((4, 1)))
        found.append(made.get_weights()[0][:, 0])
    return np.array(found)


def end(made, steps: int) -> np.ndarray:
    """θ after `steps` of them, in compiled loops of 32."""
    made.fit(np.tile(X, (steps, 1)), np.zeros((4 * steps, 1)), batch_size=4, shuffle=False, verbose=0)
    return made.get_weights()[0][:, 0]


def linear(t: float) -> np.ndarray:
    """The exact flow of L = mean((X·θ)²): θ' = −(2/n)·XᵀX·θ."""
    return expm(-2 / len(X) * X.T @ X * t) @ START


def quartic(y, predicted):
    """L = mean((x·θ)⁴)/4, whose flow is not linear."""
    return predicted**4 / 4


def quartic_gradient(theta: np.ndarray) -> np.ndarray:
    return ((X @ theta) ** 3) @ X / len(X)


@functools.cache
def quartic_flow(t: float) -> np.ndarray:
    return solve_ivp(lambda _, y: -quartic_gradient(y), (0, t), START, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1]


@pytest.mark.parametrize("flow", ["linear", "nonlinear"])
@pytest.mark.parametrize("method", ["euler", "heun", "rk4"])
def test_order_of_convergence(method, flow):
    """Half the step, 1/2, 1/4 or 1/16 of the error at t = 2."""
    loss, exact = ("mse", linear) if flow == "linear" else (quartic, quartic_flow)
    errors, made = [], model(loss, method=method, steps_per_execution=32)
    for steps in (32, 64, 128):
        again(made, 2 / steps)
        errors.append(np.linalg.norm(end(made, steps) - exact(2.0)))
        assert float(made.flow.time) == 2.0
        assert int(made.flow.gradients) == steps * len(METHODS[method].b)
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx(METHODS[method].order, abs=0.35)
    assert orders[-1] == pytest.approx(METHODS[method].order, abs=0.2)


def test_conditions_of_order():
    """Butcher's conditions up to order 3 (4 for rk4), which no single flow can stand for."""
    for name, tableau in METHODS.items():
        count = len(tableau.b)
        a = np.array([[*row, *[0.0] * (count - len(row))] for row in tableau.a])
        b, c = np.array(tableau.b), a.sum(1)
        conditions = [(1, b.sum(), 1), (2, b @ c, 1 / 2), (3, b @ c**2, 1 / 3), (3, b @ a @ c, 1 / 6)]
        conditions += [(4, b @ c**3, 1 / 4), (4, (b * c) @ a @ c, 1 / 8)]
        conditions += [(4, b @ a @ c**2, 1 / 12), (4, b @ a @ a @ c, 1 / 24)]
        for order, value, wanted in conditions:
            if order <= tableau.order:
                assert value == pytest.approx(wanted, abs=1e-15), (name, order)
        if tableau.error:
            lower = b - np.array(tableau.error)
            assert lower.sum() == pytest.approx(1)
            assert lower @ c == pytest.approx(1 / 2)
            assert abs(lower @ c**2 - 1 / 3) > 1e-3  # one order lower indeed


@pytest.mark.parametrize(("method", "bound"), [("euler", 2), ("heun", 2), ("rk4", 2.785)])
def test_stability_bounds(method, bound):
    """The largest eigenvalue of the linear flow is λ: just below the bound hλ shrinks it, just above it grows."""
    largest = np.linalg.eigvalsh(2 / len(X) * X.T @ X).max()
    made = model(method=method, steps_per_execution=32)
    for part, stable in ((0.98, True), (1.02, False)):
        again(made, part * bound / largest)
        ends = np.linalg.norm(end(made, 160))
        assert (ends < 0.1) == stable


def test_euler_is_plain_sgd():
    keras = backend.load().keras
    made = model("mse", 0.125, method="euler")
    inputs = keras.Input((2,), dtype="float64")
    other = keras.Model(inputs, keras.layers.Dense(1, use_bias=False, dtype="float64")(inputs))
    other.compile(keras.optimizers.SGD(0.125), "mse")
    other.set_weights([START[:, None]])
    other.fit(X, np.zeros((4, 1)), batch_size=4, epochs=5, verbose=0)
    np.testing.assert_allclose(path(made, 5)[-1], other.get_weights()[0][:, 0], rtol=1e-12)


def test_heun_by_hand():
    """Post 2: p̃ = p + ε·g(p), p' = p + ε/2·(g(p) + g(p̃)), on the same batch."""
    there = START - 0.25 * quartic_gradient(START)
    wanted = START - 0.125 * (quartic_gradient(START) + quartic_gradient(there))
    np.testing.assert_allclose(path(model(quartic, 0.25), 1)[0], wanted, rtol=1e-12)


@pytest.mark.parametrize(("rtol", "atol", "first"), [(1e-3, 1e-6, 0.5), (1e-5, 1e-8, 0.25), (1e-2, 1e-4, 16.0)])
def test_rk23_takes_the_steps_that_scipy_takes(rtol, atol, first):
    """Step for step, also where the first one is far too long and is refused several times."""
    made = model(quartic, first, method="rk23", rtol=rtol, atol=atol)
    theirs = RK23(lambda _, y: -quartic_gradient(y), 0, START, 1e9, rtol=rtol, atol=atol, first_step=first)
    for theta in path(made, 15):
        theirs.step()
        np.testing.assert_allclose(theta, theirs.y, rtol=1e-4, atol=1e-7)
    assert float(made.flow.time) == pytest.approx(theirs.t, rel=1e-4)
    assert int(made.flow.rejected) > 0
    assert int(made.flow.gradients) == 4 * 15 + 3 * int(made.flow.rejected)


def test_rk23_keeps_the_error_in_hand():
    """At t ≈ 2: a hundredth of the tolerance, far less of the error, and about 100^(1/3) times the steps."""
    errors, counts = [], []
    for tolerance in (1e-3, 1e-5):
        made = model(quartic, 0.01, method="rk23", rtol=tolerance, atol=tolerance)
        count = 0
        while float(made.flow.time) < 2:
            theta, count = path(made, 1)[0], count + 1
        errors.append(np.linalg.norm(theta - quartic_flow(round(float(made.flow.time), 9))))
        counts.append(count)
        assert errors[-1] < 5 * tolerance
    assert errors[1] < errors[0] / 20
    assert counts[0] < counts[1] < 8 * counts[0]


def test_rk23_gives_up_on_a_batch_and_says_so():
    """Two attempts are too few for a step of 10⁶: nothing moves, and the next batch begins where they ended."""
    made = model(quartic, 1e6, method="rk23", attempts=2)
    np.testing.assert_array_equal(path(made, 1)[0], START)
    assert (int(made.flow.rejected), float(made.flow.time), int(made.optimizer.iterations)) == (2, 0.0, 0)
    assert float(made.optimizer.learning_rate) == pytest.approx(4e4, rel=1e-5)
    path(made, 20)
    assert float(made.flow.time) > 0


def test_rk23_survives_what_is_not_finite():
    """Steps at whose end the loss overflows are refused like others."""
    made = model(lambda y, p: backend.load().tf.exp(p**2), 1e30, method="rk23", attempts=200)
    assert np.isfinite(path(made, 3)).all()
    assert int(made.flow.rejected) > 20


def test_the_longest_step():
    made = model("mse", 0.01, method="rk23", longest=0.05, rtol=0.1, atol=0.1)
    path(made, 5)
    assert float(made.flow.time) == pytest.approx(0.01 + 4 * 0.05, rel=1e-5)


def test_metrics_are_those_of_where_a_step_begins():
    made = model("mse", 0.25, method="rk4", metrics=["mae"])
    logs = made.train_on_batch(X, np.zeros((4, 1)), return_dict=True)
    assert logs["loss"] == pytest.approx(np.mean((X @ START) ** 2))
    assert logs["mae"] == pytest.approx(np.mean(np.abs(X @ START)))


def test_schedules_act_on_the_step_that_comes():
    keras = backend.load().keras
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.25, 0.125])
    made = model(quartic, SGD(schedule))
    wanted = START
    for h in (0.25, 0.125):
        there = wanted - h * quartic_gradient(wanted)
        wanted = wanted - h / 2 * (quartic_gradient(wanted) + quartic_gradient(there))
    np.testing.assert_allclose(path(made, 2)[-1], wanted, rtol=1e-7)


def test_embeddings_fit_and_checkpoints(tmp_path):
    tf, keras = backend.load().tf, backend.load().keras

    def made():
        keras.utils.set_random_seed(2)
        ids = keras.Input((3,), dtype="int32")
        rows = keras.layers.Flatten()(keras.layers.Embedding(5, 2)(ids))
        one = integrating()(ids, keras.layers.Dense(1)(rows))
        one.compile(0.1, "mse", method="rk23", rtol=1e-2)
        return one

    ids = np.random.default_rng(0).integers(0, 5, (24, 3))
    y = ids.sum(1, keepdims=True) / 5
    one, other = made(), made()
    losses = one.fit(ids, y, batch_size=8, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    tf.train.Checkpoint(other).read(tf.train.Checkpoint(one).write(str(tmp_path / "state")))
    for some in (one, other):
        some.fit(ids, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(one.predict(ids, verbose=0), other.predict(ids, verbose=0))
    assert float(one.flow.time) == float(other.flow.time)


@pytest.mark.parametrize(
    "wrong",
    [{"method": "rk45"}, {"step": 0.0}, {"step": float("inf")}, {"step": "adam"}, {"rtol": 0.0, "atol": 0.0}]
    + [{"longest": 0.0}, {"attempts": 0}],
    ids=str,
)
def test_what_is_refused(wrong):
    with pytest.raises(ValueError, match="must|step|rtol"):
        model(**{"method": "rk23", **wrong})


def test_optimizers_that_are_no_plain_sgd_are_refused():
    optimizers = backend.load().keras.optimizers
    schedule = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    for optimizer, method in (
        (optimizers.Adam(), "heun"),
        (optimizers.SGD(0.1, momentum=0.5), "heun"),
        (optimizers.legacy.SGD(0.1), "heun"),
        (SGD(schedule), "rk23"),
    ):
        with pytest.raises(ValueError, match="step"):
            model(step=optimizer, method=method)
