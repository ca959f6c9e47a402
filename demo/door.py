"""What stands between the network and Gradio: the page's head as other sites read it, the script by which they show
the page, and refusals in two languages.

Gradio writes its own name and picture into the head, for whoever shows a link to the page; here the project's take
their place.  What strangers are not to reach is closed (`demo.guard`).  And what Gradio refuses before any function of
ours runs, it refuses in English; a browser gets a sentence in its own language, while programs get what they know.
"""

from __future__ import annotations

import errno
import html
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import anyio
import gradio as gr
from gradio.route_utils import API_PREFIX, get_root_url
from gradio.server_messages import UnexpectedErrorMessage
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from core.errors import VisitorError
from demo import bodies, calls, guard, health, limits, rates
from demo.i18n import phrase, sentence
from demo.theme import asset
from demo.watch import Watch, watch_of

TITLE = "玩转 Wanzhuan"
CARD = "/social-card.png"  # where the picture is; outside of what a login guards, as sites that show links have none
CARD_SIZE = (1200, 630)
SCRIPT = "/gradio.js"  # makes <gradio-app> an element of any page; Gradio keeps it on a server of its own
_FOREIGN = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')
_PROGRAMS = ("api", "mcp")  # what Gradio's own clients write into x-gradio-user
_TOOLS = f"{API_PREFIX}/mcp"
_ASKING = (*calls.PATHS, f"{API_PREFIX}/upload", _TOOLS)  # what begins something, sent by POST
_CALLS = f"{API_PREFIX}/call/"
_DATA = f"{API_PREFIX}/queue/data"
_QUEUED = (f"{API_PREFIX}/queue/join", _CALLS)  # what takes a place in the queue, by POST
_STREAMS = (_DATA, _CALLS)  # where answers come from, by GET
_SESSIONS = (_DATA, guard.HEARTBEAT)  # whose answers, and whose end, a request may name
_READING = ("GET", "HEAD", "OPTIONS")  # requests without a body
_log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


def middleware() -> list[Middleware]:
    """For `app_kwargs` of Gradio's launch."""
    return [Middleware(Door)]


