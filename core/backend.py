"""The one door to TensorFlow and bert4keras.

Nothing else in the project imports either of them, and this module imports them only when `load()` is first called:
the page is up, and the laboratory works, before TensorFlow is.  Three things have to be right *before* that first
import, or bert4keras 0.11.5 breaks in ways that are hard to read; they are done here and nowhere else.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import logging
import os
import threading
import types
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import SetupError

BERT4KERAS_VERSION = "0.11.5"
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
_lock = threading.RLock()  # one for all that is built: Keras and bert4keras keep their choices in globals


@dataclass(frozen=True)
class Backend:
    """What the rest of `core` may use of TensorFlow: the modules themselves, already repaired."""

    tf: types.ModuleType
    keras: types.ModuleType
    models: types.ModuleType
    layers: types.ModuleType
    optimizers: types.ModuleType


def check_versions() -> None:
    """Look at what is installed without importing it.

    Raises:
        SetupError: with the one command that mends it.
    """
    needed = {"bert4keras": BERT4KERAS_VERSION, "tensorflow": None, "tf-keras": None}
    for name, wanted in needed.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise SetupError("not_installed", package=name) from None
        if wanted and found != wanted:
            raise SetupError("wrong_bert4keras", found=found, wanted=wanted)
    tensorflow, keras = (importlib.metadata.version(n).split(".")[:2] for n in ("tensorflow", "tf-keras"))
    if tensorflow != keras:
        raise SetupError("wrong_tf_keras", found=".".join(keras), wanted=".".join(tensorflow))


def load() -> Backend:
    """TensorFlow with the legacy Keras, and bert4keras on it; imported at the first call, a few seconds, once."""
    with _lock:
        return _load()


@functools.cache
def _load() -> Backend:
    check_versions()
    os.environ["TF_KERAS"] = "1"  # bert4keras: use tf.keras
    os.environ["TF_USE_LEGACY_KERAS"] = "1"  # TensorFlow: let tf.keras be tf_keras, not Keras 3
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.get_logger().setLevel(logging.ERROR)
    if not tf.keras.Model.__module__.startswith("tf_keras"):
        raise SetupError("keras_3_first")
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    _import_bert4keras_optimizers(tf)
    import bert4keras.layers
    import bert4keras.models
    import bert4keras.optimizers

    _normalize_in_float32(bert4keras.layers.LayerNormalization)
    return Backend(tf, tf.keras, bert4keras.models, bert4keras.layers, bert4keras.optimizers)


def _import_bert4keras_optimizers(tf: types.ModuleType) -> None:
    """bert4keras' optimizers are written against the legacy `Optimizer` (they call `_set_hyper`); it stands in while
    they are imported."""
    modern = tf.keras.optimizers.Optimizer
    tf.keras.optimizers.Optimizer = tf.keras.optimizers.legacy.Optimizer
    try:
        import bert4keras.optimizers  # noqa: F401
    finally:
        tf.keras.optimizers.Optimizer = modern


def _normalize_in_float32(norm: type) -> None:
    """bert4keras' layer norm squares its input, which in float16 overflows from 256 on, and then gives zeros without
    a word: let it compute in float32 under every policy.  Mended in place, since its methods look it up by its name."""
    init, build = norm.__init__, norm.build

    def in_float32(self, *values, **options):
        init(self, *values, **{"dtype": "float32", **options})

    def build_in_float32(self, input_shape):
        with precision(self.dtype_policy.name):  # the layers that a conditional norm has inside
            build(self, input_shape)

    norm.__init__, norm.build = in_float32, build_in_float32


def device_name() -> str:
    """The device models run on: `GPU …` with its name, or `CPU`."""
    tf = load().tf
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU"
    details = tf.config.experimental.get_device_details(gpus[0])
    return "GPU " + details.get("device_name", "")


@contextlib.contextmanager
def gelu(version: str) -> Iterator[None]:
    """Models built inside use this gelu: "erf" (exact) or "tanh" (transformers' `gelu_new`).  bert4keras keeps the
    choice in one global, so building is done one model at a time and the default is put back."""
    load()
    from bert4keras.backend import set_gelu

    with _lock:
        set_gelu(version)
        try:
            yield
        finally:
            set_gelu("erf")


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """Models built inside compute so, one of PRECISIONS; their variables stay float32.  Keras keeps the choice in one
    global, so this too is done one model at a time."""
    mixed = load().keras.mixed_precision
    with _lock:
        before = mixed.global_policy().name
        mixed.set_global_policy(name)
        try:
            yield
        finally:
            mixed.set_global_policy(before)


def serving_precision() -> str:
    """What models that answer visitors compute in: `WANZHUAN_PRECISION` if that is set, else mixed float16 on a GPU,
    whose matrix units want it, and float32 on a CPU.

    Raises:
        SetupError: the variable says something else.
    """
    wanted = os.environ.get("WANZHUAN_PRECISION", "")
    if wanted and wanted not in PRECISIONS:
        raise SetupError("bad_precision", found=wanted, choices=", ".join(PRECISIONS))
    return wanted or ("mixed_float16" if load().tf.config.list_physical_devices("GPU") else "float32")


def snippets() -> types.ModuleType:
    """bert4keras' `snippets`: its own decoder, for tests and benchmarks to compare with."""
    load()
    import bert4keras.snippets

    return bert4keras.snippets
