"""A public page, on 127.0.0.1, attacked over the network: files, addresses, sessions, other sites, heads."""

import asyncio
import contextlib
import http.server
import json
import re
import socket
import threading
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from gradio import processing_utils
from gradio.route_utils import API_PREFIX
from gradio.utils import get_upload_folder
from starlette.datastructures import Headers

from demo import blocks as page_blocks
from demo import guard, limits, matrix, uploads, watch
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService

ROOT = Path(__file__).parents[2]
OURS = ROOT / "pyproject.toml"  # a file that lies here and is nobody's upload
INSIDE = "[project]", "[tool.ruff", "root:x:"
META = {"meta": {"_type": "gradio.FileData"}}
TEXT = "只有我知道的一句话。"


@pytest.fixture(scope="module")
def served():
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield SimpleNamespace(page=page, url=page.local_url.rstrip("/"), api=page.local_url + "gradio_api")
    page.close()


@contextlib.contextmanager
def launched(**options):
    """A page of one tab."""
    usual, page_blocks.TABS = page_blocks.TABS, (("tab_matrix", matrix.tab),)
    page = build(FakeService())
    page_blocks.TABS = usual
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options(), **options)
    try:
        yield page, page.local_url.rstrip("/")
    finally:
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


def ask(client, api, fn, values, session="attacker"):
    """What an event says, as the stream has it."""
    body = {"data": values, "fn_index": fn._id, "session_hash": session}
    joined = client.post(f"{api}/queue/join", json=body)
    if joined.status_code != 200:
        return joined.text
    return client.get(f"{api}/queue/data", params={"session_hash": session}).text


def upload(client, api, text=TEXT):
    return client.post(f"{api}/upload", files={"files": ("a.txt", text.encode())}).json()[0]


def event(served, name):
    return next(fn for fn in served.page.fns.values() if fn.fn is not None and watch.name_of(fn) == name)


def takes_files(fn):
    kinds = {type(component).__name__ for component in fn.inputs}
    return fn.fn is not None and kinds & {"UploadButton", "File", "MultimodalTextbox", "Image", "Api"}


# ---- files and addresses


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


# ---- what Gradio serves and nobody needs


def routes(app):
    """(method, path) of everything that is served, those of included routers too."""
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        for one in inner.routes if inner is not None else [route]:
            for method in getattr(one, "methods", None) or ():
                yield method, one.path


OPEN = {  # what the page or its callers need, as Gradio's App names it, without what ends with a slash
    *("/", "/config", "/favicon.ico", "/theme.css", "/robots.txt", "/manifest.json", "/pwa_icon", "/pwa_icon/{size}"),
    *("/assets/{path:path}", "/static/{path:path}", "/svelte/{path:path}", "/login", "/logout"),
    *("/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"),  # of FastAPI: names and shapes alone
}
OPEN_API = {
    *(
        "user",
        "login_check",
        "token",
        "app_id",
        "info",
        "openapi.json",
        "startup-events",
        "theme.css",
        "reset",
        "cancel",
    ),
    *("queue/join", "queue/data", "queue/status", "heartbeat/{session_hash}", "upload", "upload_progress"),
    *("api/{api_name}", "run/{api_name}", "call/{api_name}", "call/v2/{api_name}"),
    *("call/{api_name}/{event_id}", "call/v2/{api_name}/{event_id}"),
    *("file={path_or_url:path}", "file/{path:path}"),
}


def test_every_route_is_known(served):
    """A Gradio that brings new ones is looked at first."""
    known = OPEN | {f"{API_PREFIX}/{name}" for name in OPEN_API}
    found = {path.rstrip("/") or "/" for _, path in routes(served.page.app)}
    assert {path for path in found - known if not guard.is_closed(path)} == set()
    assert not any(guard.is_closed(path) for path in known)
    assert found >= {f"{API_PREFIX}/deep_link", f"{API_PREFIX}/component_server", "/monitoring"}


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/proxy={canary}/a",
        "gradio_api/proxy=https://someone-space.hf.space/a",
        "gradio_api/file={canary}/a",
        "gradio_api/file=http://example.com/a.svg",
        "gradio_api/file/{canary}/a",
        "gradio_api/file=%20HTTP://example.com/a",
        "gradio_api/deep_link?session_hash=abc",
        "gradio_api/runs",
        "gradio_api/stream/a/b/1/playlist.m3u8",
        "monitoring",
        "monitoring/summary",
    ],
)
def test_what_nobody_needs_is_closed(served, canary, path):
    answer = httpx.get(f"{served.url}/{path.format(canary=canary.url)}", headers={"Accept-Language": "zh"})
    assert answer.status_code == 404 and answer.json()["detail"].endswith("。")
    assert not canary.asked


