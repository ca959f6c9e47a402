"""A small reverse proxy on 127.0.0.1 that serves another server under a path, as nginx would; and a server of one page
of HTML, as somebody else's site."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "keep-alive"}


@contextmanager
def proxy(target: str, path: str, visitor: str = "8.8.4.4") -> Iterator[str]:
    """The address under which `target` (http://127.0.0.1:PORT/) can be had; everything outside of `path` is a 404."""
    port = urlsplit(target).port

    class Handler(_Quiet):
        def respond(self) -> None:
            if not self.path.startswith(path + "/"):
                return self.send_error(404)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            headers |= {"X-Forwarded-For": visitor, "X-Forwarded-Proto": "http"}
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            upstream.request(self.command, self.path.removeprefix(path), body, headers)
            answer = upstream.getresponse()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.end_headers()
            while part := answer.read1(65536):  # as it comes: events are a stream
                self.wfile.write(part)
                self.wfile.flush()
            upstream.close()

        do_GET = do_POST = do_HEAD = respond

    with _serving(Handler) as address:
        yield address + path + "/"


@contextmanager
def site(html: str, scripts: Mapping[str, str] = {}) -> Iterator[str]:
    """The address of a page of somebody else's: another site than 127.0.0.1 to a browser.

    scripts: path → its text.
    """

    class Handler(_Quiet):
        def do_GET(self) -> None:
            script = scripts.get(self.path)
            self.send_response_only(200)
            self.send_header("Content-Type", f"text/{'html' if script is None else 'javascript'}; charset=utf-8")
            self.end_headers()
            self.wfile.write((html if script is None else script).encode())

    with _serving(Handler) as address:
        yield address.replace("127.0.0.1", "localhost") + "/"


class _Quiet(BaseHTTPRequestHandler):  # HTTP/1.0: an answer ends where its connection does
    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has left
            super().handle()


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
