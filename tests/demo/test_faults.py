"""What breaks around the page: TensorFlow, the disk, the clock, a process told to stop with its hands full."""

import ast
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from gradio import route_utils

from demo import blocks as page_blocks
from demo import limits, matrix, rates, titling, triples, watch
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService
from tests.demo.replicas import free_port, replicas, wait_for

ROOT = Path(__file__).parents[2]
ROWS = (("tab_titling", titling.tab), ("tab_triples", triples.tab), ("tab_matrix", matrix.tab))


@pytest.fixture(scope="module")
def served():
    usual, page_blocks.TABS = page_blocks.TABS, ROWS
    page = build(FakeService())
    page_blocks.TABS = usual
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield page
    page.close()


def called(address, name, values, **headers):
    """What a program gets: (event, value)."""
    at = f"{address.rstrip('/')}/gradio_api/call/{name}"
    joined = httpx.post(at, json={"data": values}, headers=headers, timeout=60)
    assert joined.status_code == 200, joined.text
    told = httpx.get(f"{at}/{joined.json()['event_id']}", timeout=60).text
    kind, value = re.search(r"event: (complete|error)\ndata: (.*)", told).groups()
    return kind, json.loads(value)


# ---- TensorFlow

MISSING = """
import importlib.abc, importlib.metadata, sys

class Gone(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
known = importlib.metadata.version

def version(name):
    if name == "tensorflow":
        raise importlib.metadata.PackageNotFoundError(name)
    return known(name)

importlib.metadata.version = version
"""
BROKEN = "raise ImportError('libtensorflow_cc.so.2: cannot open shared object file')"


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "content", "why"),
    [("sitecustomize.py", MISSING, "tensorflow"), ("tensorflow/__init__.py", BROKEN, "could not be loaded")],
    ids=["missing", "broken"],
)
def test_without_tensorflow_the_laboratory_serves(tmp_path, file, content, why):
    """And the language tasks say that there is no model."""
    (tmp_path / "path" / file).parent.mkdir(parents=True)
    (tmp_path / "path" / file).write_text(content)
    port, log = free_port(), tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "path"), "GRADIO_TEMP_DIR": str(tmp_path / "files")}
    with log.open("w") as out:
        command = [sys.executable, "app.py", "--port", str(port), "--log", "json"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: httpx.get(f"{address}/readyz").status_code == 200, process)
            models = httpx.get(f"{address}/readyz").json()["models"]
            assert {model["stage"] for model in models.values()} == {"failed"}
            assert called(address, "matrix", ["1 2; 3 4", 0])[1][0]["n"] == 2
            assert called(address, "rope", [1.0, 2.0, 10.0, 0.1])[0] == "complete"
            kind, told = called(address, "title", ["今天下雪。", 1, "beam", 0, "unilm"])
            assert kind == "error" and "Traceback" not in str(told)
            assert why in str(told).lower()
        finally:
            process.terminate()
            process.wait(60)
    assert process.returncode == 0
    assert "Traceback" not in log.read_text()


# ---- the disk


