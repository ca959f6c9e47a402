"""What is kept of sessions: little, and not for ever."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest

from core.errors import VisitorError
from demo import blocks as page_blocks
from demo import limits, matrix, sessions
from demo.blocks import build, launch_options
from demo.chat_desk import Talk, Turn
from demo.held import Held
from demo.reading_desk import keep
from demo.sessions import Sessions
from tests.demo.fakes import FakeService


class Thing:
    """Something that a visitor has open."""


@pytest.fixture
def page():
    with gr.Blocks() as found:
        gr.State(None)
        gr.Textbox("a" * 10_000)
    return found


@pytest.fixture
def clock(monkeypatch):
    """The time, which tests set."""
    now = [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    return now


def holder(page, **options):
    found = Sessions(**options)
    found.set_blocks(page)
    return found


def state_of(page):
    return next(i for i, block in page.blocks.items() if isinstance(block, gr.State))


def test_a_session_is_itself_and_nobody_elses(page, clock):
    held, state = holder(page), state_of(page)
    held["a"][state] = "mine"
    assert held["a"][state] == "mine" and held["b"][state] is None
    assert held["a"] is held["a"] and len(held.session_data) == 2


def test_nothing_is_kept_of_what_components_look_like(page, clock):
    held = holder(page)
    box = next(i for i, block in page.blocks.items() if isinstance(block, gr.Textbox))
    held["a"]._update_value_in_config(box, "b" * 10_000)
    held["a"][box] = gr.Textbox("c", lines=3)
    assert held["a"].config_values == {} and held["a"][box].lines == 3


def test_an_update_of_nothing_is_not_kept_and_one_of_something_is(page, clock):
    held = holder(page)
    key, box = next((i, block) for i, block in page.blocks.items() if isinstance(block, gr.Textbox))
    again = {**box.constructor_args, "render": False}
    again.pop("value", None)
    held["a"][key] = gr.Textbox(**again)
    assert held["a"][key] is box
    held["a"][key] = gr.Textbox(**{**again, "lines": 7})
    assert held["a"][key].lines == 7 and held["b"][key] is box
    held["a"][key] = gr.Textbox(**again)
    assert held["a"][key].lines == 1


def test_closed_sessions_are_forgotten_and_what_they_had_open_is_let_go(page, clock):
    held, state, thing = holder(page, closed=10, unused=100), state_of(page), Thing()
    held["a"][state], gone = thing, weakref.ref(thing)
    held.session_data["a"].is_closed = True
    del thing
    clock[0] += 9
    held.sweep()
    assert "a" in held
    clock[0] += 9
    held["b"]  # whoever comes next
    held.sweep()
    assert "a" not in held and "b" in held
    gc.collect()
    assert gone() is None


def test_a_closed_page_counts_from_when_it_was_closed(page, clock):
    held, state = holder(page, closed=10, unused=100), state_of(page)
    held["a"][state] = "mine"
    session = held.session_data["a"]
    session.STATE_TTL_WHEN_CLOSED = 10
    clock[0] += 60  # reading
    for seconds, over in ((0, False), (9, False), (2, True)):
        session.is_closed = True  # Gradio says so again and again
        clock[0] += seconds
        held.sweep()
        assert ("a" not in held) is over
        assert [expired for _, _, expired in session.state_components] == [over]
    session.is_closed = False
    session._state_ttl[state] = (70, session._state_ttl[state][1])
    assert [expired for _, _, expired in session.state_components] == [True], "a state has an end of its own"


def test_whoever_opens_many_sends_nobody_else_away(page, clock):
    held, state = holder(page, most=5), state_of(page)
    for name, address in (("a", "192.0.2.1"), ("b", "192.0.2.2")):
        held[name][state] = name
        held.asked_from(name, address)
    for number in range(20):
        clock[0] += 1
        held[f"many {number}"][state] = number
        held.asked_from(f"many {number}", "192.0.2.3")
    assert list(held.session_data) == ["a", "b", "many 17", "many 18", "many 19"]
    held.asked_from("gone", "192.0.2.3")
    assert set(held._from) == set(held.session_data)


def test_one_who_comes_back_to_a_closed_session_has_it_still(page, clock):
    held, state = holder(page, closed=10, unused=100), state_of(page)
    held["a"][state] = "mine"
    for _ in range(5):
        held.session_data["a"].is_closed = True
        clock[0] += 9
        held.sweep()
        assert held["a"][state] == "mine"


def test_one_who_is_back_counts_as_open_again(page, clock):
    held, state = holder(page, closed=10, unused=100), state_of(page)
    held["a"][state] = "mine"
    held.session_data["a"].is_closed = True
    assert held["a"][state] == "mine" and not held.session_data["a"].is_closed
    clock[0] += 50
    held.sweep()
    assert held["a"][state] == "mine"


def test_calls_of_programs_are_forgotten_soon(page, clock):
    held, state = holder(page), state_of(page)
    held["a"][state] = "a"
    held["call"]
    clock[0] += 130
    held.sweep()
    assert list(held.session_data) == ["a"]


def test_those_who_have_nothing_open_make_room_first(page, clock):
    held, state = holder(page, most=3), state_of(page)
    for name in ("a", "b"):
        held[name][state] = name
    for number in range(20):
        clock[0] += 1
        held[f"call {number}"]
    assert list(held.session_data) == ["a", "b", "call 19"] and held["a"][state] == "a"


def test_those_that_nobody_uses_go_too_and_there_are_never_too_many(page, clock):
    held, state = holder(page, closed=10, unused=100, most=3), state_of(page)
    for name in "abcd":
        clock[0] += 1
        held[name][state] = name
    assert list(held.session_data) == ["b", "c", "d"]
    clock[0] += 97
    held["d"]
    clock[0] += 2
    held.sweep()
    assert list(held.session_data) == ["c", "d"]
    clock[0] += 101
    held.sweep()
    assert not held.session_data and not held._used


def test_the_page_keeps_its_sessions_so(monkeypatch):
    monkeypatch.setattr(page_blocks, "TABS", (("tab_matrix", matrix.tab),))
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        assert isinstance(page.app.state_holder, Sessions) and page.state_holder is page.app.state_holder
        call = f"{page.local_url}gradio_api/call/matrix"
        for _ in range(3):
            event = httpx.post(call, json={"data": ["1 2; 3 4", 0]}).json()["event_id"]
            assert "complete" in httpx.get(f"{call}/{event}").text
        assert all(session.config_values == {} for session in page.app.state_holder.session_data.values())
        assert limits.CLOSED_SECONDS < limits.DESK_SECONDS
    finally:
        page.close()


def test_answers_that_nobody_fetches_are_let_go_with_their_session(page, clock):
    held = holder(page)
    page.queue()
    queue = page._queue
    for name in ("a", "b"):
        held[name]
        queue.pending_messages_per_session[name] = name
        queue.pending_event_ids_session[name] = {name}
    queue.event_ids_to_events["b"] = SimpleNamespace(session_hash="b")  # still under way
    clock[0] += 130
    held.sweep()
    assert list(queue.pending_messages_per_session) == list(queue.pending_event_ids_session) == ["b"]


def test_what_gradio_would_count_for_itself_is_not_kept(monkeypatch):
    monkeypatch.setattr(page_blocks, "TABS", (("tab_matrix", matrix.tab),))
    page = build(FakeService())
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        call = f"{page.local_url}gradio_api/call/matrix"
        for _ in range(4):
            event = httpx.post(call, json={"data": ["1", 0]}).json()["event_id"]
            httpx.get(f"{call}/{event}")
        assert len(page._queue.event_analytics) == 1
        assert page._queue.pending_messages_per_session.max_size > limits.SESSIONS
    finally:
        page.close()


def test_matrices_and_points_of_all_visitors_together_are_bounded():
    talked, old, new = talk(500), Held("old", 400, "matrix_gone"), Held("new", 400, "points_gone")
    keep(talked)
    old.used = 0.0
    keep(new, size=500)
    assert (old.size, new.size, talked.shown) == (0, 400, 500), "a conversation takes nothing of their room"
    with pytest.raises(VisitorError, match="open the file again"):
        old.value()
    assert new.value() == "new"


def talk(characters):
    """A conversation whose one answer has so many characters."""
    found = Talk()
    turn = found.begin("说")
    turn.messages, turn.growing, turn.words = (
        [{"role": "assistant", "content": [{"value": "x" * characters}]}],
        False,
        "短",
    )
    assert isinstance(turn, Turn) and found.shown == characters
    return found


def test_answers_of_all_conversations_together_are_bounded():
    old, middle, new = talk(500), talk(500), talk(500)
    for one in (old, middle, new):
        keep(one, shown=10**12)
    keep(new, shown=1_000)
    assert [one.shown for one in (old, middle, new)] == [0, 500, 500]
    assert old.earlier[-1]["text"] == "短", "the words stay"
