"""The chat while an answer is still on its way, and after the server has let a conversation go."""

from types import SimpleNamespace

import gradio as gr
import pytest

from demo import chat, chat_desk, limits
from demo.chat_desk import Talk
from tests.demo.test_chat import ASKING, BOOK, NEWS, said, talks, values

__all__ = ["talks"]  # a fixture

KEPT = [{"role": "user", "text": "画一根跳绳"}, {"role": "assistant", "text": "画好了"}]


def begun(talks, text=f"写标题：\n{NEWS}", talk=None, steps=3):
    """(the steps that are left, conversation) of a message whose answer has begun to grow."""
    left = talks.sent({"text": text, "files": []}, talk, [], ASKING)
    for _ in range(steps):
        _, _, talk, _ = next(left)
    assert talk.turns[-1].growing
    return left, talk


def test_clear_during_an_answer_leaves_nothing(talks):
    steps, talk = begun(talks)
    messages, box, after, kept = talks.cleared(talk)
    assert len(messages) == 1 and not kept and box.constructor_args["submit_btn"]
    for messages, _, later, kept in steps:
        assert len(messages) == 1 and not kept and later is after
    assert talks.shown(after, KEPT)[0] == messages and not after.turns


def test_clear_while_documents_are_indexed_keeps_no_library(talks, monkeypatch):
    build, talk = chat_desk.reading_files.build, Talk()
    monkeypatch.setattr(chat_desk.reading_files, "build", lambda texts: talks.cleared(talk) and build(texts))
    said(talks, f"{BOOK}\n《围城》由谁所写？", talk)
    assert talk.library is None and not talk.characters


def test_undo_during_an_answer_ends_it(talks):
    steps, talk = begun(talks)
    writing = {"text": "还有", "files": ["/tmp/a.txt"]}
    messages, box, _, kept = talks.back(writing, talk, [], SimpleNamespace(index=2))
    assert len(messages) == 1 and not kept
    assert box.constructor_args["value"] == {"text": f"写标题：\n{NEWS}\n还有", "files": ["/tmp/a.txt"]}
    for messages, box, *_ in steps:
        assert len(messages) == 1 and "value" not in box.constructor_args


def test_retry_during_an_answer_takes_its_place(talks):
    steps, talk = begun(talks)
    again = talks.again(talk, [], SimpleNamespace(index=2), ASKING)
    next(again)
    *_, (messages, box, *_) = steps
    assert len(messages) == 3 and box.constructor_args["stop_btn"], "the answer of now can still be stopped"
    *_, (messages, box, _, kept) = again
    assert len(messages) == 3 and "wz-titles" in values(messages[-1]) and not box.constructor_args["stop_btn"]
    assert len(kept) == 2 and len(talk.turns) == 1


def test_what_is_said_meanwhile_stands_there_and_is_answered_after_it(talks, monkeypatch):
    monkeypatch.setattr(limits, "POLL_SECONDS", 0.01)
    first, talk = begun(talks)
    second, _ = begun(talks, "再短一点", talk, 1)
    messages, *_ = next(first)
    assert "再短一点" in values(messages[-2]) and "One moment" in values(messages[-1])
    for _ in range(3):
        assert all(part == gr.skip() for part in next(second)), "it waits"
    *_, (_, box, *_) = first
    assert box.constructor_args["stop_btn"], "one is still being answered"
    *_, (messages, box, *_) = second
    assert "fake:titling" in values(messages[-1]) and talk.turns[1].before is talk.turns[0].after
    assert box.constructor_args["submit_btn"]


def test_stop_ends_all_that_is_being_answered(talks):
    first, talk = begun(talks)
    second, _ = begun(talks, "再短一点", talk, 1)
    messages, box, *_ = talks.stopped(talk, [], ASKING)
    page = "".join(map(values, messages))
    assert not talk.growing and "wz-titles" in page and "wz-chat-busy" not in page and "aria-busy" not in page
    assert [turn.words for turn in talk.turns] == ["Stopped."] * 2 and box.constructor_args["submit_btn"]
    *_, (later, *_) = first
    *_, (last, *_) = second
    assert later == last == messages


