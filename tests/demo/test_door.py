"""The page's door: its head as other sites read it, a login, a proxy's path, and refusals before any function runs."""

import re
from contextlib import contextmanager

import httpx
import pytest
from gradio_client import Client
from PIL import Image

from core.errors import VisitorError
from demo import blocks as page_blocks
from demo import limits, matrix, rates
from demo.auth import pairs
from demo.blocks import build, launch_options
from demo.door import CARD, CARD_SIZE, rewritten
from demo.rates import address_of
from demo.theme import asset
from tests.demo.fakes import FakeService
from tests.demo.proxy import proxy
from tests.demo.test_page import run_app


@pytest.fixture(scope="module", autouse=True)
def one_tab():
    """A page with the tab of matrices alone, which is quickly built."""
    usual, page_blocks.TABS = page_blocks.TABS, (("tab_matrix", matrix.tab),)
    yield
    page_blocks.TABS = usual


@contextmanager
def launched(**options):
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **{**launch_options(), **options})
    try:
        yield page.local_url
    finally:
        page.close()


@pytest.fixture(scope="module")
def url(one_tab):
    with launched() as address:
        yield address


# ---- the head


def tags(page):
    return dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', page))


def test_the_head_is_ours(url):
    page = httpx.get(url, headers={"Accept-Encoding": "br, gzip"}).text
    head = page.split("</head>")[0]
    assert head.count("<title>") == head.count("og:title") == head.count("twitter:image") == 1
    assert "<title>玩转 Wanzhuan</title>" in head
    found = tags(head)
    assert found["og:title"] == "玩转 Wanzhuan" and "中文小模型" in found["og:description"]
    assert "Small, open" in found["description"] and found["og:url"] == url
    assert "gradio.app" not in "".join(found.values()) and "Click to try" not in head
    assert "window.gradio_config" in head and page.rstrip().endswith("</html>")


def test_the_card_can_be_had(url):
    found = tags(httpx.get(url).text)
    answer = httpx.get(found["og:image"])
    assert answer.headers["content-type"] == "image/png" == found["og:image:type"]
    assert 10_000 < len(answer.content) < 150_000
    with Image.open(asset("card.png")) as picture:
        assert picture.size == CARD_SIZE == (int(found["og:image:width"]), int(found["og:image:height"]))


def test_the_icon_is_ours(url):
    assert httpx.get(url + "favicon.ico").content == asset("favicon.png").read_bytes()


def test_only_html_is_rewritten(url):
    assert httpx.get(url + "config").json()["title"] == "玩转 Wanzhuan"
    assert httpx.head(url).status_code == 200
    page = '<head><meta\n property="og:image"\n content="x" /><meta name="viewport" content="y"></head>'
    assert tags(rewritten(page, "https://a/b"))["og:image"] == "https://a/b" + CARD
    assert page.count("viewport") == 1 and 'content="x"' not in rewritten(page, "")


def test_a_page_that_is_shared_has_the_same_head(url):
    """Gradio has a page of its own for `--share`, with the same tags more often."""
    import gradio

    text = next(iter(gradio.__path__)) + "/templates/frontend/share.html"
    with open(text, encoding="utf-8") as file:
        page = rewritten(file.read(), "https://a")
    head = page.split("</head>")[0]
    assert head.count('og:image"') == 1 and "Click to try out" not in head


# ---- a full queue


def test_a_full_queue_is_told_in_both_languages(monkeypatch):
    monkeypatch.setattr(limits, "QUEUE", 0)
    with launched() as address:
        body = {"data": ["1 2; 3 4", 0], "fn_index": index_of(address, "matrix"), "session_hash": "abc"}
        join = address + "gradio_api/queue/join"
        for language, part in (("zh-CN", "页面正忙"), ("en", "The page is full")):
            answer = httpx.post(join, json=body, headers={"Accept-Language": language})
            assert answer.status_code == 429 and part in answer.json()["detail"]
        assert httpx.post(join, json=body, headers={"x-gradio-user": "api"}).status_code == 503
        with pytest.raises(Exception, match="Queue is full"):
            Client(address, verbose=False).predict("1 2; 3 4", api_name="/matrix")


