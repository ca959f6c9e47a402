"""Run by test_accumulation_elsewhere.py in a process of its own, whose Keras is Keras 3: prints differences as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from core.optim import Accumulated, accumulating

OPTIMIZERS = {
    "Nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.01),
    "AdamW": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, use_ema=True, ema_overwrite_frequency=2),
    "Adafactor": lambda: keras.optimizers.Adafactor(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
    "Lion": lambda: keras.optimizers.Lion(0.01, clipvalue=0.01),
    "LossScale": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
}


def data() -> tuple:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (38, 5)).astype("float32"), rng.normal(0, 1, (38, 1)).astype("float32")
    return [x, rng.integers(0, 11, (38, 3))], y


def build(kind: type) -> keras.Model:
    keras.utils.set_random_seed(1)
    numbers, ids = keras.Input((5,)), keras.Input((3,), dtype="int32")
    rows = keras.layers.Flatten()(keras.layers.Embedding(12, 4)(ids))
    hidden = keras.layers.Dense(8, activation="tanh")(keras.layers.Concatenate()([numbers, rows]))
    return kind([numbers, ids], keras.layers.Dense(1)(hidden))


def difference(one: keras.Model, other: keras.Model) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def main(folder: Path) -> dict:
    x, y = data()
    found = {"version": keras.__version__}
    for name, make in OPTIMIZERS.items():
        big, small, optimizer = build(keras.Model), build(accumulating(keras.Model)), make()
        optimizer.build(big.trainable_variables)
        for _ in range(2):
            for first in range(0, len(y), 12):
                part = slice(first, first + 12)
                with tf.GradientTape() as tape:
                    loss = optimizer.scale_loss(tf.reduce_mean((big([x[0][part], x[1][part]]) - y[part]) ** 2))
                # dense: Keras 3 squares and clips the rows of a token that comes twice before it sums them
                gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, big.trainable_variables)]
                optimizer.apply(gradients, big.trainable_variables)
        optimizer.finalize_variable_values(big.trainable_variables)  # as fit does at its end
        # compiled once, to see that it can be: a step takes seconds to trace
        small.compile(make(), "mse", accumulate=3, run_eagerly=name != "AdamW")
        small.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
        found[name] = [difference(big, small), int(optimizer.iterations), int(small.optimizer.iterations)]
    found["weights"] = len(small.weights) - len(big.weights)

    # a loop of one's own, stopped in the middle of a window and taken up by another model
    def steps(model: keras.Model, optimizer, numbers: range) -> None:
        for i in numbers:
            part = slice(4 * i, 4 * i + 4)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model([x[0][part], x[1][part]]) - y[part]) ** 2)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True), samples=len(y[part]))

    whole, halved, resumed = (build(keras.Model) for _ in range(3))
    loops = [Accumulated(keras.optimizers.Adam(0.01), 3) for _ in range(3)]
    steps(whole, loops[0], range(10))
    steps(halved, loops[1], range(5))
    path = tf.train.Checkpoint(model=halved, optimizer=loops[1]).write(str(folder / "half"))
    loops[2].build(resumed.trainable_variables)
    tf.train.Checkpoint(model=resumed, optimizer=loops[2]).read(path).assert_existing_objects_matched()
    steps(resumed, loops[2], range(5, 10))
    found["open"] = [int(loops[0].batches), int(loops[2].batches)]
    loops[0].flush(), loops[2].flush()
    found["resumed"] = [difference(whole, resumed), int(loops[0].iterations), int(loops[2].iterations)]
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
