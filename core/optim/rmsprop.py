"""Plain SGD (post 2, archives/5879) and RMSprop in the two versions of post 3 (archives/6234), as Keras optimizers.

With g = ∇L, the learning rate γ, and G that starts at 0:

    SGD                  θ ← θ − γ·g
    ElementwiseRMSprop   G ← ρ·G + (1 − ρ)·g²       θ ← θ − γ·g/√(G + ε)     for each number by itself
    ScalarRMSprop        G ← ρ·G + (1 − ρ)·‖g‖²     θ ← θ − γ·g/√(G + ε)     one G for all parameters together

ε stands inside the root, as in the post: G is what the step's error was kept in hand with, γ̃ = γ‖g‖, and ε keeps it
from 0.  The scalar version scales the gradient and never turns it, so that the path is that of θ' = −∇L at another
speed; the element-wise one is the usual one and goes another way.  Neither has Adam's correction of the start: with
G = 0 before it, the first step is γ/√(1 − ρ) long where ε is small, about three times γ at ρ = 0.9.

The classes are those of the legacy Keras that this project runs on, made when they are first asked for:

    from core.optim.rmsprop import ScalarRMSprop
    model.compile(ScalarRMSprop(1e-3, rho=0.9, epsilon=1e-8), "mse")

They take the usual keywords (clipnorm, weight_decay, use_ema, …), schedules for a learning rate, sparse gradients, and
run under `tf.distribute`.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

from core import backend

if TYPE_CHECKING:
    SGD: Any
    ScalarRMSprop: Any
    ElementwiseRMSprop: Any

__all__ = ["SGD", "ElementwiseRMSprop", "ScalarRMSprop"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(_classes(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _classes() -> types.SimpleNamespace:
    """The three classes; a function, since what they inherit from is TensorFlow's and comes late."""
    tf, keras = backend.load().tf, backend.load().keras
    registered = keras.utils.register_keras_serializable("wanzhuan")

    @registered
    class SGD(keras.optimizers.Optimizer):
        """θ ← θ − γ·g and no more: Euler's method on θ' = −∇L, with the step γ.

        Args:
            learning_rate: γ, a number or a Keras schedule.
            **others: keywords of any Keras optimizer.
        """

        def __init__(self, learning_rate: Any = 0.01, name: str = "SGD", **others: Any) -> None:
            others.setdefault("weight_decay", None)
            super().__init__(name=name, **others)
            self._learning_rate = self._build_learning_rate(learning_rate)

        def build(self, var_list: Any) -> None:
            super().build(var_list)
            self._built = True

        def update_step(self, gradient: Any, variable: Any) -> None:
            self._descend(gradient, variable, tf.cast(self.learning_rate, variable.dtype))

        def _descend(self, gradient: Any, variable: Any, rate: Any) -> None:
            """θ ← θ − rate·g, also where g names only some rows; `rate` is one number or one for each given number."""
            if isinstance(gradient, tf.IndexedSlices):
                variable.scatter_sub(tf.IndexedSlices(rate * gradient.values, gradient.indices))
            else:
                variable.assign_sub(rate * gradient)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "learning_rate": self._serialize_hyperparameter(self._learning_rate)}

    class RMSprop(SGD):
        """What both versions share: ρ and ε.

        Args:
            learning_rate: γ, a number or a Keras schedule.
            rho: ρ, the share of G that stays at an update, in [0, 1).
            epsilon: ε inside the root, above 0; it is compared with squares of gradients.
            **others: keywords of any Keras optimizer.

        Raises:
            ValueError: rho or epsilon out of its range.
        """

        def __init__(
            self, learning_rate: Any = 0.001, rho: float = 0.9, epsilon: float = 1e-8, name: str = "", **others: Any
        ) -> None:
            if not 0 <= rho < 1:
                raise ValueError(f"rho must lie in [0, 1): {rho}")
            if not epsilon > 0:
                raise ValueError(f"epsilon must be above 0: {epsilon}")
            super().__init__(learning_rate, name=name or type(self).__name__, **others)
            self.rho, self.epsilon = rho, epsilon

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}

    @registered
    class ElementwiseRMSprop(RMSprop):
        __doc__ = "G ← ρG + (1 − ρ)g², θ ← θ − γ·g/√(G + ε), for each number by itself.\n" + (RMSprop.__doc__ or "")

        def build(self, var_list: Any) -> None:
            if not getattr(self, "_built", False):
                self._squares = [self.add_variable_from_reference(variable, "square") for variable in var_list]
            super().build(var_list)

        def update_step(self, gradient: Any, variable: Any) -> None:
            square = self._squares[self._index_dict[self._var_key(variable)]]
            rate = tf.cast(self.learning_rate, variable.dtype)
            if isinstance(gradient, tf.IndexedSlices):  # all of G decays: the rows that are not named have g = 0
                square.assign(self.rho * square)
                square.scatter_add(tf.IndexedSlices((1 - self.rho) * gradient.values**2, gradient.indices))
                mean = tf.gather(square, gradient.indices)
            else:
                square.assign(self.rho * square + (1 - self.rho) * gradient**2)
                mean = square
            self._descend(gradient, variable, rate / tf.sqrt(mean + self.epsilon))

    @registered
    class ScalarRMSprop(RMSprop):
        __doc__ = "G ← ρG + (1 − ρ)‖g‖², θ ← θ − γ·g/√(G + ε), with the norm over all parameters of one update.\n" + (
            RMSprop.__doc__ or ""
        )

        def build(self, var_list: Any) -> None:
            if not getattr(self, "_built", False):
                wide = any(variable.dtype == tf.float64 for variable in var_list)
                # each replica computes the same from gradients that are summed already: one of them is taken
                self.mean_square = tf.Variable(
                    0.0,
                    dtype=tf.float64 if wide else tf.float32,
                    trainable=False,
                    name="mean_square",
                    aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
                )
                self._variables.append(self.mean_square)
            super().build(var_list)

        def _internal_apply_gradients(self, grads_and_vars: Any) -> Any:
            """Here all gradients of an update are together for the last time: clipped, summed, their rows unique."""
            kind = self.mean_square.dtype
            pairs = list(grads_and_vars)
            values = [g.values if isinstance(g, tf.IndexedSlices) else g for g, _ in pairs]
            norm = tf.add_n([tf.reduce_sum(tf.cast(value, kind) ** 2) for value in values])
            self.mean_square.assign(self.rho * self.mean_square + (1 - self.rho) * norm)
            return super()._internal_apply_gradients(pairs)

        def update_step(self, gradient: Any, variable: Any) -> None:
            rate = tf.cast(self.learning_rate, self.mean_square.dtype) / tf.sqrt(self.mean_square + self.epsilon)
            self._descend(gradient, variable, tf.cast(rate, variable.dtype))

    return types.SimpleNamespace(SGD=SGD, ElementwiseRMSprop=ElementwiseRMSprop, ScalarRMSprop=ScalarRMSprop)
