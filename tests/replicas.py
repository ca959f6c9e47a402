"""Run by test_distribution.py in a process of its own, with two CPUs as replicas; prints JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from core import backend, training
from core.distribution import Workers

SETTINGS = training.Settings(epochs=3, rate=0.05, warm_up=4, save_minutes=0, accumulate=4, ema=0.8)


def run(folder: Path, workers: Workers, settings: training.Settings = SETTINGS) -> dict:
    """A small network with an embedding, on batches of unlike sizes, fifteen an epoch: the last window has three."""
    tf = backend.load().tf
    rng = np.random.default_rng(0)
    with workers.scope():
        table = tf.Variable(rng.normal(0, 1, (20, 6)).astype("float32"), name="table")
        kernel = tf.Variable(rng.normal(0, 1, (6, 1)).astype("float32"), name="kernel")

    def loss(ids, wanted):
        found = tf.matmul(tf.reduce_mean(tf.gather(table, ids), 1), kernel)
        return tf.reduce_sum((found - wanted) ** 2), tf.cast(tf.shape(ids)[0], tf.float32)

    def batches(epoch: int):
        some = np.random.default_rng(epoch)
        for _ in range(15):
            ids = some.integers(0, 20, (some.integers(2, 7), 3))
            yield ids.astype("int32"), (ids.mean(1, keepdims=True) / 10).astype("float32")

    def kept() -> list:
        return [variable.numpy().tolist() for variable in (table, kernel)]

    best = {}
    rows = training.train(
        [table, kernel], loss, batches, dict, lambda: best.update(weights=kept()), folder, settings, lambda line: None,
        workers,
    )  # fmt: skip
    losses = [row["loss"] for row in rows]
    return {"losses": losses, "weights": kept(), "average": best["weights"], "updates": rows[-1]["updates"]}


def main(folder: Path) -> dict:
    """One device; two; two for an epoch and then one; one for an epoch and then two."""
    tf = backend.load().tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

    def two() -> Workers:
        return Workers("mirrored", ["CPU:0", "CPU:1"])

    found = {"replicas": two().replicas, "one": run(folder / "one", Workers()), "two": run(folder / "two", two())}
    for name, first, second in (("two, then one", two, Workers), ("one, then two", Workers, two)):
        run(folder / name, first(), replace(SETTINGS, epochs=1))
        found[name] = run(folder / name, second())
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
