"""The page's own events, which have no name, called by their number as a program would: an answer or a sentence."""

from __future__ import annotations

import itertools
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as st

from core.errors import VisitorError
from tests.fuzz.run import Fed
from tests.fuzz.run import feed as fed_by
from tests.fuzz.targets import Target
from tests.fuzz.values import json_values, texts

REFUSALS = (400, 403, 404, 413, 422, 429)
WAIT = 60.0  # seconds that a call may take, from its first byte to its answer
_HERE = "|".join(re.escape(str(place)) for place in (Path(__file__).parents[2], sys.prefix, sys.base_prefix))
TRACE = re.compile(rf"Traceback \(most|File \\?\"|site-packages|\.py\b\W+line \d|(?:{_HERE})/")
_numbers = itertools.count()


@dataclass(frozen=True)
class Event:
    """number: its fn_index.  values: of its fields, as the page has them at first.  queued: False for what a page asks
    past the queue."""

    number: int
    values: tuple[Any, ...]
    queued: bool


@dataclass(frozen=True)
class Call:
    """An event asked with these values; click: what is said to have been clicked."""

    event: Event
    values: list[Any]
    click: Any


def events(config: dict[str, Any]) -> list[Event]:
    """Those that run a function and are in no list of endpoints."""
    first = {one["id"]: one["props"].get("value") for one in config["components"]}
    return [
        Event(one["id"], tuple(first.get(number) for number in one["inputs"]), one["queue"] is not False)
        for one in config["dependencies"]
        if one["backend_fn"] and one["api_visibility"] == "private"
    ]


def feed(url: str, inputs: int, start: int | None = None, terminal: int | None = None) -> Fed:
    """Call them so many times."""
    with httpx.Client(base_url=f"{url}/gradio_api", timeout=WAIT) as client:
        known = events(client.get(f"{url}/config").json())
        return fed_by(Target(calls(known), lambda call: ask(client, call), seconds=WAIT), inputs, start, terminal)


@st.composite
def calls(draw, known: list[Event]) -> Call:
    """An event and its values: as the page has them, one or all of them anything, sometimes too few or too many."""
    event = draw(st.sampled_from(known))
    values = list(event.values)
    anything = st.one_of(json_values(), st.integers(-2, 2000), texts("1 2; 3 4", "今天下雪，学校停课。"), _files())
    odd = draw(st.integers(0, 3))
    if odd == 3:
        values = [draw(anything) for _ in values]
    elif odd and values:
        values[draw(st.integers(0, len(values) - 1))] = draw(anything)
    match draw(st.integers(0, 11)):
        case 0:
            values = values[:-1]
        case 1:
            values.append(draw(anything))
    place = st.integers(-1, 3)
    click = st.fixed_dictionaries({"index": st.one_of(place, st.lists(place, max_size=3)), "value": json_values()})
    return Call(event, values, draw(st.one_of(st.none(), click, json_values())))


def _files() -> st.SearchStrategy[dict[str, Any]]:
    """What says that it is a file that was uploaded."""
    path = st.one_of(texts("/etc/passwd", "http://127.0.0.1:1/a"), st.integers(), st.none())
    meta = st.sampled_from(({"_type": "gradio.FileData"}, {}, None))
    return st.fixed_dictionaries({"path": path, "meta": meta}, optional={"url": path, "size": st.integers()})


def ask(client: httpx.Client, call: Call) -> Any:
    """One call, of a visitor and a session of their own.

    Raises:
        VisitorError: it was refused, as it may be.
    """
    ends, number = time.monotonic() + WAIT, next(_numbers)
    session = f"private{number}"
    address = f"198.19.{number // 250 % 250}.{number % 250 + 1}"
    headers = {"X-Forwarded-For": address, "Content-Type": "application/json"}
    body = {"data": call.values, "fn_index": call.event.number, "session_hash": session, "event_data": call.click}
    path = "/queue/join" if call.event.queued else "/run/predict"
    joined = client.post(path, content=json.dumps(body).encode(), headers=headers)
    told = joined.text
    if not call.event.queued and joined.status_code == 400:  # an event that ended with a sentence
        assert isinstance(joined.json()["error"], str) and not TRACE.search(told), told[:500]
        raise VisitorError("call_values")
    assert joined.status_code in (200, *REFUSALS), f"{joined.status_code}: {told[:500]}"
    assert not TRACE.search(told), told[:500]
    if joined.status_code != 200:
        raise VisitorError("call_values")
    return _streamed(client, session, headers, ends) if call.event.queued else joined.json()


def _streamed(client: httpx.Client, session: str, headers: dict[str, str], ends: float) -> Any:
    """The answer of the session's only event; there is a heartbeat to look at the clock by."""
    with client.stream("GET", "/queue/data", params={"session_hash": session}, headers=headers) as stream:
        assert stream.status_code == 200, stream.status_code
        for line in stream.iter_lines():
            assert time.monotonic() < ends, f"no answer in {WAIT:.0f} s"
            assert not TRACE.search(line), line[:500]
            told = json.loads(line[6:]) if line.startswith("data: ") else {}
            if told.get("msg") == "process_completed":
                if told["success"]:
                    return told["output"]
                assert isinstance(told["output"]["error"], str) and told["output"]["error"].strip(), line[:500]
                raise VisitorError("call_values")
            assert told.get("msg") != "unexpected_error", line[:500]
    raise AssertionError("the stream ended without an answer")
