import http.server
import threading
from types import SimpleNamespace

import pytest

from demo import limits
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService


@pytest.fixture(scope="module")
def served():
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield SimpleNamespace(page=page, url=page.local_url.rstrip("/"), api=page.local_url + "gradio_api")
    page.close()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """An attacker with addresses enough: the rate is not what is to stop them here."""
    monkeypatch.setattr(limits, "QUESTIONS", 100_000)
    monkeypatch.setattr(limits, "QUESTIONS_ADDRESS", 100_000)


@pytest.fixture
def canary():
    """A server that nobody may be sent to: its address, and the paths that were asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"root:x:0:0")

        do_POST = do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", asked=asked)
    server.shutdown()
    server.server_close()
