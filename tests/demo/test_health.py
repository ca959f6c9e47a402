"""What those who look after a server ask: alive, ready, figures; and what the log says of events, and does not."""

import io
import json
import logging
import re
import threading

import httpx
import pytest
from gradio_client import Client
from starlette.requests import Request

from core import batch_sizes
from core.errors import VisitorError
from core.messages import SENTENCES
from demo import blocks as page_blocks
from demo import chat, limits, logs, matrix, rates, reading, serving, shared_rates, titling, triples, watch
from demo.blocks import build, launch_options
from demo.health import is_near
from tests.demo.fakes import FakeService
from tests.demo.replicas import wait_for

SECRET = "玄穹妙语四十二号zq"  # stands nowhere but in what visitors send
TABS = {"tab_chat": chat.tab, "tab_titling": titling.tab, "tab_triples": triples.tab, "tab_reading": reading.tab}


class Served:
    """A page with a few tabs, its service, and what it logs as JSON."""

    def __init__(self, stage="ready", metrics=True, **fake):
        usual, page_blocks.TABS = page_blocks.TABS, (("tab_matrix", matrix.tab), *TABS.items())
        self.service = FakeService(stage, **fake)
        self.page = build(self.service, metrics)
        page_blocks.TABS = usual
        self.page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
        self.url = self.page.local_url.rstrip("/")

    def get(self, path, **headers):
        return httpx.get(self.url + path, headers=headers)

    def figure(self, name, **labels):
        """A figure's value, 0 where there is none."""
        told = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        found = re.search(
            rf"^{name}{re.escape('{' + told + '}') if told else ''} (\S+)$", self.get("/metrics").text, re.M
        )
        return float(found[1]) if found else 0.0

    def ask(self, *values, api_name):
        return Client(self.url, verbose=False).predict(*values, api_name=api_name)


@pytest.fixture(scope="module")
def served():
    found = Served()
    yield found
    found.page.close()


@pytest.fixture
def log():
    """The log as JSON, written to memory as well."""
    root, written = logging.getLogger(), io.StringIO()
    before, levels = list(root.handlers), {name: logging.getLogger(name).level for name in ("core", "demo", "__main__")}
    excepthook = threading.excepthook
    logs.start("json")
    logs.adopt()
    (ours,) = [one for one in root.handlers if isinstance(one.formatter, logs.Lines)]
    ours.setStream(written)
    yield written
    root.handlers, threading.excepthook = before, excepthook
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


# ---- alive and ready


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


# ---- figures


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


# ---- the log


def test_an_event_is_a_line(served, log):
    served.ask("好文章。", api_name="/title")
    (line,) = [line for line in lines(log) if line["event"] == "request"]
    assert line["endpoint"] == "/title" and line["outcome"] == "answered" and line["weights"] == "fake:titling"
    assert line["level"] == "info" and line["seconds"] >= 0 and line["time"].endswith("+00:00")


def test_no_text_of_a_visitor_is_logged(served, log, capfd, monkeypatch):
    """Sent through endpoints and tabs, as values, paths and names of files, in what is right and what is wrong."""
    monkeypatch.setattr(limits, "QUESTIONS", 100_000)  # none is refused before it is read
    monkeypatch.setattr(limits, "QUESTIONS_ADDRESS", 100_000)
    body = {"data": [SECRET], "session_hash": SECRET}
    with httpx.Client(base_url=served.url + "/gradio_api", timeout=60) as browser:
        for path in (f"call/{SECRET}", f"run/{SECRET}", "call/title", "run/matrix", "queue/join"):
            browser.post(f"/{path}", json=body)
            browser.post(f"/{path}", content=SECRET.encode())
        uploaded = browser.post("/upload", files={"files": (f"{SECRET}.txt", SECRET.encode())}).json()
        events = {watch.name_of(fn): fn for fn in served.page.fns.values() if fn.queue and fn.fn is not None}
        for fn in events.values():  # one of each name
            for first in (SECRET, f"BUG{SECRET}。", {"path": uploaded[0]}):
                session = f"{SECRET}{fn._id}"
                values = [first] + [SECRET if n % 2 else "" for n in range(len(fn.inputs) - 1)]
                asked = {"data": values, "fn_index": fn._id, "session_hash": session}
                if browser.post("/queue/join", json=asked).status_code == 200:
                    browser.get("/queue/data", params={"session_hash": session})
    for text in (SECRET, f"BUG{SECRET}。"):
        for name in ("/title", "/triples", "/matrix", "/chat"):
            try:
                served.ask(text, api_name=name)
            except Exception as error:
                assert "Traceback" not in str(error)
    found = lines(log)
    outcomes = {line.get("outcome") for line in found}
    assert {"answered", "mistake", "failed"} <= outcomes and any("error" in line for line in found)
    written = log.getvalue() + "".join(capfd.readouterr())
    for part in (SECRET, SECRET[:5], json.dumps(SECRET)[1:-1], SECRET.encode().hex()):
        assert part not in written
    assert "Traceback" not in written


def test_an_error_is_told_by_kind_and_place(log):
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise OSError(28, SECRET) from error
    except OSError:
        logging.getLogger("demo.some").exception("some tab")
        logging.getLogger("httpx").warning("asked %s", SECRET)
        logging.getLogger("asyncio").error(f"never retrieved\nfuture: {SECRET}")
    one, two, three = lines(log)
    assert one["message"] == "some tab" and one["error"] == "OSError ENOSPC from ValueError"
    assert one["at"][-1].startswith("tests/demo/test_health.py:") and two["message"] == "asked %s"
    assert three["message"] == "never retrieved" and SECRET not in log.getvalue()


def test_a_line_for_people_says_the_same():
    record = logging.LogRecord("demo.x", logging.WARNING, "x.py", 1, "a %s", ("tab",), None)
    assert logs.Text().format(record).endswith("WARNING demo.x: a tab")
    record.fields = {"endpoint": "/title", "seconds": 1}
    assert logs.Text().format(record).endswith("demo.x: a tab endpoint=/title seconds=1")


def test_a_thread_that_ends_badly_is_a_line(log):
    def broken():
        raise ValueError(SECRET)

    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    (line,) = lines(log)
    assert line["error"] == "ValueError" and SECRET not in log.getvalue()


def test_who_counts_is_told_by_the_environment(log, monkeypatch):
    monkeypatch.setattr(rates, "RATES", None)
    serving.begin("json", {"REDIS_URL": "redis://127.0.0.1:1/0"})
    assert isinstance(rates.RATES, shared_rates.SharedRates)
    serving.begin("json", {})
    assert isinstance(rates.RATES, rates.Rates)
    with pytest.raises(VisitorError) as caught:
        serving.begin("json", {"REDIS_URL": "nonsense"})
    assert caught.value.key == "redis_address"


def test_an_unknown_kind_of_log():
    with pytest.raises(VisitorError) as caught:
        logs.start("xml")
    assert caught.value.key == "log_kind"
