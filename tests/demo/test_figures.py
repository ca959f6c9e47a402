"""The figures at /metrics: what is counted, under which labels, and for whom."""

import re

import httpx
import pytest
from gradio_client import Client
from starlette.requests import Request

from core import batch_sizes
from core.messages import SENTENCES
from demo import limits, rates, watch
from demo.health import is_near
from tests.demo.replicas import wait_for
from tests.demo.watched import SECRET, Served, lines


@pytest.fixture(scope="module")
def served():
    found = Served()
    yield found
    found.page.close()


def test_events_are_counted_by_endpoint_and_outcome(served):
    def count(outcome):
        return served.figure("wanzhuan_requests_total", endpoint="/title", outcome=outcome)

    before = {outcome: count(outcome) for outcome in watch.OUTCOMES}
    took = served.figure("wanzhuan_request_seconds_count", endpoint="/title")
    served.ask("好文章。", api_name="/title")
    for text in ("", "BUG。"):
        with pytest.raises(Exception, match="text|wrong"):
            served.ask(text, api_name="/title")
    after = {outcome: count(outcome) - before[outcome] for outcome in watch.OUTCOMES}
    assert after == {"answered": 1, "mistake": 1, "failed": 1, "refused": 0, "late": 0, "stopped": 0}
    assert served.figure("wanzhuan_request_seconds_count", endpoint="/title") == took + 3
    assert served.figure("wanzhuan_wait_seconds_count", endpoint="/title") >= 3


def test_the_rate_is_counted(served, monkeypatch):
    monkeypatch.setattr(rates, "RATES", rates.Rates(clock=lambda: 0.0))
    monkeypatch.setattr(limits, "QUESTIONS", 1)
    client = Client(served.url, verbose=False)
    client.predict("1 2; 3 4", api_name="/matrix")
    with pytest.raises(Exception, match="At most"):
        client.predict("1 2; 3 4", api_name="/matrix")
    assert served.figure("wanzhuan_requests_total", endpoint="/matrix", outcome="refused") == 1
    assert served.figure("wanzhuan_refused_total", why="rate_limit") == 1


def test_a_generator_is_one_event(served):
    """The tab's button, whose event comes in steps."""
    fns = served.page.fns.values()
    number = next(fn._id for fn in fns if watch.name_of(fn) == "titling.write")
    values = [block.value if hasattr(block, "value") else None for block in served.page.fns[number].inputs]
    values = ["春天来了。花都开了。", *values[1:]]
    session = "steps"
    with httpx.Client(base_url=served.url + "/gradio_api") as browser:
        body = {"data": values, "fn_index": number, "session_hash": session}
        assert browser.post("/queue/join", json=body).status_code == 200
        told = browser.get("/queue/data", params={"session_hash": session}).text
    assert told.count("process_generating") > 1 and "process_completed" in told
    ended = [served.figure("wanzhuan_requests_total", endpoint="titling.write", outcome=one) for one in watch.OUTCOMES]
    assert ended == [1, 0, 0, 0, 0, 0]


def test_queue_memory_weights_and_batches(served):
    batch_sizes.note("titling", 3)
    told = served.get("/metrics").text
    assert 'wanzhuan_weights_info{device="CPU",stage="ready",task="reading",weights="fake:reading"} 1.0' in told
    assert served.figure("wanzhuan_queue_waiting") == 0 and served.figure("wanzhuan_queue_limit") == limits.QUEUE
    assert served.figure("process_resident_memory_bytes") > 1e7
    assert served.figure("wanzhuan_batch_size_sum", task="titling") >= 3
    with_buckets = served.figure("wanzhuan_batch_size_bucket", le="4.0", task="titling")
    assert with_buckets >= served.figure("wanzhuan_batch_size_bucket", le="2.0", task="titling") + 1


def test_what_waits_is_seen(monkeypatch):
    mine = Served("loading")
    try:
        asked = [httpx.post(f"{mine.url}/gradio_api/call/title", json={"data": ["好。", 1, "beam", 0, "unilm"]})]
        assert mine.service.waited_for.wait(20)
        assert asked[0].status_code == 200
        assert mine.figure("wanzhuan_queue_running") == 1 and mine.page.watch.unfetched() == 1
        mine.service.ready()
        told = mine.get(f"/gradio_api/call/title/{asked[0].json()['event_id']}").text
        assert "event: complete" in told
        assert mine.page.watch.unfetched() == 0 == mine.page.watch.waiting()
    finally:
        mine.page.close()


def test_labels_are_of_a_closed_set(served):
    """Whatever is asked for, no path and no text becomes a label."""
    for path in (f"call/{SECRET}", "call/nosuch", f"run/{SECRET}"):
        httpx.post(f"{served.url}/gradio_api/{path}", json={"data": [SECRET]})
    served.get(f"/{SECRET}")
    with pytest.raises(Exception, match="matrix|read|number|known"):
        served.ask(SECRET, 0, api_name="/matrix")
    told = served.get("/metrics").text
    assert SECRET not in told and "nosuch" not in told
    known = {watch.name_of(fn) for fn in served.page.fns.values()}
    assert set(re.findall(r'endpoint="([^"]*)"', told)) <= known and len(known) < 70
    assert set(re.findall(r'outcome="([^"]*)"', told)) <= set(watch.OUTCOMES)
    assert set(re.findall(r'why="([^"]*)"', told)) <= set(SENTENCES)
    assert served.figure("wanzhuan_refused_total", why="call_unknown") == 3


@pytest.mark.parametrize(
    ("host", "header", "near"),
    [
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("::ffff:10.1.2.3", "", True),
        ("192.168.1.9", "", True),
        ("8.8.8.8", "", False),
        ("127.0.0.1", "x-forwarded-for", False),
        ("127.0.0.1", "forwarded", False),
        ("testclient", "", False),
    ],
)
def test_figures_are_for_the_near(host, header, near):
    headers = [(header.encode(), b"127.0.0.1")] if header else []
    assert is_near(Request({"type": "http", "client": (host, 1), "headers": headers})) is near


def test_figures_are_not_passed_on_by_a_proxy(served):
    assert served.get("/metrics").status_code == 200
    assert served.get("/metrics", **{"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_who_leaves_is_an_event_that_stopped(log):
    mine = Served("loading")
    try:
        number = next(fn._id for fn in mine.page.fns.values() if watch.name_of(fn) == "titling.write")
        values = ["春天来了。", *[getattr(block, "value", None) for block in mine.page.fns[number].inputs[1:]]]
        body = {"data": values, "fn_index": number, "session_hash": "left"}
        with httpx.Client(base_url=f"{mine.url}/gradio_api", timeout=60) as browser:
            event = browser.post("/queue/join", json=body).json()["event_id"]
            with browser.stream("GET", "/queue/data", params={"session_hash": "left"}) as stream:
                told = stream.iter_lines()
                next(line for line in told if "process_generating" in line)
                stop = {"session_hash": "left", "fn_index": number, "event_id": event}
                assert browser.post("/cancel", json=stop).status_code == 200
                assert any("process_completed" in line for line in told)
        stopped = {"endpoint": "titling.write", "outcome": "stopped"}
        wait_for(lambda: mine.figure("wanzhuan_requests_total", **stopped) == 1)
        assert [line["outcome"] for line in lines(log) if line["event"] == "request"] == ["stopped"]
    finally:
        mine.service.ready()
        mine.page.close()
