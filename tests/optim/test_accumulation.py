"""Accumulated gradients are the big batch's, in loops of one's own: for every optimizer, and whatever the batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import backend
from core.optim import Accumulated
from tests.optim.small import NAMES, SAMPLES, Problem, optimizers, parts


def test_all_optimizers_are_named():
    assert tuple(optimizers()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_equals_the_big_batch(name):
    """Windows of three batches of 4 against batches of 12, twice over 38 samples: the last batch has 2, so has the
    last window."""
    big, small = Problem(), Problem()
    optimizer, accumulated = optimizers()[name](), Accumulated(optimizers()[name](), 3)
    for _ in range(2):
        big.train(optimizer, parts(12))
        updated = small.accumulate(accumulated, parts(4))
        assert updated == [False, False, True] * 3 + [False]
        assert bool(accumulated.flush())
        assert not bool(accumulated.flush())
    np.testing.assert_allclose(small.state(), big.state(), rtol=1e-4, atol=2e-6)
    assert int(accumulated.iterations) == int(optimizer.iterations) == 8


@pytest.mark.parametrize("name", [*NAMES[3:6], *NAMES[9:12], "legacy RMSprop", "bert4keras Adam"])
def test_it_equals_the_big_batch_where_tokens_repeat(name):
    """Where it clips, against the rows summed: Keras clips those of a repeated token before it sums them, so that what
    it measures depends on how often a token comes and is no gradient's norm."""
    big, small = Problem(repeated=True), Problem(repeated=True)
    big.train(optimizers()[name](), parts(19), summed="clip" in name)
    small.accumulate(Accumulated(optimizers()[name](), 2), [slice(0, 10), slice(10, 19), slice(19, 29), slice(29, 38)])
    np.testing.assert_allclose(small.state(), big.state(), rtol=1e-4, atol=2e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, SAMPLES - 1), min_size=0, max_size=8, unique=True), st.integers(0, 10**6))
