"""What Gradio serves and nobody needs is closed, under a proxy's path too."""

import httpx
import pytest
from gradio.route_utils import API_PREFIX

from demo import guard
from tests.demo.attacks.asking import launched


def routes(app):
    """(method, path) of everything that is served, those of included routers too."""
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        for one in inner.routes if inner is not None else [route]:
            for method in getattr(one, "methods", None) or ():
                yield method, one.path


OPEN = {  # what the page or its callers need, as Gradio's App names it, without what ends with a slash
    *("/", "/config", "/favicon.ico", "/theme.css", "/robots.txt", "/manifest.json"),
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
        "pwa_icon",
        "pwa_icon/20000",
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
    answer = httpx.post(f"{served.api}/{path}", json=body)
    assert answer.status_code == 404 and answer.json()["detail"].startswith("Nothing here has this name")


def test_a_session_that_is_named_like_an_endpoint_keeps_nobody_from_it(served):
    with httpx.Client(base_url=served.url) as eve:
        eve.get("/")
        body = {"data": ["1", 0], "session_hash": "matrix"}
        assert eve.post("/gradio_api/call/matrix", json=body).status_code == 200
        assert "complete" in eve.get("/gradio_api/queue/data", params={"session_hash": "matrix"}).text
    asked = httpx.post(f"{served.api}/call/matrix", json={"data": ["1", 0]})
    assert "complete" in httpx.get(f"{served.api}/call/matrix/{asked.json()['event_id']}").text


def test_a_proxys_path_hides_nothing():
    """Gradio answers under `--root-path` too when no proxy takes it off; so does whoever stands before it."""
    with launched(root_path="/play") as (page, url):
        for under in ("", "/play", "/play/play", "/play/play/play"):
            if under.count("/") < 3:
                assert httpx.get(f"{url}{under}/config").status_code == 200
            assert httpx.get(f"{url}{under}/gradio_api/file=http://example.com/a").status_code == 404
            assert httpx.get(f"{url}{under}/monitoring").status_code == 404
            assert httpx.get(f"{url}{under}/gradio_api/deep_link?session_hash=a").status_code == 404
            if under.count("/") < 2:
                assert "og:title" in httpx.get(f"{url}{under}/").text
        page.watch.stopping.set()
        for under in ("", "/play", "/play/play"):
            answer = httpx.post(f"{url}{under}/gradio_api/call/matrix", json={"data": ["1", 0]})
            assert answer.status_code == 503
