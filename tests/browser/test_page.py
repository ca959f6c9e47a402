"""The whole page, with all its tabs, in a real Chromium."""

from __future__ import annotations

import pytest

from demo.blocks import TABS
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
