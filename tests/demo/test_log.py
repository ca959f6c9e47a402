"""What the log says of events and errors, and does not: no word of a visitor."""

import contextlib
import json
import logging
import threading
from urllib.parse import quote

import httpx
import pytest

from core.errors import VisitorError
from demo import blocks, limits, logs, rates, serving, shared_rates, watch
from tests.demo.attacks.asking import launched
from tests.demo.watched import SECRET, Served, lines


@pytest.fixture(scope="module")
def served():
    found = Served(tabs=blocks.TABS)
    yield found
    found.page.close()


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
        assert {"curves", "optimizers", "matrix"} <= {name.partition(".")[0].partition("_")[0] for name in events}
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


def test_no_head_address_or_password_is_logged(log, capfd, monkeypatch):
    """Nor where the page breaks on a request."""
    plain = "zq42xuanqiong"
    heads = {name: f"{plain} {SECRET}".encode() for name in ("User-Agent", "Referer", "X-Forwarded-For", "Range")}

    def broken(*_):
        raise ValueError(plain, SECRET)

    def visited(url, status):
        told = {"text": SECRET, plain: plain, "session_hash": f"{SECRET}{plain}"}
        cookie = {"Cookie": f"{plain}={plain}; wanzhuan_browser={plain}"}
        paths = ("config", "theme.css", plain, "gradio_api/info", f"gradio_api/file={plain}/{SECRET}")
        assert httpx.get(url, params=told, headers=heads | cookie).status_code == status
        for path in paths:
            httpx.get(f"{url}/{path}", params=told, headers=heads | cookie)
        with contextlib.suppress(httpx.TransportError):  # Gradio cuts the stream of a session that asked nothing
            httpx.get(f"{url}/gradio_api/queue/data", params=told, headers=heads | cookie)

    with launched(auth=[(plain, f"{plain}{SECRET}")]) as (_, url):
        logs.adopt()
        for name, password, status in ((SECRET, SECRET, 400), (plain, plain, 400), (plain, plain + SECRET, 200)):
            login = {"username": name, "password": password}
            assert httpx.post(f"{url}/login", data=login, headers=heads).status_code == status
        for content in (b"username=" + SECRET.encode(), json.dumps([plain, SECRET]).encode(), b"\xff" + plain.encode()):
            httpx.post(f"{url}/login", content=content, headers=heads)
        visited(url, 200)
    with launched() as (_, url):
        logs.adopt()
        visited(url, 200)
        with monkeypatch.context() as patch:
            patch.setattr("demo.door.rewritten", broken)
            visited(url, 500)
    assert any(line.get("error") == "ValueError" for line in lines(log)), "what broke is told, by its kind"
    written = log.getvalue() + "".join(capfd.readouterr())
    coded = (quote(SECRET), json.dumps(SECRET)[1:-1], SECRET.encode().decode("latin-1"), repr(SECRET.encode())[2:-1])
    for part in (plain, SECRET, *coded):
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
    assert one["at"][-1].startswith("tests/demo/test_log.py:") and two["message"] == "asked %s"
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
