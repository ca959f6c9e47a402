"""The tab of reading in a real Chromium, with a service that needs no model."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest

from core.errors import VisitorError
from demo import reading_files, reading_render
from demo.reading_examples import EXAMPLES
from demo.words import WORDS
from tests.books import book_sentence, write_book
from tests.browser.conftest import clipboard, contrast, toast
from tests.demo.bad_files import write_bad_files
from tests.demo.fakes import FakeService

SHOWN = ("tab_titling", "tab_reading")

BOX = "#wz-reading-article textarea"
QUESTION = "#wz-reading-question :is(input, textarea)"
FILES = ".wz-reading-panes .wz-r-from input[type=file]"
TEXT = "镇长是[王大力|0.9]，今年五十岁。" + "这里什么也没有说。" * 30 + "有人说镇长是[李四|0.5]。"
SAVE = "#wz-reading-details .wz-save"
CHOSEN = "[...document.querySelectorAll('.wz-r-places:not([hidden]) .wz-r-chosen b')].map(piece => piece.innerText)"
SAID = "[...document.querySelectorAll('.wz-r-said')].map(cell => cell.innerText)"


@pytest.fixture
def tab(visit):
    def opened(**options):
        return visit(tab="tab_reading", **options)

    return opened


def ask(page, question="镇长是谁？", text=TEXT, key="Enter"):
    page.fill(BOX, text)
    page.fill(QUESTION, question)
    page.press(QUESTION, key)
    page.wait_for_selector(".wz-r-row")


def answer_is(page, text):
    page.wait_for_function("text => document.querySelector('.wz-r-answer')?.innerText === text", arg=text)


def move_threshold(page, value):
    page.fill("#wz-reading-counts input[type=number]", str(value))
    page.press("#wz-reading-counts input[type=number]", "Enter")


def test_an_answer_its_places_and_the_threshold(tab, served):
    page = tab()
    ask(page)
    answer_is(page, "王大力")
    assert page.inner_text(".wz-r-evidence mark") == "王大力"
    assert "第 5–7 字" in page.inner_text(".wz-r-evidence figcaption")
    assert page.evaluate(CHOSEN) == ["王", "大", "力", "完"]
    assert page.evaluate(SAID)[:2] == ["王大力", "李四"]
    figures = page.inner_text(".wz-r-card .wz-figures")
    assert all(part in figures for part in ("0.12 秒", f"{len(TEXT)} 字", "fake:reading", "CPU"))
    page.click(".wz-r-row:nth-child(2)")
    assert page.evaluate(CHOSEN) == ["李", "四", "完"]
    page.press(".wz-r-row:nth-child(2)", "ArrowUp")
    assert page.evaluate(CHOSEN) == ["王", "大", "力", "完"]
    asked = len(served.service.reader.asked)
    move_threshold(page, 0.95)
    answer_is(page, "没有答案")
    assert "王大力" in page.inner_text(".wz-r-card")
    page.wait_for_selector(".wz-r-row .wz-r-vote:has-text('低于阈值')")
    assert page.locator(".wz-r-row.wz-r-lost").count() == page.locator(".wz-r-row").count()
    assert json.loads(page.get_attribute(SAVE, "data-text"))["votes"] == []
    assert not page.is_checked("#wz-reading-counts input[type=checkbox]")
    page.check("#wz-reading-counts input[type=checkbox]")
    answer_is(page, "王大力")
    page.wait_for_function("!document.querySelector('.wz-r-row:first-child').classList.contains('wz-r-lost')")
    assert page.evaluate(SAID)[:2] == ["王大力", "李四"]
    assert page.evaluate(CHOSEN) == ["王", "大", "力", "完"]
    assert len(served.service.reader.asked) == asked
    page.click(".wz-r-card .wz-copy")
    page.wait_for_selector(".wz-r-card .wz-copied")
    assert page.evaluate("navigator.clipboard.readText()") == "王大力"
    with page.expect_download() as download:
        page.click(SAVE)
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert saved["answer"] == "王大力" and len(saved["candidates"]) == len(page.evaluate(SAID))
    page.click("#wz-switch")
    page.wait_for_function("document.querySelector('#wz-reading-write')?.innerText.trim() === 'Ask'")


def test_both_ways_and_examples(tab, served):
    page = tab(locale="en-US")
    page.click("#wz-reading-way label:nth-of-type(3)")
    page.click("#wz-reading-examples button:nth-of-type(2)")
    page.wait_for_selector('[data-way="seq2seq"]')
    key, example = list(EXAMPLES.items())[1]
    assert WORDS[key][0] == page.inner_text("#wz-reading-examples button:nth-of-type(2)")
    assert page.input_value(BOX) == example.text
    assert page.inner_text('[data-way="masks"] > b') == "0.12 s"
    assert page.inner_text('[data-way="seq2seq"] > b') == "0.50 s"
    page.wait_for_selector(".wz-r-detail + .wz-r-detail")
    page.click("#wz-reading-questions button:nth-of-type(2)")
    page.wait_for_function(
        "([box, text]) => document.querySelector(box).value === text", arg=[QUESTION, example.questions[1]]
    )
    page.wait_for_function("text => document.querySelector('.wz-save')?.dataset.text.includes(text)",
                           arg=example.questions[1])  # fmt: skip


NUMBERED = "第1号树种于1901年。第2号树种于1902年。第3号树种于1903年。"


def held(service, monkeypatch):
    """The reader waits with its next answer until the event that this returns is set."""
    go_on, answer = threading.Event(), service.reader.answer

    def waits(question, *rest):
        go_on.wait(60)
        return answer(question, *rest)

    monkeypatch.setattr(service.reader, "answer", waits)
    return go_on


def begin(page, question, key="Enter"):
    """Ask, and wait until it is read."""
    page.fill(QUESTION, question)
    page.press(QUESTION, key)
    page.wait_for_function("document.querySelector('#wz-reading-result')?.innerText.includes('正在读')")


def answered(page, question):
    """Wait until what was found for this question stands there."""
    text = f"document.querySelector({SAVE!r})?.dataset.text"
    page.wait_for_function(f"question => {text}?.includes(question)", arg=question)


@pytest.mark.parametrize("how", ["Enter", "button", "chip"])
def test_what_is_asked_during_an_answer_is_asked_after_it(tab, served, monkeypatch, how):
    page = tab()
    if how == "chip":
        page.click("#wz-reading-examples button:nth-of-type(3)")
        page.wait_for_selector(".wz-r-row")
    page.fill(BOX, NUMBERED)
    go_on, before = held(served.service, monkeypatch), len(served.service.reader.asked)
    begin(page, "第1号是哪年？")
    second = "第2号是哪年？"
    if how == "chip":
        second = page.inner_text("#wz-reading-questions button:nth-of-type(2)")
        page.click("#wz-reading-questions button:nth-of-type(2)")
    else:
        page.fill(QUESTION, second)
        page.press(QUESTION, "Enter") if how == "Enter" else page.click("#wz-reading-write")
    go_on.set()
    answered(page, second)
    assert [question for question, *_ in served.service.reader.asked[before:]] == ["第1号是哪年？", second]
    assert page.is_disabled("#wz-reading-stop")


def test_of_two_examples_the_last_stays(tab, served, monkeypatch):
    page = tab()
    go_on, before = held(served.service, monkeypatch), len(served.service.reader.asked)
    page.click("#wz-reading-source label:nth-of-type(2)")
    for number in (1, 2, 4):
        page.click(f"#wz-reading-examples button:nth-of-type({number})")
    examples = [list(EXAMPLES.values())[number] for number in (0, 3)]
    go_on.set()
    answered(page, examples[1].questions[0])
    assert page.input_value(BOX) == examples[1].text
    asked = served.service.reader.asked[before:]
    assert [question for question, *_ in asked] == [example.questions[0] for example in examples]
    assert [library.documents[0].text for _, library, _ in asked] == [example.text for example in examples]


TICK = "#wz-reading-counts input[type=checkbox]"
SLIDER = "#wz-reading-counts input[type=number]"


def test_what_is_chosen_during_an_answer_stays(tab, served, monkeypatch):
    page = tab()
    page.fill(BOX, TEXT)
    go_on = held(served.service, monkeypatch)
    begin(page, "镇长是谁？")
    page.click("#wz-reading-way label:nth-of-type(2)")
    move_threshold(page, 0.95)
    page.wait_for_function("tick => !document.querySelector(tick).checked", arg=TICK)
    go_on.set()
    answer_is(page, "没有答案")
    page.wait_for_selector(".wz-r-row .wz-r-vote:has-text('低于阈值')")
    assert page.input_value(SLIDER) == "0.95" and not page.is_checked(TICK)
    assert page.is_checked("#wz-reading-way label:nth-of-type(2) input")
    assert served.service.reader.asked[-1][2].threshold is None  # no model was asked again


def test_a_tick_just_after_the_slider_counts(tab, monkeypatch):
    page = tab()
    ask(page)
    come, go_on, decided = threading.Event(), threading.Event(), reading_render.moved

    def waits(*results):
        come.set()
        go_on.wait(60)
        return decided(*results)

    monkeypatch.setattr(reading_render, "moved", waits)
    move_threshold(page, 0.95)
    assert come.wait(60)
    page.check(TICK)
    go_on.set()
    page.wait_for_function("slider => document.querySelector(slider).value === '0.3'", arg=SLIDER)
    answer_is(page, "王大力")
    assert page.is_checked(TICK)


def test_a_hundred_pages_are_opened_once_and_asked_twice(tab, served, tmp_path):
    book = write_book(tmp_path / "book.pdf")
    (tmp_path / "notes.txt").write_text("院长是[张三|0.9]。", encoding="utf-8")
    page = tab()
    page.set_input_files(FILES, [book, tmp_path / "notes.txt"])
    page.wait_for_selector(".wz-r-indexed")
    assert "book.pdf" in page.inner_text(".wz-r-files")
    for number in (57, 93):
        page.fill(QUESTION, f"第{number}号院子里的树是哪年种下的？")
        page.press(QUESTION, "Enter")
        answer_is(page, f"{1800 + number}年")
        assert page.inner_text(".wz-r-evidence blockquote") == book_sentence(number)
        assert "book.pdf" in page.inner_text(".wz-r-evidence figcaption")
    first, second = (library for _, library, _ in served.service.reader.asked[-2:])
    assert first is second
    other = tab()  # nothing of it is another visitor's
    other.click("#wz-reading-source label:nth-of-type(2)")
    other.fill(QUESTION, "院长是谁？")
    other.press(QUESTION, "Enter")
    assert "没有可读的内容" in toast(other)
    page.click("#wz-reading-close")
    page.wait_for_function("box => document.querySelector(box)", arg=BOX)
    page.fill(QUESTION, "院长是谁？")
    page.press(QUESTION, "Enter")
    assert "没有可读的内容" in toast(page)


def test_files_chosen_while_others_are_read_are_opened_too(tab, tmp_path, monkeypatch):
    page = tab()
    go_on, build = threading.Event(), reading_files.build

    def waits(texts, told=None):
        told(0.5, 1)
        go_on.wait(60)
        return build(texts)

    monkeypatch.setattr(reading_files, "build", waits)
    for name in ("一.txt", "二.txt", "三.txt"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
        with page.expect_request("**/queue/join**"):
            page.set_input_files(FILES, tmp_path / name)
    page.wait_for_selector("#wz-reading-shelf progress")
    go_on.set()
    page.wait_for_function("document.querySelectorAll('.wz-r-files li').length === 3")


def test_bad_files_and_too_large_ones(tab, tmp_path):
    page = tab()
    names = write_bad_files(tmp_path)
    page.fill(QUESTION, "留着吗？")
    page.set_input_files(FILES, [tmp_path / name for name in names])
    page.wait_for_selector(".wz-r-refused")
    told = page.inner_text(".wz-r-refused")
    assert all(name in told for name in names)
    with (tmp_path / "huge.pdf").open("wb") as file:
        file.truncate(200_000_000)
    page.set_input_files(FILES, tmp_path / "huge.pdf")
    page.wait_for_selector(".wz-too-large:not([hidden])")
    assert "64 MB" in page.inner_text(".wz-too-large")
    assert page.input_value(QUESTION) == "留着吗？"
    (tmp_path / "好.txt").write_text(TEXT, encoding="utf-8")
    page.set_input_files(FILES, tmp_path / "好.txt")
    page.wait_for_selector(".wz-r-indexed")
    assert page.inner_text(".wz-r-files").startswith("好.txt")


def test_files_are_dropped_on_the_box(tab):
    page = tab()
    page.evaluate(
        """box => {
            const files = new DataTransfer();
            for (const name of ["一.txt", "二.txt"]) files.items.add(new File(["镇长是[王五|0.8]。"], name));
            document.querySelector(box).dispatchEvent(
                new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
        }""",
        BOX,
    )
    page.wait_for_selector(".wz-r-indexed")
    assert page.locator(".wz-r-files li").count() == 2


def test_script_in_a_text_stays_text(tab):
    nasty = "<script>window.hacked=1</script>--><img src=x onerror=window.hacked=1>\"'${window.hacked=1}"
    page = tab()
    ask(page, text=f"{nasty}镇长是[{nasty}|0.9]。", question="<b>谁？")
    assert page.inner_text(".wz-r-answer") == nasty
    assert page.locator(".wz-answer :is(script, img)").count() == 0
    assert page.evaluate("window.hacked") is None


def test_mistakes_keep_what_was_typed(tab):
    page = tab()
    page.fill(BOX, TEXT)
    page.click("#wz-reading-write")
    assert "没有问题" in toast(page)
    page.fill(QUESTION, "长" * 31)
    page.press(QUESTION, "Enter")
    page.wait_for_function("document.body.innerText.includes('请问得简短一些')")
    page.fill(QUESTION, "BUG")
    page.press(QUESTION, "Enter")
    page.wait_for_function("document.body.innerText.includes('我们这边出了点问题')")
    assert "RuntimeError" not in page.content()
    assert (page.input_value(BOX), page.input_value(QUESTION)) == (TEXT, "BUG")


def test_a_link_opens_the_tab_and_asks(tab, visit, served):
    query = {"tab": "reading", "text": "镇长是[王五|0.8]。", "q": "谁？", "way": "both", "t": "0.9", "tuned": "false"}
    page = visit(query="?" + urlencode(query))
    answer_is(page, "没有答案")
    page.wait_for_selector('[data-way="seq2seq"]')
    assert page.input_value(BOX) == "镇长是[王五|0.8]。"
    page = tab()
    ask(page, text="镇长是[王五|0.8]。")
    page.click("#wz-share-reading")
    link = clipboard(page, "tab=reading")
    again = visit(url=link)
    answer_is(again, "王五")


def test_a_model_that_loads_is_waited_for_and_can_be_stopped(visit, launch):
    service = FakeService(stage="loading")
    page = visit(url=launch(service), tab="tab_reading")
    page.fill(BOX, TEXT)
    page.fill(QUESTION, "镇长是谁？")
    page.press(QUESTION, "Enter")
    page.wait_for_function("document.querySelector('#wz-reading-result')?.innerText.includes('模型正在载入')")
    page.click("#wz-reading-stop")
    page.wait_for_function("document.querySelector('#wz-reading-result')?.innerText.includes('已停止')")
    assert page.input_value(BOX) == TEXT
    service.fail(VisitorError("weights_no_embedded", task="reading"))
    while not page.locator(".toast-body").count():  # Gradio takes no click until it has heard of the end
        page.click("#wz-reading-write")
        page.wait_for_timeout(200)
    assert "reading" in toast(page)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "dark")])
def test_nothing_sticks_out_and_all_can_be_read(tab, width, scheme):
    page = tab(width=width, height=844, scheme=scheme)
    page.click("#wz-reading-examples button:nth-of-type(1)")
    page.wait_for_selector(".wz-r-row")
    page.click("#wz-reading-way label:nth-of-type(3)")
    ask(page, text="镇长是[一二三四五六七八九十甲乙丙丁戊己庚辛|0.9]。")
    page.wait_for_selector(".wz-r-detail + .wz-r-detail")
    assert page.is_visible(".wz-r-columns")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    out = """() => [...document.querySelectorAll(".wz-reading-panes *")]
        .filter((e) => !e.closest(".wz-r-table, .wz-r-columns") && e.checkVisibility())
        .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map((e) => e.className)"""
    assert page.evaluate(out) == []
    for selector in (".wz-r-answer", ".wz-r-evidence mark", ".wz-r-evidence figcaption", ".wz-r-row td"):
        assert contrast(page, selector) >= 4.5, selector
