"""The log: lines for people, or an object of JSON a line for machines (`--log json`, WANZHUAN_LOG=json).

What visitors write stands in neither.  An error's message could quote it, and so could the arguments of a library's
line: of an error its kind and the places it came through are told, of a library's line the words before any argument.
"""

from __future__ import annotations

import errno
import json
import logging
import sys
import threading
import traceback
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from core.errors import VisitorError

KINDS = ("text", "json")
_OURS = ("core", "demo", "__main__")
_ALONE = ("core.service", "demo.blocks")  # they work before any visitor's words are here: their errors' own are told
_ROOT = Path(__file__).resolve().parent.parent
_PLACES = 12  # of an error, nearest last
_LONGEST = 200  # characters of a library's line
_SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
_log = logging.getLogger(__name__)


def start(kind: str) -> None:
    """From here on the log is written as `kind` says, to standard error; a second call changes the kind.

    Raises:
        VisitorError: it is none of KINDS.
    """
    if kind not in KINDS:
        raise VisitorError("log_kind", kind=kind, kinds=", ".join(KINDS))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if kind == "json" else Text())
    handler.setLevel(logging.INFO)  # there are libraries that tell everything, whatever the root says
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one.formatter, Text | Lines)] + [handler]
    for name in _OURS:  # people see warnings alone, as the terminal is theirs
        logging.getLogger(name).setLevel(logging.INFO if kind == "json" else logging.WARNING)
    logging.captureWarnings(kind == "json")
    threading.excepthook = _of_a_thread


def adopt() -> None:
    """Let what the web server logs come out as all else does; after the launch, which sets its log up."""
    for name in _SERVERS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True


def told(record: logging.LogRecord) -> dict[str, Any]:
    """A record's fields: time, level, event, and more by its kind; none of a visitor's words."""
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
    }
    fields = getattr(record, "fields", None)
    if fields is not None:
        found |= {"event": record.getMessage(), **fields}
    else:
        found |= {"event": "log", "logger": record.name, "message": _message(record)}
    if record.exc_info and record.exc_info[1] is not None:
        found |= {"error": _kind(record.exc_info[1]), "at": _places(record.exc_info[1])}
        if record.name in _ALONE:
            found["error"] += f": {record.exc_info[1]}"
    return found


class Lines(logging.Formatter):
    """An object of JSON a record."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return json.dumps(told(record), ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """A line for people, and one more for each place that an error came through."""

    def format(self, record: logging.LogRecord) -> str:
        """One line or more."""
        found = told(record)
        fields = getattr(record, "fields", {})
        said = found.get("message") or " ".join([found["event"], *(f"{key}={found[key]}" for key in fields)])
        line = f"{found['time']} {record.levelname} {record.name}: {said}"
        if "error" in found:
            line += "".join(f"\n    {place}" for place in found["at"]) + f"\n  {found['error']}"
        return line


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] in _OURS:
        return record.getMessage()
    return str(record.msg).partition("\n")[0][:_LONGEST]  # the template; what it is filled with is not ours to know


def _kind(error: BaseException) -> str:
    """The error's kind, an operating system's by its number too, and the kind of what it came from."""
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno:
        name += f" {errno.errorcode.get(error.errno, error.errno)}"
    if isinstance(error, VisitorError):
        name += f" {error.key}"
    before = error.__cause__
    return f"{name} from {_kind(before)}" if before is not None and before is not error else name


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]


def _short(name: str) -> str:
    path = Path(name)
    if path.is_relative_to(_ROOT):
        name = path.relative_to(_ROOT).as_posix()
    return name.rpartition("site-packages/")[2]


def _of_a_thread(args: threading.ExceptHookArgs) -> None:
    """An error that ends a thread; Python would write its message."""
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _log.error("a thread ended", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
