"""What a page that strangers can reach does not do, though Gradio would; and whose session is whose.

Gradio serves more than this page needs: it fetches addresses for whoever asks (`/proxy=`, `/file=http://…`), keeps a
visitor's values under a link, converts videos, and calls functions of components.  None of it is used here, so all of
it is closed: what is not there cannot be turned against anybody.  And in Gradio who knows a session's hash has the
session, with its documents; here a browser's first question binds the hash to a cookie that no script can read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import route_utils
from gradio.data_classes import FileData
from gradio.route_utils import API_PREFIX
from gradio.utils import NamedString, get_upload_folder
from gradio_client import utils as client_utils
from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from core.errors import VisitorError
from demo import limits, rates

COOKIE = "wanzhuan_browser"
HEARTBEAT = f"{API_PREFIX}/heartbeat/"
UPLOAD = f"{API_PREFIX}/upload"
CANCEL = f"{API_PREFIX}/cancel"
LOGIN = "/login"
# what nothing on this page uses; tests/demo/attacks/test_routes.py holds it to the routes that Gradio has
CLOSED = tuple(
    f"{API_PREFIX}/{name}"
    for name in (
        "proxy=",  # fetches from other servers
        "component_server",  # calls a component's functions
        "custom_component/",
        "deep_link",  # writes a session's values to the disk, for whoever knows its hash
        "process_recording",  # runs ffmpeg on what is sent
        "stream/",
        "run-history/",
        "runs",
        "profiling/",
        "vibe-",
        "undo-vibe-",
        "dev/",
    )
) + (
    "/monitoring",
    "/pwa_icon",  # draws a picture as large as whoever asks would have it
)
_FILE = (f"{API_PREFIX}/file=", f"{API_PREFIX}/file/")
_ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]{1,20}:/")  # one letter is a drive of Windows
_FOREIGN = ("cross-site", "same-site")  # of Sec-Fetch-Site, which no script can set
_LONGEST = 4_096  # characters of a path
_SMALL = 10_000  # bytes that a request to cancel has at most
_YEAR = 365 * 86_400
_secret = secrets.token_bytes(32)  # of this process


# ---- paths ------------------------------------------------------------------------------------------------------
def is_closed(path: str) -> bool:
    """Whether a path is one of those that nobody needs, or would have the server fetch an address."""
    return path.startswith(CLOSED) or any(_ADDRESS.match(path[len(one) :]) for one in _FILE if path.startswith(one))


def is_foreign(request: Request) -> bool:
    """Whether a page elsewhere has sent this with the cookie of a visitor who has logged in: Gradio lets its login
    along, and the answer be read.  A link, or a frame, may lead here."""
    if getattr(request.app, "auth", None) is None or request.headers.get("sec-fetch-mode") == "navigate":
        return False
    return request.headers.get("sec-fetch-site") in _FOREIGN


# ---- files ------------------------------------------------------------------------------------------------------
class _Upload(route_utils.GradioUploadFile):
    """An upload with a folder of its own.

    Gradio names the folder by the content, so that two visitors who send the same file share one, and it is deleted for
    both when the first has been read.  Nor can anybody who knows a file's content guess where it lies.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sha.update(secrets.token_bytes(16))


class _Uploads(route_utils.GradioMultiPartParser):
    """Uploads of which nothing stays where they stop before their end: their visitor left, the disk is full, they are
    too large.  Gradio takes its files away only where it could not read the request."""

    async def parse(self) -> Any:
        try:
            return await super().parse()
        except BaseException:
            for file in self._files_to_close_on_error:
                file.close()
                Path(file.name).unlink(missing_ok=True)
            raise


def separate_uploads() -> None:
    """From here on every upload gets a folder of its own, and one that is cut leaves nothing."""
    route_utils.GradioUploadFile = _Upload
    route_utils.GradioMultiPartParser = _Uploads
    gr.UploadButton._process_single_file = gr.File._process_single_file = _named


def _named(component: gr.UploadButton | gr.File, file: FileData) -> NamedString:
    """The path that a component hands to its event, which says itself what kinds it takes.  Gradio would make an empty
    file beside it, and leave that there."""
    return NamedString(file.path)


def takes_files(values: object) -> bool:
    """Whether the files among the values of an event are such as it may look for: no address, which Gradio would fetch;
    no name longer than any; no more than somebody opens, since Gradio looks at each where all visitors wait."""
    found = []

    def look(file: Mapping[str, Any]) -> Mapping[str, Any]:
        found.append(len(file["path"]) <= _LONGEST and _ADDRESS.match(file["path"]) is None)
        return file

    client_utils.traverse(values, look, client_utils.is_file_obj)
    return len(found) <= limits.FILES_NAMED and all(found)


