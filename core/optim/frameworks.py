"""Which TensorFlow and which Keras an optimizer or a model belongs to.

The project itself runs on the legacy Keras, through `core.backend`.  Who brings an optimizer or a class of Keras 3 has
imported TensorFlow already, with the environment that Keras 3 wants; then that one is used, and `core.backend`, which
would refuse it, is left alone.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from core import backend


def tensorflow() -> types.ModuleType:
    """TensorFlow: the one that is there where Keras 3 came first, else the project's."""
    there = sys.modules.get("tensorflow")
    if there is not None and "keras" in sys.modules and not there.keras.Model.__module__.startswith("tf_keras"):
        return there
    return backend.load().tf


def is_keras_3(thing: Any) -> bool:
    """Whether a class, or the class of an instance, comes from Keras 3."""
    kind = thing if isinstance(thing, type) else type(thing)
    return any(one.__module__.split(".")[0] == "keras" for one in kind.__mro__)


def keras_of(kind: type | None) -> types.ModuleType:
    """The Keras that a class of models or optimizers is of; the project's for None."""
    return sys.modules["keras"] if kind is not None and is_keras_3(kind) else backend.load().keras


def gradients(optimizer: Any, loss: Any, variables: Any, tape: Any) -> list[tuple[Any, Any]]:
    """Pairs of gradient and variable, as the optimizer's own `minimize` takes them: unscaled in mixed precision."""
    compute = getattr(optimizer, "compute_gradients", None) or optimizer._compute_gradients  # the older optimizers'
    return list(compute(loss, variables, tape=tape))


def schedule(optimizer: Any) -> Any:
    """The schedule that a tf_keras optimizer's learning rate follows; None where it is a number."""
    rate = getattr(optimizer, "_learning_rate", None)
    return rate if isinstance(rate, backend.load().keras.optimizers.schedules.LearningRateSchedule) else None


def learning_rate(optimizer: Any) -> Any:
    """The learning rate of the update that comes; the property says the last one's where there is a schedule."""
    follows = schedule(optimizer)
    return optimizer.learning_rate if follows is None else follows(optimizer.iterations)
