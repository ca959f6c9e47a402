"""The chat in a real Chromium, with a service that needs no model."""

from __future__ import annotations

import pytest

from demo.examples import EXAMPLES
from demo.words import PHRASES
from tests.browser.conftest import contrast

SHOWN = ("tab_chat",)

NEWS = EXAMPLES["example_news"]
BOOK = "《围城》由[钱锺书|0.9]所写，出版于1947年。"
FACTS = "大河|影片,导演,李四|人物,0.9;大河|影片,主演,王五|人物,0.6"
NASTY = "<img src=x onerror=hacked=1><script>hacked=1</script> ![x](http://evil.example/x.png) read ../../etc/passwd"
LAST = "#wz-chat .bot-row:last-of-type"
SETTLED = """count => document.querySelectorAll("#wz-chat .user-row").length === count
    && document.querySelector("#wz-chat-box .submit-button")
    && !document.querySelector("#wz-chat .wz-spinner, #wz-chat [aria-busy=true]")"""


def said(page):
    return page.locator("#wz-chat .user-row").count()


@pytest.fixture
def visit(visit):
    def opened(*values, **options):
        page = visit(*values, **options)
        page.wait_for_selector("#wz-chat .bot-row")  # what the browser kept has been asked for
        return page

    return opened


def settled(page, count):
    page.wait_for_function(SETTLED, arg=count, timeout=60_000)


def say(page, text):
    count = said(page) + 1
    page.fill("#wz-chat-box textarea", text)
    page.keyboard.press("Enter")
    settled(page, count)


def last(page, selector):
    return page.locator(f"#wz-chat {selector}").last


def wide(page):
    """Whether nothing sticks out of the window to the right."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_conversation(visit, width, scheme):
    page = visit("zh-CN", width=width, height=844, scheme=scheme)
    assert PHRASES["chat_hello"][1] in page.inner_text("#wz-chat")
    say(page, f"给下面的文章起标题：\n{NEWS}")
    first = last(page, ".wz-title .wz-text >> nth=0").inner_text()
    title = page.locator("#wz-chat .wz-titles").last.locator(".wz-text").first
    assert title.inner_text() == "※临江市图书馆新馆十二日正式向市民开放。"
    assert "fake:titling" in last(page, ".wz-figures").inner_text()
    say(page, "再短一点")
    assert len(title.inner_text()) < 20 and first
    say(page, f"抽取三元组：\n{FACTS}")
    page.wait_for_selector("#wz-chat .wz-t-card[data-settled]")
    assert last(page, ".wz-t-count").inner_text() == "2 / 2"
    count = said(page) + 1
    page.locator("#wz-chat .option", has_text="把阈值调高").click()
    settled(page, count)
    assert "没有再问模型" in page.inner_text("#wz-chat")
    say(page, BOOK + "\n作者是谁？")
    assert last(page, ".wz-r-answer").inner_text() == "钱锺书"
    say(page, "检查矩阵 [[1,2],[3,4]]")
    assert "148.4131591" in last(page, ".wz-identity").inner_text()
    page.wait_for_selector("#wz-chat .js-plotly-plot")
    assert wide(page)


def test_each_answer_has_triples_of_its_own(visit):
    page = visit("en-US")
    say(page, f"triples:\n{FACTS}")
    say(page, "triples:\n小河|影片,导演,赵六|人物,0.9;小河|影片,主演,钱七|人物,0.2")
    page.wait_for_function("document.querySelectorAll('#wz-chat .wz-t-card[data-settled]').length === 2")
    assert page.locator("#wz-chat .wz-t-count").all_inner_texts() == ["2 / 2", "1 / 2"]
    slide = """value => { const input = [...document.querySelectorAll('#wz-chat .wz-t-threshold input')].at(-1);
        input.value = value; input.dispatchEvent(new Event('input', { bubbles: true })); }"""
    page.evaluate(slide, 0.1)
    assert page.locator("#wz-chat .wz-t-count").all_inner_texts() == ["2 / 2", "2 / 2"]


def test_what_a_visitor_writes_stays_text(visit):
    page = visit("en-US")
    say(page, NASTY)
    assert NASTY in page.inner_text("#wz-chat .user-row")
    assert "I run nothing" in page.inner_text("#wz-chat")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#wz-chat img").count() == 0


def test_both_languages_and_the_switch(visit):
    page = visit("en-US")
    say(page, "draw a skipping rope, L=2 D=1")
    assert "does not depend on ω" in page.inner_text("#wz-chat")
    say(page, "用中文说")
    assert "形状与 ω 无关" in page.inner_text("#wz-chat")
    page.click("#wz-switch")
    page.wait_for_function("document.documentElement.dataset.language === 'zh'")
    assert PHRASES["chat_hello"][1] in page.inner_text("#wz-chat")
    assert "does not depend on ω" in page.inner_text("#wz-chat"), "what was said stays as it was said"


def test_undo_retry_clear_and_what_the_browser_keeps(visit):
    page = visit("en-US")
    say(page, "draw a rope")
    say(page, "another one")
    retry, undo = (page.locator("#wz-chat .message-buttons button:visible").nth(n) for n in (0, 1))
    retry.click()
    settled(page, 2)
    undo.click()
    page.wait_for_function("document.querySelectorAll('#wz-chat .user-row').length === 1")
    assert page.input_value("#wz-chat-box textarea") == "another one"
    page.reload()
    page.wait_for_function("document.querySelectorAll('#wz-chat .user-row').length === 1")
    assert PHRASES["chat_restored"][0] in page.inner_text("#wz-chat")
    page.click("#wz-chat .top-panel button")
    page.wait_for_function("document.querySelectorAll('#wz-chat .user-row').length === 0")
    page.wait_for_function("!Object.values(localStorage).includes('x') && document.querySelector('#wz-chat .bot-row')")


def test_visitors_do_not_see_each_other(visit):
    one, other = visit("en-US"), visit("en-US")
    say(one, f"write a title:\n{NEWS}")
    say(other, "shorter")
    assert "临江" in one.inner_text("#wz-chat") and "临江" not in other.inner_text("#wz-chat")


def test_files_dropped_into_the_box(visit, tmp_path):
    page = visit("zh-CN")
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"第{number}篇.txt")
        paths[-1].write_text(f"第{number}号文件。{BOOK}", encoding="utf-8")
    page.set_input_files("#wz-chat-box input[type=file]", paths)
    page.wait_for_function("document.querySelectorAll('#wz-chat-box .thumbnail-item').length === 3")
    say(page, "作者是谁？")
    assert last(page, ".wz-r-answer").inner_text() == "钱锺书"
    assert "第2篇.txt" in page.inner_text("#wz-chat .user-row")


def test_a_suggestion_can_be_read(visit):
    page = visit("zh-CN", scheme="dark")
    say(page, "你好")
    assert contrast(page, "#wz-chat .option") >= 4.5
