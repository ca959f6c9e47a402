"""Plain SGD and both versions of RMSprop against the formulas, written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import backend, optim

RATE, RHO, EPSILON = 0.25, 0.75, 1e-3
NAMES = ("SGD", "ElementwiseRMSprop", "ScalarRMSprop")


def make(name: str, **others):
    """An optimizer by name with the constants above, exact in float32 where they can be."""
    constants = {} if name == "SGD" else {"rho": RHO, "epsilon": EPSILON}
    return getattr(optim, name)(**{"learning_rate": RATE, **constants, **others})


def by_hand(name: str, start: list[np.ndarray], gradients: list[list[np.ndarray]]) -> list[np.ndarray]:
    """The post's formulas over several parameters, in float64."""
    values, squares = [v.astype(float) for v in start], [0.0] * len(start)
    for row in gradients:
        norm = sum((g**2).sum() for g in row)
        for i, g in enumerate(row):
            squares[i] = RHO * squares[i] + (1 - RHO) * (norm if name == "ScalarRMSprop" else g**2)
            values[i] = values[i] - RATE * g / (1 if name == "SGD" else np.sqrt(squares[i] + EPSILON))
    return values


def random_gradients(seed: int, steps: int = 6, scale: float = 1.0) -> tuple[list, list]:
    rng = np.random.default_rng(seed)
    start = [rng.normal(0, 1, (4, 3)), rng.normal(0, 1, 5)]
    return start, [[rng.normal(0, scale, s.shape) for s in start] for _ in range(steps)]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-4, 1.0, 1e4]))
def test_it_follows_the_formula(name, seed, scale):
    tf = backend.load().tf
    start, gradients = random_gradients(seed, scale=scale)
    variables, optimizer = [tf.Variable(s) for s in start], make(name)  # float64
    for row in gradients:
        optimizer.apply_gradients(zip(map(tf.constant, row), variables, strict=True))
    for variable, wanted in zip(variables, by_hand(name, start, gradients), strict=True):
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-6, atol=1e-7 * max(1, scale))
    assert int(optimizer.iterations) == len(gradients)


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_an_embedding_are_as_a_dense_gradient(name):
    """Rows that come twice are summed before they are squared, and G of the others decays."""
    tf = backend.load().tf
    table, optimizer = tf.Variable(np.ones((5, 2))), make(name)
    dense = []
    for indices in ([1, 1, 3], [0, 3], [1]):
        rows = np.arange(1.0, 2 * len(indices) + 1).reshape(-1, 2)
        sparse = tf.IndexedSlices(tf.constant(rows), tf.constant(indices), tf.constant([5, 2]))
        optimizer.apply_gradients([(sparse, table)])
        dense.append([tf.convert_to_tensor(sparse).numpy()])
    np.testing.assert_allclose(table.numpy(), by_hand(name, [np.ones((5, 2))], dense)[0], rtol=1e-6)


def test_the_scalar_version_keeps_the_direction_and_the_other_does_not():
    tf = backend.load().tf
    gradient, turned = np.array([3.0, -4.0, 0.5]), {}
    for name in ("ScalarRMSprop", "ElementwiseRMSprop"):
        variable = tf.Variable(np.zeros(3))
        make(name).apply_gradients([(tf.constant(gradient), variable)])
        step = -variable.numpy()
        turned[name] = 1 - step @ gradient / np.linalg.norm(step) / np.linalg.norm(gradient)
    assert turned["ScalarRMSprop"] == pytest.approx(0, abs=1e-12)
    assert turned["ElementwiseRMSprop"] > 0.05


def test_epsilon_is_inside_the_root():
    """At g → 0 the step is γ·g/√ε; with ε outside it would be γ·g/ε, a thousand times as long."""
    tf = backend.load().tf
    for name in ("ScalarRMSprop", "ElementwiseRMSprop"):
        variable = tf.Variable(np.zeros(1))
        make(name, epsilon=1e-6).apply_gradients([(tf.constant(np.array([1e-9])), variable)])
        assert -variable.numpy()[0] == pytest.approx(RATE * 1e-9 / 1e-3, rel=1e-5)


def test_constraints_schedules_and_steps_are_counted():
    """As post 2 asks of its SGD."""
    tf, keras = backend.load().tf, backend.load().keras
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [1.0, 0.5])
    variable = tf.Variable([1.0], constraint=keras.constraints.NonNeg())
    optimizer = optim.SGD(schedule)
    seen = []
    for gradient in (0.25, 0.25, 0.25, 9.0):
        optimizer.apply_gradients([(tf.constant([gradient]), variable)])
        seen.append(float(variable[0]))
    assert seen == [0.75, 0.5, 0.375, 0.0]
    assert int(optimizer.iterations) == 4


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_it_goes_on_alike(name, tmp_path):
    tf, keras = backend.load().tf, backend.load().keras
    start, gradients = random_gradients(7)
    variables, optimizer = [tf.Variable(s) for s in start], make(name)

    def apply(rows, to, by):
        for row in rows:
            by.apply_gradients(zip(map(tf.constant, row), to, strict=True))

    apply(gradients[:3], variables, optimizer)
    path = tf.train.Checkpoint(variables=variables, optimizer=optimizer).write(str(tmp_path / "state"))
    apply(gradients[3:], variables, optimizer)
    others = [tf.Variable(np.zeros_like(s)) for s in start]
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    again.build(others)
    tf.train.Checkpoint(variables=others, optimizer=again).read(path).assert_consumed()
    apply(gradients[3:], others, again)
    for one, other in zip(variables, others, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_a_model_trains_with_it(name):
    keras = backend.load().keras
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (64, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], np.float32)
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(3,))])
    model.compile(make(name, learning_rate=0.02) if name == "SGD" else make(name), "mse")
    losses = model.fit(x, y, 16, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("wrong", [{"rho": 1.0}, {"rho": -0.1}, {"epsilon": 0.0}, {"epsilon": float("nan")}], ids=str)
def test_values_out_of_range(wrong):
    with pytest.raises(ValueError, match="must"):
        make("ScalarRMSprop", **wrong)
