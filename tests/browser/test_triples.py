"""The tab of triples in a real Chromium, with a service that needs no model."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from core.errors import VisitorError
from demo.examples import TRIPLES
from tests.browser.conftest import contrast, toast
from tests.demo.fakes import FakeService

SHOWN = ("tab_titling", "tab_triples")

BOX = "#wz-triples-article textarea"
TEXT = "大河|影片,导演,李四|人物,0.9;大河|影片,主演,王五|人物,0.6,inWork=大河;李四|人物,祖籍,北京|地点,0.2"
CY = "document.querySelector('.wz-graph-canvas')._cyreg.cy"
NODES = f"{CY}.nodes().not('.gone').map(node => node.data('text')).sort()"
MARKED = "kind => [...document.querySelectorAll('.wz-t-text .wz-t-' + kind)].map(piece => piece.textContent)"
ROWS = "[...document.querySelectorAll('.wz-t-table tbody tr')].filter(r => !r.hidden).map(r => r.cells[1].textContent)"


@pytest.fixture
def tab(visit):
    def opened(**options):
        return visit(tab="tab_triples", **options)

    return opened


def extract(page, text=TEXT):
    page.fill(BOX, text)
    page.click("#wz-triples-write")
    page.wait_for_selector(".wz-t-card[data-settled]")


def move_threshold(page, value):
    page.evaluate(
        """value => {
            const input = document.querySelector(".wz-t-threshold input");
            input.value = value;
            input.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        value,
    )


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_text("utf-8-sig")


def test_marks_table_graph_and_the_threshold(tab, served):
    page = tab()
    extract(page)
    asked = len(served.service.extractor.asked)
    assert page.evaluate(ROWS) == ["导演", "主演"]
    assert page.evaluate(NODES) == sorted(["大河", "李四", "王五"])
    assert page.evaluate(MARKED, "subject") == ["大河", "大河"]
    assert page.evaluate(MARKED, "object") == ["李四", "王五", "大河"]
    figures = page.inner_text(".wz-t-card .wz-figures")
    assert all(part in figures for part in ("秒", f"读了 {len(TEXT)} 字", "fake:triples", "CPU"))
    move_threshold(page, 0.1)
    assert page.evaluate(ROWS) == ["导演", "主演", "祖籍"]
    assert "北京" in page.evaluate(NODES)
    assert page.evaluate(MARKED, "subject") == ["大河", "大河", "李四"]
    assert page.inner_text(".wz-t-count") == "3 / 3"
    move_threshold(page, 0.95)
    assert page.evaluate(ROWS) == page.evaluate(NODES) == page.evaluate(MARKED, "object") == []
    assert page.is_visible(".wz-t-none")
    assert len(served.service.extractor.asked) == asked
    page.click("#wz-switch")
    page.wait_for_function("document.querySelector('#wz-triples-write')?.innerText.trim() === 'Find triples'")


def test_a_graph_is_drawn_though_its_library_could_not_be_fetched_before(tab):
    page = tab()
    page.route("**/cytoscape*", lambda route: route.abort())
    page.fill(BOX, TEXT)
    page.click("#wz-triples-write")
    page.wait_for_selector(".wz-graph-missing:not([hidden])")
    page.unroute("**/cytoscape*")
    page.fill(BOX, TEXT.replace("大河", "长河"))
    page.click("#wz-triples-write")
    page.wait_for_selector(".wz-t-card[data-settled] canvas")
    assert "长河" in page.evaluate(NODES)


def test_script_in_a_text_stays_text(tab):
    page = tab()
    nasty = "<script>window.hacked=1</script>--><img src=x onerror=window.hacked=1>\"'${window.hacked=1}{{value}}"
    text = f"{nasty}|<b>人,<i>主演,{nasty}二|<u>物,0.9;=1+1|人,主演,乙|人,0.8"
    extract(page, text)
    assert page.inner_text(".wz-t-text") == text
    assert page.inner_text(".wz-t-table tbody tr td").startswith(nasty)
    assert page.evaluate(f"{CY}.nodes()[0].data('text')") == nasty
    page.evaluate(f"void {CY}.nodes()[0].emit('mouseover')")  # what it returns is the whole graph
    assert page.inner_text(".wz-graph-tip") == f"{nasty}\n<b>人"
    page.evaluate(f"void {CY}.edges()[0].emit('tap')")
    assert "<i>主演" in page.inner_text(".wz-graph-tip")
    assert "<b>人" in page.inner_text(".wz-t-legend")
    assert page.locator(".wz-triples-panes :is(script, img, b, i, u)").count() == 0
    rows = list(csv.DictReader(saved(page, "[data-save=csv]").splitlines()))
    assert [row["subject"] for row in rows] == [nasty, "'=1+1"]
    result = json.loads(saved(page, "[data-save=json]"))
    assert result["triples"][0]["subject"] == {"text": nasty, "start": 0, "end": len(nasty), "type": "<b>人"}
    assert page.evaluate("window.hacked") is None


