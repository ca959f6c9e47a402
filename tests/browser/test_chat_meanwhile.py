"""The chat in a real Chromium while a message, its files or its answer are still on their way."""

from __future__ import annotations

import threading

import pytest

from demo.words import PHRASES
from tests.browser.conftest import SLOW, ended, toast
from tests.browser.test_chat import BOOK, NEWS, SHOWN, said, say, settled, turn_of, visit
from tests.demo.fakes import FakeTitler

__all__ = ["SHOWN", "visit"]  # what the fixtures look at, and one of them


def slow(page):
    """From now on each request of this page takes its time."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 600_000, "uploadThroughput": 600_000},
    )


def rows(page):
    return [text.strip() for text in page.locator("#wz-chat .user-row").all_inner_texts()]


def test_enter_twice_on_a_slow_line_says_it_once_and_keeps_what_is_typed_next(visit):
    page = visit("en-US")
    slow(page)
    before = ended(page)
    page.fill("#wz-chat-box textarea", f"write a title:\n{NEWS}")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("draw")
    settled(page, 1, before)
    assert page.input_value("#wz-chat-box textarea") == "draw"
    page.keyboard.type(" a rope")
    page.keyboard.press("Enter")
    settled(page, 2, before + 1)
    assert rows(page)[1] == "draw a rope" and page.input_value("#wz-chat-box textarea") == ""


def test_a_message_that_waits_for_its_files_is_sent_once(visit, tmp_path):
    page, uploads = visit("zh-CN"), []
    file = tmp_path / "book.txt"
    file.write_text(BOOK, encoding="utf-8")
    page.route("**/upload*", lambda route: uploads.append(route))
    page.set_input_files("#wz-chat-box input[type=file]", file)
    page.wait_for_selector("#wz-chat-box [aria-label=Uploading]")
    before = ended(page)
    page.fill("#wz-chat-box textarea", "作者是谁？")
    for _ in range(3):
        page.press("#wz-chat-box textarea", "Enter")
    for route in uploads:
        route.continue_()
    settled(page, 1, before)
    say(page, "你好")
    assert len(rows(page)) == 2 and "book.txt" in rows(page)[0] and not page.locator(".toast-body").count()


@pytest.fixture
def rest(monkeypatch):
    """Titles stop growing after the first step, until this is set."""
    let, stream = threading.Event(), FakeTitler.stream

    def held(*values):
        for step in stream(*values):
            yield step
            let.wait(SLOW / 1000)

    monkeypatch.setattr(FakeTitler, "stream", held)
    yield let
    let.set()


def test_clear_during_an_answer_leaves_nothing(visit, rest):
    page = visit("en-US")
    before = ended(page)
    page.fill("#wz-chat-box textarea", f"write a title:\n{NEWS}")
    page.keyboard.press("Enter")
    page.wait_for_selector("#wz-chat .wz-growing")
    page.click("#wz-chat .top-panel button")
    page.wait_for_function("document.querySelectorAll('#wz-chat .user-row').length === 0")
    rest.set()
    page.wait_for_function("before => window.ended >= before + 2", arg=before)  # the answer, and Clear told again
    page.wait_for_selector("#wz-chat-box .submit-button")
    assert said(page) == 0
    page.reload()
    page.wait_for_selector("#wz-chat .bot-row")
    assert said(page) == 0 and PHRASES["chat_restored"][0] not in page.inner_text("#wz-chat")


def test_what_no_server_took_stands_in_the_box_again(visit):
    page = visit("en-US")
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "full"}))
    page.fill("#wz-chat-box textarea", "draw a rope")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast-body")
    page.wait_for_function("document.querySelector('#wz-chat-box textarea').value === 'draw a rope'")


def test_a_page_that_goes_away_leaves_what_was_not_said_in_the_box(visit):
    page, asked = visit("en-US"), []
    page.route("**/queue/join*", lambda route: asked.append(route))
    page.fill("#wz-chat-box textarea", "draw a rope")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#wz-chat-box textarea').value === ''")
    page.keyboard.type("and another")
    goes = """() => {
        dispatchEvent(new PageTransitionEvent("pagehide"));
        return document.querySelector("#wz-chat-box textarea").value; // a page that stays would draw its own again
    }"""
    assert page.evaluate(goes) == "draw a rope\nand another"


def test_what_was_refused_stands_above_what_was_typed_meanwhile(visit, tmp_path):
    page, asked = visit("en-US"), []
    file = tmp_path / "x.exe"
    file.write_bytes(b"MZ")
    page.set_input_files("#wz-chat-box input[type=file]", file)
    page.wait_for_selector("#wz-chat-box .thumbnail-item")
    page.fill("#wz-chat-box textarea", "who wrote it?")
    page.route("**/queue/join*", lambda route: asked.append(route))
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#wz-chat-box textarea').value === ''")
    page.keyboard.type("and when?")
    page.route("**/queue/join*", lambda route: route.continue_())
    for route in asked:
        route.continue_()
    assert "x.exe" in toast(page)
    page.wait_for_function("document.querySelector('#wz-chat-box textarea').value === 'who wrote it?\\nand when?'")
    assert said(page) == 0


def test_stop_ends_all_that_was_said_and_the_next_message_is_answered(visit, rest):
    page = visit("en-US")
    before = ended(page)
    page.locator("#wz-chat-examples button").nth(0).click()
    page.locator("#wz-chat-examples button").nth(1).click()
    page.wait_for_function("document.querySelectorAll('#wz-chat .user-row').length === 2")
    page.wait_for_selector("#wz-chat .wz-growing")
    page.click("#wz-chat-box .stop-button")
    settled(page, 2, before)
    rest.set()
    page.wait_for_function("before => window.ended >= before + 3", arg=before)  # both, and Stop told again
    assert page.inner_text("#wz-chat").count(PHRASES["chat_stopped"][0]) == 2
    say(page, "draw a rope")
    assert len(rows(page)) == 3 and PHRASES["chat_stopped"][0] not in turn_of(page)