def test_a_mistake_is_told_in_the_turn_that_it_ended(talks, monkeypatch):
    monkeypatch.setattr(limits, "POLL_SECONDS", 0.01)
    told = []
    monkeypatch.setattr(chat, "warn", lambda sentence, request: told.append(sentence))
    first, talk = begun(talks, f"写标题：\nBUG。{NEWS}", None, 1)
    second, _ = begun(talks, f"写标题：\n{NEWS}", talk, 1)
    list(first)
    assert len(told) == 1 and told[0] == talk.turns[0].words and talk.turns[1].growing
    *_, (messages, *_) = second
    assert "went wrong" in values(messages[2]) and "wz-titles" in values(messages[4])


def test_who_stopped_an_answer_hears_nothing_of_its_mistakes(talks, monkeypatch):
    told = []
    monkeypatch.setattr(chat, "warn", lambda sentence, request: told.append(sentence))
    steps, talk = begun(talks, f"写标题：\nBUG。{NEWS}", None, 1)
    monkeypatch.setattr(talks, "_answered", lambda *_: 1 / 0)
    talks.stopped(talk, [], ASKING)
    *_, (messages, *_) = steps
    assert not told and "Stopped" in values(messages[-1])


def test_an_answer_whose_page_was_closed_is_let_go(talks):
    steps, talk = begun(talks)
    steps.close()  # as Gradio does
    assert not talk.growing
    talk.clear()
    assert not talk.turns and talk.earlier


def test_a_chip_that_is_clicked_twice_is_said_once(talks):
    chip = talks.example("chat_example_title")
    steps = chip(None, [], ASKING)
    _, _, talk, _ = next(steps)
    list(chip(talk, [], ASKING))
    list(steps)
    assert len(talk.turns) == 1
    list(chip(talk, [], ASKING))
    assert len(talk.turns) == 2


def test_a_message_that_was_sent_twice_while_its_files_were_on_their_way_is_said_once(talks, tmp_path, monkeypatch):
    monkeypatch.setattr(chat, "warn", lambda sentence, request: pytest.fail(sentence))
    path = tmp_path / "book.txt"
    path.write_text(BOOK, encoding="utf-8")
    value = {"text": "作者是谁？", "files": [str(path)]}
    steps = talks.sent(value, None, [], ASKING)
    _, _, talk, _ = next(steps)
    for _ in talks.sent(value, talk, [], ASKING):  # they are still there
        assert path.exists()
    list(steps)
    list(talks.sent(value, talk, [], ASKING))  # they have been read
    assert len(talk.turns) == 1 and "钱锺书" in talk.turns[0].words


def test_a_conversation_that_the_server_let_go_goes_on_from_the_words_of_the_browser(talks):
    clicked, steps = SimpleNamespace(index=2, value="你好"), []
    steps += talks.sent({"text": "你好", "files": []}, None, KEPT, ASKING)
    steps += talks.chosen(None, KEPT, clicked, ASKING)
    steps += talks.example("chat_example_rope")(None, KEPT, ASKING)
    steps += talks.again(None, KEPT, clicked, ASKING)
    steps += [talks.back({}, None, KEPT, clicked), talks.stopped(None, KEPT, ASKING), talks.shown(None, KEPT)]
    for messages, _, talk, kept in steps:
        if isinstance(messages, list):
            assert talk.earlier == KEPT and "words only" in values(messages[3])
            assert kept == gr.skip() or kept[:2] == KEPT
    assert not talks.cleared(None)[3]


def test_a_message_leaves_what_is_typed_meanwhile_in_the_box(talks):
    for _, box, *_ in talks.sent({"text": f"写标题：\n{NEWS}", "files": []}, None, [], ASKING):
        assert box == gr.skip() or "value" not in box.constructor_args


def test_a_stop_while_the_answer_is_drawn_counts(talks, monkeypatch):
    steps, talk = begun(talks, steps=2)
    drawn = talks._show.answered

    def stopped_meanwhile(*values):
        monkeypatch.setattr(talks._show, "answered", drawn)
        talks.stopped(talk, [], ASKING)
        return drawn(*values)

    monkeypatch.setattr(talks._show, "answered", stopped_meanwhile)
    *_, (messages, box, *_) = steps
    assert "Stopped" in values(messages[-1]) and not talk.growing and box.constructor_args["submit_btn"]
