"""What those who look after a server ask: alive, ready; and how it stops."""

import httpx
import pytest

from core.errors import VisitorError
from demo import limits, serving
from tests.demo.watched import Served, lines


@pytest.fixture(scope="module")
def served():
    found = Served()
    yield found
    found.page.close()


def test_alive(served):
    assert served.get("/healthz").json() == {"alive": True}
    assert httpx.head(served.url + "/healthz").status_code == 200


def test_ready_says_which_weights(served):
    answer = served.get("/readyz")
    assert answer.status_code == 200 and answer.json()["ready"] is True
    assert answer.json()["models"]["titling"] == {"stage": "ready", "weights": "fake:titling", "device": "CPU"}


def test_not_ready_until_models_are_loaded_or_known_to_fail():
    mine = Served("loading", metrics=False)
    try:
        answer = mine.get("/readyz", **{"Accept-Language": "zh"})
        assert answer.status_code == 503 and "titling" in answer.json()["why"] and "载入" in answer.json()["why"]
        assert mine.get("/healthz").status_code == 200, "alive all the same"
        mine.service.fail(VisitorError("weights_no_repository", name="x/y", host="h"))
        answer = mine.get("/readyz")
        assert answer.status_code == 200 and answer.json()["models"]["titling"]["stage"] == "failed"
        assert "x/y" in answer.json()["models"]["titling"]["why"]
        mine.page.watch.stopping.set()
        answer = mine.get("/readyz")
        assert answer.status_code == 503 and "restarted" in answer.json()["why"]
        assert mine.get("/metrics").status_code == 404, "figures were not asked for"
    finally:
        mine.page.close()


def test_who_stops_takes_nothing_new():
    mine = Served()
    try:
        mine.page.watch.stopping.set()
        body = {"data": ["1 2; 3 4", 0], "session_hash": "abc", "fn_index": 0}
        program = {"x-gradio-user": "api"}
        for path, headers, status in (
            ("queue/join", {"Accept-Language": "zh"}, 429),  # to 503 Gradio's page has a sentence of its own
            ("queue/join", program, 503),
            ("call/matrix", {}, 503),
            ("run/matrix", {}, 503),
            ("upload", {}, 503),
        ):
            answer = httpx.post(f"{mine.url}/gradio_api/{path}", json=body, headers=headers)
            assert answer.status_code == status and answer.headers["retry-after"]
            assert ("正在重启" if "Accept-Language" in headers else "restarted") in answer.json()["detail"]
        assert mine.figure("wanzhuan_refused_total", why="stopping") == 5
        assert mine.figure("wanzhuan_stopping") == 1
        assert mine.get("/").status_code == 200
    finally:
        mine.page.close()


def test_a_stop_has_a_limit(monkeypatch, log):
    monkeypatch.setattr(limits, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(limits, "STOP_FETCH", 0.1)
    mine = Served("loading")
    httpx.post(f"{mine.url}/gradio_api/call/title", json={"data": ["好。", 1, "beam", 0, "unilm"]})
    assert mine.service.waited_for.wait(20)
    serving.finish(mine.page)
    assert not mine.page.is_running
    mine.service.ready()
    (stopped,) = [line for line in lines(log) if line["event"] == "stopped"]
    assert stopped["cut"] == 1
