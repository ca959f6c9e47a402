"""The tab 绳 in a real Chromium."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest

from tests.browser.conftest import clipboard, launched, open_tab
from tests.demo.fakes import FakeService

SHOWN = ("tab_titling", "tab_curves")

DRAWN = "#wz-curves-{0} .js-plotly-plot .main-svg"


@pytest.fixture(scope="module")
def served(tabs):
    """The page's address, and the page itself, whose states can be made to end."""
    service = FakeService(pause=0.3)
    page = launched(service)
    yield SimpleNamespace(url=page.local_url, service=service, page=page)
    page.close()


def look(page, panel):
    """Choose what to look at, and wait until it is drawn."""
    page.click(f'#wz-curves-panel input[value="{panel}"]')
    page.wait_for_selector(DRAWN.format(panel))


def series(page, name):
    """The names of what a picture shows."""
    return page.evaluate(
        "name => document.querySelector(`#wz-plot-${name} .js-plotly-plot`).data.map(trace => trace.name)", name
    )


def test_every_panel_draws_itself_and_nothing_sticks_out(visit):
    for width, locale in ((390, "en-US"), (1280, "zh-CN")):
        page = visit(locale, width=width, height=844, tab="tab_curves")
        for panel in ("rope", "chain", "fit", "turning", "pole"):
            look(page, panel)
            page.wait_for_selector(f"#wz-curves-{panel} .wz-curves-card dd")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, panel


def test_a_slider_draws_anew_and_a_mistake_is_told_in_place(visit):
    page = visit("zh-CN", tab="tab_curves")
    page.wait_for_function("document.querySelector('#wz-curves-rope .wz-curves-card')?.innerText.includes('模')")
    length = page.locator("#wz-curves-rope input[type=number]").nth(1)
    length.fill("3.6")
    length.press("Enter")
    page.wait_for_function("document.querySelector('#wz-curves-rope .wz-curves-card')?.innerText.includes('0.83745')")
    length.fill("0.5")
    length.press("Enter")
    page.wait_for_function("document.querySelector('#wz-curves-rope .wz-curves-told')?.innerText.includes('够不着')")


SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 600_000, "uploadThroughput": 600_000}


def test_quick_choices_on_a_slow_line_are_drawn_and_asked_for_once(visit):
    """And then nothing goes on asking the server, however many answers come meanwhile."""
    page = visit("en-US", tab="tab_curves")
    page.wait_for_selector("#wz-curves-rope .wz-curves-card dd")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if is_event(request) else None)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    for panel in ("chain", "turning", "pole"):
        page.click(f'#wz-curves-panel input[value="{panel}"]')
    page.wait_for_selector(DRAWN.format("pole"))
    page.evaluate("async () => { for (let i = 0; i < 6; i++) await (await fetch('healthz?' + i)).text(); }")
    assert 1 <= len(asked) <= 3, "one a panel"


def is_event(request):
    return "/gradio_api/run/" in request.url or "/gradio_api/queue/join" in request.url


def test_the_last_of_quick_examples_stays(visit):
    """Of two that are asked for on a slow line: what stands in the box is what is fitted."""
    page = visit("en-US", tab="tab_curves")
    look(page, "fit")
    page.wait_for_selector("#wz-curves-fitted .wz-curves-table")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    for name in (
        "A suspension bridge (a parabola)",
        "A chain with three wrong points",
        "A suspension bridge (a parabola)",
    ):
        page.get_by_role("button", name=name).click()
    page.wait_for_function("document.querySelector('#wz-curves-fitted')?.innerText.includes('17, 0')")
    assert page.input_value("#wz-curves-points textarea").startswith("x, y\n-100, 50.2")


def test_what_is_pasted_counts_instead_of_the_opened_file(visit, tmp_path):
    page = visit("en-US", tab="tab_curves")
    look(page, "fit")
    told = "text => document.querySelector('#wz-curves-fitted')?.innerText.includes(text)"
    page.wait_for_function(told, arg="20, 3")
    many = tmp_path / "many.csv"
    many.write_text("\n".join(f"{i / 300},{math.cosh(i / 300)}" for i in range(-400, 401)))
    upload = page.locator("#wz-curves-csv").locator("xpath=..").locator("input[type=file]")
    upload.set_input_files(many)
    page.wait_for_function(told, arg="801, 0")
    page.fill("#wz-curves-points textarea", "0,1\n1,0\n2,0\n3,1")  # no key is pressed, as with a paste
    page.click("#wz-curves-fit-go")
    page.wait_for_function(told, arg="4, 0")
    page.fill("#wz-curves-points textarea", "")
    page.click("#wz-curves-fit-go")
    page.wait_for_function(told, arg="too few")


def test_a_photograph_that_the_server_no_longer_has_is_told(visit, served):
    page = visit("en-US", tab="tab_curves")
    picture = photograph(page)
    click_on(picture, 0.3, 0.7)
    page.wait_for_function(POINTS, arg=1)
    for session in list(served.page.app.state_holder.session_data.values()):
        session.state_data.clear()  # as when its time is over
    click_on(picture, 0.4, 0.7)
    page.wait_for_function("document.querySelector('#wz-curves-fitted')?.innerText.includes('no longer kept')")
    assert page.evaluate(POINTS, 1), "what is shown stays"
    page.click("#wz-curves-photo-example")
    page.wait_for_function(POINTS, arg=0)
    page.click("#wz-curves-undo")
    click_on(picture, 0.4, 0.7)
    page.wait_for_function(POINTS, arg=1)