class Door:
    """An ASGI application around another one."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Callable, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        scope = _bare(scope)
        request = Request(scope)
        if scope["path"].startswith(_TOOLS):  # Gradio passes their heads on, in calls from this very machine
            request = Request({**scope, "headers": rates.with_address(request)})
            scope = request.scope
        send = _plain(request, send)
        if scope["method"] in _READING or scope["path"].rstrip("/") == guard.UPLOAD:
            return await self._let_in(request, receive, send)
        await bodies.bounded(lambda _, receive, send: self._let_in(request, receive, send), request, receive, send)

    async def _let_in(self, request: Request, receive: Callable, send: Send) -> None:
        scope = request.scope
        path = scope["path"]
        if guard.is_closed(path):
            return await _told(request, "call_unknown", 404)(scope, receive, send)
        if guard.is_foreign(request):
            return await _told(request, "login_foreign", 403)(scope, receive, send)
        if path in health.PATHS and scope["method"] in ("GET", "HEAD"):
            answer = health.answer(request, watch_of(request))
            return await (answer or self.app)(scope, receive, send)
        if path == CARD and scope["method"] in ("GET", "HEAD"):
            day = {"Cache-Control": "public, max-age=86400"}
            return await FileResponse(asset("card.png"), headers=day)(scope, receive, send)
        if path == SCRIPT and scope["method"] in ("GET", "HEAD"):
            file = Path(gr.__file__).parent / "templates" / "frontend" / "gradio.js"
            return await FileResponse(file, media_type="text/javascript")(scope, receive, send)
        if path in ("", "/") and scope["method"] == "GET":
            return await self.app(scope, receive, _rewriting(request, send))
        if scope["method"] == "POST" and path.rstrip("/") == guard.LOGIN:
            try:
                await anyio.to_thread.run_sync(guard.check_login, request)  # it may ask another server
            except VisitorError as error:
                watch_of(request).refused(error.key)
                return await JSONResponse({"detail": sentence(error, request)}, 429)(scope, receive, send)
        session = guard.session_of(request) if path.startswith(_SESSIONS) else None
        if scope["method"] == "POST" and path.rstrip("/") == guard.CANCEL:
            try:
                session, receive = await guard.read_session(receive)
            except VisitorError as error:
                if error.key != "call_unread":
                    raise
                return await _told(request, "call_unread", 422)(scope, receive, send)
        owners = watch_of(request).page.owners
        if session and not owners.owns(session, request.cookies):
            return await _told(request, "session_other", 403)(scope, receive, send)
        known = watch_of(request).page._queue.pending_messages_per_session
        if session and path.rstrip("/") == _DATA and session not in known and not getattr(request.app, "auth", None):
            return await _forgotten()(scope, receive, send)
        # of a path where answers are fetched Gradio takes the last part for a session, if it is no event
        named = path.rstrip("/").rpartition("/")[2] if scope["method"] != "POST" and path.startswith(_CALLS) else ""
        if named and not owners.owns(named, request.cookies, new=False):
            return await _told(request, "session_other", 403)(scope, receive, send)
        if not path.startswith(_ASKING if scope["method"] == "POST" else _STREAMS):
            return await self.app(scope, receive, send)
        watch = watch_of(request)
        if scope["method"] == "POST" and watch.stopping.is_set():
            return await _stopping(request, watch)(scope, receive, send)
        asking = int(scope["method"] == "POST")
        watch.open, watch.asking = watch.open + 1, watch.asking + asking
        try:
            await self._asked(request, receive, send)
        finally:
            watch.open, watch.asking = watch.open - 1, watch.asking - asking

    async def _asked(self, request: Request, receive: Callable, send: Send) -> None:
        path = request.scope["path"]
        if path.rstrip("/") == guard.UPLOAD and request.method == "POST":
            return await self._uploaded(request, receive, send)
        if not (path.startswith(calls.PATHS) and request.method == "POST"):
            return await self.app(request.scope, receive, send)
        if path.startswith(_QUEUED) and _waiting(request) >= limits.QUEUE_ADDRESS:
            status = 429 if _is_browser(request) else 503  # as `_refusing` has it
            return await _told(request, "queue_address", status, most=limits.QUEUE_ADDRESS)(
                request.scope, receive, send
            )
        if path == f"{API_PREFIX}/queue/join" and _is_browser(request):
            send = _refusing(request, receive, send)
        return await calls.refusing(self.app, request, receive, send)

    async def _uploaded(self, request: Request, receive: Callable, send: Send) -> None:
        begun = False

        async def passed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await anyio.to_thread.run_sync(rates.admit, request)  # it may ask another server
            guard.check_upload(request)
            await self.app(request.scope, guard.counted(receive), passed)
        except VisitorError as error:
            if begun:
                raise
            status = {"rate_limit": 429, "uploads_too_large": 413}.get(error.key, 507)
            watch_of(request).refused(error.key)
            await JSONResponse({"detail": sentence(error, request)}, status)(request.scope, receive, send)
        except OSError as error:
            if begun:
                raise
            _log.warning("an upload: %s", errno.errorcode.get(error.errno or 0, type(error).__name__))
            await _told(request, "disk_full", 507)(request.scope, receive, send)


def _bare(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A request's scope as a proxy would send it that takes its path (`--root-path`) off: Gradio knows both forms, and
    what is looked for here must not be missed under the other."""
    root, path = str(scope.get("root_path") or "").rstrip("/"), scope["path"]
    while root and f"{path}/".startswith(f"{root}/"):  # the router takes it off once more than we do
        path = path[len(root) :]
    return {**scope, "path": path}


def _plain(request: Request, send: Send) -> Send:
    """Passes answers on, and tells browsers to take each for what it says it is: a text is no script."""

    async def passed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = list(message.get("headers", ()))
            guard.take_out_echo(request, MutableHeaders(raw=message["headers"]))
            MutableHeaders(raw=message["headers"]).setdefault("X-Content-Type-Options", "nosniff")
        await send(message)

    return passed