@pytest.mark.parametrize(
    "path", ["component_server", "process_recording", "vibe-edit", "stream/abc", "stream/abc/close"]
)
def test_functions_of_components_are_closed(served, path):
    body = {"component_id": 1, "fn_name": "ls", "data": ["/"], "session_hash": "abc"}
    assert httpx.post(f"{served.api}/{path}", json=body).status_code == 404


def test_a_proxys_path_hides_nothing():
    """Gradio answers under `--root-path` too when no proxy takes it off; so does whoever stands before it."""
    with launched(root_path="/play") as (page, url):
        for under in ("", "/play"):
            assert httpx.get(f"{url}{under}/config").status_code == 200
            assert httpx.get(f"{url}{under}/gradio_api/file=http://example.com/a").status_code == 404
            assert httpx.get(f"{url}{under}/monitoring").status_code == 404
            assert "og:title" in httpx.get(f"{url}{under}/").text
        page.watch.stopping.set()
        for under in ("", "/play"):
            answer = httpx.post(f"{url}{under}/gradio_api/call/matrix", json={"data": ["1", 0]})
            assert answer.status_code == 503


# ---- sessions


def browser(served):
    """One who has opened the page, and so has a cookie."""
    client = httpx.Client(base_url=served.url, timeout=60)
    assert client.get("/").status_code == 200 and guard.COOKIE in client.cookies
    return client


def test_the_cookie_is_for_nobody_else(served):
    told = httpx.get(f"{served.url}/").headers["set-cookie"]
    assert "HttpOnly" in told and "SameSite=Lax" in told
    first, same, other = (
        httpx.get(f"{served.url}/", headers={"User-Agent": agent}).cookies[guard.COOKIE] for agent in ("a", "a", "b")
    )
    assert first == same != other, "tabs that a browser opens at once are one visitor"
    again = httpx.get(f"{served.url}/", cookies={guard.COOKIE: first})
    assert "set-cookie" not in again.headers


def test_a_session_is_its_browsers_alone(served):
    """Who knows another's session hash gets neither answers nor what they have opened."""
    opened, fn = event(served, "reading_files.opened"), event(served, "reading.ask")
    with contextlib.closing(browser(served)) as mine:
        path = upload(mine, "/gradio_api", f"书名是[{TEXT}|0.9]。")
        shelf = ask(mine, "/gradio_api", opened, [[{"path": path, **META}], None], "mine")
        assert "a.txt" in shelf
        plain = (str, int, float, bool)
        told = [getattr(component, "value", None) for component in fn.inputs]
        values = [value if isinstance(value, plain) else None for value in told]
        for cookies in ({}, {guard.COOKIE: "guess"}):
            with httpx.Client(base_url=served.url, cookies=cookies, timeout=60) as thief:
                assert thief.get("/gradio_api/queue/data", params={"session_hash": "mine"}).status_code == 403
                assert thief.get("/gradio_api/heartbeat/mine").status_code == 403
                told = {"session_hash": "mine", "fn_index": fn._id, "event_id": "x"}
                assert thief.post("/gradio_api/cancel", json=told).status_code == 403
                body = {"data": values, "fn_index": fn._id, "session_hash": "mine"}
                answer = thief.post("/gradio_api/queue/join", json=body)
                assert answer.status_code == 200  # the refusal comes to the session, which is not theirs
                told = mine.get("/gradio_api/queue/data", params={"session_hash": "mine"}).text
                assert "another visit" in told and TEXT not in told
                for name in ("title", "matrix"):
                    body = {"data": ["1", 0], "session_hash": "mine"}
                    told = thief.post(f"/gradio_api/run/{name}", json=body).text
                    assert "another visit" in told
        told = {"session_hash": "mine", "fn_index": fn._id, "event_id": "x"}
        assert mine.post("/gradio_api/cancel", json=told).json() == {"success": True}
        for body in (b"", b"{", b"[" * 100_000, b'{"session_hash": 7}', b"x" * 1_000_000):
            assert mine.post("/gradio_api/cancel", content=body).status_code == 422
        again = ask(mine, "/gradio_api", opened, [[], None], "mine")
        assert "a.txt" in again, "and its owner goes on"


