"""The page on another page, behind a proxy and behind a login; files that are too large; a full queue."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from demo import limits
from demo.auth import pairs
from demo.blocks import build, launch_options
from tests.browser.conftest import SLOW, clipboard, launched, open_tab, toast
from tests.demo.fakes import FakeService
from tests.demo.proxy import proxy, site

SHOWN = ("tab_titling", "tab_triples", "tab_matrix")


@pytest.fixture(scope="module")
def served(tabs):
    page = launched(FakeService())
    yield SimpleNamespace(url=page.local_url)
    page.close()


@pytest.fixture
def guest(browser):
    """A browser's page that goes anywhere; errors in it fail the test."""
    contexts, wrong = [], []

    def open_page(url, locale="zh-CN"):
        context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)  # a browser that has seen nothing of the page yet
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def snippet(page, kind):
    """What the button at the foot of the page gives, through the clipboard."""
    if not page.is_visible(".wz-snippet"):
        page.click(".wz-embed > summary")
    page.click(f'.wz-snippet[data-kind="{kind}"] .wz-copy')
    text = clipboard(page, {"iframe": "<iframe", "element": "<gradio-app"}[kind])
    assert text == page.inner_text(f'.wz-snippet[data-kind="{kind}"] code')
    return text


def write(frame):
    """Have a title written, and read it once it is whole: the marked article comes with the last of it."""
    frame.locator("#wz-article textarea").fill("今天下雪。明天放晴。")
    frame.locator("#wz-write").click()
    frame.locator(".wz-article").wait_for(timeout=SLOW)
    return frame.locator(".wz-title:first-child .wz-text").last.inner_text()


@pytest.mark.parametrize(("locale", "label"), [("zh-CN", "嵌入本页"), ("en-US", "Embed this page")])
def test_the_foot_gives_both_snippets(visit, served, locale, label):
    page = visit(locale, query="?tab=matrix&t=0.5")
    assert page.inner_text(".wz-embed > summary").strip() == label
    assert not page.is_visible(".wz-snippet")
    page.focus(".wz-embed > summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wz-snippet")
    assert f'<iframe src="{served.url}"' in page.inner_text('.wz-snippet[data-kind="iframe"] code')
    text = snippet(page, "element")
    assert f'<gradio-app src="{served.url}"></gradio-app>' in text and "?tab" not in text


def test_a_frame_on_a_foreign_page(visit, guest):
    frame = snippet(visit(), "iframe")
    with site(f"<!doctype html><title>Theirs</title><h1>Theirs</h1>{frame}") as foreign:
        page = guest(foreign)
        inner = page.frame_locator("iframe")
        inner.locator("#wz-switch").wait_for()
        assert write(inner).endswith("今天下雪。")
        assert page.title() == "Theirs" and page.inner_text("h1") == "Theirs"
        assert page.frames[1].evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_element_on_a_foreign_page(visit, guest):
    element = snippet(visit(), "element")
    with site(f"<!doctype html><title>Theirs</title><h1>Theirs</h1>{element}") as foreign:
        page = guest(foreign)
        page.wait_for_selector("#wz-switch")
        assert write(page).endswith("今天下雪。")


def test_an_element_on_a_page_elsewhere_is_answered_in_its_language(visit, guest):
    """The cookie that the switch sets belongs to their page, and is not sent to ours."""
    element = snippet(visit(), "element")
    with site(f"<!doctype html><title>Theirs</title>{element}") as foreign:
        page = guest(foreign.replace("127.0.0.1", "localhost"), "en-US")
        page.wait_for_selector("#wz-write")
        page.click("#wz-switch")
        page.wait_for_function("document.querySelector('#wz-write')?.innerText.trim() === '写标题'")
        page.click("#wz-write")
        assert "文章" in toast(page)


def test_an_element_that_is_put_there_again_acts_once(visit, guest):
    """As pages do that change their contents without being loaded anew."""
    element = snippet(visit(), "element")
    with site(f"<!doctype html><title>Theirs</title>{element}") as foreign:
        page = guest(foreign, "en-US")
        page.wait_for_selector("#wz-switch")
        again = """() => {
            const old = document.querySelector("gradio-app"), next = document.createElement("gradio-app");
            next.setAttribute("src", old.getAttribute("src"));
            old.replaceWith(next);
        }"""
        page.evaluate(again)
        page.wait_for_selector("#wz-write")
        page.click("#wz-switch")
        page.wait_for_function("document.querySelector('#wz-write')?.innerText.trim() === '写标题'")
        assert page.evaluate("document.documentElement.dataset.language") == "zh"
        assert write(page).endswith("今天下雪。")


