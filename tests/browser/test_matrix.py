"""The matrix tab in a real Chromium."""

from __future__ import annotations

import csv
import threading
from types import SimpleNamespace

import pytest

from demo import matrix
from demo.triples_render import csv_line
from tests.browser.conftest import clipboard, contrast, ended, toast

SHOWN = ("tab_titling", "tab_matrix")


def opened(visit, query="", **options):
    page = visit(query=f"?tab=matrix{query}", **options)
    page.set_default_timeout(60_000)
    page.wait_for_selector(".wz-identity")
    page.wait_for_selector("#wz-plot-series .js-plotly-plot")
    return page


def test_a_link_opens_the_tab_as_it_was_left_and_is_copied_again(visit):
    page = opened(visit, "&matrix=0+1%3B+-1+0&t=0.25&angle=99&digits=none&lang=en", locale="zh-CN")
    assert page.input_value("#wz-matrix textarea") == "0 1; -1 0"
    assert page.input_value("#wz-matrix-t input[type=number]") == "0.25"
    assert page.input_value("#wz-angle input[type=number]") == "6.28"
    page.wait_for_function("document.querySelector('.wz-readout[data-for=path]')?.innerText.includes('t = 0.25')")
    assert [side.strip() for side in page.locator(".wz-sides b").all_inner_texts()] == ["1", "1"]
    page.fill("#wz-matrix textarea", "1 2; 3 4")
    page.click("#wz-share-matrix")
    link = clipboard(page, "tab=matrix")
    assert link == page.url and "matrix=1+2%3B+3+4" in link and "lang=en" in link and "t=0.25" in link


def test_the_slider_moves_the_picture_without_the_server(visit):
    page = opened(visit, locale="en-US")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    before = page.get_attribute("#wz-plot-flow .scatterlayer .trace:nth-child(3) .js-line", "d")
    page.fill("#wz-matrix-t input[type=number]", "0.3")
    page.press("#wz-matrix-t input[type=number]", "Enter")
    page.wait_for_function("document.querySelector('.wz-readout[data-for=flow]')?.innerText.includes('t = 0.30')")
    assert "area = 1.16183" in page.inner_text('.wz-readout[data-for="flow"]')  # exp(0.15)
    page.wait_for_function(
        "([line, d]) => document.querySelector(line).getAttribute('d') !== d",
        arg=["#wz-plot-flow .scatterlayer .trace:nth-child(3) .js-line", before],
    )
    assert not [url for url in asked if "/run/" in url or "/queue/" in url]


def test_who_moves_the_slider_ends_what_plays(visit):
    page = opened(visit, locale="en-US")
    told = "document.querySelector('.wz-readout[data-for={}]')?.innerText"
    first = page.inner_text(".wz-readout[data-for=flow]")
    page.click("#wz-matrix-play")
    page.wait_for_function(f"first => {told.format('flow')} !== first", arg=first)
    page.fill("#wz-matrix-t input[type=number]", "0.3")
    page.press("#wz-matrix-t input[type=number]", "Enter")
    page.wait_for_function(f"{told.format('flow')}.includes('t = 0.30')")
    page.evaluate(
        """async () => {
            for (let frame = 0; frame < 20; frame += 1) await new Promise(requestAnimationFrame);
        }"""
    )  # what plays shows another picture in each
    for picture in ("flow", "path"):  # the second one plays after the first
        assert "t = 0.30" in page.inner_text(f".wz-readout[data-for={picture}]")
    assert page.input_value("#wz-matrix-t input[type=number]") == "0.3"


def test_pictures_and_data_are_saved(visit, tmp_path):
    page = opened(visit)
    starts = {"png": b"\x89PNG", "svg": b"<svg", "csv": b""}
    for kind, start in starts.items():
        with page.expect_download() as download:
            page.click(f'.wz-save[data-plot="series"][data-kind="{kind}"]')
        download.value.save_as(tmp_path / kind)
        assert download.value.suggested_filename == f"wanzhuan-series.{kind}"
        assert (tmp_path / kind).read_bytes().startswith(start)
    rows = (tmp_path / "csv").read_text("utf-8").splitlines()
    assert rows[0].startswith("泰勒部分和 x,泰勒部分和 y") and rows[1].startswith("1,")


def test_a_name_that_a_spreadsheet_would_compute_is_quoted(visit, tmp_path):
    """As the server does in what it writes itself."""
    names = ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a", 'a"b,c', "plain"]
    page = opened(visit)
    page.evaluate(
        """names => {
            const drawn = document.querySelector("#wz-plot-series .js-plotly-plot");
            const traces = names.map((name) => ({ name, x: [-1.5], y: ["=1"], type: "scatter" }));
            Plotly.react(drawn, traces, { yaxis: { type: "category" } });
        }""",
        names,
    )
    page.wait_for_function(
        "n => document.querySelector('#wz-plot-series .js-plotly-plot')._fullData.length === n", arg=len(names)
    )
    with page.expect_download() as download:
        page.click('.wz-save[data-plot="series"][data-kind="csv"]')
    download.value.save_as(tmp_path / "csv")
    text = (tmp_path / "csv").read_bytes().decode()
    assert text.startswith(csv_line([f"{name} {key}" for name in names for key in "xy"]) + "\r\n")
    with (tmp_path / "csv").open(encoding="utf-8", newline="") as file:
        heads, row = csv.reader(file)
    plain = ('a"b,c', "plain")
    assert heads == [f"{name} {key}" if name in plain else f"'{name} {key}" for name in names for key in "xy"]
    assert row == ["-1.5", "'=1"] * len(names)


