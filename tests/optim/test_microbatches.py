"""Accumulation inside `fit` and `train_on_batch`: the models that `accumulating` makes."""

from __future__ import annotations

import numpy as np
import pytest

from core import backend
from core.optim import accumulating
from tests.optim.small import difference, network, network_data


def compiled(kind: type, optimizer=None, **settings):
    """The small network, compiled with Adam on a schedule where nothing else is given; run eagerly, since a compiled
    step takes seconds to trace and these take few steps."""
    keras = backend.load().keras
    model = network(kind)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.02, 2, 0.5)
    model.compile(optimizer or keras.optimizers.Adam(schedule), "mse", **{"run_eagerly": True, **settings})
    return model


def test_fit_is_fit_with_big_batches():
    """38 samples: three windows of three batches of 4, and one of a batch of 2, an epoch; validated after the last."""
    keras = backend.load().keras
    x, y = network_data()
    plain, small = compiled(keras.Model), compiled(accumulating(), accumulate=3, run_eagerly=False)
    seen: list[list] = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(small.get_weights()))
    common = {"epochs": 2, "shuffle": False, "verbose": 0, "validation_data": (x, y)}
    wanted = plain.fit(x, y, 12, **common).history
    found = small.fit(x, y, 4, callbacks=look, **common).history
    assert difference(plain, small) < 2e-6
    assert found["val_loss"] == pytest.approx(wanted["val_loss"], rel=1e-5)
    assert int(small.optimizer.iterations) == int(plain.optimizer.iterations) == 8
    for last, now in zip(seen[-1], small.get_weights(), strict=True):
        np.testing.assert_array_equal(last, now)  # callbacks see the weights after the last window
    assert len(small.weights) == len(plain.weights)


def test_several_steps_an_execution_and_callbacks_of_a_list():
    keras = backend.load().keras
    x, y = network_data(36)
    plain, small = (
        compiled(keras.Model),
        compiled(accumulating(), accumulate=3, steps_per_execution=3, run_eagerly=False),
    )
    plain.fit(x, y, 12, shuffle=False, verbose=0)
    callbacks = keras.callbacks.CallbackList([], add_history=True, model=small, epochs=1, verbose=0, steps=9)
    small.fit(x, y, 4, shuffle=False, verbose=0, callbacks=callbacks)
    assert difference(plain, small) < 2e-6


def test_train_on_batch_and_flush():
    keras = backend.load().keras
    x, y = network_data(10)
    plain, small = compiled(keras.Model), compiled(accumulating(), accumulate=4)
    plain.train_on_batch(x, y)
    for part in (slice(0, 5), slice(5, 8), slice(8, 10)):
        small.train_on_batch([x[0][part], x[1][part]], y[part])
    assert int(small.optimizer.iterations) == 0
    small.flush()
    small.flush()
    assert difference(plain, small) < 2e-6
    assert int(small.optimizer.iterations) == 1


def test_a_training_step_of_ones_own():
    """Its class goes in, and its `apply_gradients` is the one that gathers."""
    tf, keras = backend.load().tf, backend.load().keras

    class Doubled(keras.Model):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = 2 * tf.reduce_mean((self(x, training=True) - y) ** 2)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss, "rate": self.optimizer.learning_rate}

    x, y = network_data(12)
    sgd = keras.optimizers.SGD
    plain, small = compiled(Doubled, sgd(0.1)), compiled(accumulating(Doubled), sgd(0.1), accumulate=3)
    plain.fit(x, y, 12, shuffle=False, verbose=0)
    history = small.fit(x, y, 4, shuffle=False, verbose=0).history
    assert difference(plain, small) < 2e-6
    assert float(history["rate"][0]) == pytest.approx(0.1)
    assert isinstance(small.optimizer, sgd)  # outside a step it is the one that was compiled


