"""Heads and uploads that are too large, uploads that are cut, and a disk that is full."""

import asyncio
import contextlib
import json
import socket
from collections import namedtuple
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from core import documents
from core.titling import task as titling
from demo import blocks as page_blocks
from demo import guard, limits, rates, uploads
from demo.blocks import build, launch_options
from tests.demo.attacks.asking import Noting, upload
from tests.demo.fakes import FakeService
from tests.demo.replicas import wait_for


def test_huge_heads_end_with_a_status_and_others_are_answered(served):
    host, port = served.url.removeprefix("http://").split(":")
    for head in (b"X: " + b"a" * 10_000_000, b"".join(b"X%d: a\r\n" % n for n in range(200_000))):
        with socket.create_connection((host, int(port)), timeout=60) as line, contextlib.suppress(ConnectionError):
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
            assert line.recv(100).split(b" ")[1:2] in ([b"400"], [b"431"], [])
    answer = httpx.get(f"{served.url}/config", headers={"Accept-Language": "zh;q=" + "9" * 5000, "Cookie": "a" * 5000})
    assert answer.status_code == 200
    assert httpx.get(f"{served.url}/", headers={"X-Forwarded-For": "1," * 10_000}).status_code == 200


def test_an_upload_has_a_limit_whatever_its_head_says(served, monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_BYTES", 100_000)
    files = {"files": ("a.txt", b"x" * 200_000)}
    told = httpx.post(f"{served.api}/upload", files=files, headers={"Accept-Language": "zh"})
    assert told.status_code == 413 and "请分几次上传" in told.json()["detail"]

    def parts():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        for _ in range(200):
            yield b"x" * 1000
        yield b"\r\n--b--\r\n"

    head = {"Content-Type": "multipart/form-data; boundary=b"}
    assert httpx.post(f"{served.api}/upload", content=parts(), headers=head).status_code == 413
    with httpx.Client() as client:
        assert Path(upload(client, served.api)).exists()


@pytest.mark.parametrize("path", ["queue/join", "call/matrix", "run/matrix", "cancel", "reset"])
def test_a_call_has_a_limit_whatever_its_head_says(served, monkeypatch, path):
    """It is read whole before it is counted to anybody."""
    monkeypatch.setattr(limits, "BODY_BYTES", 100_000)
    monkeypatch.setattr(limits, "BODY_PARTS", 1_000)
    monkeypatch.setattr(limits, "BODY_VALUES", 10_000)
    head = {"Content-Type": "application/json", "Accept-Language": "zh"}
    long, many = b'{"data": ["' + b"x" * 200_000 + b'"]}', b'{"data": [' + b"[]," * 2_000 + b"0]}"
    flat = b'{"data": [[' + b"0," * 20_000 + b"0]]}"
    for body in (long, many, flat):
        for content in (body, (body[at : at + 5_000] for at in range(0, len(body), 5_000))):
            told = httpx.post(f"{served.api}/{path}", content=content, headers=head)
            # a request to cancel is not even read so far
            assert told.status_code in ((413, 422) if path == "cancel" else (413,)), told.text
            assert told.json()["detail"].endswith("\u3002")
    asked = httpx.post(f"{served.api}/call/matrix", json={"data": ["1 2; 3 4", 0]})
    assert "complete" in httpx.get(f"{served.api}/call/matrix/{asked.json()['event_id']}").text


def test_the_longest_texts_fit_into_a_call():
    longest = max(documents.MAX_CHARACTERS, titling.MAX_CHARACTERS)
    assert len(json.dumps("\u5b57" * longest)) < limits.BODY_BYTES


def test_one_address_leaves_places_in_the_queue(monkeypatch):
    """Whoever fills it, others find room."""
    service = FakeService(stage="loading")  # what asks it waits
    usual = page_blocks.TABS
    monkeypatch.setattr(page_blocks, "TABS", tuple(row for row in usual if row[0] == "tab_titling"))
    monkeypatch.setattr(limits, "QUEUE_ADDRESS", 3)
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        call, body = f"{page.local_url}gradio_api/call/title", {"data": ["\u6587", 3, "beam", 0, None]}
        eve, ann = ({"X-Forwarded-For": f"8.8.4.{n}", "Accept-Language": "zh"} for n in (1, 2))
        found = [httpx.post(call, json=body, headers=eve) for _ in range(limits.WRITERS + 8)]
        assert found[0].status_code == 200 and found[-1].status_code == 429
        assert "\u6392\u961f" in found[-1].json()["detail"]
        program = httpx.post(call, json=body, headers={**eve, "x-gradio-user": "api"})
        assert program.status_code == 503, "which Gradio's clients know"
        answer = httpx.post(call, json=body, headers=ann)
        assert answer.status_code == 200
        service.ready()
        assert "complete" in httpx.get(f"{call}/{answer.json()['event_id']}", timeout=60).text
    finally:
        service.ready()
        page.close()


def test_answers_that_nobody_fetches_end_a_sessions_events(served, monkeypatch):
    monkeypatch.setattr(limits, "UNREAD", 5)
    call, body = f"{served.api}/call/matrix", {"data": ["1", 0], "session_hash": "lazy"}
    for _ in range(5):
        httpx.post(call, json=body)
    told = httpx.get(f"{served.api}/queue/data", params={"session_hash": "lazy"}).text
    assert "unfetched" in told and "process_completed" in told
    asked = httpx.post(call, json=body)
    assert "complete" in httpx.get(f"{call}/{asked.json()['event_id']}").text, "and it goes on once they are taken"


def test_uploads_count_as_questions(served, monkeypatch):
    monkeypatch.setattr(limits, "QUESTIONS_ADDRESS", 3)
    head = {"X-Forwarded-For": "8.8.4.99"}
    found = [httpx.post(f"{served.api}/upload", files={"files": ("a", b"x")}, headers=head) for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]


def test_an_upload_that_is_counted_elsewhere_holds_nobody_up(served, monkeypatch):
    """The count may be another server's, for which the thread that all visitors share must not wait."""
    noting = Noting()
    monkeypatch.setattr(rates, "RATES", noting)
    assert httpx.post(f"{served.api}/upload", files={"files": ("a.txt", b"x")}).status_code == 200
    assert noting.in_loop == [False]


def test_a_full_disk_is_told(served, monkeypatch):
    usage = namedtuple("usage", "total used free")
    files = {"files": ("a.txt", b"x")}
    with monkeypatch.context() as nearly:
        nearly.setattr(guard.shutil, "disk_usage", lambda _: usage(10, 9, 1))
        told = httpx.post(f"{served.api}/upload", files=files)
        assert told.status_code == 507 and "no room" in told.json()["detail"]

    async def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as filled:
        filled.setattr("gradio.route_utils.GradioMultiPartParser.parse", full)
        assert httpx.post(f"{served.api}/upload", files=files).status_code == 507
    assert httpx.post(f"{served.api}/upload", files=files).status_code == 200


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("the visitor left")])
def test_an_upload_that_is_cut_leaves_nothing(tmp_path, error):
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'

    async def parts():
        yield head + b"a" * 10_000
        raise error

    async def sent():
        headers = Headers({"Content-Type": "multipart/form-data; boundary=b"})
        await guard._Uploads(headers, parts(), upload_dir=tmp_path, max_file_size=1e9).parse()

    with pytest.raises(type(error)):
        asyncio.run(sent())
    assert list(tmp_path.iterdir()) == []


