"""A stand-in for the Hugging Face Hub on 127.0.0.1, with faults on request.

It speaks what huggingface_hub 2.4 asks when a model is downloaded: `/api/models/{repo}/revision/{revision}` and
`/{repo}/resolve/{commit}/{file}` (HEAD and GET, Range).  Small files come from the Hub itself; `.safetensors` are
redirected to a second server with another port, as large files are redirected to a store on another host.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """One request that came in: `where` is "hub" or "store", header names are lower case."""

    where: str
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Repository:
    """Files by revision, and what is needed to read them."""

    revisions: dict[str, dict[str, bytes]] = field(default_factory=dict)
    token: str | None = None
    gated: bool = False

    def commit(self, revision: str) -> str | None:
        """The commit a branch, tag or commit stands for."""
        commits = {name: hashlib.sha1(name.encode()).hexdigest() for name in self.revisions}
        return commits.get(revision) or (revision if revision in commits.values() else None)

    def files(self, commit: str) -> dict[str, bytes]:
        """The files at a commit."""
        return next(files for name, files in self.revisions.items() if self.commit(name) == commit)


class Hub:
    """The servers, what they hold, the requests they saw, and their faults.

    Faults:
        statuses: answered, one a request to the Hub, before anything else.
        always: answered to every request to the Hub.
        cuts: one a GET to the store: close the connection after so many bytes.
        reset: cut with a reset rather than a close.
        corrupt: the store sends other bytes, of the same number.
        no_range: the store sends all of the file whatever was asked.
        html: the Hub answers with a page, as a hotel's network does.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[Request] = []
        self.sent = 0  # bytes of files sent by the store
        self.statuses: list[int] = []
        self.always: int | None = None
        self.cuts: list[int] = []
        self.reset = self.corrupt = self.no_range = self.html = False
        self.servers = {
            where: ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, where)) for where in ("hub", "store")
        }
        for server in self.servers.values():
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def address(self, where: str = "hub") -> str:
        """http://127.0.0.1:PORT of one of the servers."""
        return f"http://127.0.0.1:{self.servers[where].server_address[1]}"

    def add(self, name: str, files: dict[str, bytes], revision: str = "main", **needs: object) -> Repository:
        """Publish files; more revisions go to the same repository."""
        repository = self.repositories.setdefault(name, Repository(**needs))
        repository.revisions[revision] = files
        return repository

    def stop(self) -> None:
        """Close the ports: from here on the Hub is unreachable."""
        for server in self.servers.values():
            server.shutdown()
            server.server_close()

    def asked(self, where: str, method: str = "GET") -> list[Request]:
        """The requests of one kind, in order."""
        return [request for request in self.requests if (request.where, request.method) == (where, method)]

    def files_asked(self) -> set[str]:
        """Names of the files that anybody asked for."""
        return {request.path.rsplit("/", 1)[1] for request in self.requests if "/resolve/" in request.path}


def etag(name: str, content: bytes) -> str:
    """The SHA-256 of a large file, git's SHA-1 of a small one."""
    if name.endswith(".safetensors"):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _handler(hub: Hub, where: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):  # HTTP/1.0: one connection a request, so that stop() stops all
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.respond()

        def do_GET(self) -> None:
            self.respond()

        def respond(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = unquote(urlsplit(self.path).path)
            hub.requests.append(Request(where, self.command, path, headers))
            if where == "store":
                self.store(path.removeprefix("/"), headers)
            elif hub.statuses or hub.always:
                self.answer(hub.statuses.pop(0) if hub.statuses else hub.always)
            elif hub.html:
                self.answer(200, b"<html>Log in to the hotel's network</html>", [("Content-Type", "text/html")])
            else:
                self.hub(path, headers)

        def hub(self, path: str, headers: dict[str, str]) -> None:
            api = re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path)
            resolve = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
            match = api or resolve
            repository = match and hub.repositories.get(match[1])
            if not repository:
                return self.fail(404, "RepoNotFound")
            if repository.token and headers.get("authorization") != f"Bearer {repository.token}":
                return self.fail(401, "RepoNotFound")
            if repository.gated:
                return self.fail(403, "GatedRepo")
            commit = repository.commit(match[2])
            if not commit:
                return self.fail(404, "RevisionNotFound")
            files = repository.files(commit)
            if api:
                siblings = [{"rfilename": name} for name in files]
                about = {"_id": "1", "id": match[1], "modelId": match[1], "sha": commit, "siblings": siblings}
                return self.answer(200, json.dumps(about).encode(), [("Content-Type", "application/json")])
            name, at = resolve[3], [("X-Repo-Commit", commit)]
            if name not in files:
                return self.fail(404, "EntryNotFound", at)
            tag, size = etag(name, files[name]), len(files[name])
            if not name.endswith(".safetensors"):
                return self.answer(200, files[name], [*at, ("ETag", f'"{tag}"')])
            linked = [("X-Linked-Etag", f'"{tag}"'), ("X-Linked-Size", str(size))]
            return self.answer(302, b"", [*at, *linked, ("Location", f"{hub.address('store')}/{tag}")])

        def store(self, tag: str, headers: dict[str, str]) -> None:
            everything = (
                f for r in hub.repositories.values() for files in r.revisions.values() for f in files.values()
            )
            content = next(f for f in everything if hashlib.sha256(f).hexdigest() == tag)
            if hub.corrupt:
                content = content[:-1] + bytes([content[-1] ^ 1])
            total, start = len(content), 0
            asked = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
            if asked and not hub.no_range:
                start = int(asked[1])
            extra = [("Content-Range", f"bytes {start}-{total - 1}/{total}")] if start else []
            cut = hub.cuts.pop(0) if hub.cuts and self.command == "GET" else None
            self.answer(206 if start else 200, content[start:], extra, cut)

        def fail(self, status: int, code: str, headers: Iterable[tuple[str, str]] = ()) -> None:
            self.answer(status, b"", [*headers, ("X-Error-Code", code)])

        def answer(
            self, status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = (), cut: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            if where == "store":
                hub.sent += len(body[:cut])
            self.wfile.write(body[:cut])
            if cut is not None and hub.reset:
                self.wfile.flush()
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return Handler