def test_the_pictures_follow_the_language(visit):
    page = visit("zh-CN", tab="tab_curves")
    page.wait_for_function(
        "document.querySelector('#wz-plot-rope .js-plotly-plot')?.data?.some(trace => trace.name === '悬链线')"
    )
    page.click("#wz-switch")
    page.wait_for_function(
        "document.querySelector('#wz-plot-rope .js-plotly-plot')?.data?.some(trace => trace.name === 'catenary')"
    )


def test_a_link_brings_the_panel_and_its_state(visit):
    page = visit("en-US", query="?tab=curves&panel=chain&given=sag&sag=2.5&cD=5&y2=3")
    page.wait_for_selector("#wz-curves-chain .wz-curves-card dd")
    page.wait_for_function("document.querySelector('#wz-curves-chain .wz-curves-card')?.innerText.includes('2.5 m')")
    page.click("#wz-share-curves")
    link = clipboard(page, "tab=curves")
    assert all(part in link for part in ("tab=curves", "panel=chain", "given=sag", "sag=2.5"))


def test_a_picture_and_its_data_are_saved(visit):
    page = visit("en-US", tab="tab_curves")
    look(page, "chain")
    for kind, begin in (("png", b"\x89PNG"), ("svg", b"<svg"), ("csv", b"chain x")):
        with page.expect_download() as download:
            page.click(f'.wz-save[data-plot="chain"][data-kind="{kind}"]')
        with open(download.value.path(), "rb") as file:
            assert file.read().startswith(begin), kind


def test_points_are_fitted_and_a_wrong_line_is_told(visit):
    page = visit("en-US", tab="tab_curves")
    look(page, "fit")
    page.wait_for_selector("#wz-curves-fitted .wz-curves-table")
    assert "left out" in series(page, "fit")
    page.fill("#wz-curves-points textarea", "0,1\n1,0\nrope")
    page.click("#wz-curves-fit-go")
    page.wait_for_function("document.querySelector('#wz-curves-fitted')?.innerText.includes('Line 3')")
    assert page.input_value("#wz-curves-points textarea") == "0,1\n1,0\nrope"


POINTS = "n => document.querySelector('#wz-curves-count')?.innerText.includes(`${n} points`)"


def photograph(page):
    """Open the photograph of the example, and wait until it can be clicked on."""
    look(page, "fit")
    page.click('#wz-curves-fit input[value="photo"]')
    page.click("#wz-curves-photo-example")
    page.wait_for_function("document.querySelector('#wz-curves-photo img')?.naturalWidth")
    return page.locator("#wz-curves-photo img")


def click_on(picture, across, down):
    box = picture.bounding_box()
    picture.click(position={"x": across * box["width"], "y": down * box["height"]})


def test_clicks_on_a_photograph(visit):
    page = visit("en-US", tab="tab_curves")
    picture = photograph(page)
    for number, place in enumerate(((0.24, 0.46), (0.4, 0.73), (0.53, 0.8), (0.7, 0.71)), 1):
        click_on(picture, *place)
        page.wait_for_function(POINTS, arg=number)
    page.wait_for_selector("#wz-curves-fitted .wz-curves-table")
    page.click("#wz-curves-undo")
    page.wait_for_function(POINTS, arg=3)


def test_no_click_on_a_photograph_is_lost_on_a_slow_line(visit):
    """Neither one made while the one before is on its way, nor one made while the picture is being loaded."""
    page = visit("en-US", tab="tab_curves")
    picture = photograph(page)
    line, held = page.context.new_cdp_session(page), []
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    for place in (0.3, 0.4, 0.5, 0.6):
        click_on(picture, place, 0.7)
    page.wait_for_function(POINTS, arg=4)

    line.send("Network.emulateNetworkConditions", {**SLOW_LINE, "latency": 0, "downloadThroughput": -1})
    page.wait_for_function("document.querySelector('#wz-curves-photo img').naturalWidth")
    page.route("**/*.jpeg", lambda route: held.append(route))
    click_on(picture, 0.2, 0.4)
    page.wait_for_function("!document.querySelector('#wz-curves-photo img').naturalWidth")
    click_on(picture, 0.8, 0.4)
    page.route("**/*.jpeg", lambda route: route.continue_())
    for route in held:
        route.continue_()
    page.wait_for_function(POINTS, arg=6)


@pytest.mark.parametrize("panel", ["rope"])
def test_the_rope_turns_and_stops(visit, panel):
    page = visit("en-US", tab="tab_curves")
    look(page, panel)
    page.wait_for_function("document.querySelector('#wz-plot-rope-space .js-plotly-plot')?.layout?.meta?.turn")
    if not page.evaluate("!!document.createElement('canvas').getContext('webgl')"):
        pytest.skip("this Chromium draws nothing in space")
    page.click("#wz-spin-rope-space")
    angle = "document.querySelector('#wz-plot-rope-space .js-plotly-plot').dataset.angle"
    page.wait_for_function(f"{angle} !== undefined")
    first = page.evaluate(angle)
    page.wait_for_function(f"first => {angle} !== first", arg=first)
    turned = page.evaluate("document.querySelector('#wz-plot-rope-space .js-plotly-plot').data[1].z")
    assert len(json.dumps(turned)) < 10_000
    page.click("#wz-spin-rope-space")


def test_the_tab_opens_again_as_it_was(visit):
    page = visit("en-US", tab="tab_curves")
    look(page, "pole")
    open_tab(page, "tab_titling")
    open_tab(page, "tab_curves")
    page.wait_for_selector(DRAWN.format("pole"))
