"""What becomes of every event: counted for `/metrics`, and a line of the log for those that ask something.

An event is named after its endpoint, or else after the module and function behind it, so that names are as many as
the page has functions.  Nothing that a visitor wrote is looked at.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from starlette.requests import Request

from core import batch_sizes
from core.service import Service
from core.tasks import TASKS
from demo import limits

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction

    from demo.calls import Page

OUTCOMES = ("answered", "mistake", "refused", "late", "failed", "stopped")
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)  # of the histogram; answers take from 0.01 to 900
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_log = logging.getLogger(__name__)


@dataclass
class Event:
    """One event on its way.  began: seconds of a clock that never goes back.  weights: of the model that it asked."""

    name: str
    told: bool  # whether it gets a line of the log
    began: float
    outcome: str = "answered"
    weights: str = ""
    busy: bool = False  # in the middle of a step
    last: float = 0.0  # when the last step ended


_now: contextvars.ContextVar[Event | None] = contextvars.ContextVar("event", default=None)


def note(outcome: str = "", weights: str = "") -> None:
    """Say of the event that is running what becomes of it (one of OUTCOMES; the first to say so is right) or who
    answers; outside of one nothing."""
    event = _now.get()
    if event is not None:
        event.outcome = outcome if outcome and event.outcome == "answered" else event.outcome
        event.weights = weights or event.weights


def name_of(fn: BlockFunction) -> str:
    """What an event is called in metrics and in the log: "/title", "titling.write", or "page" for what only draws."""
    if fn.api_visibility == "public":
        return f"/{fn.api_name}"
    name, module = getattr(fn.fn, "__name__", ""), getattr(fn.fn, "__module__", "") or ""
    return f"{module.removeprefix('demo.')}.{name}" if name.isidentifier() else "page"


def watch_of(request: Request) -> Watch:
    """The figures of the page that a request is for."""
    return request.app.get_blocks().watch


class Watched:
    """A service that notes which weights an event asked; otherwise it is the service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def model(self, task: str, seconds: float | None = None) -> Any:
        """As `Service.model`."""
        found = self._service.model(task, seconds)
        note(weights=self._service.state(task).weights)
        return found

    def titler(self, seconds: float | None = None, model: str | None = None) -> Any:
        """As `Service.titler`."""
        found = self._service.titler(seconds, model)
        note(weights=self._service.state(self._service.name_of("titling", model)).weights)
        return found


