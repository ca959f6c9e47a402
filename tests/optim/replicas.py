"""Run by test_accumulation_elsewhere.py in a process of its own, with two CPUs as replicas; prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from core import backend
from core.optim import Accumulated, ScalarRMSprop, accumulating

tf, keras = backend.load().tf, backend.load().keras
SCALED = keras.mixed_precision.LossScaleOptimizer
OPTIMIZERS = {
    "AdamW": lambda: SCALED(keras.optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=0.05)),
    "bert4keras Adam": lambda: SCALED(backend.load().optimizers.Adam(0.01)),
    "ScalarRMSprop": lambda: ScalarRMSprop(0.01),
}


def build(kind: type):
    keras.utils.set_random_seed(1)
    numbers, ids = keras.Input((5,)), keras.Input((3,), dtype="int32")
    rows = keras.layers.Flatten()(keras.layers.Embedding(112, 4)(ids))
    hidden = keras.layers.Dense(8, activation="tanh")(keras.layers.Concatenate()([numbers, rows]))
    return kind([numbers, ids], keras.layers.Dense(1)(hidden))


def difference(one, other) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def main(folder: Path) -> dict:
    """Two replicas, each with small batches, against one big batch without any replicas."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (37, 5)).astype("float32"), rng.normal(0, 1, (37, 1)).astype("float32")
    x = [x, rng.permutation(111).reshape(37, 3)]
    found = {"replicas": strategy.num_replicas_in_sync}
    for name, make in OPTIMIZERS.items():
        big = build(keras.Model)
        big.compile(make(), "mse", run_eagerly=True)
        big.fit(x, y, batch_size=12, epochs=2, shuffle=False, verbose=0)
        with strategy.scope():
            small = build(accumulating())
            # a compiled step takes many seconds to trace; one of them says enough
            small.compile(make(), "mse", accumulate=3, run_eagerly=name != "AdamW")
        small.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)  # the last one is 1 and 0 samples
        found[name] = [
            difference(big, small),
            int(big.optimizer.iterations.numpy()),
            int(small.optimizer.iterations.numpy()),
        ]

    # a loop of one's own, unequal parts for the replicas, stopped in the middle of a window
    def prepared():
        with strategy.scope():
            model, optimizer = build(keras.Model), Accumulated(keras.optimizers.Adam(0.01), 3)
            optimizer.build(model.trainable_variables)
        return model, optimizer

    def steps(model, optimizer, numbers: range) -> None:
        def step(a, b, target):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model([a, b]) - target) ** 2) / 2
            gradients = tape.gradient(loss, model.trainable_variables)
            pairs = zip(gradients, model.trainable_variables, strict=True)
            return optimizer.apply_gradients(pairs, samples=tf.shape(target)[0])

        run = tf.function(lambda *arrays: strategy.run(step, args=arrays))
        for i in numbers:
            ends = [5 * i, 5 * i + 2, 5 * i + 5]  # two samples here, three there

            def part(context, array, ends=ends):
                at = context.replica_id_in_sync_group
                return tf.constant(array[ends[at] : ends[at + 1]])

            values = [
                strategy.experimental_distribute_values_from_function(lambda context, array=array: part(context, array))
                for array in (*x, y)
            ]
            run(*values)

    halved, resumed = prepared(), prepared()
    steps(*halved, range(4))
    path = tf.train.Checkpoint(model=halved[0], optimizer=halved[1]).write(str(folder / "half"))
    tf.train.Checkpoint(model=resumed[0], optimizer=resumed[1]).read(path).assert_consumed()
    steps(*resumed, range(4, 7))
    resumed[1].flush()
    big, optimizer = build(keras.Model), keras.optimizers.Adam(0.01)
    for first, last in ((0, 15), (15, 30), (30, 35)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((big([part[first:last] for part in x]) - y[first:last]) ** 2)
        optimizer.minimize(loss, big.trainable_variables, tape=tape)
    updates = [int(one.iterations.numpy()) for one in (optimizer, resumed[1])]
    found["unequal and resumed"] = [difference(big, resumed[0]), *updates]
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
