"""Gradient accumulation inside `fit` and `train_on_batch`: a Keras model whose training step gathers.

    Model = accumulating()                                # or accumulating(YourModel)
    model = Model(bert.inputs, bert.outputs)              # any functional model, its layers shared
    model.compile(tf.keras.optimizers.Adam(2e-5), loss, accumulate=4)
    model.fit(x, y, batch_size=8)                         # updates as batch_size=32 would

The training step itself stays what it was, Keras' or your own: it only finds another optimizer, which knows how many
samples the batch has (`core.optim.accumulation`).  The short window at the end of an epoch is applied before the
epoch's validation and before any callback looks at the weights, so that an epoch of N samples makes ⌈N / 32⌉ updates.
After `train_on_batch` or an interrupted run, `model.flush()` does the same.
"""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Iterator
from typing import Any

from core.optim import accumulation, frameworks

_standing_in = threading.local()  # a replica is a thread: each has its own number of samples


class _Counted:
    """The optimizer that a training step finds: an `Accumulated` that is told the samples of this batch."""

    def __init__(self, accumulated: Any, samples: Any) -> None:
        self._accumulated, self._samples = accumulated, samples

    def minimize(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        return self._accumulated.minimize(loss, var_list, tape=tape, samples=self._samples)

    def apply_gradients(self, grads_and_vars: Any, *_: Any, **__: Any) -> Any:
        return self._accumulated.apply_gradients(grads_and_vars, samples=self._samples)

    def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
        return self._accumulated.apply(grads, trainable_variables, samples=self._samples)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._accumulated, name)


@contextlib.contextmanager
def _stands_in(model: Any, optimizer: Any) -> Iterator[None]:
    """Inside, `model.optimizer` is `optimizer`, for this thread."""
    before = getattr(_standing_in, "pairs", {})
    _standing_in.pairs = {**before, id(model): optimizer}
    try:
        yield
    finally:
        _standing_in.pairs = before


def accumulating(base: type | None = None) -> type:
    """A class of models whose `compile` takes `accumulate=k`: an update at every k-th batch.

    A new class at each call, since Keras changes a class once a functional model was made of it.

    Args:
        base: a subclass of `keras.Model`, of tf_keras or of Keras 3 on TensorFlow; None: tf_keras' own.

    Returns:
        A subclass of it, used as `base` is.  New are `compile(…, accumulate=1)`, `flush()`, and `count_samples(data)`
        to override where a loss is no mean over samples (a mean over unmasked tokens, say: return their number).
    """
    keras = frameworks.keras_of(base)
    base = base or keras.Model

    @keras.utils.register_keras_serializable("wanzhuan", "Accumulating" + base.__name__)
    class Accumulating(base):
        def compile(self, *args: Any, accumulate: int = 1, **kwargs: Any) -> None:
            """`keras.Model.compile`; accumulate: batches an update, 1 or more.

            Raises:
                ValueError: accumulate below 1.
            """
            base.compile(self, *args, **kwargs)
            self._accumulated = accumulation.Accumulated(self.optimizer, accumulate)

        @property
        def optimizer(self) -> Any:
            """The optimizer that was compiled; inside a training step, what gathers in its place."""
            standing = getattr(_standing_in, "pairs", {}).get(id(self))
            if standing is None and "optimizer" not in self.__dict__:
                raise AttributeError("optimizer")  # as of any model that is not compiled
            return self.__dict__["optimizer"] if standing is None else standing

        @optimizer.setter
        def optimizer(self, value: Any) -> None:
            self.__dict__["optimizer"] = value

        def count_samples(self, data: Any) -> Any:
            """How many samples the loss of this batch is the mean of: the rows of its first input."""
            tf = frameworks.tensorflow()
            first = tf.nest.flatten(keras.utils.unpack_x_y_sample_weight(data)[0])[0]
            if isinstance(first, tf.RaggedTensor):
                return first.nrows()
            return first.dense_shape[0] if isinstance(first, tf.SparseTensor) else tf.shape(first)[0]

        def train_step(self, data: Any) -> Any:
            if self._accumulated.steps == 1:
                return base.train_step(self, data)
            with _stands_in(self, _Counted(self._accumulated, self.count_samples(data))):
                return base.train_step(self, data)

        def flush(self) -> None:
            """Update with the batches that wait for more, if any do."""
            self._accumulated.flush()

        def fit(self, *args: Any, **kwargs: Any) -> Any:
            bound = inspect.signature(base.fit).bind(self, *args, **kwargs)
            given = bound.arguments.get("callbacks") or []
            if isinstance(given, keras.callbacks.CallbackList):
                given.callbacks.insert(0, flush := Flush())
                flush.set_model(self)
            else:
                given = [given] if isinstance(given, keras.callbacks.Callback) else given
                bound.arguments["callbacks"] = [Flush(), *given]
            return base.fit(*bound.args, **bound.kwargs)

        def get_compile_config(self) -> dict[str, Any]:
            config = base.get_compile_config(self)
            return {**config, "accumulate": self._accumulated.steps} if config else config

        def compile_from_config(self, config: dict[str, Any]) -> None:
            accumulate = config.pop("accumulate", 1)
            self.compile(**keras.saving.deserialize_keras_object(config), accumulate=accumulate)
            if self.built and hasattr(self.optimizer, "build"):
                self.optimizer.build(self.trainable_variables)

    class Flush(keras.callbacks.Callback):
        """First of the callbacks: the others see the weights after the last window."""

        def on_test_begin(self, logs: Any = None) -> None:
            self.model.flush()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.flush()

    return Accumulating
