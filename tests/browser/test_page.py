"""The whole page, with all its tabs, in a real Chromium."""

from __future__ import annotations

import pytest

from demo.blocks import TABS
from demo.examples import EXAMPLES
from demo.words import WORDS
from tests.browser.conftest import clipboard, open_tab


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 1280), ("en-US", 390)])
def test_every_tab_opens_and_none_sticks_out(visit, locale, width):
    page = visit(locale, width=width, height=844)
    names = {WORDS[key][0 if locale == "en-US" else 1] for key, _ in TABS}
    for key, _ in TABS:
        open_tab(page, key)
        page.wait_for_function(
            "names => names.includes(document.querySelector('[role=tab][aria-selected=true]')?.textContent.trim())",
            arg=[name for name in WORDS[key] if name in names],
        )
        page.wait_for_function(
            "[...document.querySelectorAll('[role=tabpanel] :is(textarea, input)')].some((e) => e.checkVisibility())"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, key


@pytest.mark.parametrize(
    ("task", "ids", "model", "text"),
    [
        ("titling", "wz", "fake", EXAMPLES["example_news"]),
        ("triples", "wz-triples", "extractor", "大河|影片,导演,李四|人物,0.9"),
    ],
)
def test_a_link_opens_a_tasks_tab_and_asks_once(visit, served, task, ids, model, text):
    asked, box = getattr(served.service, model).asked, f"#{ids}-article textarea"
    begun = len(asked)

    def heard(page, *texts):
        """These are what the model was asked, one after the other."""
        while len(asked) < begun + len(texts):
            page.wait_for_timeout(50)
        assert [one[0] for one in asked[begun:]] == [*texts]

    def left_and_asked(page, mine):
        """Leave the tab, come back, and ask: what the page asks by itself on the way would come first."""
        open_tab(page, "tab_matrix")
        page.wait_for_selector("#wz-matrix-go")
        open_tab(page, f"tab_{task}")
        page.fill(box, mine)
        page.click(f"#{ids}-write")

    page = visit(tab=f"tab_{task}")
    page.fill(box, text)
    page.click(f"#wz-share-{task}")
    link = clipboard(page, f"tab={task}")
    left_and_asked(page, text * 2)
    heard(page, text * 2)  # and not, for the making of a link, the text before it

    again = visit(url=link)
    heard(again, text * 2, text)
    assert again.input_value(box) == text
    again.wait_for_selector(f"#{ids}-stop[disabled]")
    left_and_asked(again, text * 3)
    heard(again, text * 2, text, text * 3)


def test_what_was_typed_outlives_a_reload_and_nothing_else_does(visit):
    page = visit("en-US", query="?tab=matrix&matrix=1+2%3B+3+4&b=7")
    boxes = {"#wz-matrix textarea": "5 6; 7 8", "#wz-article textarea": "今天下雪。", "#wz-chat-box textarea": "Hello"}
    tabs = dict(zip(boxes, ("tab_matrix", "tab_titling", "tab_chat"), strict=True))

    def opened():
        """The link has its tab shown, which it would take from under one that was opened before."""
        page.wait_for_function("window.wanzhuan !== undefined")
        page.wait_for_selector("#wz-matrix textarea")

    def reloaded():
        page.reload()
        opened()

    def stands(box, text):
        open_tab(page, tabs[box])
        page.wait_for_selector(box)
        page.wait_for_function("([box, text]) => document.querySelector(box)?.value === text", arg=[box, text])

    for box, text in boxes.items():
        open_tab(page, tabs[box])
        page.fill(box, text)
    for _ in range(2):  # a server that starts anew may be lost twice
        reloaded()
        for box, text in boxes.items():
            stands(box, text)
        assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('wanzhuan-'))") == []
    assert page.input_value("#wz-second textarea") == "7", "the link's"
    open_tab(page, "tab_titling")
    page.click("#wz-write")
    article = "document.querySelector('.wz-article')?.textContent"
    page.wait_for_function(f"{article} === '今天下雪。'")  # the event's value is what stands there
    page.goto(page.url)
    opened()
    stands("#wz-article textarea", "")
    stands("#wz-matrix textarea", "1 2; 3 4")


def test_of_a_conversation_that_is_cleared_nothing_is_kept(visit):
    page = visit("en-US", tab="tab_chat")
    page.fill("#wz-chat-box textarea", "Hello")
    page.press("#wz-chat-box textarea", "Enter")
    page.wait_for_selector("#wz-chat .user-row")
    page.wait_for_selector("#wz-chat-box .stop-button", state="detached")
    page.fill("#wz-chat-box textarea", "a secret")
    page.click("#wz-chat .icon-button-wrapper button")
    page.wait_for_selector("#wz-chat .user-row", state="detached")
    page.reload()
    page.wait_for_selector("#wz-chat-box textarea")
    page.wait_for_function("window.wanzhuan !== undefined")
    assert page.input_value("#wz-chat-box textarea") == ""
    assert page.evaluate("Object.values(sessionStorage).includes('a secret')") is False
