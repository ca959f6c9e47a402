"""Calls that Gradio can make nothing of: a status, one sentence, and no stack trace in the log."""

import json
import re
from pathlib import Path

import gradio as gr
import httpx
import pytest

from demo import blocks as page_blocks
from demo import chat, curves, limits, matrix, watch
from demo.blocks import build, launch_options
from demo.calls import PATHS
from tests.demo.fakes import FakeService
from tests.demo.watched import lines

ROOT = Path(__file__).parents[2]
BODY = {"data": ["1 2; 3 4", 0], "session_hash": "abc"}


def launched(*tabs):
    usual, page_blocks.TABS = page_blocks.TABS, tabs
    page = build(FakeService())
    page_blocks.TABS = usual
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    return page


@pytest.fixture(scope="module")
def url():
    page = launched(("tab_matrix", matrix.tab))
    yield page.local_url.rstrip("/")
    page.close()


@pytest.fixture(scope="module")
def clicked():
    """A page with events that are told what was clicked."""
    page = launched(("tab_chat", chat.tab), ("tab_curves", curves.tab))
    yield page
    page.close()


@pytest.fixture
def quiet(capfd):
    """No stack trace may be written."""
    yield
    written = "".join(capfd.readouterr())
    assert "Traceback" not in written
    assert len(written.splitlines()) <= 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("call/nosuch", BODY),
        ("call/nosuch/", BODY),
        ("call/v2/nosuch", {}),
        ("run/nosuch", BODY),
        ("api/nosuch", BODY),
        ("queue/join", {**BODY, "fn_index": 99_999}),
        ("queue/join", {**BODY, "fn_index": -1}),
    ],
)
def test_what_is_not_there_is_404(url, quiet, path, body):
    answer = httpx.post(f"{url}/gradio_api/{path}", json=body)
    assert answer.status_code == 404
    assert "name or number" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("queue/join", {**BODY, "fn_index": "x"}),
        ("queue/join", {**BODY, "data": "x"}),
        ("queue/join", {"fn_index": 0}),
        ("queue/join", []),
        ("queue/join", 7),
        ("queue/join", None),
        ("call/matrix", {"data": "x"}),
        ("call/v2/matrix", [1]),
        ("call/v2/matrix", {"nosuch": 1}),
        ("call/v2/matrix", {}),
    ],
)
def test_what_cannot_be_read_is_422(url, quiet, path, body):
    answer = httpx.post(f"{url}/gradio_api/{path}", json=body, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 422
    assert "无法读取" in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{bad", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(url, quiet, content):
    answer = httpx.post(f"{url}{PATHS[0]}", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json()["detail"], str)
    assert httpx.post(f"{url}{PATHS[0]}", content=content).status_code in (400, 422)


def test_too_few_values_are_told_where_answers_are(url, quiet):
    asked = httpx.post(f"{url}/gradio_api/call/matrix", json={"data": []}, headers={"Accept-Language": "zh"})
    told = httpx.get(f"{url}/gradio_api/call/matrix/{asked.json()['event_id']}").text
    assert told.startswith("event: error")
    assert "不合要求" in json.loads(told.split("data: ")[1])["error"]


def test_calls_that_fit_are_answered(url, quiet):
    asked = httpx.post(f"{url}/gradio_api/call/matrix", json={"data": ["1 2; 3 4", 0]})
    told = httpx.get(f"{url}/gradio_api/call/matrix/{asked.json()['event_id']}").text
    assert told.startswith("event: complete")
    answer = httpx.post(f"{url}/gradio_api/run/matrix", json={"data": ["1 2; 3 4", 0]})
    assert answer.status_code == 404, "nobody passes the queue by"


# ---- events that are told what was clicked


CLICKS = ("chat.again", "chat.back", "chat.chosen", "curves_fit._clicked")


def said(page, fn, **more):
    """What an event answers, called by its number as a page calls it."""
    values = [getattr(block, "value", None) for block in fn.inputs]
    body = {"data": values, "fn_index": fn._id, "session_hash": f"clicks{fn._id}", **more}
    with httpx.Client(base_url=f"{page.local_url}gradio_api", headers={"Accept-Language": "zh"}) as program:
        assert program.post("/queue/join", json=body).status_code == 200
        return program.get("/queue/data", params={"session_hash": body["session_hash"]}).text


def clickable(page):
    return {watch.name_of(fn): fn for fn in page.fns.values() if fn.collects_event_data}


def test_all_of_them_are_known(clicked):
    whole = build(FakeService())
    assert sorted(clickable(whole)) == sorted(clickable(clicked)) == list(CLICKS)


@pytest.mark.parametrize("name", CLICKS)
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"event_data": None},
        {"event_data": {}},
        {"event_data": []},
        {"event_data": "x"},
        {"event_data": {"index": 0}},
        {"event_data": {"index": "0", "value": "x"}},
        {"event_data": {"index": None, "value": "x"}},
        {"event_data": {"index": [1], "value": "x"}},
        {"event_data": {"index": [1, {}], "value": "x"}},
        {"event_data": {"index": 1e300, "value": "x"}},
    ],
    ids=str,
)
def test_a_click_that_is_not_told_is_a_mistake(clicked, log, quiet, name, told):
    fn = clickable(clicked)[name]
    answer = said(clicked, fn, **told)
    assert '"success":false' in answer and "不合要求" in answer
    found = lines(log)
    assert not any("error" in line or line["level"] == "error" for line in found)
    assert [line["outcome"] for line in found if line["event"] == "request"] == ["mistake"] * bool(fn.queue)


@pytest.mark.parametrize("name", CLICKS)
@pytest.mark.parametrize("index", [0, [3, 4], [0.5, 1.5], -1])
def test_a_click_that_is_told_is_answered(clicked, log, name, index):
    answer = said(clicked, clickable(clicked)[name], event_data={"index": index, "value": "1 2; 3 4"})
    assert '"success":true' in answer
    assert not any("error" in line for line in lines(log))


@pytest.mark.parametrize("number", [-1e6, 0, 1e6, None])
def test_numbers_that_are_still_being_written_beside_a_slider_are_no_mistake(clicked, log, number):
    """What a slider has counts: the nearest, or its usual one."""
    sliding = [fn for fn in clicked.fns.values() if fn.fn and any(isinstance(one, gr.Slider) for one in fn.inputs)]
    assert sliding
    for fn in sliding:
        values = [number if isinstance(one, gr.Slider) else getattr(one, "value", None) for one in fn.inputs]
        assert '"success":true' in said(clicked, fn, data=values), watch.name_of(fn)


def test_a_connection_outlives_the_patience_of_those_who_keep_it(clicked):
    """The server must not be the first to let go: what is sent in that moment is lost."""
    with httpx.Client(base_url=clicked.local_url) as client:
        assert client.get("healthz").status_code == 200
        kept = {protocol.timeout_keep_alive for protocol in list(clicked.server.server_state.connections)}
    assert kept == {limits.KEEP_ALIVE}
    (nginx,) = re.findall(r"^ *keepalive_timeout (\d+)s;", (ROOT / "deploy/nginx.conf").read_text(), re.MULTILINE)
    assert int(nginx) < limits.KEEP_ALIVE