def test_a_foreign_pages_own_scripts_and_files_are_left_alone(visit, guest):
    """It has scripts of the same names as ours, loaded first, and takes files of its own, however large."""
    script = "window.runs = (window.runs || 0) + 1; export const changeLocale = () => { window.runs = 99; };"
    theirs = '<script type="module" src="/assets/core-x.js"></script><input type="file" id="theirs">'
    element = snippet(visit(), "element")
    with site(f"<!doctype html><title>Theirs</title>{theirs}{element}", {"/assets/core-x.js": script}) as foreign:
        page = guest(foreign)
        page.wait_for_selector("#wz-switch")
        page.evaluate("document.querySelector('.wz-too-large').dataset.bytes = 10")
        chosen = {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": b"x" * 100}
        page.set_input_files("#theirs", chosen)
        assert page.evaluate("document.querySelector('#theirs').files.length") == 1
        page.click("#wz-switch")
        page.wait_for_function("document.documentElement.lang === 'en'")
        open_tab(page, "tab_triples")
        page.fill(
            "#wz-triples-article textarea", "\u5927\u6cb3|\u5f71\u7247,\u5bfc\u6f14,\u674e\u56db|\u4eba\u7269,0.9"
        )
        page.click("#wz-triples-write")
        page.wait_for_selector(".wz-t-card[data-settled] canvas")
        assert page.evaluate("window.runs") == 1


def test_behind_a_proxy_under_a_path(guest):
    page = build(FakeService())
    options = {**launch_options(), "root_path": "/play"}
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **options)
    try:
        with proxy(page.local_url, "/play") as outer:
            seen = guest(outer)
            seen.wait_for_selector("#wz-switch")
            assert write(seen).endswith("今天下雪。")
            seen.click(".wz-embed > summary")
            assert f'src="{outer}"' in seen.inner_text('.wz-snippet[data-kind="iframe"] code')
    finally:
        page.close()


def test_a_login(guest):
    page = build(FakeService())
    options = {**launch_options(), "auth": pairs(["ann:right"])}
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **options)
    try:
        seen = guest(page.local_url)
        for password, shown in (("wrong", "text=凭据不正确"), ("right", "#wz-switch")):
            seen.locator("input").first.fill("ann")
            seen.locator("input[type=password]").fill(password)
            seen.locator("button").last.click()
            seen.wait_for_selector(shown)
        assert write(seen).endswith("今天下雪。")
    finally:
        page.close()


@pytest.mark.parametrize(("locale", "part"), [("zh-CN", "文件最大 64 MB"), ("en-US", "at most 64 MB")])
def test_a_file_that_is_too_large_is_not_sent(visit, locale, part, tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(limits.FILE_BYTES + 1)
    page, sent = visit(locale, tab="tab_titling"), []
    page.on("request", lambda request: sent.append(request.url) if "/upload" in request.url else None)
    button = page.locator("#wz-upload")
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(path)
    page.wait_for_selector(".wz-too-large:not([hidden])")
    assert part in page.inner_text(".wz-too-large") and not sent
    small = tmp_path / "small.txt"
    small.write_text("今天下雪。", encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(small)
    page.wait_for_function("document.querySelector('#wz-article textarea')?.value === '今天下雪。'")


@pytest.fixture
def full(monkeypatch):
    """A page whose queue takes nobody."""
    monkeypatch.setattr(limits, "QUEUE", 0)
    page = launched(FakeService())
    yield SimpleNamespace(url=page.local_url)
    page.close()


@pytest.mark.parametrize(("locale", "part"), [("zh-CN", "页面正忙"), ("en-US", "The page is full")])
def test_a_full_queue(guest, full, locale, part):
    page = guest(full.url, locale)
    page.wait_for_selector("#wz-switch")
    page.fill("#wz-article textarea", "今天下雪。")
    page.click("#wz-write")
    assert part in toast(page)
    assert page.input_value("#wz-article textarea") == "今天下雪。"


def test_tabs_open_in_a_frame_by_their_links(served, guest):
    with site(f'<iframe src="{served.url}?tab=matrix&matrix=2 0; 0 3" style="width:100%;height:800px">') as foreign:
        page = guest(foreign)
        field = page.frame_locator("iframe").locator("#wz-matrix textarea")
        field.wait_for()
        assert field.input_value() == "2 0; 0 3"
        open_tab(page.frames[1], "tab_titling")
        page.frame_locator("iframe").locator("#wz-write").wait_for()