def test_mixed_precision():
    """`compile` wraps the optimizer for its loss scale; half precision rounds, so it is near and not equal."""
    keras = backend.load().keras
    x, y = network_data(12)
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        models = [network(kind, "float32") for kind in (keras.Model, accumulating())]
        models[0].compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
        models[1].compile(keras.optimizers.SGD(0.1), "mse", accumulate=3, run_eagerly=True)
        models[0].fit(x, y, 12, epochs=3, shuffle=False, verbose=0)
        models[1].fit(x, y, 4, epochs=3, shuffle=False, verbose=0)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert isinstance(models[1].optimizer, keras.mixed_precision.LossScaleOptimizer)
    assert 0 < difference(*models) < 2e-3
    assert difference(models[1], network(keras.Model)) > 2e-2  # it has moved


def test_saved_in_a_window_and_resumed(tmp_path):
    """A checkpoint of the model holds the window."""
    tf = backend.load().tf
    x, y = network_data(20)

    def train(model, numbers) -> None:
        for i in numbers:
            part = slice(4 * i, 4 * i + 4)
            model.train_on_batch([x[0][part], x[1][part]], y[part])

    whole, stopped, resumed = (compiled(accumulating(), accumulate=3) for _ in range(3))
    train(whole, range(5))
    train(stopped, range(4))
    path = tf.train.Checkpoint(model=stopped).write(str(tmp_path / "state"))
    tf.train.Checkpoint(model=resumed).read(path)
    train(resumed, range(4, 5))
    whole.flush(), resumed.flush()
    assert difference(whole, resumed) == 0
    assert int(resumed.optimizer.iterations) == 2


def test_a_saved_model_knows_its_accumulation(tmp_path):
    keras = backend.load().keras
    x, y = network_data(12)
    model = compiled(accumulating(), accumulate=3)
    model.fit(x, y, 4, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    again.run_eagerly = True
    for one in (model, again):
        one.fit(x, y, 4, shuffle=False, verbose=0)
    assert difference(model, again) < 1e-7
    assert int(again.optimizer.iterations) == 2


def test_a_loss_that_is_a_mean_over_tokens():
    """`count_samples` says of how many: here of those that are not masked."""
    tf, keras = backend.load().tf, backend.load().keras

    class Masked(accumulating()):
        def count_samples(self, data):
            return tf.math.count_nonzero(data[0][1])

    def loss(model, x, y):
        mask = tf.cast(x[1] != 0, tf.float32)
        return tf.reduce_sum(mask * (model(x) - y) ** 2) / tf.reduce_sum(mask)

    x, y = network_data(12)
    x[1][:4] = 0
    x[1][0, 0] = 1
    plain, small = (
        compiled(keras.Model, keras.optimizers.SGD(0.1)),
        compiled(Masked, keras.optimizers.SGD(0.1), accumulate=3),
    )
    for model in (plain, small):
        model.compute_loss = lambda x, y, predicted, weights, model=model: loss(model, x, y)
    plain.fit(x, y, 12, shuffle=False, verbose=0)
    small.fit(x, y, 4, shuffle=False, verbose=0)
    assert difference(plain, small) < 2e-6


def test_what_counts_as_a_sample():
    tf = backend.load().tf
    model = network(accumulating())
    y = tf.zeros((3, 1))
    assert int(model.count_samples((tf.zeros((3, 5)), y))) == 3
    assert int(model.count_samples(({"a": tf.zeros((2, 5))}, y))) == 2
    assert int(model.count_samples((tf.ragged.constant([[1], [2, 3], [], [4]]), y))) == 4
    assert int(model.count_samples((tf.sparse.from_dense([[1, 0], [0, 1], [0, 0]]), y))) == 3


def test_without_accumulation_it_is_the_model_itself():
    keras = backend.load().keras
    x, y = network_data(12)
    plain, same = compiled(keras.Model), compiled(accumulating())
    for model in (plain, same):
        model.fit(x, y, 4, shuffle=False, verbose=0)
    assert difference(plain, same) == 0
    with pytest.raises(ValueError, match="steps"):
        compiled(accumulating(), accumulate=0)
