"""What the tests of accumulation share: a small problem with an embedding, and the optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from core import backend

SAMPLES, TOKENS = 38, 3
NAMES = (  # of `optimizers()`, here so that collecting the tests does not load TensorFlow
    "SGD",
    "momentum",
    "Nesterov",
    "RMSprop",
    "RMSprop, centred, with momentum",
    "Adam",
    "AdamW",
    "AdaFactor",
    "Lion",
    "Adam, clipnorm",
    "momentum, clipvalue",
    "AdamW, global_clipnorm",
    "Adam, schedule",
    "SGD, EMA",
    "Adam, LossScale",
    "legacy momentum",
    "legacy RMSprop",
    "legacy Adam, LossScale",
    "bert4keras Adam",
    "bert4keras Lion",
    "bert4keras AdaFactor",
    "bert4keras Adam, weight decay",
    "bert4keras Adam, piecewise linear rate",
)


def optimizers() -> dict[str, Callable]:
    """Name → a maker of that optimizer: tf_keras', its legacy ones, bert4keras', with and without mixed precision."""
    b = backend.load()
    new, old, theirs = b.keras.optimizers, b.keras.optimizers.legacy, b.optimizers
    schedule = new.schedules.ExponentialDecay(0.02, 2, 0.5)
    scaled = b.keras.mixed_precision.LossScaleOptimizer
    decayed = theirs.extend_with_weight_decay(theirs.Adam)
    pieces = theirs.extend_with_piecewise_linear_lr(theirs.Adam)
    return {
        "SGD": lambda: new.SGD(0.1),
        "momentum": lambda: new.SGD(0.1, momentum=0.9),
        "Nesterov": lambda: new.SGD(0.1, momentum=0.9, nesterov=True),
        "RMSprop": lambda: new.RMSprop(0.01),
        "RMSprop, centred, with momentum": lambda: new.RMSprop(0.01, momentum=0.5, centered=True),
        "Adam": lambda: new.Adam(0.01),
        "AdamW": lambda: new.AdamW(0.01, weight_decay=0.1),
        "AdaFactor": lambda: new.Adafactor(0.01),
        "Lion": lambda: new.Lion(0.01),
        "Adam, clipnorm": lambda: new.Adam(0.01, clipnorm=0.05),
        "momentum, clipvalue": lambda: new.SGD(0.1, momentum=0.9, clipvalue=0.02),
        "AdamW, global_clipnorm": lambda: new.AdamW(0.01, weight_decay=0.1, global_clipnorm=0.05),
        "Adam, schedule": lambda: new.Adam(schedule),
        "SGD, EMA": lambda: new.SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
        "Adam, LossScale": lambda: scaled(new.Adam(0.01)),
        "legacy momentum": lambda: old.SGD(0.1, momentum=0.9),
        "legacy RMSprop": lambda: old.RMSprop(0.01, momentum=0.5),
        "legacy Adam, LossScale": lambda: scaled(old.Adam(0.01)),
        "bert4keras Adam": lambda: theirs.Adam(0.01),
        "bert4keras Lion": lambda: theirs.Lion(0.01),
        "bert4keras AdaFactor": lambda: theirs.AdaFactor(None, min_dim_size_to_factor=4),
        "bert4keras Adam, weight decay": lambda: decayed(0.01, weight_decay_rate=0.1),
        "bert4keras Adam, piecewise linear rate": lambda: pieces(0.01, lr_schedule={2: 1, 6: 0.1}),
    }


class Problem:
    """Rows of a table, summed, through one layer: gradients dense, sparse, and of a variable that has none.

    Args:
        repeated: tokens come several times in a batch; else each of them once in all.
    """

    def __init__(self, repeated: bool = False, dtype: str = "float32") -> None:
        tf = backend.load().tf
        rng = np.random.default_rng(3)
        count = SAMPLES * TOKENS
        ids = rng.integers(0, 7, count) if repeated else rng.permutation(count)
        self.ids = ids.reshape(SAMPLES, TOKENS)
        self.targets = rng.normal(0, 1, (SAMPLES, 2))
        arrays = (rng.normal(0, 1, (count + 1, 4)), rng.normal(0, 0.5, (4, 2)), rng.normal(0, 1, 2), np.ones(1))
        self.variables = [tf.Variable(array, dtype=dtype) for array in arrays]
        self.dtype = dtype

    def gradients(self, part: slice | np.ndarray, optimizer=None) -> list:
        """Of the mean loss of some samples; the last is None, the first `IndexedSlices`."""
        tf = backend.load().tf
        table, kernel, bias, _ = self.variables
        with tf.GradientTape() as tape:
            rows = tf.reduce_sum(tf.gather(table, self.ids[part]), 1)
            error = tf.tanh(rows @ kernel + bias) - tf.constant(self.targets[part], self.dtype)
            loss = tf.reduce_mean(tf.reduce_sum(error**2, 1))
            if hasattr(optimizer, "get_scaled_loss"):
                loss = optimizer.get_scaled_loss(loss)
        gradients = tape.gradient(loss, self.variables)
        if hasattr(optimizer, "get_scaled_loss"):
            gradients = optimizer.get_unscaled_gradients(gradients)
        return gradients

    def train(self, optimizer, batches: Iterable[slice], summed: bool = False) -> None:
        """An update a batch; summed: rows that come twice are summed before the optimizer sees them."""
        tf = backend.load().tf
        for part in batches:
            gradients = self.gradients(part, optimizer)
            if summed:
                gradients[0] = tf.convert_to_tensor(gradients[0])
            optimizer.apply_gradients(zip(gradients, self.variables, strict=True))

    def accumulate(self, optimizer, batches: Iterable[slice]) -> list[bool]:
        """The same with an `Accumulated`; which of the batches led to an update."""
        found = []
        for part in batches:
            pairs = zip(self.gradients(part, optimizer), self.variables, strict=True)
            found.append(bool(optimizer.apply_gradients(pairs, samples=len(self.ids[part]))))
        return found

    def state(self) -> np.ndarray:
        return np.concatenate([variable.numpy().ravel() for variable in self.variables])


def parts(size: int, samples: int = SAMPLES) -> list[slice]:
    """Batches of `size`, the last one shorter."""
    return [slice(first, min(first + size, samples)) for first in range(0, samples, size)]


def network(kind: type, dtype: str | None = None):
    """A model of numbers and tokens; the same weights each time."""
    keras = backend.load().keras
    keras.utils.set_random_seed(1)
    numbers, ids = keras.Input((5,)), keras.Input((3,), dtype="int32")
    rows = keras.layers.Flatten()(keras.layers.Embedding(12, 4)(ids))
    hidden = keras.layers.Dense(8, activation="tanh")(keras.layers.Concatenate()([numbers, rows]))
    return kind([numbers, ids], keras.layers.Dense(1, dtype=dtype)(hidden))


def network_data(samples: int = SAMPLES) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (samples, 5)).astype("float32"), rng.normal(0, 1, (samples, 1)).astype("float32")
    return [x, rng.integers(0, 11, (samples, 3))], y


def difference(one, other) -> float:
    """The largest difference between the weights of two models."""
    return max(float(np.abs(a - b).max()) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
