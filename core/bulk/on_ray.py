"""The same run on Ray Data: readers cut the input into parts, actors that hold the model answer them, and this process,
which alone writes, keeps them.

Readers run on the cluster and wait while there is more than the actors can take (Ray Data's backpressure); what they
read must be at an address that all machines know.  The code and the weights are sent to them.  A part is one row of the
data set, so that Ray never cuts one or puts two together, and a part whose machine is lost is done again elsewhere.

https://docs.ray.io/en/latest/data/data.html
"""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.bulk.answering import Answered, Answerer, Job
from core.bulk.inputs import Inputs, Source, why_of
from core.bulk.parts import Done, Part, Record, cut
from core.bulk.run import Told, Weights
from core.errors import VisitorError

_MOST_BLOCKS = 1_000  # of splits; a block's splits are read one after the other
_HERE = Path(__file__).parent.parent


class OnRay:
    """The engine.

    Args:
        job: what is done.
        weights: by which.
        address: of a cluster, as `ray.init` takes it; None: one on this machine, which ends with the run.
        workers: actors; None: one a GPU, or one a machine where there is none.

    Raises:
        VisitorError: Ray is not installed.
    """

    def __init__(self, job: Job, weights: Weights, address: str | None = None, workers: int | None = None) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it warns of what is meant here
        try:
            import ray.data  # noqa: F401
        except ImportError:
            raise VisitorError("not_installed_ray") from None
        self._job, self._weights, self._address, self._workers = job, weights, address, workers

    def __call__(self, inputs: Inputs, done: Done, rows: int, told: Told) -> Iterator[Answered]:
        """The parts that are not done, answered, as they come; the arguments are those of `Local`.

        Raises:
            VisitorError: no cluster, or it gave up.
        """
        splits = [split_json(inputs, split, done) for split in inputs.splits() if not _is_done(split, done)]
        if not splits:
            return
        import ray

        self._join()
        try:
            for row in self._answers(splits, rows).iter_rows():
                yield Answered.of(row["answered"])
        except ray.exceptions.RayError as error:
            raise _cause(error) from None
        finally:
            ray.shutdown()

    def _join(self) -> None:
        """Raises VisitorError: nothing answers there."""
        import ray

        # The workers need `core`, not the weights that are shipped with it: the run's are sent by themselves.
        passed_on = ("WANZHUAN_PRECISION", "TF_CPP_MIN_LOG_LEVEL")
        environment = {
            "py_modules": [str(_HERE)],
            "excludes": ["/weights/embedded/", "__pycache__/"],
            "env_vars": {name: os.environ[name] for name in passed_on if name in os.environ},
        }
        alone = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}  # nobody else is let in
        options: dict[str, Any] = {} if self._address else alone
        main = threading.current_thread() is threading.main_thread()
        terminated = signal.getsignal(signal.SIGTERM)
        try:
            # "local", not None, by which Ray would join a cluster that it finds on this machine
            where = self._address or "local"
            ray.init(where, runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR, **options)
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise VisitorError("ray_unreachable", address=self._address or "localhost", why=why_of(error)) from None
        finally:
            if main:
                signal.signal(signal.SIGTERM, terminated)  # Ray has one of its own, which knows of no output
        logging.getLogger("ray.data").setLevel(logging.ERROR)

    def _answers(self, splits: list[str], rows: int) -> Any:
        """A data set that has a part's answers in each row."""
        import ray
        import ray.data

        context = ray.data.DataContext.get_current()
        context.target_max_block_size = 1  # a block is handed on as soon as a part is in it
        context.enable_progress_bars = False
        workers, resources = self._shares(ray.nodes())
        files = {file.name: file.read_bytes() for file in self._weights.folder.iterdir() if file.is_file()}
        sent = [ray.put(files)]  # in a list, else Ray Data would send a copy with each call
        return (
            ray.data.from_items(
                [{"split": split} for split in splits], override_num_blocks=min(len(splits), _MOST_BLOCKS)
            )
            .map_batches(
                _Parts(self._job.to_json(), rows), batch_size=1, num_cpus=0.1, concurrency=max(1, workers // 4)
            )
            .map_batches(
                _Worker,
                batch_size=1,
                fn_constructor_args=(self._job.to_json(), sent, self._weights.name),
                compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
                **resources,
            )
        )

    def _shares(self, nodes: list[dict[str, Any]]) -> tuple[int, dict[str, float]]:
        """How many actors, and what of a machine each asks for."""
        alive = [node["Resources"] for node in nodes if node["Alive"]]
        gpus = int(sum(node.get("GPU", 0) for node in alive))
        workers = self._workers or gpus or len(alive)
        cpus = sum(node.get("CPU", 0) for node in alive) / max(workers, len(alive))
        # Half of what there is: when a machine is lost, the others have room for its actors.
        resources = {"num_cpus": max(0.1, round(cpus / 2, 1))}
        if gpus:
            resources["num_gpus"] = 1 / math.ceil(workers / gpus)
        return workers, resources


class _Parts:
    """Reads a split: a row with a part in it for each that is not done."""

    def __init__(self, job: str, rows: int) -> None:
        self._job, self._rows = job, rows

    def __call__(self, batch: Mapping[str, Any]) -> Iterator[dict[str, list[str]]]:
        job = Job.of(self._job)
        for text in batch["split"]:
            sources, split, done = split_of(str(text))
            for part in cut(sources, split, job.columns, done, self._rows):
                yield {"part": [part.to_json()]}


class _Worker:
    """An actor: one model."""

    def __init__(self, job: str, sent: list[Any], weights: str) -> None:
        import ray

        with tempfile.TemporaryDirectory() as folder:
            for name, data in ray.get(sent[0]).items():
                (Path(folder) / name).write_bytes(data)
            self._answerer = Answerer(Job.of(job), Path(folder), weights)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        return {"answered": [self._answerer.answer(Part.of(str(part))).to_json() for part in batch["part"]]}


def split_json(inputs: Inputs, split: tuple[int, int], done: Done) -> str:
    """A split with its files and the records of its parts that are done, for another machine."""
    files = [(number, inputs.sources[number].address, inputs.sources[number].size) for number in range(*split)]
    return json.dumps({"split": split, "files": files, "done": [record.to_json() for record in done.within(split)]})


def split_of(text: str) -> tuple[dict[int, Source], tuple[int, int], Done]:
    """What `split_json` wrote."""
    found = json.loads(text)
    records = {record.start: record for record in map(Record.of, found["done"])}
    sources = {number: Source(address, size) for number, address, size in found["files"]}
    return sources, tuple(found["split"]), Done({start: (lambda r=r: r) for start, r in records.items()})


def _is_done(split: tuple[int, int], done: Done) -> bool:
    """Whether all parts of a split are done, so that nobody need open its files."""
    at = (split[0], 0)
    while at in done and at[0] < split[1]:
        at = done[at].end
    return at[0] >= split[1]


def _cause(error: BaseException) -> VisitorError:
    """The sentence of the person's mistake that made an actor fail, or that the cluster failed."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, VisitorError):
            return seen
        seen = getattr(seen, "cause", None) or seen.__cause__
    return VisitorError("ray_failed", why=why_of(error))