def test_sorting_pointing_and_moving_the_graph(tab):
    page = tab()
    extract(page)
    page.click(".wz-t-table th:nth-child(4) button")
    assert page.evaluate(ROWS) == ["主演", "导演"]
    assert page.get_attribute(".wz-t-table th:nth-child(4)", "aria-sort") == "ascending"
    place = page.evaluate(f"{CY}.nodes().filter(node => node.data('text') === '李四')[0].renderedPosition()")
    frame = page.locator(".wz-graph-canvas").bounding_box()
    page.mouse.move(frame["x"] + place["x"], frame["y"] + place["y"])
    page.mouse.down()
    page.mouse.move(frame["x"] + place["x"] + 30, frame["y"] + place["y"] + 20, steps=3)
    page.mouse.up()
    moved = page.evaluate(f"{CY}.nodes().filter(node => node.data('text') === '李四')[0].renderedPosition()")
    assert moved["x"] == pytest.approx(place["x"] + 30, abs=2)
    assert moved["y"] == pytest.approx(place["y"] + 20, abs=2)
    page.mouse.click(frame["x"] + moved["x"], frame["y"] + moved["y"])
    page.wait_for_selector(".wz-t-text .wz-t-hot")
    assert page.inner_text(".wz-t-text .wz-t-hot") == "李四"
    assert page.inner_text(".wz-t-table tr.wz-t-hot td:nth-child(2)") == "导演"
    zoom = page.evaluate(f"{CY}.zoom()")
    page.click(".wz-graph-tools [data-do=in]")
    closer = page.evaluate(f"{CY}.zoom()")
    assert closer > zoom
    page.hover(".wz-graph-canvas", position={"x": 5, "y": 5})
    page.mouse.wheel(0, 400)
    page.wait_for_function(f"zoom => {CY}.zoom() < zoom", arg=closer)


def test_mistakes_stop_and_an_empty_answer(tab, tmp_path):
    page = tab()
    assert page.is_disabled("#wz-triples-stop")
    page.fill(BOX, " ")
    page.click("#wz-triples-write")
    assert "没有可读的文字" in toast(page)
    page.fill(BOX, "BUG")
    page.click("#wz-triples-write")
    page.wait_for_function("document.body.innerText.includes('我们这边出了点问题')")
    assert "RuntimeError" not in page.content()
    assert page.input_value(BOX) == "BUG"
    page.fill(BOX, "字")
    page.click("#wz-triples-write")
    page.wait_for_selector(".wz-t-empty")
    (tmp_path / "a.txt").write_text("从文件来的字。", encoding="utf-8")
    page.set_input_files("#wz-triples-under input[type=file]", tmp_path / "a.txt")
    page.wait_for_function("box => document.querySelector(box)?.value === '从文件来的字。'", arg=BOX)


def test_a_file_of_many_texts(tab, tmp_path):
    page = tab(locale="en-US")
    (tmp_path / "many.jsonl").write_text(json.dumps({"text": TEXT}) + "\n{}\n", encoding="utf-8")
    page.click("#wz-triples-many button")
    page.set_input_files("#wz-triples-many input[type=file]", tmp_path / "many.jsonl")
    page.wait_for_selector("#wz-triples-jsonl")
    told = page.inner_text("#wz-triples-report")
    assert "1 texts read, 2 triples found" in told
    assert "row 2" in told
    assert json.loads(saved(page, "#wz-triples-jsonl"))["text"] == TEXT
    assert [row["predicate"] for row in csv.DictReader(saved(page, "#wz-triples-csv").splitlines())] == [
        "导演", "主演", "inWork",
    ]  # fmt: skip


def test_a_stop_holds_for_all_files_until_one_is_given_again(visit, launch, tmp_path):
    service = FakeService(stage="loading")
    page = visit(url=launch(service), tab="tab_triples", locale="en-US")
    page.click("#wz-triples-many button")
    report, chosen = "#wz-triples-report", "#wz-triples-many input[type=file]"
    texts = {name: tmp_path / f"{name}.txt" for name in "abc"}
    for name, path in texts.items():
        path.write_text(f"{name}的字。", encoding="utf-8")
    page.set_input_files(chosen, texts["a"])
    page.wait_for_selector("#wz-triples-many-stop:not([disabled])")
    with page.expect_response(lambda response: "/upload" in response.url):
        page.set_input_files(chosen, texts["b"])  # to be read after the first one
    page.click("#wz-triples-many-stop")
    page.wait_for_function("at => document.querySelector(at)?.innerText.includes('Stopped')", arg=report)
    page.set_input_files(chosen, texts["c"])
    page.wait_for_selector("#wz-triples-many-stop:not([disabled])")
    service.ready()
    page.wait_for_function("at => document.querySelector(at)?.innerText.includes('1 texts read')", arg=report)
    assert [text for text, _ in service.extractor.asked] == ["c的字。"]


def test_a_model_that_loads_is_waited_for_and_can_be_stopped(visit, launch):
    service = FakeService(stage="loading")
    page = visit(url=launch(service), tab="tab_triples")
    page.fill(BOX, TEXT)
    page.click("#wz-triples-write")
    page.wait_for_function("document.querySelector('#wz-triples-result')?.innerText.includes('模型正在载入')")
    page.click("#wz-triples-stop")
    page.wait_for_function("document.querySelector('#wz-triples-result')?.innerText.includes('已停止')")
    assert page.input_value(BOX) == TEXT
    service.fail(VisitorError("weights_no_embedded", task="triples"))
    page.click("#wz-triples-write")
    assert "triples" in toast(page)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "dark")])
def test_nothing_sticks_out_and_all_can_be_read(tab, width, scheme):
    page = tab(width=width, height=844, scheme=scheme)
    page.locator("#wz-triples-examples button").nth(1).click()
    page.wait_for_selector(".wz-t-empty")  # the fake finds nothing in it
    assert page.input_value(BOX) == TRIPLES["triples_film"]
    extract(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    out = """() => [...document.querySelectorAll(".wz-triples-panes *")]
        .filter((e) => !e.closest(".wz-t-table, canvas"))
        .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map((e) => e.className)"""
    assert page.evaluate(out) == []
    for selector in (".wz-t-text .wz-t-subject", ".wz-t-text .wz-t-object", ".wz-t-type", ".wz-t-legend span"):
        assert contrast(page, selector) >= 4.5, selector