def index_of(address, name):
    found = httpx.get(address + "config").json()["dependencies"]
    return next(one["id"] for one in found if one["api_name"] == name)


def test_the_rate_is_told_through_an_endpoint(url, monkeypatch):
    monkeypatch.setattr(rates, "RATES", rates.Rates(clock=lambda: 0.0))
    monkeypatch.setattr(limits, "QUESTIONS", 2)
    client = Client(url, verbose=False)
    for _ in range(2):
        client.predict("1 2; 3 4", api_name="/matrix")
    with pytest.raises(Exception, match="At most 2 questions a minute"):
        client.predict("1 2; 3 4", api_name="/matrix")
    assert Client(url, verbose=False).predict("1 2; 3 4", api_name="/matrix"), "another visitor"


# ---- who may come in


def test_pairs_of_names_and_passwords(tmp_path):
    path = tmp_path / "who.txt"
    path.write_text("\ufeff# people\n\nann: a:b \nbob:二\n", encoding="utf-8")
    assert pairs(None) is None and pairs([]) is None
    assert pairs(["eve:x:y", str(path)]) == [("eve", "x:y"), ("ann", " a:b"), ("bob", "二")]


@pytest.mark.parametrize("content", [b"", b"# nobody\n", b"ann\n", b":x\n", b"ann:\n", b"\xff\xfe\x00"])
def test_files_without_pairs(tmp_path, content):
    path = tmp_path / "who.txt"
    path.write_bytes(content)
    with pytest.raises(VisitorError) as caught:
        pairs([str(path)])
    assert caught.value.key == "auth_file"


@pytest.mark.parametrize("value", ["secret", ":secret", "ann:", " :secret"])
def test_what_is_no_pair(value):
    with pytest.raises(VisitorError) as caught:
        pairs([value])
    assert caught.value.key == "auth_form" and "secret" not in str(caught.value)


def test_a_login_and_mcp_do_not_go_together():
    done = run_app("--auth", "ann:secret", "--mcp")
    assert done.returncode == 2 and "--mcp" in done.stderr
    assert "secret" not in done.stderr and "Traceback" not in done.stderr


def test_login(tmp_path):
    path = tmp_path / "who.txt"
    path.write_text("ann:right\nbob:other\n")
    with launched(auth=pairs([str(path)])) as address:
        with httpx.Client(base_url=address) as visitor:
            assert '"auth_required":true' in visitor.get("/").text.replace(" ", "")
            assert visitor.get("/config").status_code == visitor.get("/gradio_api/info").status_code == 401
            body = {"data": ["1", 0], "session_hash": "abc", "fn_index": 0}
            assert visitor.post("/gradio_api/queue/join", json=body).status_code == 401
            assert visitor.get(CARD).status_code == 200, "a link to the page may be shown"
            for name, password in (("ann", "wrong"), ("ann", "other"), ("eve", "right"), ("", "")):
                assert visitor.post("/login", data={"username": name, "password": password}).status_code in (400, 422)
            assert visitor.post("/login", data={"username": "ann", "password": "right"}).status_code == 200
            assert visitor.get("/config").json()["title"] == "玩转 Wanzhuan"
        answer = Client(address, auth=("bob", "other"), verbose=False).predict("1 2; 3 4", api_name="/matrix")
        assert answer["n"] == 2


# ---- behind a proxy


def test_behind_a_proxy_under_a_path(monkeypatch):
    seen = []
    monkeypatch.setattr("demo.common.admit", lambda request: seen.append(address_of(request)))
    with launched(root_path="/wanzhuan") as inner, proxy(inner, "/wanzhuan") as outer:
        page = httpx.get(outer).text
        assert tags(page)["og:image"] == outer.rstrip("/") + CARD
        assert httpx.get(tags(page)["og:image"]).headers["content-type"] == "image/png"
        assert httpx.get(outer + "config").json()["root"] == outer.rstrip("/")
        assert Client(outer, verbose=False).predict("1 2; 3 4", api_name="/matrix")["n"] == 2
    assert seen == ["8.8.4.4"], "the proxy's visitor is counted, not the proxy"
