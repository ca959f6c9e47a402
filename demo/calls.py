"""Calls by programs that Gradio can make nothing of: a sentence, where it would answer "Internal Server Error" or
{"error": null} and write a stack trace into the log.

What names no event, or is no JSON that it reads, is refused at the door (`refusing`, of `demo.door`) with 404 or 422.
What is wrong with the values themselves shows once the event runs: a page (`Page`) then ends it as a mistake of the
caller's.
"""

from __future__ import annotations

import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import gradio as gr
from gradio import route_utils
from gradio.route_utils import API_PREFIX, FnIndexInferError
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.errors import VisitorError
from demo import guard, limits
from demo.i18n import language_of, phrase, sentence
from demo.rates import address_of
from demo.sessions import Sessions
from demo.uploads import Leftovers
from demo.watch import Watch, note, watch_of

PATHS = tuple(f"{API_PREFIX}/{name}" for name in ("queue/join", "call/", "run/", "api/"))
_AT_ONCE = tuple(f"{API_PREFIX}/{name}" for name in ("run/", "api/"))  # events that have no queue
_UNKNOWN = (FnIndexInferError, KeyError)  # no event of this name, or number
_UNREAD = (TypeError, ValueError)  # arguments that it does not have; bytes that are no text
_log = logging.getLogger(__name__)
_caller: contextvars.ContextVar[Any] = contextvars.ContextVar("caller", default=None)
Message = MutableMapping[str, Any]


async def refusing(
    app: Callable[..., Awaitable[None]], request: Request, receive: Callable, send: Callable[[Message], Awaitable[None]]
) -> None:
    """Pass a call of `PATHS` on to `app`, and its answer back; a call that cannot be found or read gets a sentence."""
    begun = refused = False
    at_once = request.scope["path"].startswith(_AT_ONCE)

    async def passed(message: Message) -> None:
        nonlocal begun, refused
        if at_once and message["type"] == "http.response.start" and message["status"] == 500:
            message = {**message, "status": 400}  # with a sentence; what is our own fault is counted as such
        if message["type"] == "http.response.start" and message["status"] == 422:  # a list of what pydantic found
            refused = True
            return await _refuse("call_unread", 422, request, receive, send)
        begun = begun or message["type"] == "http.response.start"
        if not refused:
            await send(message)

    try:
        await app(request.scope, receive, passed)
    except (*_UNKNOWN, *_UNREAD) as error:
        if begun or refused:
            raise
        kind = next(path for path in PATHS if request.scope["path"].startswith(path))
        _log.warning("a call of %s: %s", kind, type(error).__name__)  # its path and its message could quote the caller
        unknown = isinstance(error, _UNKNOWN)
        await _refuse("call_unknown" if unknown else "call_unread", 404 if unknown else 422, request, receive, send)


async def _refuse(key: str, status: int, request: Request, receive: Callable, send: Callable) -> None:
    watch_of(request).refused(key)
    told = sentence(VisitorError(key), request)
    await JSONResponse({"detail": told}, status_code=status)(request.scope, receive, send)


