"""Gradient accumulation (post 6, archives/6794): many small batches, one update, and it is the big batch's update.

A window is `steps` small batches.  The gradients gᵢ of their mean losses are summed with the batches' numbers of
samples nᵢ as weights, and the optimizer gets what the gradient of the mean over all of them is:

    g = Σ nᵢ·gᵢ / Σ nᵢ

once a window.  All that an optimizer does (moments, clipping, weight decay, moving averages, schedules, the count of
iterations, the loss scale of mixed precision) happens then and only then, so that nothing of it can differ from a run
with big batches.  The post's own optimizer, and bert4keras' after it, change what happens inside an update instead;
that is why momentum drifted there, the first update was an empty one, the last window was lost, and clipping,
schedules and short batches went wrong.

    optimizer = Accumulated(tf.keras.optimizers.Adam(1e-3), steps=4)
    ...
    optimizer.apply_gradients(zip(gradients, variables), samples=len(x))    # an update at every fourth call
    ...
    optimizer.flush()                                                       # the last window, however short

For `fit` and `train_on_batch` see `core.optim.microbatches`, which counts the samples by itself.

What no accumulation can do: batch normalisation sees the small batches, and dropout draws otherwise.
"""

from __future__ import annotations

import functools
import numbers
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from core.optim import frameworks

if TYPE_CHECKING:
    Accumulated: Any


def __getattr__(name: str) -> Any:
    if name == "Accumulated":
        return _accumulated()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Known:
    """What is decided while a step is traced, and belongs in no checkpoint."""

    def __init__(self) -> None:
        self.variables: list[Any] = []
        self.places: dict[int, int] = {}  # by identity: variables compare by value
        self.sparse: dict[int, bool] = {}  # the places that had a gradient: True if all of them were rows
        self.without: set[int] = set()  # the places that a compiled update takes to have none
        self.strategy: Any = None


