"""The page in a real Chromium, with a service that needs no model."""

from __future__ import annotations

import threading

import docx
import pytest

from core.errors import VisitorError
from demo.examples import EXAMPLES
from demo.i18n import phrase
from tests.browser.conftest import contrast, launched, open_tab, toast
from tests.demo.fakes import FakeService, FakeTitler

SHOWN = ("tab_titling", "tab_matrix")
TEXT = EXAMPLES["example_news"]


@pytest.fixture
def visit(visit):
    def opened(*values, **options):
        page = visit(*values, tab="tab_titling", **options)
        page.wait_for_selector("#wz-write")
        return page

    return opened


def write(page, text):
    page.fill("#wz-article textarea", text)
    page.click("#wz-write")


def label(page):
    return page.inner_text("#wz-write").strip()


def test_title_marks_and_figures(visit):
    page = visit()
    write(page, "今天下雪。明天放晴。")
    page.wait_for_selector(".wz-article")
    assert page.inner_text(".wz-title:first-child .wz-text") == "※今天下雪。"
    assert page.inner_text(".wz-title:first-child mark") == "今天下雪。"
    marked = "[...document.querySelectorAll('.wz-article [data-t~=\"0\"]')].map(e => e.textContent).join('')"
    assert page.evaluate(marked) == "今天下雪。"
    assert page.inner_text(".wz-article") == "今天下雪。明天放晴。"
    figures = page.inner_text(".wz-figures")
    assert all(part in figures for part in ("秒", "读完全部 10 字", "fake:titling", "CPU"))
    assert page.title() == "玩转 Wanzhuan"


def test_the_title_grows(visit):
    page = visit()
    write(page, TEXT)
    page.wait_for_selector(".wz-growing")
    early = page.inner_text(".wz-growing .wz-title:first-child")
    page.wait_for_selector(".wz-article")
    assert len(early) < len(page.inner_text(".wz-title:first-child .wz-text"))


def test_pointing_at_a_title_moves_the_marks(visit):
    page = visit()
    write(page, TEXT)
    page.wait_for_selector(".wz-article")
    page.hover(".wz-title:nth-child(3)")
    assert page.get_attribute(".wz-article", "data-shown") == "2"
    page.focus(".wz-title:nth-child(2)")
    assert page.get_attribute(".wz-article", "data-shown") == "1"
    colour = "getComputedStyle(document.querySelector('.wz-article [data-t~=\"1\"]')).backgroundColor"
    assert page.evaluate(colour) != "rgba(0, 0, 0, 0)"


def test_copying(visit):
    page = visit()
    write(page, "今天下雪。明天放晴。")
    page.wait_for_selector(".wz-article")
    page.click(".wz-title:nth-child(2) .wz-copy")
    page.wait_for_selector(".wz-copied")
    assert page.evaluate("navigator.clipboard.readText()") == "※今天下"
    page.click(".wz-foot .wz-copy")
    page.wait_for_selector(".wz-foot .wz-copied")
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == ["※今天下雪。", "※今天下", "※今"]


@pytest.mark.parametrize("number", range(6))
def test_each_example_answers_when_clicked(visit, number):
    page = visit()
    page.locator("#wz-examples button").nth(number).click()
    page.wait_for_selector(".wz-article")
    text = list(EXAMPLES.values())[number]
    assert page.input_value("#wz-article textarea") == text
    assert page.inner_text(".wz-article") == text


def test_counting(visit):
    page = visit("en-US")
    for text, counted in [("今天", "2 characters"), ("😀", "1 character"), ("字" * 1234, "1,234 characters")]:
        page.fill("#wz-article textarea", text)
        page.wait_for_function("t => document.querySelector('.wz-count')?.innerText.trim() === t", arg=counted)


def test_stopping_and_starting_again(visit, served):
    page = visit()
    assert page.is_disabled("#wz-stop")
    write(page, TEXT)
    page.wait_for_selector(".wz-growing")
    page.click("#wz-stop")
    page.wait_for_function("document.querySelector('#wz-result')?.innerText.includes('已停止')")
    page.wait_for_timeout(1500)
    assert not page.query_selector(".wz-article")
    assert page.is_disabled("#wz-stop")
    assert page.input_value("#wz-article textarea") == TEXT
    page.click("#wz-write")
    page.wait_for_selector(".wz-article")


class Held(FakeTitler):
    """Takes a step whenever it is let."""

    def __init__(self):
        super().__init__()
        self.let = threading.Semaphore(0)

    def stream(self, text, decoding):
        for result in super().stream(text, decoding):
            self.let.acquire()
            yield result

    def go_on(self, steps=4):
        self.let.release(steps)


@pytest.fixture
def held(served, monkeypatch):
    """The model of the page, step by step."""
    titler = Held()
    monkeypatch.setattr(served.service, "fake", titler)
    yield titler
    titler.go_on(1000)


def asked(titler, page, *texts):
    """Wait until the model has been asked these, one after the other."""
    while [text for text, _ in titler.asked] != [*texts]:
        page.wait_for_timeout(50)


