"""The tab 优化器 in a real Chromium."""

from __future__ import annotations

import json

import pytest

from demo.words import PHRASES
from tests.browser.conftest import clipboard, contrast, open_tab

SHOWN = ("tab_titling", "tab_optimizers")

MAP = "document.querySelector('#wz-plot-surface .js-plotly-plot')"
TABLE = "document.querySelector('#wz-optimizers-table')"
CUT = """(() => {
    const at = document.querySelector('.wz-optimizers-card > div');
    return at.scrollWidth - at.clientWidth;
})()"""
# pixels between a method's name, however long, and the arrow beside it
ROOM = """(() => {
    const input = document.querySelector('.wz-optimizers-slot-0 .secondary-wrap input');
    const end = input.getBoundingClientRect().right - parseFloat(getComputedStyle(input).paddingRight);
    return input.closest('.secondary-wrap').querySelector('svg').getBoundingClientRect().left - end;
})()"""


def ready(page):
    """Wait until the map is drawn, and the table beside it."""
    page.wait_for_selector("#wz-plot-surface .js-plotly-plot .main-svg")
    page.wait_for_selector("#wz-optimizers-table tbody tr")


def told(page, text):
    """Wait until the place of the table says this."""
    page.wait_for_function(f"text => {TABLE}?.innerText.includes(text)", arg=text)


def refused(page, text):
    """Wait until the sentence under the fields says this; "": until there is none."""
    wrong = "(document.querySelector('#wz-optimizers-wrong')?.innerText ?? '').trim()"
    page.wait_for_function(f"text => text ? {wrong}.includes(text) : !{wrong}", arg=text)


def enter(page, field, value):
    box = page.locator(f"#wz-optimizers-{field} input, #wz-optimizers-{field} textarea").first
    box.fill(value)
    box.press("Enter")


def click_on_map(page, x, y):
    """Click at a place in the map's own coordinates."""
    page.locator("#wz-plot-surface").scroll_into_view_if_needed()
    across, down = page.evaluate(
        f"""([x, y]) => {{
            const drawn = {MAP}, box = drawn.getBoundingClientRect(), {{ xaxis, yaxis }} = drawn._fullLayout;
            return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
        }}""",
        [x, y],
    )
    page.mouse.click(across, down)


def test_nothing_sticks_out_and_everything_is_drawn(visit):
    for width, locale, scheme in ((390, "zh-CN", "light"), (1280, "en-US", "dark")):
        page = visit(locale, width=width, height=844, scheme=scheme, tab="tab_optimizers")
        ready(page)
        for name in ("surface", "loss-step", "loss-gradients", "loss-time", "growth", "accumulation"):
            page.wait_for_selector(f"#wz-plot-{name} .js-plotly-plot .main-svg")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        inside = page.evaluate(f"{MAP}.getBoundingClientRect().right <= innerWidth")
        assert inside
        assert contrast(page, "#wz-optimizers-table tbody td") > 4.5
        assert contrast(page, ".wz-optimizers-story") > 4.5
        assert page.evaluate(CUT) == 0
        assert page.evaluate(ROOM) > 0


def test_the_five_steps_of_the_story(visit):
    page = visit("zh-CN", tab="tab_optimizers")
    ready(page)
    rows = {"2": 5, "3": 4, "4": 4, "5": 3, "1": 5}
    for key, count in rows.items():
        page.click(f'#wz-optimizers-story input[value="{key}"]')
        chinese = PHRASES[f"optimizers_story_{key}_told"][1]
        page.wait_for_function(
            "text => document.querySelector('.wz-optimizers-story').innerText.includes(text)", arg=chinese[:20]
        )
        page.wait_for_function(f"n => {TABLE}?.querySelectorAll('tbody tr').length === n", arg=count)
        page.wait_for_function(f"n => {MAP}?.layout?.meta?.walk?.lines.length === n", arg=count)
        slots = "[...document.querySelectorAll('.wz-optimizers-slot')].filter(slot => slot.offsetParent).length"
        page.wait_for_function(f"n => {slots} === n", arg=min(count + 1, 6))
        assert page.evaluate(CUT) == 0
    told(page, "梯度下降 0.21 在第 1 步离开了稳定范围")