class Watch:
    """All figures of one page.

    Attributes:
        service: whose models the page needs.
        metrics: whether `/metrics` is served.
        stopping: set when no new events are taken any more.
        asking: requests under way that begin something: a stop waits for their end.
        open: the same with those that fetch answers, for which it waits a moment.
    """

    def __init__(self, page: Page, service: Service, metrics: bool = False) -> None:
        self.page, self.service, self.metrics = page, service, metrics
        self.stopping = threading.Event()
        self.asking = self.open = 0
        self._events: OrderedDict[str, Event] = OrderedDict()
        self.registry = CollectorRegistry()
        prefix = {"registry": self.registry, "namespace": "wanzhuan"}
        self._ended = Counter("requests", "Events by endpoint and outcome.", ["endpoint", "outcome"], **prefix)
        self._seconds = Histogram(
            "request_seconds", "From an event's start to its end.", ["endpoint"], buckets=SECONDS, **prefix
        )
        self._waited = Histogram(
            "wait_seconds", "From a place in the queue to an event's start.", ["endpoint"], buckets=SECONDS, **prefix
        )
        self._refused = Counter("refused", "Refused before an event began, or by a limit.", ["why"], **prefix)
        ProcessCollector(registry=self.registry)  # memory, processor time, open files
        self.registry.register(_State(self))

    # ---- events -------------------------------------------------------------------------------------------------
    @contextlib.asynccontextmanager
    async def step(self, fn: BlockFunction, event_id: str | None) -> AsyncIterator[Step]:
        """Around one step of an event: a function's call, or as far as a generator goes at a time."""
        key = event_id or f"call {time.monotonic_ns()} {id(fn)}"
        event = self._events.get(key)
        if event is None:
            event = self._events[key] = Event(name_of(fn), bool(fn.queue), time.monotonic())
            queued = self.page._queue.event_ids_to_events.get(key)
            if queued is not None:
                self._waited.labels(event.name).observe(event.began - queued.enqueue_time)
            if len(self._events) > limits.QUEUE:
                self.sweep()
        token, step, event.busy = _now.set(event), Step(), True
        try:
            yield step
        except BaseException as error:
            if event.outcome == "answered":  # nobody has said better
                event.outcome = "failed" if isinstance(error, Exception) else "stopped"
            event.last = time.monotonic()
            self._end(key)
            raise
        finally:
            _now.reset(token)
            event.busy, event.last = False, time.monotonic()
        if not step.goes_on:
            self._end(key)

    def refused(self, why: str) -> None:
        """Count what never became an event: the key of the sentence that was told."""
        self._refused.labels(why).inc()

    def _end(self, key: str) -> None:
        event = self._events.pop(key, None)
        if event is None:
            return
        seconds = event.last - event.began
        self._ended.labels(event.name, event.outcome).inc()
        self._seconds.labels(event.name).observe(seconds)
        if event.outcome == "refused":
            self.refused("rate_limit")
        if event.told:
            fields = {"endpoint": event.name, "outcome": event.outcome, "seconds": round(seconds, 3)}
            _log.info("request", extra={"fields": fields | ({"weights": event.weights} if event.weights else {})})

    def sweep(self) -> None:
        """End those that Gradio has let go between two steps: their visitor has left, or pressed the button."""
        known = self.page._queue.event_ids_to_events
        for key in [key for key, event in self._events.items() if not event.busy and key not in known]:
            self._events[key].outcome = "stopped"
            self._end(key)

    # ---- the queue ----------------------------------------------------------------------------------------------
    def waiting(self) -> int:
        """Events in the queue."""
        return len(self.page._queue)

    def running(self) -> int:
        """Events that functions are at work on."""
        queues = list(self.page._queue.event_queue_per_concurrency_id.values())  # there may be more at any time
        return sum(queue.current_concurrency for queue in queues)

    def unfetched(self) -> int:
        """Events whose answer nobody has taken yet."""
        return sum(map(len, list(self.page._queue.pending_event_ids_session.values())))


@dataclass
class Step:
    """goes_on: whether the event has a step after this one."""

    goes_on: bool = False


class _State:
    """What is looked at when it is asked for."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def describe(self) -> Iterator[Metric]:
        """Nothing to hold names against; the registry would else collect at once."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The queue, the models, their batches."""
        watch = self._watch
        watch.sweep()
        yield GaugeMetricFamily("wanzhuan_queue_waiting", "Events that wait.", watch.waiting())
        yield GaugeMetricFamily("wanzhuan_queue_running", "Events under way.", watch.running())
        yield GaugeMetricFamily("wanzhuan_queue_limit", "Events that may wait.", limits.QUEUE)
        yield GaugeMetricFamily("wanzhuan_stopping", "1 once no new events are taken.", watch.stopping.is_set())
        weights = InfoMetricFamily("wanzhuan_weights", "Which weights answer.", labels=["task"])
        ready = GaugeMetricFamily("wanzhuan_model_ready", "1 for a model that answers.", labels=["task"])
        for task in TASKS:
            state = watch.service.state(task)
            weights.add_metric([task], {"weights": state.weights, "device": state.device, "stage": state.stage})
            ready.add_metric([task], state.stage == "ready")
        yield weights
        yield ready
        yield self._batches()

    @staticmethod
    def _batches() -> Metric:
        found = HistogramMetricFamily("wanzhuan_batch_size", "Inputs computed together.", labels=["task"])
        for task, sizes in batch_sizes.seen().items():
            buckets = [(str(float(most)), sum(n for size, n in sizes.items() if size <= most)) for most in SIZES]
            buckets.append(("+Inf", sum(sizes.values())))
            found.add_metric([task], buckets, sum(size * n for size, n in sizes.items()))
        return found
