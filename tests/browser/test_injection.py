"""What a visitor writes, names a file or puts into a link stays text, in every component that shows it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import ended, open_tab, toast
from tests.browser.test_chat import say, settled

SHOWN = ("tab_chat", "tab_titling", "tab_triples", "tab_reading", "tab_matrix", "tab_curves", "tab_optimizers")

# HTML, SVG, frames, templates, Markdown, LaTeX
NASTY = (
    '"\'><img src=x onerror="hacked=1"><svg onload="hacked=1"><a href="javascript:hacked=1">go</a></svg>'
    '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe><style>body{display:none}</style>'
    '<base href="//evil.example/">{{hacked=1}}${hacked=1}<math><mi href="javascript:hacked=1">go</mi></math>'
    "[go](javascript:hacked=1) ![x](http://evil.example/x.png) <http://evil.example/> "
    "$$\\href{javascript:hacked=1}{go}\\includegraphics{http://evil.example/y.png}$$ \\(\\htmlId{wz-foot}{x}\\)"
)
NAME = "a<img src=x onerror=hacked=1><svg onload=hacked=1>[go](javascript:hacked=1)$$x$$"  # of a file
HARM = """() => ({
    hacked: window.hacked,
    made: [...document.querySelectorAll(
        'img[src="x"], svg[onload], iframe, base:not([href="./"]), [href^="javascript" i], [href*="evil.example"], '
        + '[src*="evil.example"]'
    )].map(element => element.outerHTML),
    hidden: getComputedStyle(document.body).display === "none",
    feet: document.querySelectorAll("#wz-foot").length,
})"""
NO_HARM = {"hacked": None, "made": [], "hidden": False, "feet": 1}


def harm(page):
    """What came of it, once the page has drawn what it was given."""
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    return page.evaluate(HARM)


def dismissed(page):
    """Close the messages that stand there, so that the next one is waited for."""
    page.evaluate("document.querySelectorAll('.toast-close').forEach((button) => button.click())")
    page.wait_for_function("!document.querySelector('.toast-body')")


def sent(page, button, path):
    """Choose a file where this button asks for one."""
    with page.expect_file_chooser() as chooser:
        page.click(button)
    chooser.value.set_files(path)


def test_nothing_that_is_typed_is_run(visit):
    """One page, tab by tab; requests to other hosts fail the test by themselves."""
    page = visit("en-US", tab="tab_chat")
    page.wait_for_selector("#wz-chat .bot-row")
    for text in (NASTY, f"write a title:\n{NASTY}。今天下雪，明天放晴，后天还要下雪。"):
        say(page, text)
        assert NASTY in page.locator("#wz-chat .user-row").last.inner_text()
        assert harm(page) == NO_HARM
    open_tab(page, "tab_titling")
    page.fill("#wz-article textarea", f"{NASTY}。后面。")
    page.click("#wz-write")
    page.wait_for_selector("#wz-marked .wz-article")
    assert page.inner_text("#wz-marked .wz-article") == f"{NASTY}。后面。"
    assert harm(page) == NO_HARM
    open_tab(page, "tab_triples")
    text = f"{NASTY}|{NASTY[:60]},{NASTY[:90]},{NASTY}二|<u onclick=hacked=1>物,0.9"
    page.fill("#wz-triples-article textarea", text)
    page.click("#wz-triples-write")
    page.wait_for_selector(".wz-t-card[data-settled]")
    assert page.inner_text(".wz-t-text") == text
    assert page.inner_text(".wz-t-table tbody tr td").startswith(NASTY)
    page.evaluate("void document.querySelector('.wz-graph-canvas')._cyreg.cy.edges()[0].emit('tap')")
    assert NASTY[:90] in page.inner_text(".wz-graph-tip")
    assert page.locator(".wz-triples-panes [onclick]").count() == 0
    assert harm(page) == NO_HARM
    open_tab(page, "tab_reading")
    page.fill("#wz-reading-article textarea", f"镇长是[{NASTY[:90]}|0.9]。{NASTY}")
    page.fill("#wz-reading-question :is(input, textarea)", "<b onclick=hacked=1>谁")
    page.press("#wz-reading-question :is(input, textarea)", "Enter")
    page.wait_for_selector(".wz-r-row")
    assert page.inner_text(".wz-r-answer") == NASTY[:90]
    assert harm(page) == NO_HARM
    open_tab(page, "tab_matrix")
    page.fill("#wz-matrix textarea", NASTY)
    page.click("#wz-matrix-go")
    assert toast(page)
    assert harm(page) == NO_HARM
    open_tab(page, "tab_curves")
    page.click('#wz-curves-panel input[value="fit"]')
    page.wait_for_selector("#wz-curves-fitted .wz-curves-table")
    page.fill("#wz-curves-points textarea", f"0,1\n1,0\n{NASTY}")
    page.click("#wz-curves-fit-go")
    page.wait_for_function("document.querySelector('#wz-curves-fitted')?.innerText.includes('Line 3')")
    assert harm(page) == NO_HARM
    page = visit("en-US", query="?tab=optimizers&story=free&surface=formula&m1=gd")
    box = page.locator("#wz-optimizers-formula").locator("input, textarea").first
    wrong = "(document.querySelector('#wz-optimizers-wrong')?.innerText ?? '').trim()"
    for formula in (NASTY[:200], NASTY, "hacked(x)", NASTY[-200:]):  # signs that are none, too long, a name, TeX
        box.fill(formula)
        box.press("Enter")
        page.wait_for_function(wrong)
        assert harm(page) == NO_HARM
        box.fill("x^2 + y^2")
        box.press("Enter")
        page.wait_for_function(f"!{wrong}")


def test_nothing_that_a_link_brings_is_run(visit):
    for tab, query in {
        "matrix": {"matrix": NASTY[:300], "t": NASTY[:20], "digits": NASTY[:20]},
        "reading": {"text": f"镇长是[{NASTY[:90]}|0.9]。", "q": NASTY[:28], "way": NASTY[:20]},
        "optimizers": {
            "story": "free",
            "surface": "formula",
            "formula": NASTY[:200],
            "m1": NASTY[:20],
            "x": "javascript:1",
        },
    }.items():
        page = visit("en-US", query="?" + urlencode({"tab": tab, "lang": NASTY[:30], **query}))
        if tab == "reading":
            page.wait_for_function("document.querySelector('.wz-r-answer')?.innerText.includes('img src=x')")
        elif tab == "matrix":
            assert toast(page)
        else:
            page.wait_for_function("document.querySelector('#wz-optimizers-wrong')?.innerText.trim()")
        assert harm(page) == NO_HARM, tab


def test_rows_that_are_passed_over_are_text(visit, tmp_path):
    """Of a file of many texts: no JSON, no text, a list for a text, an empty one; and one that is read."""
    rows = [NASTY, json.dumps({NASTY: NASTY}), json.dumps({"text": [NASTY]}), json.dumps({"text": " "})]
    read = json.dumps({"text": f"{NASTY}|{NASTY[:60]},{NASTY[:90]},{NASTY}二|物,0.9"})
    path = tmp_path / f"{NAME}.jsonl"
    path.write_text("\n".join([*rows, read]), encoding="utf-8")
    page = visit("en-US", tab="tab_triples")
    page.click("#wz-triples-many button")
    page.set_input_files("#wz-triples-many input[type=file]", path)
    page.wait_for_selector("#wz-triples-jsonl")
    told = page.inner_text("#wz-triples-report")
    assert "1 texts read, 1 triples found" in told and all(f"row {number}" in told for number in (1, 2, 3, 4))
    assert harm(page) == NO_HARM


@pytest.mark.parametrize("name", ["drawn.svg", "drawn.jpg"])
def test_a_drawing_for_a_photograph_is_not_drawn(visit, tmp_path, name):
    """An SVG can hold script and addresses."""
    path = tmp_path / name
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" onload="parent.hacked=1"><script>parent.hacked=1</script>'
        '<image href="http://evil.example/x.png"/><foreignObject><iframe src="http://evil.example/"/></foreignObject>'
        "</svg>"
    )
    page = visit("en-US", tab="tab_curves")
    page.click('#wz-curves-panel input[value="fit"]')
    page.wait_for_selector("#wz-curves-fitted .wz-curves-table")
    page.click('#wz-curves-fit input[value="photo"]')
    sent(page, "#wz-curves-photo-open", path)
    assert "picture" in toast(page)
    assert page.locator("#wz-curves-photo img").count() == 0
    assert harm(page) == NO_HARM


@pytest.mark.parametrize("ending", ["txt", "exe"])
def test_names_of_files_are_text(visit, tmp_path, ending):
    """Files that are read, and files that are refused by their name."""
    path = tmp_path / f"{NAME}.{ending}"
    path.write_text("今天下雪。", encoding="utf-8")
    page = visit("en-US", tab="tab_reading")
    page.set_input_files(".wz-reading-panes .wz-r-from input[type=file]", path)
    page.wait_for_selector(".wz-r-refused" if ending == "exe" else ".wz-r-indexed")
    assert harm(page) == NO_HARM
    open_tab(page, "tab_chat")
    page.wait_for_selector("#wz-chat .bot-row")
    before = ended(page)
    page.set_input_files("#wz-chat-box input[type=file]", path)
    page.wait_for_selector("#wz-chat-box .thumbnail-item")
    assert harm(page) == NO_HARM
    page.fill("#wz-chat-box textarea", "write a title")
    page.keyboard.press("Enter")
    if ending == "txt":
        settled(page, 1, before)
    else:
        assert toast(page)
    assert harm(page) == NO_HARM


@pytest.mark.parametrize("ending", ["txt", "exe"])
def test_names_of_files_are_text_in_the_other_tabs(visit, tmp_path, ending):
    path = tmp_path / f"{NAME}.{ending}"
    path.write_text("今天下雪。", encoding="utf-8")
    page = visit("en-US", tab="tab_titling")
    for tab, ids in {"tab_titling": "wz", "tab_triples": "wz-triples"}.items():
        open_tab(page, tab)
        sent(page, f"#{ids}-upload", path)
        if ending == "txt":
            page.wait_for_function(
                "box => document.querySelector(box)?.value === '今天下雪。'", arg=f"#{ids}-article textarea"
            )
        else:
            assert toast(page)
        assert harm(page) == NO_HARM
        dismissed(page)
    page.click("#wz-triples-many button")
    page.set_input_files("#wz-triples-many input[type=file]", path)
    page.wait_for_selector("#wz-triples-report .wz-t-report" if ending == "txt" else ".toast-body")
    assert harm(page) == NO_HARM
    dismissed(page)
    open_tab(page, "tab_matrix")
    sent(page, "#wz-matrix-upload", path)
    assert toast(page), "neither holds a matrix"
    assert harm(page) == NO_HARM
    dismissed(page)
    open_tab(page, "tab_curves")
    page.click('#wz-curves-panel input[value="fit"]')
    page.wait_for_selector("#wz-curves-fitted .wz-curves-table")
    before = page.inner_text("#wz-curves-fitted")
    sent(page, "#wz-curves-csv", path)
    page.wait_for_function(
        "before => document.querySelector('.toast-body')"
        " || document.querySelector('#wz-curves-fitted')?.innerText !== before",
        arg=before,
    )
    assert harm(page) == NO_HARM
    dismissed(page)
    page.click('#wz-curves-fit input[value="photo"]')
    sent(page, "#wz-curves-photo-open", path)
    assert toast(page), "no picture"
    assert harm(page) == NO_HARM
