"""Calls that Gradio can make nothing of: a status, one sentence, and no stack trace in the log."""

import json

import httpx
import pytest

from demo import blocks as page_blocks
from demo import matrix
from demo.blocks import build, launch_options
from demo.calls import PATHS
from tests.demo.fakes import FakeService

BODY = {"data": ["1 2; 3 4", 0], "session_hash": "abc"}


@pytest.fixture(scope="module")
def url():
    usual, page_blocks.TABS = page_blocks.TABS, (("tab_matrix", matrix.tab),)
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield page.local_url.rstrip("/")
    page.close()
    page_blocks.TABS = usual


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
    assert httpx.post(f"{url}/gradio_api/run/matrix", json={"data": ["1 2; 3 4", 0]}).json()["data"][0]["n"] == 2
