"""Files of the server and addresses of others: what a path, a name or a text of a visitor leads to."""

import http.client
import json
import re
from pathlib import Path

import httpx
import pytest
from gradio import processing_utils
from gradio.utils import get_upload_folder

from demo import watch
from tests.demo.attacks.asking import META, ask, event

ROOT = Path(__file__).parents[3]
OURS = ROOT / "pyproject.toml"  # a file that lies here and is nobody's upload
INSIDE = "[project]", "[tool.ruff", "root:x:"


def raw(served, path):
    """(status, text) of a path as it stands: httpx would take `..` out of it."""
    line = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=60)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        line.close()


@pytest.mark.parametrize(
    "path",
    [
        str(OURS),
        f"/{OURS}",
        "pyproject.toml",
        "../pyproject.toml",
        "%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "/proc/self/environ",
        "{uploads}/../../etc/passwd",
        "{uploads}/..%2f..%2fetc/passwd",
        "file:///etc/passwd",
        "\\etc\\passwd",
        "/etc/passwd%00.txt",
        "{uploads}",
    ],
)
def test_files_of_the_server_are_not_served(served, path):
    path = path.format(uploads=get_upload_folder())
    for route in ("file=", "file/", "custom_component/a/client/", "proxy="):
        answer = httpx.get(f"{served.api}/{route}{path}")
        assert answer.status_code in (400, 403, 404) and not any(part in answer.text for part in INSIDE)
    for route in ("static/", "assets/", "svelte/"):
        answer = httpx.get(f"{served.url}/{route}{path}")
        assert answer.status_code in (400, 403, 404) and not any(part in answer.text for part in INSIDE)


def test_no_path_leads_out_of_a_folder(served):
    up, inside = "../" * 12, get_upload_folder()
    ways = [
        up,
        up.replace("..", "%2e%2e"),
        up.replace("/", "%2f"),
        up.replace("/", "\\"),
        "./" + up,
        "//" + up,
        "a/" + up,
    ]
    for route in (
        "static/",
        "assets/",
        "svelte/",
        "gradio_api/file=",
        "gradio_api/file/",
        f"gradio_api/file={inside}/",
    ):
        for way in ways:
            for file in ("etc/passwd", str(OURS).lstrip("/"), "proc/self/environ"):
                status, text = raw(served, f"/{route}{way}{file}")
                assert status in (400, 403, 404), (route, way, file)
                assert not any(part in text for part in (*INSIDE, "PATH=")), (route, way, file)
    assert raw(served, "/static/../config")[0] in (400, 403, 404)


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.xml", "a.xhtml", "a.js"])
def test_an_upload_that_is_fetched_again_is_no_page(served, name):
    """Nor does a script that asks for a part of it come to see the cookies that no script can read."""
    content = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    (path,) = httpx.post(f"{served.api}/upload", files={"files": (name, content)}).json()
    secret = {"Cookie": "wanzhuan_browser=zqzq", "X-Mine": "zqzq", "Content-Disposition": "inline"}
    for route in ("file=", "file/"):
        for more in ({}, {"Range": "bytes=0-"}, {"Range": "bytes=2-9"}, {"Range": "bytes=9-2"}, {"Range": "bytes=-9"}):
            answer = httpx.get(f"{served.api}/{route}{path}", headers={**secret, **more})
            if more.get("Range") != "bytes=9-2":
                assert answer.status_code in (200, 206) and answer.content in content
                (told,) = answer.headers.get_list("content-disposition")
                assert told.startswith("attachment")
                assert answer.headers.get_list("content-type") == ["application/octet-stream"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "zqzq" not in str(answer.headers) and "inline" not in str(answer.headers)


@pytest.mark.parametrize(
    "name", ["../../a.txt", "..\\..\\a.txt", "/etc/cron.d/a.txt", ".", "..", "a\0b.txt", "a" * 5000]
)
def test_an_uploads_name_leads_nowhere(served, name):
    answer = httpx.post(f"{served.api}/upload", files={"files": (name, b"x")})
    if answer.status_code == 200:
        (path,) = map(Path, answer.json())
        assert path.resolve().is_relative_to(Path(get_upload_folder()).resolve())
        assert path.parent.parent.resolve() == Path(get_upload_folder()).resolve() and len(path.parent.name) == 64
    else:
        assert answer.status_code < 500


def test_no_event_reads_a_file_that_is_no_upload_or_fetches_an_address(served, canary, monkeypatch):
    """To every event: Gradio looks for files in each of its values, whatever that is to be."""
    fetched = []

    async def fetch(address, *_, **__):
        fetched.append(address)
        raise OSError

    monkeypatch.setattr(processing_utils, "async_ssrf_protected_download", fetch)
    before = OURS.read_bytes()
    files = [
        {"path": str(OURS), **META},
        {"path": f"{get_upload_folder()}/../..{OURS}", "orig_name": "a.txt", **META},
        {"path": f"{canary.url}/a.txt", "url": f"{canary.url}/b.txt", **META},
        {"path": "http://example.com/a.txt", **META},
        {"path": "a.txt", "url": "file:///etc/passwd", **META},
    ]
    tried = ran = 0
    with httpx.Client(timeout=60) as client:
        for fn in served.page.fns.values():
            if fn.fn is None or not fn.inputs:
                continue
            many = any(type(one).__name__ in ("File", "MultimodalTextbox", "Api") for one in fn.inputs)
            for file in files:
                for value in [file, *([[file], {"text": "x", "files": [file]}] if many else [])]:
                    told = ask(client, served.api, fn, [value] * len(fn.inputs))
                    assert not any(part in told for part in INSIDE), (watch.name_of(fn), value)
                    assert not re.search(r"file=[^\"]*pyproject", told), (watch.name_of(fn), value)
                    tried, ran = tried + 1, ran + ('"msg":"process_completed"' in told)
    assert ran == tried >= 500
    assert OURS.read_bytes() == before, "what is no upload is not deleted either"
    assert not fetched and not canary.asked


def test_addresses_in_a_text_are_text(served, canary):
    texts = [
        f"{canary.url}/a",
        f"![]({canary.url}/b) <img src={canary.url}/c>",
        f"write a title: {canary.url}/d 今天下雪。",
        f"\\includegraphics{{{canary.url}/e}} \\href{{{canary.url}/f}}{{x}}",
    ]
    asked = {
        "/title": lambda text: [text, 1, "beam", 0, "unilm"],
        "/triples": lambda text: [text, None],
        "/answer": lambda text: ["谁？", text, [], None, None, 8],
        "/chat": lambda text: [text, []],
        "/matrix": lambda text: [text, 0],  # none of them is one
    }
    with httpx.Client(timeout=60) as client:
        for name, values in asked.items():
            for number, text in enumerate(texts):
                told = ask(client, served.api, event(served, name), values(text), f"{name} {number}")
                (done,) = [json.loads(line[6:]) for line in told.splitlines() if '"msg":"process_completed"' in line]
                assert done["success"] == (name != "/matrix"), (name, text)
    assert not canary.asked
