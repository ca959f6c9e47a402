"""Training on several devices or machines, through tf.distribute: what is computed where, not what comes out.

An update is made of `accumulate` batches, wherever they are computed.  With R replicas each computes every R-th of
them, the sums meet once an update (`core.optim.accumulation`), and the run is the one-worker run with the same
`accumulate`, to the rounding of another order of addition.  So a run may also go on with another number of replicas.

    mirrored       all GPUs of this machine (one CPU, if there is none)
    multiworker    the processes that TF_CONFIG names, each with all its GPUs; they share the folder that is written to
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core import backend
from core.errors import VisitorError

STRATEGIES = ("none", "mirrored", "multiworker")


class Workers:
    """Where a run is computed.

    Args:
        kind: one of STRATEGIES; "multiworker" has to come before anything else is computed in the process.
        devices: for "mirrored": these rather than all GPUs, such as ["CPU:0", "CPU:1"].

    Attributes:
        replicas: how many batches are computed at once, over all processes.
        chief: whether this process tells, scores and writes; one of them does.

    Raises:
        VisitorError: TF_CONFIG does not name the workers.
    """

    def __init__(self, kind: str = "none", devices: Sequence[str] | None = None) -> None:
        self.kind, self._strategy = kind, None
        self.replicas, self.chief = 1, True
        if kind == "none":
            return
        tf = backend.load().tf
        if kind == "mirrored":
            self._strategy = tf.distribute.MirroredStrategy(devices)
        else:
            _check_cluster()
            try:
                self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
            except (RuntimeError, ValueError, tf.errors.OpError) as error:
                raise VisitorError("bad_cluster", reason=str(error).split("\n")[0][:200]) from None
            resolver = self._strategy.cluster_resolver
            self.chief = resolver.task_type in (None, "chief") or (
                "chief" not in resolver.cluster_spec().jobs and (resolver.task_id or 0) == 0
            )
        self.replicas = self._strategy.num_replicas_in_sync
        self._local = len(self._strategy.extended.worker_devices)
        self._first = self._begins()
        self._agree = tf.function(self._summed)

    def _begins(self) -> int:
        """The number of this process's first replica among all."""
        if self.kind != "multiworker":
            return 0
        resolver = self._strategy.cluster_resolver
        jobs = resolver.cluster_spec().as_dict()
        chiefs = len(jobs.get("chief", ()))
        place = resolver.task_id if resolver.task_type == "chief" else chiefs + (resolver.task_id or 0)
        return place * self._local

    def check(self, accumulate: int) -> None:
        """
        Raises:
            VisitorError: `accumulate` batches cannot be shared out evenly.
        """
        if accumulate % self.replicas:
            raise VisitorError("replicas_accumulate", replicas=self.replicas)

    def scope(self) -> contextlib.AbstractContextManager:
        """Variables made inside stand on every device: the model, the optimizer, an average."""
        return self._strategy.scope() if self._strategy else contextlib.nullcontext()

    def step(
        self, batch: Callable[..., tuple[Any, Any]], compile: bool = False
    ) -> Callable[[Sequence[tuple]], tuple[float, float]]:
        """A function that computes one batch a replica, at the same time.

        Args:
            batch: of one batch's arrays and its weight (1, or 0 for one that only keeps a replica busy) → two sums.  On
                replicas it adds to gradients, and updates nothing.
            compile: by XLA, where there are no replicas.

        Returns:
            of up to `replicas` batches → both sums over them.  Every process gives the same batches.
        """
        tf = backend.load().tf
        if self._strategy is None:
            alone = tf.function(batch, jit_compile=compile, reduce_retracing=not compile)
            return lambda batches: tuple(map(float, alone(tuple(map(tf.constant, batches[0])))))

        @tf.function(reduce_retracing=True)
        def run(batches, weights):
            def one():
                replica = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
                place = int(replica) % self._local
                return batch(batches[place], weights[place])

            first, second = self._strategy.run(one)
            return tuple(self._strategy.reduce(tf.distribute.ReduceOp.SUM, x, axis=None) for x in (first, second))

        def step(batches: Sequence[tuple]) -> tuple[float, float]:
            numbers = range(self._first, self._first + self._local)
            mine = [batches[i] if i < len(batches) else batches[0] for i in numbers]
            weights = [float(i < len(batches)) for i in numbers]
            one, other = run(tuple(tuple(map(tf.constant, arrays)) for arrays in mine), tf.constant(weights))
            return float(one), float(other)

        return step

    def agreed(self, value: float) -> float:
        """The chief's value, in every process: what is decided by the clock must be decided by one."""
        if self.kind != "multiworker":
            return value
        tf = backend.load().tf
        return float(self._agree(tf.constant(value if self.chief else 0.0, tf.float64)))

    def _summed(self, value: Any) -> Any:
        tf = backend.load().tf

        def one():
            replica = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
            return value if int(replica) % self._local == 0 else tf.zeros_like(value)

        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, self._strategy.run(one), axis=None)

    def folder(self, folder: Path) -> Path:
        """Where this process writes checkpoints: all have to, since parts of them are summed; the chief's are kept."""
        if self.chief:
            return folder
        self._elsewhere = tempfile.TemporaryDirectory()
        return Path(self._elsewhere.name)


def _check_cluster() -> None:
    """
    Raises:
        VisitorError: TF_CONFIG does not name the workers.
    """
    try:
        config = json.loads(os.environ.get("TF_CONFIG", ""))
        jobs, task = config["cluster"], config["task"]
        own = jobs[task["type"]][int(task["index"])]
        fits = isinstance(own, str) and set(jobs) <= {"chief", "worker"}
    except (ValueError, KeyError, TypeError, IndexError):
        fits = False
    if not fits:
        raise VisitorError("bad_cluster", reason="TF_CONFIG")