def check_upload(request: Request) -> None:
    """Nothing, as long as what is uploaded is no more than may be, and there is room for it.

    Raises:
        VisitorError: it is not.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limits.UPLOAD_BYTES:
        raise VisitorError("uploads_too_large", megabytes=limits.UPLOAD_BYTES // 1_000_000)
    try:
        free = shutil.disk_usage(get_upload_folder()).free
    except OSError:  # it is made with the first upload
        return
    if free < limits.FREE_BYTES:
        raise VisitorError("disk_full")


def counted(receive: Callable) -> Callable:
    """Passes a request's body on.

    Raises:
        VisitorError: while it is read: it is longer than an upload may be, whatever its head says.
    """
    left = limits.UPLOAD_BYTES

    async def passed() -> Any:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise VisitorError("uploads_too_large", megabytes=limits.UPLOAD_BYTES // 1_000_000)
        return message

    return passed


def take_out_echo(request: Request, headers: MutableHeaders) -> None:
    """Of an answer with a file: with a part of one Gradio sends the request's own headers back, and among them the
    cookies, which no script of a page is to see."""
    if request.scope["path"].startswith(_FILE):
        for pair in request.scope["headers"]:
            if pair in headers.raw:
                headers.raw.remove(pair)


# ---- logins ---------------------------------------------------------------------------------------------------------
def check_login(request: Request) -> None:
    """Nothing, as long as this address has not tried to log in too often: passwords are not to be found by trying.

    Raises:
        VisitorError: it has.
    """
    seconds = rates.RATES.wait([(("login", rates.address_of(request)), limits.LOGINS)])
    if seconds:
        raise VisitorError("login_rate", most=limits.LOGINS, seconds=math.ceil(seconds))


# ---- sessions ---------------------------------------------------------------------------------------------------
class Owners:
    """Which browser a session belongs to: who first shows its hash.

    Args:
        most: sessions that are remembered; who has not been seen for longest is forgotten first.
    """

    def __init__(self, most: int = limits.VISITORS_KNOWN) -> None:
        self._most = most
        self._of: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def owns(self, session: str, cookies: Mapping[str, str], new: bool = True) -> bool:
        """Whether who shows these cookies may use this session.  Who keeps no cookie, as a program or a browser in a
        frame, has the session by its hash alone, as Gradio has it, but none that belongs to a browser.

        new: whether it is theirs from now on, if it was nobody's.
        """
        cookie = cookies.get(COOKIE)
        key, browser = _digest(session), _digest(cookie) if cookie else b""
        with self._lock:
            if not new and key not in self._of:
                return True
            owner = self._of.setdefault(key, browser)
            self._of.move_to_end(key)
            while len(self._of) > self._most:
                self._of.popitem(last=False)
        return not owner or hmac.compare_digest(owner, browser)


def session_of(request: Request) -> str | None:
    """The session that a request for answers names."""
    path = request.scope["path"]
    if HEARTBEAT in path:
        return path.rpartition("/")[2]
    return request.query_params.get("session_hash")


async def read_session(receive: Callable) -> tuple[str, Callable]:
    """The session that a request names in its body, "" if it has none that can be read, and what brings that body once
    more.

    Raises:
        VisitorError: it is longer than any that cancels, what else it names could not be seen; or the name is no text.
    """
    body, more = b"", True
    while more and len(body) < _SMALL:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    try:
        if more:
            raise VisitorError("call_unread")
        found = json.loads(body)["session_hash"]
        if isinstance(found, str):
            found.encode()  # half a character is no name
    except UnicodeEncodeError:
        raise VisitorError("call_unread") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        found = None
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return given.pop() if given else await receive()

    return found if isinstance(found, str) else "", again


def give_cookie(request: Request, headers: MutableHeaders) -> None:
    """Let a browser that opens the page keep a cookie.  Tabs that are opened at once get the same one."""
    if request.cookies.get(COOKIE):
        return
    about = (
        rates.address_of(request),
        request.headers.get("user-agent", ""),
        request.headers.get("accept-language", ""),
    )
    value = hmac.new(_secret, repr((about, time.monotonic() // 3600)).encode(), hashlib.sha256).hexdigest()[:32]
    told = f"{COOKIE}={value}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax"
    headers.append("set-cookie", told)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
