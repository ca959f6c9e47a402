"""The button that ends a run: a flag that the run looks at between its steps.

Gradio's own way, an event that `cancels` another, takes a run for ended on the page before it is on the server: what
is asked until then is dropped, or begins and cannot be stopped in its turn.  A run that is flagged ends as any other
does, once its step is over: the last thing it says is that it was stopped, and what was asked meanwhile begins.  One
that still waits in the queue says so when its turn comes, and nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import json
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any

import gradio as gr
from gradio.context import Context, LocalContext

from demo import render
from demo.listening import NOW, QUIET
from demo.watch import note


class Runs:
    """The runs of one button that are under way, by the sessions that asked for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flags: dict[str, list[threading.Event]] = {}
        self._halted: set[str] = set()

    def stop(self, session: str | None, waiting: Collection[str] = (), known: Collection[str] = ()) -> bool:
        """Flag what is under way of a session, and what waits; whether anything was or does.

        Args:
            waiting: the ids of events that have been asked for, whether they have begun or not.
            known: the ids of all events that the queue has: what was flagged and is none of them is forgotten.
        """
        with self._lock:
            flags = self._flags.get(session or "", [])
            for flag in flags:
                flag.set()
            self._halted = (self._halted & set(known)) | set(waiting)
            return bool(flags or waiting)

    @contextlib.contextmanager
    def under_way(self, session: str | None) -> Iterator[threading.Event]:
        """Around a run: its flag.  Whether it is set is certain only afterwards."""
        flag, name = threading.Event(), session or ""
        with self._lock:
            if _event() in self._halted:
                flag.set()
            self._flags.setdefault(name, []).append(flag)
        try:
            yield flag
        finally:
            with self._lock:
                self._flags[name].remove(flag)
                if not self._flags[name]:
                    del self._flags[name]

    def stoppable(
        self, event: Callable[..., Iterator], last: Callable[[], Any], unused: Callable[..., None] | None = None
    ) -> Callable[..., Iterator]:
        """The same event, which ends with `last()` once it is flagged.

        unused: told the event's values where it never begins.
        """

        @functools.wraps(event)
        def steps(*values: Any) -> Iterator:
            with self.under_way(_session()) as flag, contextlib.closing(event(*values)) as walk:
                if flag.is_set() and unused:
                    unused(*values)
                while not flag.is_set():  # before a step, which may take a minute, and after it
                    try:
                        step = next(walk)
                    except StopIteration:
                        break
                    if flag.is_set():
                        break
                    yield step
            if flag.is_set():
                note("stopped")
                yield last()

        return steps


def stopper(
    running: Collection[Any], last: Callable[[], Any], unused: Callable[..., None] | None = None
) -> Callable[[str | None], bool]:
    """What ends these events of one session, begun or still in the queue; inside the `gr.Blocks` that is open.

    Args:
        running: the events, as Gradio's listeners return them, each of a generator.
        last: what each of them says at its end.
        unused: told the values of one that never begins.

    Returns:
        of a session's hash, whether there were any.
    """
    runs, root = Runs(), Context.root_block
    numbers = {event["id"] for event in running}
    for number in numbers:
        wired = root.fns[number]
        wired.fn = runs.stoppable(wired.fn, last, unused)

    def stop(session: str | None) -> bool:
        known = dict(root._queue.event_ids_to_events)
        asked = [key for key, one in known.items() if one.session_hash == session and one.fn._id in numbers]
        return runs.stop(session, asked, known)

    return stop


def stops(
    stop: gr.Button,
    stopped: Callable[[], tuple],
    outputs: list,
    running: list,
    unused: Callable[..., None] | None = None,
) -> None:
    """Wire the button that ends these events, inside the `gr.Blocks` that is open.

    Args:
        stopped: what stands in `outputs` after the visitor stopped.
        outputs: of the events, some or all.
        running: the events, as Gradio's listeners return them, each of a generator.
        unused: told the values of one that never begins.
    """
    stop_all = stopper(running, lambda: dict(zip(outputs, stopped(), strict=True)), unused)

    def halt(request: gr.Request) -> Any:
        """Flag the run, which tells its end itself; there may be none, after a restart of the server say."""
        return [gr.skip()] * len(outputs) if stop_all(request.session_hash) else stopped()

    # the page says so before the server is asked: told by the server, it could come after the run's own last word
    at_once = json.dumps([render.said("stopping", busy=True), {"__type__": "update", "interactive": False}])
    stop.click(None, outputs=[outputs[0], stop], js=f"() => {at_once}", **QUIET)
    stop.click(halt, outputs=outputs, **NOW)


def unless_stopped(stop: gr.Button) -> str:
    """The `js` of an event that is asked for in the row of this button, with `always_last`.

    What was asked while a run was under way is asked once more at its end, also when it ended because everything was
    to stop: then nothing is asked.
    """
    return (
        f"(...values) => window.wanzhuan ? window.wanzhuan.unlessStopped({json.dumps(stop.elem_id)}, values) : values"
    )


def _event() -> str | None:
    return LocalContext.event_id.get(None)


def _session() -> str | None:
    return getattr(LocalContext.request.get(None), "session_hash", None)