def test_batches_of_any_sizes_make_the_gradient_of_the_whole(cuts, seed):
    """One window over all samples, in float64: the weighted mean is the mean, whatever the cuts and the order."""
    order = np.random.default_rng(seed).permutation(SAMPLES)
    edges = [0, *sorted(cuts), SAMPLES]
    batches = [order[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    big, small = Problem(True, "float64"), Problem(True, "float64")
    sgd = backend.load().keras.optimizers.SGD
    big.train(sgd(1.0), [slice(None)])
    small.accumulate(Accumulated(sgd(1.0), len(batches)), batches)
    np.testing.assert_allclose(small.state(), big.state(), rtol=1e-12, atol=1e-13)


def test_rows_that_no_batch_touched_stay_untouched():
    """Legacy momentum moves only the rows of the gradient, and gets rows here too."""
    old = backend.load().keras.optimizers.legacy
    big, small = Problem(), Problem()
    optimizer, accumulated = old.SGD(0.1, momentum=0.9), Accumulated(old.SGD(0.1, momentum=0.9), 2)
    for first, cut, last in ((0, 3, 8), (8, 10, 16)):
        big.train(optimizer, [slice(first, last)])
        small.accumulate(accumulated, [slice(first, cut), slice(cut, last)])
    np.testing.assert_allclose(small.state(), big.state(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("compiled", [None, True], ids=["graph", "XLA"])
def test_inside_a_function_of_tensorflow(compiled):
    tf, new = backend.load().tf, backend.load().keras.optimizers
    variable = tf.Variable([[1.0, -2.0]])
    accumulated = Accumulated(new.Adam(0.1, weight_decay=0.1), 2)
    accumulated.build([variable])

    @tf.function(jit_compile=compiled)
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x @ tf.transpose(variable) - 1.0) ** 2)
        pairs = [(tape.gradient(loss, variable), variable)]
        return accumulated.apply_gradients(pairs, samples=tf.shape(x)[0])

    x = np.random.default_rng(0).normal(0, 1, (12, 2)).astype("float32")
    updated = [bool(step(tf.constant(x[a:b]))) for a, b in ((0, 4), (4, 6), (6, 9), (9, 12))]
    assert updated == [False, True, False, True]
    by_hand, optimizer = tf.Variable([[1.0, -2.0]]), new.Adam(0.1, weight_decay=0.1)
    for part in (x[:6], x[6:]):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((part @ tf.transpose(by_hand) - 1.0) ** 2)
        optimizer.minimize(loss, [by_hand], tape)
    np.testing.assert_allclose(variable.numpy(), by_hand.numpy(), rtol=1e-5)


@pytest.mark.parametrize("name", ["Nesterov", "AdamW", "Adam, LossScale", "legacy momentum", "bert4keras Adam"])
@pytest.mark.parametrize("stop", [3, 5])
def test_stopped_in_a_window_and_resumed_exactly(name, stop, tmp_path):
    tf = backend.load().tf

    def fresh():
        problem, accumulated = Problem(repeated=True), Accumulated(optimizers()[name](), 4)
        accumulated.build(problem.variables)
        return problem, accumulated, tf.train.Checkpoint(variables=problem.variables, optimizer=accumulated)

    (whole, one, _), (stopped, two, saved), (resumed, three, loaded) = fresh(), fresh(), fresh()
    whole.accumulate(one, parts(4))
    stopped.accumulate(two, parts(4)[:stop])
    path = saved.write(str(tmp_path / "state"))
    loaded.read(path).assert_existing_objects_matched()
    assert (int(three.batches), float(three.samples)) == (stop % 4, 4.0 * (stop % 4))
    resumed.accumulate(three, parts(4)[stop:])
    one.flush(), three.flush()
    np.testing.assert_array_equal(resumed.state(), whole.state())
    assert int(three.iterations) == int(one.iterations) == 3


def test_a_window_from_a_file_can_be_flushed_at_once(tmp_path):
    tf, adam = backend.load().tf, backend.load().keras.optimizers.Adam
    one, other = Problem(), Problem()
    first, second = Accumulated(adam(0.01), 4), Accumulated(adam(0.01), 4)
    one.accumulate(first, parts(4)[:2])
    path = tf.train.Checkpoint(optimizer=first).write(str(tmp_path / "state"))
    second.build(other.variables)
    tf.train.Checkpoint(optimizer=second).read(path)
    first.flush(), second.flush()
    np.testing.assert_allclose(other.state(), one.state(), rtol=1e-6)


def test_overflow_in_one_small_batch_skips_the_window_and_lowers_the_scale():
    """As it would skip the big batch; the next window is clean."""
    tf, keras = backend.load().tf, backend.load().keras
    variable = tf.Variable([1.0, 2.0])
    scaled = keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=8.0)
    accumulated = Accumulated(scaled, 2)
    for gradient in ([1.0, 1.0], [np.inf, 1.0]):
        accumulated.apply_gradients([(tf.constant(gradient), variable)])
    assert variable.numpy().tolist() == [1.0, 2.0]
    assert float(scaled.loss_scale) == 4.0
    for gradient in ([1.0, 0.0], [0.0, 1.0]):
        accumulated.apply_gradients([(tf.constant(gradient), variable)])
    np.testing.assert_allclose(variable.numpy(), [0.75, 1.75])


def test_half_precision_gradients_are_summed_in_single():
    """4,096 gradients of 1 after one of 4,096: in float16 none of them would count."""
    tf, keras = backend.load().tf, backend.load().keras
    variable = tf.Variable([0.0], dtype=tf.float16)
    accumulated = Accumulated(keras.optimizers.SGD(1.0), 65)
    for value in (4096.0, *[1.0] * 64):
        accumulated.apply_gradients([(tf.constant([value], tf.float16), variable)])
    assert float(variable[0]) == pytest.approx(-(4096 + 64) / 65, rel=1e-3)


def test_without_numbers_of_samples_batches_weigh_the_same():
    tf, keras = backend.load().tf, backend.load().keras
    variable = tf.Variable([0.0])
    accumulated = Accumulated(keras.optimizers.SGD(1.0), 2)
    for value in (1.0, 4.0):
        accumulated.minimize(lambda value=value: value * variable[0], [variable])
    assert float(variable[0]) == -2.5


def test_an_empty_batch_counts_for_nothing():
    """The mean over no sample is NaN; a window of none but such makes no update."""
    tf, keras = backend.load().tf, backend.load().keras
    variable = tf.Variable([0.0])
    accumulated = Accumulated(keras.optimizers.SGD(1.0), 2)
    pairs = [(float("nan"), 0), (float("nan"), 0), (3.0, 2), (1.0, 2), (float("nan"), 0)]
    updated = [bool(accumulated.apply_gradients([(tf.constant([g]), variable)], samples=n)) for g, n in pairs]
    assert updated == [False, False, True, False, True]
    assert float(variable[0]) == -4.0


def test_it_is_the_optimizer_for_all_else():
    keras = backend.load().keras
    adam = keras.optimizers.Adam(0.5)
    accumulated = Accumulated(adam, 3)
    accumulated.learning_rate = 0.25
    assert float(adam.learning_rate) == float(accumulated.learning_rate) == 0.25
    assert accumulated.beta_1 == adam.beta_1
    assert accumulated.iterations is adam.iterations
    assert not bool(accumulated.flush())
    with pytest.raises(AttributeError):
        accumulated.no_such_thing  # noqa: B018


@pytest.mark.parametrize("steps", [0, -1, 2.5, True, None, "4"], ids=str)
def test_steps_that_are_none(steps):
    with pytest.raises(ValueError, match="steps"):
        Accumulated(backend.load().keras.optimizers.SGD(), steps)


def test_what_cannot_be_gathered():
    tf, keras = backend.load().tf, backend.load().keras
    one, other = tf.Variable([0.0]), tf.Variable([0.0])
    accumulated = Accumulated(keras.optimizers.SGD(), 2)
    with pytest.raises(ValueError, match="samples"):
        accumulated.apply_gradients([(tf.constant([1.0]), one)], samples=-1)
    accumulated.apply_gradients([(tf.constant([1.0]), one)])
    with pytest.raises(ValueError, match="first batch"):
        accumulated.apply_gradients([(tf.constant([1.0]), other)])


def test_a_gradient_that_a_compiled_update_would_leave_out_is_told():
    b = backend.load()
    tf, one, other = b.tf, b.tf.Variable(1.0), b.tf.Variable(1.0)
    optimizer = Accumulated(b.keras.optimizers.SGD(0.1), 2)

    def step(variable):
        @tf.function
        def run():
            with tf.GradientTape() as tape:
                loss = variable**2
            optimizer.apply_gradients(zip(tape.gradient(loss, [one, other]), [one, other], strict=True))

        return run

    step(one)()
    with pytest.raises(ValueError, match="of its own for each loss"):
        step(other)()