def test_a_click_on_the_map_starts_there(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    for width, x, y in ((1280, 1.0, -1.5), (390, -1.0, 1.0)):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(f"{MAP}.getBoundingClientRect().right <= innerWidth")
        click_on_map(page, x, y)
        page.wait_for_function(
            f"([x, y]) => Math.abs({MAP}?.data?.at(-1)?.x[0] - x) < 0.1 && Math.abs({MAP}.data.at(-1).y[0] - y) < 0.1",
            arg=[x, y],
        )
        assert float(page.input_value("#wz-optimizers-x input")) == pytest.approx(x, abs=0.1)
        assert float(page.input_value("#wz-optimizers-y input")) == pytest.approx(y, abs=0.1)


def test_a_divergence_is_told_and_the_page_goes_on(visit):
    page = visit("en-US", tab="tab_optimizers", query="?tab=optimizers&story=free&m1=gd&h1=1000000000&m2=none&m3=none"
                 "&m4=none&m5=none")  # fmt: skip
    told(page, "GD 1e+09 ran out of all bounds at step 1")
    told(page, "diverged at step 1")
    told(page, "left its stable range at step 1")
    box = page.locator(".wz-optimizers-slot-0 .wz-has-rate input")
    box.fill("0.05")
    box.press("Enter")
    told(page, "0.5 ≤ 2")


def test_mistakes_are_sentences_and_nothing_typed_is_lost(visit):
    page = visit("zh-CN", tab="tab_optimizers", query="?tab=optimizers&story=free&surface=formula&m1=gd&x=1&y=1")
    ready(page)
    page.wait_for_selector("#wz-optimizers-formula textarea, #wz-optimizers-formula input")
    enter(page, "formula", "sin(x) + frog(y)")
    refused(page, "不认识“frog”")
    assert page.locator("#wz-optimizers-formula").locator("input, textarea").first.input_value() == "sin(x) + frog(y)"
    assert page.evaluate(f"{MAP}.data.length") > 3  # the picture before it stays
    enter(page, "formula", "(" * 300 + "x" + ")" * 300)
    refused(page, "400")
    enter(page, "formula", "x^2 + y^2")
    refused(page, "")
    enter(page, "steps", "10000000")
    refused(page, "步数须为 1 到 5,000 的整数")
    enter(page, "steps", "50")
    refused(page, "")
    enter(page, "x", "99")
    refused(page, "起点 (99, 1) 在曲面之外")
    assert page.input_value("#wz-optimizers-steps input") == "50"


def test_the_paths_grow(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    length = f"{MAP}.data[{MAP}.layout.meta.walk.lines[0]].x.length"
    page.evaluate("window.wanzhuan.walk.show(0.5)")
    page.wait_for_function(f"{length} === 31")
    assert page.inner_text('.wz-readout[data-for="surface"]') == "step 30 / 60"
    page.click("#wz-optimizers-play")
    page.wait_for_function(f"{length} === 61 && {MAP}.dataset.step === '60'")
    page.click("#wz-optimizers-play")
    page.wait_for_function(f"{length} < 61")
    stands = """async (share) => {
        window.wanzhuan.walk.show(share); // as the slider does
        for (let frame = 0; frame < 20; frame += 1) await new Promise(requestAnimationFrame);
    }"""
    page.evaluate(stands, 0.5)
    assert page.evaluate(length) == 31, "who moves the slider ends what plays"


def test_a_surface_brings_its_own_fields_start_and_rates(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    page.click("#wz-optimizers-surface input")
    page.get_by_role("option", name="Rosenbrock").click()
    page.wait_for_function(f"{MAP}?.data?.at(-1)?.x[0] === -1.2")
    assert page.is_hidden(".wz-optimizers-ground .wz-has-condition")
    assert float(page.input_value(".wz-optimizers-slot-0 .wz-has-rate input")) < 0.001
    assert page.is_hidden(".wz-optimizers-slot-0 .wz-has-beta1")


def test_the_keyboard_is_enough(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    page.focus('#wz-optimizers-story input[value="1"]')
    page.keyboard.press("Tab")  # Gradio's radio buttons are each a stop of their own
    page.keyboard.press("Space")
    page.wait_for_function(
        f"{TABLE}?.querySelectorAll('tbody tr').length === 5 && {TABLE}?.innerText.includes('GD 0.15')"
    )
    page.focus("#wz-optimizers-x input")
    page.keyboard.press("Control+A")
    page.keyboard.type("-1")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{MAP}?.data?.at(-1)?.x[0] === -1")


def test_a_link_brings_everything_back(visit):
    query = "?tab=optimizers&story=free&surface=himmelblau&x=-1&y=0.5&steps=77&m1=adam&h1=0.3&b1=0.8&c1=0.99&m2=rk4"
    page = visit("en-US", query=query + "&h2=0.01&m3=none&m4=none&m5=none&ab=20&amicro=6")
    told(page, "Adam 0.3")
    told(page, "RK4 0.01")
    page.wait_for_function("document.querySelector('#wz-optimizers-accumulated')?.innerText.includes('6 + 6 + 6 + 2')")
    assert page.input_value(".wz-optimizers-slot-0 .wz-has-beta1 input") == "0.8"
    page.click("#wz-share-optimizers")
    link = clipboard(page, "tab=optimizers")
    for part in ("surface=himmelblau", "steps=77", "m1=adam", "b1=0.8", "m2=rk4", "amicro=6"):
        assert part in link


def test_the_data_are_saved(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    with page.expect_download() as download:
        page.click("#wz-optimizers-csv")
    with open(download.value.path(), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines[0] == "path,method,step,gradients,time,x,y,loss" and lines[1].startswith("1,gd,0,0,0.0,-1.7,1.2,")
    with page.expect_download() as download:
        page.click("#wz-optimizers-json")
    with open(download.value.path(), encoding="utf-8") as file:
        assert json.load(file)["surface"] == "bowl"
    with page.expect_download() as download:
        page.click('.wz-save[data-plot="surface"][data-kind="csv"]')
    with open(download.value.path(), encoding="utf-8") as file:
        assert "GD 0.05 x" in file.readline()


def test_the_pictures_follow_the_language(visit):
    page = visit("zh-CN", tab="tab_optimizers")
    page.wait_for_function(f"{MAP}?.data?.some(trace => trace.name === '精确的流')")
    page.click("#wz-switch")
    page.wait_for_function(f"{MAP}?.data?.some(trace => trace.name === 'exact flow')")


def test_accumulation_follows_its_sliders(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    place = "document.querySelector('#wz-optimizers-accumulated').innerText"
    page.wait_for_function(f"{place}.includes('5 + 5 + 5 + 5 + 4')")
    box = page.locator("#wz-optimizers-micro input[type=number]")
    box.fill("6")
    box.press("Enter")
    page.wait_for_function(f"{place}.includes('6 + 6 + 6 + 6)') && !{place}.includes('mean of means')")


def test_the_tab_opens_again_as_it_was(visit):
    page = visit("en-US", tab="tab_optimizers")
    ready(page)
    page.click('#wz-optimizers-story input[value="5"]')
    told(page, "RMSprop scalar 0.03")
    open_tab(page, "tab_titling")
    open_tab(page, "tab_optimizers")
    told(page, "RMSprop scalar 0.03")
    page.wait_for_selector("#wz-plot-surface .js-plotly-plot .main-svg")
