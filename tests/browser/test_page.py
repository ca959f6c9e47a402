"""The whole page, with all its tabs, in a real Chromium."""

from __future__ import annotations

import pytest

from demo.blocks import TABS
from demo.examples import EXAMPLES
from demo.words import WORDS
from tests.browser.conftest import open_tab


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
    ("task", "ids", "text", "answered"),
    [
        ("titling", "wz", EXAMPLES["example_news"], ".wz-article"),
        ("triples", "wz-triples", "大河|影片,导演,李四|人物,0.9", ".wz-t-card[data-settled]"),
    ],
)
def test_a_link_opens_a_tasks_tab_and_asks(visit, task, ids, text, answered):
    page = visit(tab=f"tab_{task}")
    page.fill(f"#{ids}-article textarea", text)
    page.click(f"#wz-share-{task}")
    page.wait_for_selector(f"#wz-share-{task}.wz-shared")
    link = page.evaluate("navigator.clipboard.readText()")
    again = visit(url=link)
    again.wait_for_selector(answered)
    assert again.input_value(f"#{ids}-article textarea") == text
    again.fill(f"#{ids}-article textarea", "")
    open_tab(again, "tab_matrix")
    open_tab(again, f"tab_{task}")
    assert again.input_value(f"#{ids}-article textarea") == "", "a link fills in what it holds once"