class Page(gr.Blocks):
    """`gr.Blocks` whose events are watched, and end with a sentence whatever goes wrong: given values that their
    components cannot read, say."""

    watch: Watch  # set by whoever builds the page

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owners, self.leftovers = guard.Owners(), Leftovers()
        guard.separate_uploads()
        route_utils.delete_files_created_by_app = _clear

    def launch(self, *values: Any, **options: Any) -> Any:
        """As Gradio has it, with sessions that take little and are forgotten, and idle connections kept for longer.

        After uvicorn's five seconds, which are httpx's too, the server would now and then close a connection in the
        moment in which a program or a proxy sends a question through it: an error there.  Gradio's look at its own page
        is left out: on a busy machine the first may take longer than the three seconds it waits, and it would give up.
        """
        found = super().launch(*values, **{"_frontend": False, **options})
        Sessions.take_over(self)
        if getattr(self, "server", None):  # Gradio's reload mode has none
            self.server.config.timeout_keep_alive = limits.KEEP_ALIVE
        return found

    async def process_api(
        self, block_fn: Any, inputs: list[Any], state: Any = None, request: Any = None, *rest: Any, **more: Any
    ) -> dict[str, Any]:
        """As Gradio has it.

        Raises:
            gr.Error: with a sentence, and without a stack trace in the log.
        """
        block_fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        _caller.set(request)  # what reads the values is not told whose they are
        async with self.watch.step(block_fn, more.get("event_id")) as step:
            try:
                self._check_owner(request)
                self._check_unread(request, more.get("iterator"))
                self._check_click(block_fn, more.get("event_data"), request)
                found = await super().process_api(block_fn, inputs, state, request, *rest, **more)
            except gr.Error as error:
                error.print_exception = False  # Gradio would print it, and what the visitor wrote with it
                raise
            except Exception as error:
                _log.exception("an event")
                told = phrase("something_wrong", language_of(request))
                raise gr.Error(told, print_exception=False) from error
            step.goes_on = bool(found.get("is_generating"))
            return found

    def _check_owner(self, request: Any) -> None:
        """Nothing, unless the session that an event names is another browser's.

        Raises:
            gr.Error: it is.
        """
        session = getattr(request, "session_hash", None)
        if not isinstance(session, str):
            return
        if not self.owners.owns(session, getattr(request, "cookies", None) or {}):
            note("mistake")
            raise gr.Error(sentence(VisitorError("session_other"), request), print_exception=False)
        if isinstance(self.app.state_holder, Sessions):
            self.app.state_holder.asked_from(session, address_of(request))

    def _check_unread(self, request: Any, iterator: Any) -> None:
        """Nothing, unless an event begins of a session that lets its answers lie: they take memory.

        Raises:
            gr.Error: it does.
        """
        lying = self._queue.pending_messages_per_session.get(getattr(request, "session_hash", None))
        if iterator is None and lying is not None and lying.qsize() > limits.UNREAD:
            note("refused")
            raise gr.Error(sentence(VisitorError("answers_unread"), request), print_exception=False)

    @staticmethod
    def _check_click(block_fn: Any, click: gr.EventData | None, request: Any) -> None:
        """Nothing, unless an event whose function reads what was clicked (`gr.SelectData` and the like) is not told so.

        Raises:
            gr.Error: it is called by a program rather than a page; Gradio would call the function without it.
        """
        if block_fn.collects_event_data and not _is_click(getattr(click, "_data", None)):
            note("mistake")
            raise gr.Error(sentence(VisitorError("call_values"), request), print_exception=False)

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *rest: Any, **more: Any) -> list[Any]:
        """The values as the event's function gets them.

        Raises:
            gr.Error: too few, or of another kind than their components'; without a stack trace in the log.
        """
        try:
            if not guard.takes_files(inputs):  # before Gradio looks for them
                raise gr.Error(sentence(VisitorError("call_values"), _caller.get()))
            if isinstance(inputs, list):
                within = [_within(block, value) for block, value in zip(block_fn.inputs, inputs, strict=False)]
                inputs = [*within, *inputs[len(within) :]]
            return await super().preprocess_data(block_fn, inputs, *rest, **more)
        except gr.Error as error:  # a sentence of Gradio's own: not one of the choices, a file of another kind
            error.print_exception = False
            note("mistake")
            raise
        except Exception as error:
            note("mistake")
            _log.warning("values for %s: %s", block_fn.api_name, type(error).__name__)  # a message could quote them
            raise gr.Error(sentence(VisitorError("call_values"), _caller.get()), print_exception=False) from error


def _within(block: Any, value: Any) -> Any:
    """What counts while a number is being written beside a slider: the nearest that the slider has, and for none its
    usual one.  Gradio would refuse both with a message of its own, and the page forget what is written next."""
    if not isinstance(block, gr.Slider) or isinstance(value, bool):
        return value
    if value is None:
        return block.value
    return min(max(value, block.minimum), block.maximum) if isinstance(value, int | float) else value


def _clear(page: Page, age: int | None) -> None:
    """What Gradio does now and then, and at the end with no age."""
    page.leftovers.clear(page, age, time.monotonic())


def _is_click(told: Any) -> bool:
    """Whether it has the form in which pages say what was clicked: its number or its place, and its value."""
    if not isinstance(told, dict) or not {"index", "value"} <= told.keys():
        return False
    place = told["index"] if isinstance(told["index"], list) and len(told["index"]) == 2 else [told["index"]]
    return all(isinstance(number, int | float) and abs(number) < 1e6 for number in place)
