"""Optimizers for Keras, after the posts 2, 3 and 6, and their trajectories in NumPy.

    from core.optim import Accumulated, accumulating     # many small batches, one update: the big batch's
    from core.optim import integrating                   # Heun, RK4 and RK23 as a Keras model's training step
    from core.optim import SGD, ScalarRMSprop, ElementwiseRMSprop

TensorFlow is imported when one of these is first used, not before.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.optim.accumulation import Accumulated
    from core.optim.heun import integrating
    from core.optim.microbatches import accumulating
    from core.optim.rmsprop import SGD, ElementwiseRMSprop, ScalarRMSprop

__all__ = ["SGD", "Accumulated", "ElementwiseRMSprop", "ScalarRMSprop", "accumulating", "integrating"]

_MODULES = {
    "Accumulated": "core.optim.accumulation",
    "accumulating": "core.optim.microbatches",
    "integrating": "core.optim.heun",
    "SGD": "core.optim.rmsprop",
    "ScalarRMSprop": "core.optim.rmsprop",
    "ElementwiseRMSprop": "core.optim.rmsprop",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
