"""The matrix tab in a real Chromium."""

from __future__ import annotations

import csv

from demo.triples_render import csv_line
from tests.browser.conftest import clipboard, contrast, toast

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


def test_nothing_sticks_out(visit):
    page = opened(visit, width=320, height=844)
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_can_be_read_on_dark(visit):
    page = opened(visit, scheme="dark")
    for selector in (".wz-sides b", ".wz-verdict", ".wz-panel p", ".wz-told"):
        assert contrast(page, selector) >= 4.5, selector