def test_uploads_that_cannot_be_kept_are_told(served, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(served.app, "uploaded_file_dir", str(tmp_path / "file" / "uploads"))
    answer = httpx.post(f"{served.local_url}gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert answer.status_code == 507 and answer.json()["detail"].endswith(".")


def test_results_that_cannot_be_written_are_told(served, monkeypatch):
    """The files of many texts' triples; and the next visitor is answered."""
    event = next(
        fn for fn in served.fns.values() if getattr(fn.fn, "__module__", "") == "demo.triples_batch" and fn.queue
    )
    rows = "大河|影片,导演,李四|人物,0.9\n" * 3

    def asked(session):
        with httpx.Client(base_url=f"{served.local_url}gradio_api", timeout=60) as client:
            path = client.post("/upload", files={"files": ("a.txt", rows.encode())}).json()[0]
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            body = {"data": [file, 0.5], "fn_index": event._id, "session_hash": session}
            assert client.post("/queue/join", json=body).status_code == 200
            told = client.get("/queue/data", params={"session_hash": session}).text
            assert not Path(path).exists()
            return told

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("demo.triples_batch._write", full)
        told = asked("one")
        assert "Something went wrong" in told and "No space" not in told and "Traceback" not in told
    assert "triples.csv" in asked("two")


# ---- the clock


def test_a_clock_that_jumps_changes_nothing(served, monkeypatch):
    """A year forth, then back, at every look: only clocks that never go back are counted on."""
    real, jumps = time.time, itertools.cycle((0, 3.2e7, -3.2e7, 1e3))
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    counted = rates.Rates()
    assert [counted.wait([("a", 3)]) for _ in range(3)] == [0, 0, 0] and counted.wait([("a", 3)]) > 15
    for number in range(6):
        kind, (found,) = called(served.local_url, "title", [f"第{number}篇。", 1, "beam", 0, "unilm"])
        assert kind == "complete" and found["titles"][0]["text"] == f"※第{number}篇。"


@pytest.mark.parametrize("name", ["common.opened", "matrix.opened", "triples_batch.run"])
def test_an_upload_that_is_gone_is_told(served, monkeypatch, log, name):
    """Those that waited for their event for too long are cleared, by a clock that never goes back."""

    event = next(fn for fn in served.fns.values() if fn.fn is not None and watch.name_of(fn) == name)
    with httpx.Client(
        base_url=f"{served.local_url}gradio_api", headers={"Accept-Language": "zh"}, timeout=60
    ) as client:
        path = client.post("/upload", files={"files": ("a.txt", b"1 2")}).json()[0]
        real = time.time
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: real() + 3.2e7)
            route_utils.delete_files_created_by_app(served, limits.FILE_LIFE[1])
        assert Path(path).exists(), "a year forth is no reason"
        served.leftovers.clear(served, limits.FILE_LIFE[1], time.monotonic() + 3600)
        assert not Path(path).exists()
        values = [{"path": path, "meta": {"_type": "gradio.FileData"}}, *[None] * (len(event.inputs) - 1)]
        body = {"data": values, "fn_index": event._id, "session_hash": name}
        assert client.post("/queue/join", json=body).status_code == 200
        told = client.get("/queue/data", params={"session_hash": name}).text
    assert "\u65e0\u6cd5\u8bfb\u53d6 a.txt" in told and '"success":true' in told and "Traceback" not in told
    (line,) = [json.loads(line) for line in log.getvalue().splitlines() if "request" in line or "error" in line]
    assert line["outcome"] == "mistake" and "error" not in line


WALL = {
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}


def wall_clocks(text):
    """Where a source looks at the wall clock, or hands it on: `time.time`, `from time import time`, and the like."""
    tree = ast.parse(text)
    called = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if alias.name in (*WALL["time"], "*"))
        elif isinstance(node, ast.Attribute):
            of = getattr(node.value, "attr", getattr(node.value, "id", ""))
            if node.attr in WALL.get(called.get(of, of), ()):
                yield node.lineno


@pytest.mark.parametrize(
    "text",
    [
        *("import time\ntime.time()", "import time as t\nt.time()"),
        *("from time import time", "from time import time as t"),
        *("import time\nf(clock=time.time)", "import time\nnow = time.time_ns", "from time import *"),
        *("import datetime\ndatetime.datetime.now()", "from datetime import datetime as d\nd.utcnow()"),
        *("from datetime import date\ndate.today()", "import datetime as d\nd.date.today()"),
        "import datetime as d\nd.datetime.today",
    ],
)
def test_the_wall_clock_is_found(text):
    assert list(wall_clocks(text))


def test_nothing_is_timed_by_the_wall_clock():
    """Neither by `core` nor by `demo`; clocks that never go back, and times of files, are no part of it."""
    assert not list(wall_clocks("import time\ntime.monotonic()\ntime.sleep(1)\nf.stat().st_mtime\na.time\na.now()"))
    found = [
        f"{path}:{line}"
        for folder in ("core", "demo")
        for path in (ROOT / folder).rglob("*.py")
        for line in wall_clocks(path.read_text(encoding="utf-8"))
    ]
    assert not found


# ---- a stop


@pytest.mark.long
def test_a_stop_under_load_loses_nobody(tmp_path):
    """Twelve write, twenty wait, and all of them are answered before the process ends."""
    go = tmp_path / "go"
    with replicas(tmp_path, ["one"], "--until", str(go)) as pages:
        process, address = pages["one"]
        at, events = f"{address}/gradio_api/call/title", {}
        for number in range(32):
            values = [f"第{number}位访客的文章。", 1, "beam", 0, "unilm"]
            head = {"X-Forwarded-For": f"8.8.4.{number}"}
            events[number] = httpx.post(at, json={"data": values}, headers=head).json()["event_id"]
        wait_for(lambda: "wanzhuan_queue_running 12.0" in httpx.get(f"{address}/metrics").text, process)
        with contextlib.ExitStack() as stack:
            streams = {
                number: stack.enter_context(httpx.stream("GET", f"{at}/{event}", timeout=120))
                for number, event in events.items()
            }
            process.send_signal(signal.SIGTERM)
            wait_for(lambda: httpx.get(f"{address}/readyz").status_code == 503, process)
            go.touch()
            for number, stream in streams.items():
                told = "".join(stream.iter_text())
                found = json.loads(told.split("event: complete\ndata: ")[1])[0]
                assert found["titles"][0]["text"] == f"※第{number}位访客的文章。"
        assert process.wait(60) == 0