def test_who_keeps_no_cookie_has_a_session_by_its_hash(served):
    owners = guard.Owners(most=3)
    assert owners.owns("a", {}) and owners.owns("a", {})
    assert owners.owns("a", {guard.COOKIE: "x"}) and owners.owns("a", {}), "nor is it lost to who has one"
    assert owners.owns("b", {guard.COOKIE: "x"}) and not owners.owns("b", {}) and owners.owns("b", {guard.COOKIE: "x"})
    for number in range(3):
        owners.owns(str(number), {})
    assert owners.owns("b", {guard.COOKIE: "y"}), "memory has a bound"


def test_two_visitors_with_the_same_file_each_have_it(served):
    """Gradio names an upload by its content, and it is deleted once it has been read."""
    opened = event(served, "common.opened")
    with httpx.Client(timeout=60) as client:
        paths = [upload(client, served.api) for _ in range(2)]
        assert paths[0] != paths[1]
        for number, path in enumerate(paths):
            told = ask(client, served.api, opened, [{"path": path, **META}], f"visitor{number}")
            assert json.dumps(TEXT)[1:-1] in told or TEXT in told
            assert not Path(path).exists()


# ---- other sites


def test_other_sites_may_show_the_page_and_no_more(served):
    page = httpx.get(f"{served.url}/")
    assert "x-frame-options" not in page.headers and "frame-ancestors" not in str(page.headers)
    assert page.headers["x-content-type-options"] == "nosniff"
    foreign = {"Origin": "https://elsewhere.example"}
    here = httpx.get(f"{served.url}/config", headers=foreign)
    assert "access-control-allow-origin" not in here.headers, "who runs it at home is not read by a site they visit"
    there = httpx.get(f"{served.url}/config", headers={**foreign, "Host": "play.example"})
    assert there.headers["access-control-allow-origin"] == foreign["Origin"], "<gradio-app> needs it"
    assert "SameSite=Lax" in httpx.get(f"{served.url}/", headers=foreign).headers["set-cookie"]


def test_a_page_with_a_login_answers_no_other_site():
    with launched(auth=[("ann", "right")]) as (_, url), httpx.Client(base_url=url) as ann:
        login = {"username": "ann", "password": "right"}
        elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        assert ann.post("/login", data=login, headers=elsewhere).status_code == 403
        assert ann.post("/login", data=login).status_code == 200
        assert ann.get("/config").status_code == 200
        for site in ("cross-site", "same-site"):
            there = {**elsewhere, "Sec-Fetch-Site": site, "Origin": "https://elsewhere.example"}
            assert ann.get("/config", headers=there).status_code == 403
            assert ann.post("/gradio_api/call/matrix", json={"data": ["1", 0]}, headers=there).status_code == 403
        followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert ann.get("/", headers=followed).status_code == 200, "a link leads here"
        assert ann.get("/config", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_passwords_are_not_found_by_trying(monkeypatch):
    monkeypatch.setattr(limits, "LOGINS", 3)
    with launched(auth=[("ann", "right")]) as (_, url), httpx.Client(base_url=url) as eve:
        head = {"X-Forwarded-For": "8.8.4.98", "Accept-Language": "zh"}
        tries = [{"username": "ann", "password": str(number)} for number in range(3)]
        tries.append({"username": "ann", "password": "right"})
        found = [eve.post("/login", data=one, headers=head) for one in tries]
        assert [answer.status_code for answer in found] == [400, 400, 400, 429]
        assert "尝试登录" in found[-1].json()["detail"]
        head["X-Forwarded-For"] = "8.8.4.97"
        assert eve.post("/login", data=tries[-1], headers=head).status_code == 200, "others come in"


# ---- too much


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
