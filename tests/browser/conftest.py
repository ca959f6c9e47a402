"""What the tests of the page in a real Chromium share: the browser, a served page, a visitor."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from demo import blocks
from demo.blocks import build, launch_options
from demo.words import WORDS
from tests.demo.fakes import FakeService

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# what of this folder `make test` runs: of each tab what it is for; the rest is `long`
USUAL = {
    "test_every_tab_opens_and_none_sticks_out", "test_of_a_conversation_that_is_cleared_nothing_is_kept",
    "test_a_conversation", "test_undo_retry_clear_and_what_the_browser_keeps", "test_files_dropped_into_the_box",
    "test_title_marks_and_figures", "test_copying", "test_counting", "test_stopping_and_starting_again",
    "test_a_bug_shows_no_stack_trace_and_keeps_the_text", "test_script_in_an_article_stays_text",
    "test_marks_table_graph_and_the_threshold", "test_a_file_of_many_texts",
    "test_an_answer_its_places_and_the_threshold", "test_files_are_dropped_on_the_box",
    "test_an_example_a_mistake_and_many_digits", "test_points_are_fitted_and_a_wrong_line_is_told",
    "test_a_link_brings_everything_back", "test_a_frame_on_a_foreign_page", "test_a_login",
    "test_an_answer_is_heard_though_its_question_passed_the_streams_end",
}  # fmt: skip
SLOW = 60_000  # milliseconds that anything may take on a busy machine
COUNTS = """(() => {
    // how many of the page's events have ended: what waits for one never takes the state before it for its result
    const ask = window.fetch;
    window.ended = 0;
    window.fetch = async (...request) => {
        const response = await ask(...request);
        if (!String(request[0]?.url ?? request[0]).includes("/queue/data")) return response;
        const [own, ours] = response.body.tee();
        const count = async () => {
            let rest = "";
            for await (const text of ours.pipeThrough(new TextDecoderStream())) {
                const parts = (rest + text).split('"process_completed"');
                window.ended += parts.length - 1;
                rest = parts.at(-1);
            }
        };
        count().catch(() => {}); // the page closes its stream when nothing is waited for
        return new Response(own, { status: response.status, headers: response.headers });
    };
})()"""


def pytest_collection_modifyitems(items):
    """Everything in this folder drives a browser, and is skipped where there is none; most of it is long."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.function.__name__ not in USUAL:
                item.add_marker(pytest.mark.long)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no chromium found: install it, or name it in CHROMIUM"))


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module", autouse=True)
def tabs(request):
    """A module's pages have the tabs that it names in SHOWN, and are there in a third of the time; all, if none."""
    usual, names = blocks.TABS, getattr(request.module, "SHOWN", None)
    blocks.TABS = tuple(row for row in usual if names is None or row[0] in names)
    yield
    blocks.TABS = usual


@pytest.fixture(scope="module")
def served(tabs):
    """The page's address, and the service behind it, which needs no model; a module may define its own."""
    service = FakeService(pause=0.3)
    page = launched(service)
    yield SimpleNamespace(url=page.local_url, service=service)
    page.close()


def launched(service):
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    return page


@pytest.fixture(scope="module")
def rooms(browser):
    """locale → the context that visitors of a module share, one test after the other: its scripts stay compiled."""
    kept = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def launch():
    """Serve a page of a service of one's own; it stays up until no browser's page is left that may still load."""
    pages = []

    def launch(service):
        pages.append(launched(service))
        return pages[-1].local_url

    yield launch
    for page in pages:
        page.close()


@pytest.fixture
def visit(browser, served, rooms, launch):
    """Open the page as a visitor with this language and window; whatever goes wrong in it fails the test."""
    contexts, shared, wrong = [], [], []

    def note(request):
        if not request.url.startswith((served.url, "data:", "blob:", "http://127.0.0.1")):
            wrong.append(request.url)

    def room(locale):
        """A context with nothing in it; the second visitor of a test never shares the first one's."""
        if locale in rooms and rooms[locale] not in shared:
            shared.append(rooms[locale])
            return rooms[locale]
        context = browser.new_context(locale=locale, permissions=["clipboard-read", "clipboard-write"])
        if locale in rooms:
            contexts.append(context)
        else:
            shared.append(rooms.setdefault(locale, context))
        return context

    def open_page(locale="zh-CN", width=1280, height=900, scheme="light", url=served.url, query="", tab=None):
        page = room(locale).new_page()
        page.add_init_script(COUNTS)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(SLOW)
        page.on("request", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(url + query)
        page.wait_for_selector("[role=tab]")  # only the tab that is shown is built; a link may have opened any
        page.wait_for_function("window.wanzhuan !== undefined")
        if tab:  # a key of `TABS` in demo/blocks.py
            open_tab(page, tab)
        return page

    yield open_page
    for context in contexts:
        context.close()
    for context in shared:
        for page in context.pages:
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
            page.close()
        context.clear_cookies()
    assert not wrong


def open_tab(page, key):
    """Show a tab, named by its key in `TABS`; on a narrow page its button may stand in the menu behind the dots."""
    page.evaluate(
        """([key, names]) => [...document.querySelectorAll("[role=tablist] button, .overflow-dropdown button")]
            .find((button) => button.dataset.tabId === key || names.includes(button.textContent.trim())).click()""",
        [key, WORDS[key]],
    )


def ended(page):
    """How many events of this page have ended since it was opened."""
    return page.evaluate("window.ended")


def clipboard(page, part):
    """What has been copied, once this part stands in it; the page's own tick is gone after a moment."""
    page.wait_for_function("part => navigator.clipboard.readText().then((text) => text.includes(part))", arg=part)
    return page.evaluate("navigator.clipboard.readText()")


def toast(page):
    """The text of the message that the page shows."""
    page.wait_for_selector(".toast-body")
    return page.inner_text(".toast-body")


def contrast(page, selector):
    """The WCAG contrast of an element's text with what lies behind it."""
    colours = page.evaluate(
        """selector => {
            const element = document.querySelector(selector);
            let behind = element;
            while (behind.parentElement && getComputedStyle(behind).backgroundColor.endsWith(', 0)'))
                behind = behind.parentElement;
            return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
        }""",
        selector,
    )
    first, second = sorted(luminance(colour) for colour in colours)
    return (second + 0.05) / (first + 0.05)


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