def test_the_language_switch_draws_the_pictures_again(visit):
    page = opened(visit, locale="zh-CN")
    assert "泰勒部分和" in page.inner_text("#wz-plot-series")
    page.click("#wz-switch")
    page.wait_for_function("document.querySelector('#wz-plot-series')?.textContent.includes('Taylor partial sums')")


def test_an_example_a_mistake_and_many_digits(visit):
    page = opened(visit, locale="en-US")
    page.click("text=Trace of a million")
    page.wait_for_function("document.querySelector('.wz-sides')?.innerText.includes('e+')")
    assert "equal factors" in page.inner_text(".wz-identity")
    page.fill("#wz-matrix textarea", "1 2; 3")
    page.click("#wz-matrix-go")
    assert "Row 2 has 1" in toast(page)
    page.fill("#wz-matrix textarea", "1/3 0; 0 2/3")
    page.click("#wz-verify")
    page.wait_for_function(
        "document.querySelector('#wz-verified')?.innerText.includes('2.718281828459045235360287471')"
    )
    page.click("#wz-exact")
    page.wait_for_selector("#wz-closed .katex")


def test_digits_and_closed_forms_are_seen_beside_their_own_matrix_alone(visit):
    page = opened(visit, locale="en-US")
    page.fill("#wz-matrix textarea", "1/3 0; 0 2/3")
    page.click("#wz-matrix-go")
    page.click("#wz-verify")
    page.wait_for_function("document.querySelector('#wz-verified')?.innerText.includes('2.718281828459045')")
    page.click("text=Idempotent")
    page.wait_for_selector("#wz-verified", state="hidden")
    page.click("#wz-exact")
    page.wait_for_selector("#wz-closed .katex")
    page.fill("#wz-matrix textarea", "1/3, 0; 0, 2/3")
    page.click("#wz-matrix-go")
    page.wait_for_selector("#wz-closed", state="hidden")
    page.click("#wz-verify")
    page.wait_for_selector("#wz-verified", state="visible")
    assert not page.inner_text("#wz-closed").strip(), "another one's"
    page.fill("#wz-matrix textarea", "1/2 0; 0 1/2")
    page.click("#wz-exact")  # of what has been written and not given yet: it is drawn as well
    page.wait_for_selector("#wz-closed .katex")
    page.wait_for_function("document.querySelector('.wz-sides')?.innerText.includes('2.71828')")


@pytest.fixture
def held(monkeypatch):
    """Lets no panel be computed before `go_on`; `begun` are the sizes of the matrices that are waited for."""
    gate, begun, panels = threading.Event(), [], matrix._panels

    def wait(found, *rest):
        begun.append(found.n)
        assert gate.wait(60)
        return panels(found, *rest)

    monkeypatch.setattr(matrix, "_panels", wait)
    yield SimpleNamespace(go_on=gate.set, hold=gate.clear, begun=begun)
    gate.set()


def begins(held, page, *sizes):
    while held.begun != [*sizes]:
        page.wait_for_timeout(50)


def test_the_matrix_that_was_given_last_stands_there(visit, held, monkeypatch):
    page = visit(tab="tab_matrix", locale="en-US")
    begins(held, page, 2)  # of the tab as it is opened
    page.fill("#wz-matrix textarea", "1 0 0; 0 1 0; 0 0 1")
    page.click("#wz-matrix-go")
    page.click("text=Trace of a million")
    page.click("text=Idempotent")
    assert page.input_value("#wz-matrix textarea") == matrix.EXAMPLES["matrix_idempotent"], "without the server"
    held.go_on()
    page.wait_for_function("document.querySelector('.wz-sides')?.innerText.includes('2.71828')")
    page.wait_for_function("window.ended >= 2")
    assert held.begun == [2, 2], "one after the other, and what stood there in between is not computed"


def edit(page, row, column, value):
    cell = page.locator(f'#wz-grid [data-testid="cell-{row}-{column}"]')
    cell.dblclick()
    cell.locator("textarea, input").fill(value)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([row, column, value]) => document.querySelector('#wz-matrix textarea').value.split('\\n')[row]"
        ".split(', ')[column] === value",
        arg=[row, column, value],
    )


def test_a_cell_that_is_edited_while_a_matrix_is_computed_stays(visit, held):
    page = visit(tab="tab_matrix", locale="en-US")
    held.go_on()
    page.wait_for_function("document.querySelector('#wz-series')?.innerText.trim()")
    page.click("text=As a grid")
    held.hold()
    page.fill("#wz-matrix textarea", "5 6; 7 8")
    page.click("#wz-matrix-go")
    begins(held, page, 2, 2)
    edit(page, 0, 0, "9")
    before = ended(page)
    held.go_on()
    page.wait_for_function("before => window.ended > before", arg=before)
    page.wait_for_function("document.querySelector('.wz-sides')?.innerText.includes('13')")
    edit(page, 1, 1, "4")
    assert page.input_value("#wz-matrix textarea") == "9, -2\n2, 4"
    page.click("text=Skew, 3 x 3")
    page.wait_for_selector('#wz-grid [data-testid="cell-2-2"]')  # nothing newer stands there: it is laid out
    assert page.inner_text('#wz-grid [data-testid="cell-0-1"]').strip() == "-2"
    edit(page, 2, 2, "3")
    assert page.input_value("#wz-matrix textarea") == "0, -2, 1\n2, 0, -1\n-1, 1, 3"


def test_nothing_sticks_out(visit):
    page = opened(visit, width=320, height=844)
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_can_be_read_on_dark(visit):
    page = opened(visit, scheme="dark")
    for selector in (".wz-sides b", ".wz-verdict", ".wz-panel p", ".wz-told"):
        assert contrast(page, selector) >= 4.5, selector