def test_a_visitor_who_leaves_in_the_middle_of_an_upload_leaves_nothing(served, tmp_path, monkeypatch):
    monkeypatch.setattr(served.page.app, "uploaded_file_dir", str(tmp_path))
    host, port = served.url.removeprefix("http://").split(":")
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n'
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )

    def files():
        return [path for path in tmp_path.rglob("*") if path.is_file()]

    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(head.encode() + part % b"a.txt" + b"a" * 200_000 + b"\r\n" + part % b"b.txt" + b"b" * 200_000)
        wait_for(lambda: sum(path.stat().st_size for path in files()) > 300_000)
    wait_for(lambda: not files())
    assert list(tmp_path.iterdir()) == []
    with httpx.Client() as client:
        assert Path(upload(client, served.api)).is_relative_to(tmp_path), "and the next one is kept"


def test_folders_of_uploads_that_nobody_read_go_once_they_have_been_empty_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "get_upload_folder", lambda: str(tmp_path))
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "a.txt").write_text("a")
    folders, life = uploads.EmptyFolders(), limits.FILE_LIFE[0]
    for now, left in ((0, 2), (life - 1, 2), (life + 1, 1), (3 * life, 1)):
        folders.sweep(now)
        assert len(list(tmp_path.iterdir())) == left, now
    monkeypatch.setattr(uploads, "get_upload_folder", lambda: str(tmp_path / "none"))
    uploads.EmptyFolders().sweep(0)


def test_an_upload_that_was_read_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "get_upload_folder", lambda: str(tmp_path))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.txt").write_text("a")
    (tmp_path / "beside.txt").write_text("b")
    uploads.discard([tmp_path / "own" / "a.txt", tmp_path / "own" / "a.txt", tmp_path / "beside.txt"])
    assert list(tmp_path.iterdir()) == []
