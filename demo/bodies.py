"""How much a request may bring that is no upload.

Gradio reads the body of a call whole, before it is counted to anybody, and JSON of many small lists takes thirty times
its length in memory; it also looks at every value, where all answers wait.  So a body has a limit, in bytes, in parts
and in values.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from core.errors import VisitorError
from demo import limits
from demo.i18n import sentence
from demo.watch import watch_of

Message = MutableMapping[str, Any]
App = Callable[[MutableMapping[str, Any], Callable, Callable], Awaitable[None]]


async def bounded(app: App, request: Request, receive: Callable, send: Callable[[Message], Awaitable[None]]) -> None:
    """Pass a request on to `app`, and its answer back; when its body is too much, a sentence with 413 instead."""
    told = request.headers.get("content-length", "")
    left, parts, values = limits.BODY_BYTES, limits.BODY_PARTS, limits.BODY_VALUES
    error = VisitorError("body_too_large", megabytes=limits.BODY_BYTES // 1_000_000)
    over, begun = told.isdecimal() and int(told) > left, False

    async def taken() -> Message:
        nonlocal left, parts, values, over
        message = await receive()
        body = message.get("body", b"")
        left -= len(body)
        parts -= body.count(b"[") + body.count(b"{")
        values -= body.count(b",")
        if min(left, parts, values) < 0:
            over = True
            raise error
        return message

    async def passed(message: Message) -> None:
        nonlocal begun
        if begun or not over:  # what reads the body may have made an answer of its own of the error
            begun = True
            await send(message)

    status = 413
    if not over:
        try:
            await app(request.scope, taken, passed)
        except VisitorError:
            if not over:
                raise
        except UnicodeEncodeError:  # half a character was sent, which no refusal can repeat
            error, status, over = VisitorError("call_unread"), 422, True
            if begun:
                raise
    if over and not begun:
        watch_of(request).refused(error.key)
        await JSONResponse({"detail": sentence(error, request)}, status)(request.scope, receive, send)
