"""A stand-in for what the Hugging Face Hub does when files are uploaded, on 127.0.0.1.

It speaks what huggingface_hub 2.4 asks without its Xet store: repositories are made, front matter is looked at, files
are asked about (`preupload`), large ones go to a store by git-lfs' batch, and a commit brings the names together.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_stand_in"
LARGE = (".safetensors", ".png", ".jpg", ".gz")


@dataclass
class Repository:
    """One repository: its files, the commits' messages, and of a Space its variables."""

    private: bool = False
    sdk: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


class UploadHub:
    """The server, what it holds, and its faults.

    Faults:
        refuse: (pattern of a path, status): answered instead; the body says "no: it is not allowed\\nhere".
        html: every answer is a page, as a hotel's network gives.
        bad_card: front matter is refused.
    """

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.store: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.refuse: tuple[str, int] | None = None
        self.html = self.bad_card = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        """From here on the Hub cannot be reached."""
        self.server.shutdown()
        self.server.server_close()

    def asked(self, pattern: str) -> int:
        """How many requests had such a path."""
        return sum(bool(re.search(pattern, path)) for _, path in self.requests)


def _handler(hub: UploadHub) -> type[BaseHTTPRequestHandler]:
    def address(kind: str, name: str) -> str:
        return f"{hub.address}/{'spaces/' if kind == 'space' else ''}{name}"

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.respond()

        def do_POST(self) -> None:
            self.respond()

        def do_PUT(self) -> None:
            self.respond()

        def respond(self) -> None:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                body = b"".join(iter(self.chunk, b""))
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = unquote(urlsplit(self.path).path)
            hub.requests.append((self.command, path))
            if self.command == "PUT":  # the store: its address is the permission
                return self.put(path, body)
            hub.tokens.add(self.headers.get("Authorization", ""))
            if hub.html:
                return self.answer(200, b"<html>Log in to the hotel's network</html>", "text/html")
            if hub.refuse and re.search(hub.refuse[0], path):
                return self.json({"error": "no: it is not allowed\nhere."}, hub.refuse[1])
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return self.json({"error": "Invalid credentials"}, 401)
            self.hub(path, body)

        def chunk(self) -> bytes:
            size = int(self.rfile.readline(), 16)
            data = self.rfile.read(size)
            self.rfile.readline()
            return data

        def put(self, path: str, body: bytes) -> None:
            if hub.refuse and re.search(hub.refuse[0], path):
                return self.answer(hub.refuse[1])
            oid = path.rsplit("/", 1)[1]
            if hashlib.sha256(body).hexdigest() != oid:
                return self.answer(400)
            hub.store[oid] = body
            self.answer(200)

        def hub(self, path: str, body: bytes) -> None:
            if path == "/api/repos/create":
                return self.create(json.loads(body))
            if path == "/api/validate-yaml":
                errors = [{"message": '"colorFrom" must be a colour'}] if hub.bad_card else []
                return self.json({"errors": errors, "warnings": []}, 400 if errors else 200)
            if match := re.fullmatch(r"/(?:(space)s/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
                return self.batch(json.loads(body))
            match = re.fullmatch(r"/api/(model|space)s/([^/]+/[^/]+)(/.*)?", path)
            repository = match and hub.repositories.get((match[1], match[2]))
            if not repository:
                return self.json({"error": "Repository not found"}, 404)
            rest = match[3] or ""
            if rest.startswith("/preupload/"):
                return self.preupload(repository, json.loads(body))
            if rest.startswith("/commit/"):
                return self.commit(match[1], match[2], repository, body)
            if rest == "/variables":
                if self.command == "POST":
                    asked = json.loads(body)
                    repository.variables[asked["key"]] = asked["value"]
                return self.json({key: {"key": key, "value": value} for key, value in repository.variables.items()})
            siblings = [{"rfilename": name} for name in repository.files]
            sha = hashlib.sha1(b"%d" % len(repository.commits)).hexdigest()
            self.json({"_id": "1", "id": match[2], "modelId": match[2], "sha": sha, "siblings": siblings})

        def create(self, asked: dict[str, Any]) -> None:
            kind, name = asked.get("type", "model"), f"{asked['organization']}/{asked['name']}"
            url = address(kind, name)
            if (kind, name) in hub.repositories:
                return self.json({"error": "You already created this repo", "url": url}, 409)
            private = asked.get("visibility") == "private"
            hub.repositories[kind, name] = Repository(private, asked.get("sdk"), {".gitattributes": b"*"})
            self.json({"url": url})

        def preupload(self, repository: Repository, asked: dict[str, Any]) -> None:
            files = []
            for file in asked["files"]:
                held, large = repository.files.get(file["path"]), file["path"].endswith(LARGE)
                oid = None if held is None else _oid(held, large)
                mode = "lfs" if large else "regular"
                files.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
            self.json({"files": files})

        def batch(self, asked: dict[str, Any]) -> None:
            objects = []
            for one in asked["objects"]:
                upload = {"upload": {"href": f"{hub.address}/store/{one['oid']}"}}
                objects.append({**one, **({} if one["oid"] in hub.store else {"actions": upload})})
            self.json({"transfer": "basic", "objects": objects})

        def commit(self, kind: str, name: str, repository: Repository, body: bytes) -> None:
            for line in body.splitlines():
                row = json.loads(line)
                value = row["value"]
                if row["key"] == "header":
                    repository.commits.append(value["summary"])
                elif row["key"] == "file":
                    repository.files[value["path"]] = base64.b64decode(value["content"])
                elif row["key"] == "lfsFile":
                    repository.files[value["path"]] = hub.store[value["oid"]]
                elif row["key"] == "deletedFile":
                    del repository.files[value["path"]]
            self.json({"commitUrl": f"{address(kind, name)}/commit/1", "commitOid": "1" * 40})

        def json(self, value: Any, status: int = 200) -> None:
            self.answer(status, json.dumps(value).encode(), "application/json")

        def answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _oid(content: bytes, large: bool) -> str:
    """The SHA-256 of a large file, git's SHA-1 of a small one."""
    if large:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