@functools.cache
def _accumulated() -> type:
    """The class; a function, since what it inherits from is TensorFlow's and comes late."""
    tf = frameworks.tensorflow()

    class Accumulated(tf.__internal__.tracking.AutoTrackable):  # not a tf.Module: Keras would take its sums for weights
        """An optimizer that updates once in `steps` calls.

        It stands where the optimizer stood: `minimize`, `apply_gradients` and `apply` gather, and all else (learning
        rate, iterations, scaling of the loss) is the optimizer's own.  A `tf.train.Checkpoint` of it holds the
        optimizer and the open window, and goes on from the middle of one.  It costs a copy of the parameters.

        Under `tf.distribute` each replica gathers by itself, and they are summed once an update; as everywhere in
        Keras, a replica's gradient is that of its mean loss divided by the number of replicas.

        Args:
            optimizer: of tf_keras (also legacy ones, as bert4keras' are, and a LossScaleOptimizer) or of Keras 3 on
                TensorFlow.
            steps: small batches a window, 1 or more.

        Raises:
            ValueError: steps below 1, or an optimizer that accumulates by itself.
        """

        def __init__(self, optimizer: Any, steps: int) -> None:
            if isinstance(steps, bool) or not isinstance(steps, numbers.Integral) or steps < 1:
                raise ValueError(f"steps must be a whole number from 1: {steps!r}")
            if getattr(optimizer, "gradient_accumulation_steps", None):
                raise ValueError("this optimizer has gradient_accumulation_steps of its own: leave them out")
            self.optimizer = optimizer
            self.steps = int(steps)
            self._known = _Known()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or name == "optimizer":
                raise AttributeError(name)
            return getattr(self.optimizer, name)

        @property
        def learning_rate(self) -> Any:
            """The optimizer's own."""
            return self.optimizer.learning_rate

        @learning_rate.setter
        def learning_rate(self, rate: Any) -> None:
            self.optimizer.learning_rate = rate

        def build(self, variables: Sequence[Any]) -> None:
            """Make the sums and the optimizer's own variables; done by the first batch where it was not done before."""
            if self._known.variables:
                return
            known, kinds = self._known, []
            known.variables = list(variables)
            known.places = {id(variable): i for i, variable in enumerate(known.variables)}
            known.strategy = tf.distribute.get_strategy()
            for variable in known.variables:
                kind = tf.as_dtype(getattr(variable, "true_dtype", variable.dtype))
                kinds.append(kind if kind.size >= 4 else tf.float32)  # a sum in 16 bits would lose the small batches
            if hasattr(self.optimizer, "build") and not getattr(self.optimizer, "built", False):
                self.optimizer.build(known.variables)  # here, since it cannot be done inside tf.cond
            local = {"trainable": False, "synchronization": tf.VariableSynchronization.ON_READ}
            summed = {**local, "aggregation": tf.VariableAggregation.SUM}
            shapes = [tuple(variable.shape) for variable in known.variables]
            self.sums = [tf.Variable(tf.zeros(s, k), **summed) for s, k in zip(shapes, kinds, strict=True)]
            # which rows had a gradient; a float, since a sum over replicas is halved when it is read back from a file
            self.rows = {str(i): tf.Variable(tf.zeros(s[0]), **summed) for i, s in enumerate(shapes) if len(s) > 1}
            self.samples = tf.Variable(0.0, dtype=tf.float64, name="samples", **summed)
            first = {**local, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA}
            self.batches = tf.Variable(0, dtype=tf.int64, name="batches", **first)

        # ---- what an optimizer is called by -------------------------------------------------------------------
        def minimize(self, loss: Any, var_list: Any, tape: Any = None, samples: Any = 1) -> Any:
            """Gradients of `loss`, gathered; see `apply_gradients`."""
            return self.apply_gradients(frameworks.gradients(self.optimizer, loss, var_list, tape), samples=samples)

        def apply(self, grads: Iterable[Any], trainable_variables: Any = None, samples: Any = 1) -> Any:
            """`apply_gradients` as Keras 3 calls it."""
            variables = self._known.variables if trainable_variables is None else trainable_variables
            return self.apply_gradients(zip(grads, variables, strict=True), samples=samples)

        def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], name: Any = None, samples: Any = 1) -> Any:
            """Gather one small batch, and update if it fills the window.

            Args:
                grads_and_vars: pairs (gradient of the batch's mean loss, variable); a gradient may be rows of an
                    embedding (`tf.IndexedSlices`) or None.
                name: as Keras' own take it; not used.
                samples: the batch's weight, a number or scalar tensor ≥ 0: how many samples, or tokens, its loss is
                    the mean of.  Left out, all batches weigh the same.

            Returns:
                A boolean tensor: whether the variables were updated.

            Raises:
                ValueError: a variable that the first batch did not have, or that had no gradient when an update was
                    compiled.
            """
            self.add(grads_and_vars, samples)
            return self._update_from(self.steps)

        def flush(self) -> Any:
            """Update with what the open window holds, if anything; True if there was something.

            To be called at the end of training, or of an epoch, in or out of `strategy.run`.
            """
            if not self._known.variables:
                return tf.constant(False)
            if tf.distribute.has_strategy() and not tf.distribute.in_cross_replica_context():
                return self._update_from(1)
            strategy = self._known.strategy
            results = strategy.run(self._update_from, args=(1,))
            return strategy.experimental_local_results(results)[0]

        # ---- a window -----------------------------------------------------------------------------------------
        def add(self, grads_and_vars: Iterable[tuple[Any, Any]], samples: Any = 1) -> None:
            """Gather one small batch and never update: for loops that call `flush` by themselves."""
            if isinstance(samples, numbers.Real) and not samples >= 0:
                raise ValueError(f"samples must be 0 or more: {samples}")
            pairs = list(grads_and_vars)
            with tf.init_scope():
                self.build([variable for _, variable in pairs])
            weight = tf.cast(samples, tf.float64)
            factor = weight * tf.distribute.get_strategy().num_replicas_in_sync  # Keras has divided the loss by it
            for gradient, variable in pairs:
                if gradient is not None:
                    self._add_one(gradient, self._place(variable), factor)
            self._here(self.samples).assign_add(weight)
            self._here(self.batches).assign_add(1)

        def _add_one(self, gradient: Any, i: int, factor: Any) -> None:
            if i in self._known.without:  # it would be left out of that update without a word
                raise ValueError(
                    "a variable without a gradient when an update was compiled has one now: "
                    "use an Accumulated of its own for each loss"
                )
            into, rows, known = self._here(self.sums[i]), self.rows.get(str(i)), self._known.sparse
            factor = tf.cast(factor, into.dtype)
            if not isinstance(gradient, tf.IndexedSlices):
                into.assign_add(tf.math.multiply_no_nan(tf.cast(gradient, into.dtype), factor))  # an empty batch: NaN·0
                if known.get(i):  # rows were seen here before: now all of them are
                    self._here(rows).assign(tf.ones_like(rows))
                known[i] = False
                return
            values = tf.math.multiply_no_nan(tf.cast(gradient.values, into.dtype), factor)
            into.scatter_add(tf.IndexedSlices(values, gradient.indices))
            if rows is not None:
                ones = tf.ones_like(gradient.indices, rows.dtype)
                self._here(rows).scatter_update(tf.IndexedSlices(ones, gradient.indices))
            known[i] = known.get(i, True) and rows is not None

        def _place(self, variable: Any) -> int:
            place = self._known.places.get(id(variable))
            if place is None:
                raise ValueError("a variable that the first batch did not have: call build with all variables first")
            return place

        def _here(self, variable: Any) -> Any:
            """This replica's own part of a variable: rows can only be added to that."""
            if not tf.distribute.has_strategy():
                return variable
            parts = tf.distribute.get_strategy().experimental_local_results(variable)
            replica = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
            return parts[int(replica) % len(parts)]  # of several workers, each sees its own replicas

        def _update_from(self, least: int) -> Any:
            """Update if the window holds `least` batches, and any sample."""

            def ready() -> Any:
                return (self.batches >= least) & (self.samples > 0)

            def nothing() -> Any:
                return tf.constant(False)

            def update() -> Any:
                self._update(self.samples)
                return tf.constant(True)

            if not tf.distribute.has_strategy():
                return tf.cond(ready(), update, nothing)

            # replicas cannot meet inside a condition: they meet first, and the condition is asked once for all
            def together(strategy: Any) -> Any:
                def update_all() -> Any:
                    samples = self.samples.read_value()
                    strategy.extended.call_for_each_replica(self._update, args=(samples,))
                    return tf.constant(True)

                enough = (self.batches.read_value() >= least) & (self.samples.read_value() > 0)
                return tf.cond(enough, update_all, nothing)

            return tf.distribute.get_replica_context().merge_call(together)

        def _update(self, samples: Any) -> None:
            """One update of the optimizer, with `samples` of all replicas; the window is empty after it."""
            pairs = []
            for i, variable in enumerate(self._known.variables):
                # of a window that comes from a file it is not known which had none: 0 is given for None then
                none = self._known.sparse and i not in self._known.sparse
                if none and not tf.executing_eagerly():
                    self._known.without.add(i)
                pairs.append((None if none else self._mean(i, samples), variable))
            self.optimizer.apply_gradients(pairs)
            for variable in (*self.sums, *self.rows.values(), self.samples, self.batches):
                part = self._here(variable)
                part.assign(tf.zeros_like(part))

        def _mean(self, i: int, samples: Any) -> Any:
            """This replica's share of the mean gradient; rows stay rows, for optimizers that leave the others alone."""
            total = self._here(self.sums[i])
            kind = tf.as_dtype(getattr(self._known.variables[i], "true_dtype", self._known.variables[i].dtype))
            divisor = tf.cast(samples, total.dtype)
            if not self._known.sparse.get(i):
                return tf.cast(total / divisor, kind)
            touched = tf.where(self._here(self.rows[str(i)]) > 0)[:, 0]
            values = tf.cast(tf.gather(total, touched) / divisor, kind)
            return tf.IndexedSlices(values, touched, tf.shape(total, out_type=tf.int64))

    return Accumulated
