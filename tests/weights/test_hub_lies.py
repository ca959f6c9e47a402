"""A Hub that is slow, sends its callers in circles, or announces what it does not send: a sentence each, and the
embedded weights answer."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import bert
from core.errors import WeightsError
from core.weights import hub as hub_module
from core.weights import store
from tests.weights.conftest import REPO
from tests.weights.hub import Hub

Answer = tuple[int, bytes, list[tuple[str, str]]]


@pytest.fixture
def lies(hub: Hub) -> Iterator[list[Callable[[str, str, str, Answer], Answer | None]]]:
    """What each answer of the stand-in becomes: functions of (server, method, path, answer); None: no answer at all."""
    told: list[Callable[[str, str, str, Answer], Answer | None]] = []
    for where, server in hub.servers.items():
        handler = server.RequestHandlerClass
        usual = handler.answer

        def answer(self, status, body=b"", headers=(), cut=None, where=where, usual=usual):
            found = status, body, list(headers)
            for lie in told:
                found = lie(where, self.command, self.path, found)
                if found is None:
                    return
            usual(self, *found, cut)

        handler.answer = answer
    yield told


def of_the_weights(where: str, path: str) -> bool:
    return where == "hub" and path.endswith(bert.WEIGHTS)


def without(headers: list[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name not in names]


@pytest.mark.parametrize("stage", ["looked up", "announced", "sent"])
def test_a_circle_of_redirects_ends(hub, lies, fails, stage) -> None:
    def circle(where, method, path, answer):
        at = {"looked up": "/api/" in path, "announced": of_the_weights(where, path), "sent": where == "store"}
        return (302, b"", [("Location", f"{hub.address(where)}{path}")]) if at[stage] else answer

    lies.append(circle)
    fails("weights_hub_answer")
    assert len(hub.requests) < 300


@pytest.mark.parametrize("stage", ["looked up", "announced", "sent"])
def test_a_hub_that_never_answers(hub, lies, fails, monkeypatch, stage) -> None:
    """It takes the connection, and says nothing."""
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", 0.2)
    over, gave_up = threading.Event(), []

    def silent(where, method, path, answer):
        at = {"looked up": "/api/" in path, "announced": of_the_weights(where, path), "sent": where == "store"}
        if at[stage]:
            if not over.wait(60):  # ended by us, and not by the one who waits for an answer
                gave_up.append(path)
            return None
        return answer

    lies.append(silent)
    try:
        fails("weights_unreachable" if stage == "looked up" else "weights_cut")
    finally:
        over.set()
    assert not gave_up


TRIES = 2 * 3  # `fails` looks twice, and RETRY_SECONDS has two waits here


def test_a_store_that_brings_a_byte_a_try(hub, fails, files) -> None:
    """What gets further is tried again, but not once for every byte."""
    hub.cuts = [1] * 1000
    fails("weights_cut")
    assert len(hub.asked("store")) == hub.sent == TRIES < hub_module._FURTHER * len(files[bert.WEIGHTS])


def test_a_store_that_brings_a_byte_now_and_then(hub, fails, monkeypatch) -> None:
    """No read of it times out, yet it would go on for years: a byte a second, each when the one before was read."""
    monkeypatch.setattr(hub_module, "_SLOW", 2)
    monkeypatch.setattr(hub_module, "_SOON", 10.0)
    seconds, over, sent = itertools.count(), threading.Event(), []
    turns: list[threading.Semaphore] = []  # a connection each

    def monotonic() -> float:
        """Called when the head has come, and for every chunk."""
        if turns:  # the small files come from the Hub itself, before
            turns[-1].release()
        return float(next(seconds))

    def drip(self, status, body=b"", headers=(), cut=None):
        turns.append(turn := threading.Semaphore(0))
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        for at in range(len(body)):
            turn.acquire()
            if over.is_set():
                return
            sent.append(at)
            self.wfile.write(body[at : at + 1])

    hub.servers["store"].RequestHandlerClass.answer = drip
    monkeypatch.setattr(hub_module, "time", SimpleNamespace(monotonic=monotonic, sleep=lambda _: None))
    try:
        fails("weights_cut")
    finally:
        over.set()
        for turn in turns:
            turn.release()
    assert len(turns) == TRIES and sent[:11] == list(range(11)), "the eleventh comes after more than ten seconds"


@pytest.mark.parametrize(
    ("more", "key"), [(-100, "weights_bytes"), (100, "weights_cut"), (1 << 60, "weights_disk_full")]
)
def test_a_size_that_is_not_the_files(hub, lies, fails, files, more, key) -> None:
    size = len(files[bert.WEIGHTS]) + more

    def wrong(where, method, path, answer):
        status, body, headers = answer
        if of_the_weights(where, path):
            headers = [*without(headers, "X-Linked-Size"), ("X-Linked-Size", str(size))]
        return status, body, headers

    lies.append(wrong)
    fails(key)


def test_no_size_at_all(hub, lies, fails) -> None:
    """Else a server could send without end."""

    def none(where, method, path, answer):
        status, body, headers = answer
        if of_the_weights(where, path):
            return status, body, [*without(headers, "X-Linked-Size"), ("X-Linked-Size", "")]
        return answer

    lies.append(none)
    fails("weights_hub_answer")
    assert not hub.asked("store")


@pytest.mark.parametrize("tag", ["../../../../escaped", "/tmp/escaped", "a/b", "", "x" * 500])
def test_a_hash_that_is_a_path(hub, lies, fails, tmp_path, tag) -> None:
    """It names a file of the cache."""

    def path_for_a_hash(where, method, path, answer):
        status, body, headers = answer
        if "/resolve/" in path:
            headers = [*without(headers, "ETag", "X-Linked-Etag"), ("ETag", f'"{tag}"'), ("X-Linked-Etag", f'"{tag}"')]
        return status, body, headers

    lies.append(path_for_a_hash)
    fails("weights_hub_answer")
    inside = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert all(path.is_relative_to(tmp_path / "cache") or path.is_relative_to(tmp_path / "embedded") for path in inside)


@pytest.mark.parametrize("sha", ["../../..", "main", "", "0" * 39 + "/", "A" * 40])
def test_a_commit_that_is_a_path(hub, lies, fails, sha) -> None:
    """It names a folder of the cache."""

    def path_for_a_commit(where, method, path, answer):
        if "/api/" in path:
            body = b'{"_id": "1", "id": "a/b", "sha": "%s", "siblings": []}' % sha.encode()
            return 200, body, answer[2]
        return answer

    lies.append(path_for_a_commit)
    fails("weights_hub_answer")


def test_files_beside_ours_are_not_asked_for(hub, files) -> None:
    names = ("../../../etc/passwd", "/etc/passwd", f"../{bert.WEIGHTS}", "README.md/../../x")
    hub.add("someone/odd", {**files, **dict.fromkeys(names, b"x")})
    found = store.find("titling", "someone/odd")
    assert {path.name for path in found.folder.iterdir()} <= set(store.FILES)
    assert hub.files_asked() <= set(store.FILES)


@pytest.mark.parametrize("status", [429, 503])
def test_busy_in_the_middle(hub, lies, fails, status) -> None:
    def busy(where, method, path, answer):
        return (status, b"", []) if where == "store" else answer

    lies.append(busy)
    fails("weights_rate_limit" if status == 429 else "weights_hub_down")


def test_a_token_stays_with_the_hub(hub, monkeypatch, capfd, caplog) -> None:
    """The store of large files is another host; nor does it stand in any line that is written."""
    secret = "hf_" + "s3cret" * 6
    monkeypatch.setenv("HF_TOKEN", secret)
    hub.repositories[REPO].token = secret
    caplog.set_level("DEBUG")
    store.find("titling", REPO)
    assert all(request.headers.get("authorization") == f"Bearer {secret}" for request in hub.asked("hub", "HEAD"))
    assert hub.asked("store") and not any("authorization" in request.headers for request in hub.asked("store"))
    hub.repositories[REPO].token = "another"
    hub.always = 401
    with pytest.raises(WeightsError) as caught:
        store.find("titling", "someone/else")
    written = caplog.text + "".join(capfd.readouterr()) + caught.value.sentence("en") + repr(caught.value.__cause__)
    assert secret not in written


def test_the_cache_is_where_it_was_said(hub, tmp_path: Path) -> None:
    store.find("titling", REPO)
    assert hub_module.cache_folder() == tmp_path / "cache"
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [".locks", "models--someone--titles"]
