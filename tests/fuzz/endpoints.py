"""Every endpoint over HTTP, on arguments of every type: an answer or a sentence; no 500, no stack trace, no hang."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from hypothesis import strategies as st

from core.errors import VisitorError
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService
from tests.fuzz.run import Fed
from tests.fuzz.run import feed as fed_by
from tests.fuzz.targets import Target
from tests.fuzz.values import json_values, texts

REFUSALS = (400, 404, 405, 413, 422, 429)
TRACE = re.compile(r"Traceback|File \"|[a-z]Error\b")
WAIT = 120.0
RIGHT = {"matrix": "1 2; 3 4", "points": [[0, 1], [1, 0.5], [2, 1]]}
_numbers = itertools.count()


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The whole page, with a service that needs no model."""
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        yield page.local_url.rstrip("/")
    finally:
        page.close()


def feed(url: str, inputs: int, start: int | None = None, terminal: int | None = None) -> Fed:
    """Call the endpoints so many times."""
    with httpx.Client(base_url=url, timeout=WAIT) as client:
        named = client.get("/gradio_api/info").json()["named_endpoints"]
        forms = {
            name: [
                (one["parameter_name"], one.get("parameter_default") if one["parameter_has_default"] else ...)
                for one in told["parameters"]
            ]
            for name, told in named.items()
        }
        return fed_by(Target(calls(forms), lambda call: ask(client, *call), seconds=WAIT), inputs, start, terminal)


@st.composite
def calls(draw, forms: dict[str, list[tuple[str, Any]]]) -> tuple[str, list[Any]]:
    """An endpoint and its arguments: some as they usually are, some anything, sometimes too few or too many."""
    name = draw(st.sampled_from(sorted(forms)))
    odd = draw(st.sets(st.integers(0, len(forms[name]) - 1), max_size=1))
    values = []
    for place, (parameter, usual) in enumerate(forms[name]):
        right = RIGHT.get(parameter, "今天下雪，学校停课。") if usual is ... else usual
        anything = st.one_of(texts(str(right)), st.integers(-2, 2000), json_values())
        values.append(draw(anything) if place in odd else right)
    match draw(st.integers(0, 19)):
        case 0:
            values = values[:-1]
        case 1:
            values.append(draw(json_values()))
    return name, values


def ask(client: httpx.Client, name: str, values: list[Any]) -> Any:
    """One call, of a visitor of its own.

    Raises:
        VisitorError: it was refused, as it may be.
    """
    number = next(_numbers)
    address = f"198.18.{number // 250 % 250}.{number % 250 + 1}"
    headers = {"X-Forwarded-For": address, "Content-Type": "application/json"}
    body = {"data": values, "session_hash": f"fuzz{number}"}
    joined = client.post(f"/gradio_api/call{name}", content=json.dumps(body).encode(), headers=headers)
    assert joined.status_code in (200, *REFUSALS), f"{joined.status_code}: {joined.text[:500]}"
    assert not TRACE.search(joined.text), joined.text[:500]
    if joined.status_code != 200:
        raise VisitorError("call_values")
    event = ""
    with client.stream("GET", f"/gradio_api/call{name}/{joined.json()['event_id']}", headers=headers) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: ") and event in ("complete", "error"):
                if event == "complete":
                    return json.loads(line[6:])
                assert not TRACE.search(line), line[:500]
                raise VisitorError("call_values")
    raise AssertionError(f"{name} {values!r}: the stream ended without an answer")
