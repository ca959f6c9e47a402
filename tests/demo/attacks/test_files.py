"""Files of the server and addresses of others: what a path, a name or a text of a visitor leads to."""

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


def takes_files(fn):
    kinds = {type(component).__name__ for component in fn.inputs}
    return fn.fn is not None and kinds & {"UploadButton", "File", "MultimodalTextbox", "Image", "Api"}


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
    """To each event that takes a file, or JSON: where they expect one, and anywhere in it."""
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
    tried = 0
    with httpx.Client(timeout=60) as client:
        for fn in filter(takes_files, served.page.fns.values()):
            many = any(type(one).__name__ in ("File", "MultimodalTextbox", "Api") for one in fn.inputs)
            for file in files:
                for value in [file, *([[file], {"text": "x", "files": [file]}] if many else [])]:
                    told = ask(client, served.api, fn, [value] * len(fn.inputs))
                    assert not any(part in told for part in INSIDE), (watch.name_of(fn), value)
                    assert not re.search(r"file=[^\"]*pyproject", told), (watch.name_of(fn), value)
                    tried += 1
    assert tried > 50 and OURS.read_bytes() == before, "what is no upload is not deleted either"
    assert not fetched and not canary.asked


def test_addresses_in_a_text_are_text(served, canary):
    texts = [
        f"{canary.url}/a",
        f"![]({canary.url}/b) <img src={canary.url}/c>",
        f"write a title: {canary.url}/d 今天下雪。",
        f"\\includegraphics{{{canary.url}/e}} \\href{{{canary.url}/f}}{{x}}",
    ]
    with httpx.Client(timeout=60) as client:
        for name, more in (("/title", [1, "beam", 0, "unilm"]), ("/matrix", [0]), ("/chat", [[]])):
            for text in texts:
                ask(client, served.api, event(served, name), [text, *more])
    assert not canary.asked