def says(page, text):
    page.wait_for_function("text => document.querySelector('#wz-result')?.innerText.includes(text)", arg=text)


def article(page, text):
    page.wait_for_function("text => document.querySelector('.wz-article')?.textContent === text", arg=text)


def stop(page):
    """Press it, and wait until the server has heard of it."""
    with page.expect_response(lambda answer: "/gradio_api/run/" in answer.url):
        page.click("#wz-stop")


def test_what_is_asked_after_a_stop_begins_when_the_run_has_ended(visit, held):
    page = visit("en-US")
    write(page, "今天下雪。")
    held.go_on(1)
    page.wait_for_selector(".wz-growing")  # a step is under way
    stop(page)
    says(page, "Stopping")
    assert page.is_disabled("#wz-stop")
    write(page, "明天放晴。")
    held.go_on(1)  # the step ends, and with it the run
    asked(held, page, "今天下雪。", "明天放晴。")
    held.go_on(1)
    page.wait_for_selector("#wz-stop:not([disabled])")
    stop(page)  # the new run can be stopped as well
    held.go_on(1)
    says(page, "Stopped")
    page.wait_for_selector("#wz-stop[disabled]", state="attached")
    write(page, "后天起风。")
    held.go_on()
    article(page, "后天起风。")
    asked(held, page, "今天下雪。", "明天放晴。", "后天起风。")


def test_a_stop_also_holds_for_what_was_asked_meanwhile(visit, held):
    page = visit("en-US")
    write(page, "今天下雪。")
    held.go_on(1)
    page.wait_for_selector(".wz-growing")
    page.click("#wz-write")
    stop(page)
    held.go_on(1)
    says(page, "Stopped")
    write(page, "明天放晴。")
    held.go_on()
    article(page, "明天放晴。")
    asked(held, page, "今天下雪。", "明天放晴。")


def test_of_several_examples_the_last_one_stands_there(visit, held):
    page = visit("en-US")
    texts = list(EXAMPLES.values())
    chips = page.locator("#wz-examples button")
    chips.nth(0).click()
    asked(held, page, texts[0])
    chips.nth(1).click()
    chips.nth(2).click()
    assert page.input_value("#wz-article textarea") == texts[2], "without the server"
    held.go_on(8)
    article(page, texts[2])
    asked(held, page, texts[0], texts[2])


def test_what_is_asked_during_an_answer_is_answered(visit, held):
    page = visit("en-US")
    write(page, "今天下雪。")
    asked(held, page, "今天下雪。")
    page.fill("#wz-article textarea", "明天放晴。")
    page.press("#wz-article textarea", "Control+Enter")
    held.go_on(8)
    article(page, "明天放晴。")
    asked(held, page, "今天下雪。", "明天放晴。")


@pytest.mark.parametrize(("locale", "part"), [("zh-CN", "没有可读的文字"), ("en-US", "no text")])
def test_a_mistake_is_told_in_the_visitors_language(visit, locale, part):
    page = visit(locale)
    write(page, "  ")
    assert part in toast(page)
    head = page.evaluate("getComputedStyle(document.querySelector('.toast-title'), '::before').content")
    assert head == f'"{phrase("note", locale[:2])}"'
    assert page.is_enabled("#wz-write")


def test_a_bug_shows_no_stack_trace_and_keeps_the_text(visit):
    page = visit("en-US")
    write(page, "BUG 文章。")
    told = toast(page)
    assert "went wrong" in told
    assert "RuntimeError" not in page.content()
    assert page.input_value("#wz-article textarea") == "BUG 文章。"


def test_script_in_an_article_stays_text(visit):
    page = visit()
    nasty = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>。后面。'
    write(page, nasty)
    page.wait_for_selector(".wz-article")
    assert page.evaluate("window.hacked") is None
    assert page.inner_text(".wz-article") == nasty


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("zh-CN", "写标题"), ("zh", "写标题"), ("zh-TW", "写标题"), ("zh-HK", "写标题"), ("en-GB", "Write titles")],
)
def test_the_page_speaks_the_browsers_language(visit, locale, expected):
    page = visit(locale)
    page.wait_for_function("t => document.querySelector('#wz-write')?.innerText.trim() === t", arg=expected)
    assert page.evaluate("document.documentElement.lang") == ("en" if locale.startswith("en") else "zh-CN")


def test_the_switch_of_language_holds(visit):
    page = visit("zh-CN")
    write(page, "今天下雪。明天放晴。")
    page.wait_for_selector(".wz-article")
    page.click("#wz-switch")
    page.wait_for_function("document.querySelector('#wz-write')?.innerText.trim() === 'Write titles'")
    assert "all 10 characters read" in page.inner_text(".wz-figures")
    assert "Ready" in page.inner_text(".wz-status")
    write(page, " ")
    assert "no text" in toast(page)
    page.reload()
    page.wait_for_selector("[role=tablist]")
    page.wait_for_function("window.wanzhuan !== undefined")
    open_tab(page, "tab_titling")
    page.wait_for_function("document.querySelector('#wz-write')?.innerText.trim() === 'Write titles'")