def _told(request: Request, key: str, status: int, **values: object) -> JSONResponse:
    watch_of(request).refused(key)
    return JSONResponse({"detail": sentence(VisitorError(key, **values), request)}, status)


def _waiting(request: Request) -> int:
    return rates.waiting(watch_of(request).page, rates.address_of(request))


def _forgotten() -> Response:
    """What Gradio says of a session that it does not know, or not any more; it would go on to fail in mid-answer."""
    told = UnexpectedErrorMessage(message="404", session_not_found=True).model_dump_json()
    return Response(f"data: {told}\n\n", media_type="text/event-stream")


def _is_browser(request: Request) -> bool:
    return request.headers.get("x-gradio-user") not in _PROGRAMS


def _stopping(request: Request, watch: Watch) -> JSONResponse:
    """That no new questions are taken; to a browser as 429, for the reason that `_refusing` has."""
    watch.refused("stopping")
    told = {"detail": sentence(VisitorError("stopping"), request)}
    browser = request.scope["path"] == f"{API_PREFIX}/queue/join" and _is_browser(request)
    return JSONResponse(told, status_code=429 if browser else 503, headers={"Retry-After": "5"})


def head(root: str) -> str:
    """The tags by which other sites show a link to the page.

    Args:
        root: the page's address, without a slash at its end; addresses of pictures must be whole.
    """
    told = f"{phrase('tagline', 'zh')} {phrase('tagline', 'en')}"
    width, height = CARD_SIZE
    tags = {
        "og:type": "website",
        "og:title": TITLE,
        "og:description": told,
        "og:url": f"{root}/",
        "og:image": root + CARD,
        "og:image:type": "image/png",
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": TITLE,
        "og:locale": "zh_CN",
        "og:locale:alternate": "en_US",
        "twitter:card": "summary_large_image",
        "twitter:title": TITLE,
        "twitter:description": told,
        "twitter:image": root + CARD,
    }
    kinds = (("name" if key.startswith("twitter:") else "property", key, value) for key, value in tags.items())
    lines = "".join(f'<meta {kind}="{key}" content="{html.escape(value)}">\n' for kind, key, value in kinds)
    return f'<title>{TITLE}</title>\n<meta name="description" content="{html.escape(told)}">\n{lines}'


def rewritten(page: str, root: str) -> str:
    """The page with our tags instead of Gradio's."""
    return _FOREIGN.sub("", page).replace("<head>", f"<head>\n{head(root)}", 1)


def _rewriting(request: Request, send: Send) -> Send:
    """Passes an HTML answer on when it is whole, rewritten; all else as it is."""
    start: Message = {}
    body = bytearray()

    async def passed(message: Message) -> None:
        if message["type"] == "http.response.start":
            if MutableHeaders(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                start.update(message)
                return
        elif start and message["type"] == "http.response.body":
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            root = get_root_url(request, "/", getattr(request.app, "root_path", ""))
            whole = rewritten(body.decode("utf-8"), root).encode("utf-8")
            MutableHeaders(raw=start["headers"])["content-length"] = str(len(whole))
            guard.give_cookie(request, MutableHeaders(raw=start["headers"]))
            await send(start)
            message = {"type": "http.response.body", "body": whole}
        await send(message)

    return passed


def _refusing(request: Request, receive: Callable, send: Send) -> Send:
    """Passes answers on; that the queue is full is said in the visitor's language.

    The status becomes 429, because to 503 Gradio's page has a sentence of its own.
    """
    refused = False

    async def passed(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start" and message["status"] == 503:
            refused = True
            watch_of(request).refused("queue_full")
            told = sentence(VisitorError("queue_full", most=limits.QUEUE), request)
            return await JSONResponse({"detail": told}, status_code=429)(request.scope, receive, send)
        if not refused:
            await send(message)

    return passed
