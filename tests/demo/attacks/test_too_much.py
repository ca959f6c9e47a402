"""Heads and uploads that are too large, uploads that are cut, and a disk that is full."""

import asyncio
import contextlib
import socket
from collections import namedtuple
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from demo import guard, limits, uploads
from tests.demo.attacks.asking import upload


def test_huge_heads_end_with_a_status_and_others_are_answered(served):
    host, port = served.url.removeprefix("http://").split(":")
    for head in (b"X: " + b"a" * 10_000_000, b"".join(b"X%d: a\r\n" % n for n in range(200_000))):
        with socket.create_connection((host, int(port)), timeout=60) as line, contextlib.suppress(OSError):
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


def test_uploads_count_as_questions(served, monkeypatch):
    monkeypatch.setattr(limits, "QUESTIONS_ADDRESS", 3)
    head = {"X-Forwarded-For": "8.8.4.99"}
    found = [httpx.post(f"{served.api}/upload", files={"files": ("a", b"x")}, headers=head) for _ in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]


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


def test_an_upload_that_was_read_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "get_upload_folder", lambda: str(tmp_path))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.txt").write_text("a")
    (tmp_path / "beside.txt").write_text("b")
    uploads.discard([tmp_path / "own" / "a.txt", tmp_path / "own" / "a.txt", tmp_path / "beside.txt"])
    assert list(tmp_path.iterdir()) == []