def test_a_link_chooses_the_language(visit):
    page = visit("en-US", query="?lang=zh")
    page.wait_for_function("document.querySelector('#wz-write')?.innerText.trim() === '写标题'")


def test_uploads_fill_the_article(visit, tmp_path):
    page = visit()
    (tmp_path / "a.txt").write_bytes("第一篇。".encode("gb18030"))
    word = docx.Document()
    word.add_paragraph("第二篇。")
    word.save(tmp_path / "b.docx")
    chooser = "#wz-under input[type=file]"
    for name, text in [("a.txt", "第一篇。"), ("b.docx", "第二篇。")]:
        page.set_input_files(chooser, tmp_path / name)
        page.wait_for_function("t => document.querySelector('#wz-article textarea')?.value === t", arg=text)


def test_a_bad_upload_leaves_the_article(visit, tmp_path):
    page = visit()
    page.fill("#wz-article textarea", "原来的文章。")
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    page.set_input_files("#wz-under input[type=file]", tmp_path / "x.pdf")
    assert "x.pdf" in toast(page)
    assert page.input_value("#wz-article textarea") == "原来的文章。"


def test_sampling_shows_its_own_settings(visit):
    page = visit("en-US")
    page.click("text=More")
    page.wait_for_selector("text=Beams")
    page.click("text=Random sampling")
    page.wait_for_selector("text=Temperature")
    write(page, TEXT)
    page.wait_for_selector(".wz-article")


def test_a_model_that_loads_is_waited_for(visit, launch):
    service = FakeService(stage="loading")
    page = visit(url=launch(service))
    assert page.get_attribute(".wz-status", "data-stage") == "loading"
    write(page, TEXT)
    page.wait_for_function("document.querySelector('#wz-result')?.innerText.includes('模型正在载入')")
    service.ready()
    page.wait_for_selector(".wz-article")
    page.wait_for_selector('.wz-status[data-stage="ready"]')


def test_weights_that_failed_are_told_in_the_header(visit, launch):
    page = visit(url=launch(FakeService(notice=VisitorError("weights_no_repository", name="you/none", host="hub"))))
    assert "you/none" in page.inner_text(".wz-status")


def test_nothing_sticks_out(visit):
    page = visit(width=320, height=844)
    page.click("#wz-examples button")
    page.wait_for_selector(".wz-article")
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_text_can_be_read_in_both_colours(visit):
    for scheme in ("light", "dark"):
        page = visit(scheme=scheme)
        page.click("#wz-examples button")
        page.wait_for_selector(".wz-article")
        for selector in (".wz-text", ".wz-figures", ".wz-brand p", ".wz-text mark", '.wz-article [data-t~="0"]'):
            assert contrast(page, selector) >= 4.5, (scheme, selector)


@pytest.fixture(scope="module")
def two(tabs):
    """A page that offers both models."""
    app = launched(FakeService(pause=0.3, further=True))
    yield app.local_url
    app.close()


def choose(page, name):
    page.wait_for_selector("#wz-title-model")
    page.click(f"#wz-title-model label:has(input[value={name}])")


def test_one_model_offers_no_choice(visit):
    assert not visit().query_selector("#wz-title-model")


def test_the_titles_of_both_models_stand_side_by_side(visit, two):
    page = visit("en-US", url=two)
    choose(page, "both")
    write(page, "今天下雪。明天放晴。")
    page.wait_for_selector(".wz-two .wz-growing")  # the second model is told to be next while the first one writes
    assert len(page.query_selector_all(".wz-two > section")) == 2
    page.wait_for_selector(".wz-article")
    heads = [head.inner_text() for head in page.query_selector_all(".wz-kind")]
    assert "UniLM" in heads[0] and "2018" in heads[1]
    sections = page.query_selector_all(".wz-two > section")
    for section, weights in zip(sections, ("fake:titling", "fake:seq2seq"), strict=True):
        assert section.query_selector(".wz-text").inner_text() == "※今天下雪。"
        assert len(section.query_selector_all(".wz-title")) == 3
        assert weights in section.inner_text()
    left, right = (section.bounding_box() for section in sections)
    assert left["x"] + left["width"] <= right["x"] and abs(left["y"] - right["y"]) < 2
    page.hover(".wz-two > section:nth-child(2) .wz-title:nth-child(2)")
    assert page.get_attribute(".wz-article", "data-shown") == "4"  # counted on from the first model's three


def test_both_models_fit_a_phone(visit, two):
    page = visit(url=two, width=320, height=844)
    choose(page, "both")
    write(page, TEXT)
    page.wait_for_selector(".wz-article")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    upper, lower = (section.bounding_box() for section in page.query_selector_all(".wz-two > section"))
    assert upper["y"] + upper["height"] <= lower["y"]


def test_the_older_model_alone(visit, two):
    page = visit(url=two)
    choose(page, "seq2seq")
    write(page, "今天下雪。明天放晴。")
    page.wait_for_selector(".wz-article")
    assert not page.query_selector(".wz-two")
    assert "fake:seq2seq" in page.inner_text(".wz-figures")
