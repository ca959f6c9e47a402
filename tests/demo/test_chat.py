"""The chat as the page has it: the events behind it, what is rendered and kept."""

import json
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from core.chat.conversation import turn
from core.chat.session import Session
from core.documents import Document
from core.errors import VisitorError
from demo import chat, chat_desk, limits, reading_desk
from demo.chat_desk import Talk, read_kept
from demo.chat_render import Messages
from demo.examples import EXAMPLES
from demo.reading_desk import Desk
from demo.words import PHRASES, WORDS
from tests.demo.fakes import FakeService

NEWS = EXAMPLES["example_news"]
BOOK = "《围城》由[钱锺书|0.9]所写，出版于1947年。他与杨绛结婚。"
NASTY = "<img src=x onerror=hacked()><script>hacked()</script> ![x](http://evil.example/x.png) </div>"
ASKING = SimpleNamespace(headers={"accept-language": "en"}, cookies={}, session_hash=None, client=None)


@pytest.fixture
def talks():
    with gr.Blocks():
        return chat.Talking(FakeService())


def said(talks, text, talk=None, files=()):
    """(conversation, what the chat shows) after a message."""
    *_, (messages, _, talk, kept) = talks.sent({"text": text, "files": list(files)}, talk, [], ASKING)
    return talk, messages, kept


def values(message):
    return "".join(str(one["value"]) for one in message["content"])


# ---- the events


def test_a_turn_shows_what_was_said_and_what_was_made(talks):
    talk, messages, kept = said(talks, f"写标题：\n{NEWS}")
    assert [one["role"] for one in messages] == ["assistant", "user", "assistant"]
    assert "wz-titles" in values(messages[2]) and "fake:titling" in values(messages[2])
    assert messages[2]["options"][0]["value"] == "标题再短一点"
    assert [one["role"] for one in kept] == ["user", "assistant"]
    talk, messages, _ = said(talks, "检查矩阵 1 2; 3 4", talk)
    assert [one["component"] for one in messages[-1]["content"]] == ["html", "plot", "html"]


def test_titles_grow_on_the_page(talks):
    steps = list(talks.sent({"text": f"写标题：\n{NEWS}", "files": []}, None, [], ASKING))
    growing = [values(step[0][-1]) for step in steps if "wz-growing" in values(step[0][-1])]
    assert len(growing) >= 3 and "wz-growing" not in values(steps[-1][0][-1])


def test_retry_and_undo(talks):
    talk, messages, _ = said(talks, "画一根跳绳，L=2 D=1")
    talk, messages, _ = said(talks, "换一个", talk)
    before = talk.turns[1].before
    *_, (messages, _, talk, _) = talks.again(talk, [], SimpleNamespace(index=len(messages) - 1), ASKING)
    assert len(talk.turns) == 2 and talk.turns[1].before == before
    _, box, talk, _ = talks.back({}, talk, [], SimpleNamespace(index=[len(messages) - 1, 0]))
    assert len(talk.turns) == 1 and box.constructor_args["value"]["text"] == "换一个"
    assert talk.session == before
    messages, _, talk, kept = talks.cleared(talk)
    assert len(messages) == 1 and not talk.turns and not kept
    messages, *_ = talks.back({}, talk, [], SimpleNamespace(index=0))
    assert len(messages) == 1


def test_files_are_read_and_deleted(talks, tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("《围城》由[钱锺书|0.9]所写。", encoding="utf-8")
    talk, messages, _ = said(talks, "", None, [str(path)])
    assert not path.exists() and "book.txt" in values(messages[1])
    _, messages, _ = said(talks, "作者是谁？", talk)
    assert "钱锺书" in values(messages[-1])


def test_too_many_files_and_wrong_ones_are_a_message_and_go(talks, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(chat, "warn", lambda sentence, request: told.append(sentence))
    paths = [tmp_path / f"{number}.txt" for number in range(limits.CHAT_FILES + 1)]
    for path in paths:
        path.write_text("字", encoding="utf-8")
    said(talks, "写标题", None, map(str, paths))
    binary = tmp_path / "x.exe"
    binary.write_bytes(b"MZ")
    said(talks, "", None, [str(binary)])
    assert len(told) == 2 and str(limits.CHAT_FILES) in told[0] and "x.exe" in told[1]
    assert not list(tmp_path.iterdir())


def test_a_bug_and_a_failed_model_are_sentences(talks, monkeypatch):
    told = []
    monkeypatch.setattr(chat, "warn", lambda sentence, request: told.append(sentence))
    talk, messages, _ = said(talks, f"写标题：\nBUG。{NEWS}")
    assert "went wrong" in told[0] and "went wrong" in values(messages[-1])
    assert not talk.turns[-1].growing
    talks._service.fail(VisitorError("model_failed"))
    _, messages, _ = said(talks, f"写标题：\n{NEWS}", talk)
    assert "wz-chat-wrong" in values(messages[-1])


def test_a_stopped_turn_says_so(talks):
    steps = talks.sent({"text": f"写标题：\n{NEWS}", "files": []}, None, [], ASKING)
    for _ in range(3):
        _, _, talk, _ = next(steps)
    steps.close()
    messages, *_ = talks.stopped(talk, [], ASKING)
    assert "Stopped" in values(messages[-1])


def test_a_step_that_still_runs_leaves_the_stopped_line(talks):
    steps = talks.sent({"text": f"写标题：\n{NEWS}", "files": []}, None, [], ASKING)
    for _ in range(3):
        _, _, talk, _ = next(steps)
    shown, *_ = talks.stopped(talk, [], ASKING)
    *_, (messages, *_) = steps
    assert messages == shown and talk.kept()[-1]["text"] == "Stopped."


def test_a_refused_retry_takes_nothing_back(talks, monkeypatch):
    def refuse(request):
        raise VisitorError("rate_limit", most=1, seconds=1)

    talk, messages, _ = said(talks, "画一根跳绳，L=2 D=1")
    monkeypatch.setattr(chat, "admit", refuse)
    *_, (after, _, talk, _) = talks.again(talk, [], SimpleNamespace(index=2), ASKING)
    assert after == messages and len(talk.turns) == 1


def test_what_a_visitor_wrote_is_escaped(talks):
    _, messages, _ = said(talks, NASTY)
    page = "".join(map(values, messages))
    assert "<img" not in page and "<script" not in page and "&lt;img" in page


def test_a_long_message_is_shown_in_part(talks):
    _, messages, _ = said(talks, "字" * 100_000)
    assert len(values(messages[1])) < 2_000 and "100,000" in values(messages[1])


def test_old_turns_are_let_go(talks):
    talk = None
    for _ in range(limits.CHAT_TURNS + 3):
        talk, messages, kept = said(talks, "你好", talk)
    assert len(talk.turns) == limits.CHAT_TURNS and len(kept) <= limits.CHAT_KEPT


# ---- what the browser keeps


@pytest.mark.parametrize(
    "value",
    [None, 5, "x", {}, [5], [{"role": "system", "text": "x"}], [{"role": "user", "text": 5}], [{"role": ["user"]}],
     [{"role": "user", "text": " "}]],
)  # fmt: skip
def test_what_comes_back_from_a_browser_is_not_trusted(value):
    assert read_kept(value) == []


def test_an_earlier_visit_stands_there_as_words(talks):
    kept = [{"role": "user", "text": NASTY}, {"role": "assistant", "text": NASTY}] * 50
    messages, _, talk, again = talks.opened(None, kept)
    assert len(talk.earlier) == limits.CHAT_KEPT == len(again)
    assert talk.session == Session() and talk.turns == []
    assert "<img" not in "".join(map(values, messages)) and "words only" in values(messages[-1])
    assert talks.opened(Talk(), None)[2].earlier == []


# ---- rendering


def test_every_result_has_a_card(tmp_path):
    with gr.Blocks():
        show = Messages()
    session, service = Session(), FakeService()
    facts = "大河|影片,导演,李四|人物,0.9"
    for message in (f"写标题：\n{NEWS}", f"抽取三元组：\n{facts}", "导演是谁？", "1 2; 3 4", "画绳", "挂一条链子",
                    "拟合 (0,1) (1,0.2) (2,0) (3,0.3)", "跑优化器", "标题是怎么写出来的？"):  # fmt: skip
        *_, (reply, session) = turn(message, session, service)
        for language in ("zh", "en"):
            drawn = show.answered(reply, language)
            assert f"wz-says-{language}" in values(drawn)
            json.dumps(drawn)
            assert bool(reply.results) == ("wz-card" in values(drawn))


def test_examples_have_words():
    assert {key for key, (lead, _) in chat._CHIPS.items() if lead and lead not in PHRASES} == set()
    assert set(chat._CHIPS) <= set(WORDS)


def test_addresses_of_posts_alone_become_links():
    with gr.Blocks():
        show = Messages()
    *_, (reply, _) = turn("标题是怎么写出来的？", Session(), FakeService())
    page = values(show.answered(reply, "en"))
    assert page.count("<a ") == 2 and 'href="https://kexue.fm/archives/5861"' in page
    assert "file://" not in page and str(Path.home()) not in page


# ---- memory


def test_a_library_is_made_once_and_counted_once(talks, monkeypatch):
    made, build = [], chat_desk.reading_files.build
    monkeypatch.setattr(chat_desk.reading_files, "build", lambda texts: made.append(texts) or build(texts))
    talk, *_ = said(talks, f"{BOOK}\n《围城》由谁所写？")
    talk, *_ = said(talks, "《围城》由谁所写？", talk)
    assert talk.characters == len(talk.session.text) == len(BOOK)
    *_, (_, _, talk, _) = talks.again(talk, [], SimpleNamespace(index=2), ASKING)
    assert len(made) == 1 and talk.session.library is talk.library


def test_talks_and_desks_make_room_for_each_other(talks):
    talk, messages, _ = said(talks, f"写标题：\n{NEWS}")
    assert talk.characters == len(NEWS)
    reading_desk.keep(Desk(), most=len(NEWS) - 1)
    assert not talk.characters and not talk.turns and talk.earlier[0]["text"].startswith("写标题")
    talk, messages, _ = said(talks, "抽取三元组", talk)
    assert "腾出位置" in "".join(map(values, messages)) and "粘贴" in values(messages[-1])


def test_a_talk_lets_its_oldest_documents_go():
    talk = chat_desk.Talk()
    for text in ("甲" * 40, "乙" * 40, "丙" * 40):
        talk.begin("").after = Session((Document("", text),))
    assert not talk.shorten(most=90)
    assert [turn.after.text[0] for turn in talk.turns] == ["丙"] and talk.characters == 80
    assert not talk.shorten(most=50)
    assert talk.characters == 40 and talk.session.text[0] == "丙", (
        "what was given before goes, what is talked about stays"
    )


def test_a_talk_holds_no_more_than_is_allowed(talks, monkeypatch):
    facts = "抽取三元组：\n" + "大河|影片,导演,李四|人物,0.9;" * 300
    talk, messages, _ = said(talks, facts)
    card = talk.held
    assert card > 100_000 > talk.characters
    usual = chat_desk.Talk.shorten
    monkeypatch.setattr(chat_desk.Talk, "shorten", lambda talk: usual(talk, 3 * card))
    for _ in range(6):
        talk, messages, _ = said(talks, facts, talk)
        assert talk.held <= 3 * card
    assert len(talk.turns) == 2 and "wz-t-card" in values(messages[-1])
    monkeypatch.setattr(chat_desk.Talk, "shorten", lambda talk: usual(talk, card // 2))
    talk, messages, _ = said(talks, facts, talk)
    assert talk.held <= card // 2 and len(talk.turns) == 1
    assert "wz-t-card" not in values(messages[-1]) and "大河" in values(messages[-1])
    _, messages, _ = said(talks, "把阈值调高", talk)
    assert "把阈值调高" in values(messages[-2])


def test_the_readme_says_how_much_a_talk_holds():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"| {limits.TALK_CHARACTERS:,} characters; the oldest messages go first |" in readme


def test_refused_files_leave_the_words_in_the_box(talks, tmp_path, monkeypatch):
    monkeypatch.setattr(chat, "warn", lambda sentence, request: None)
    binary = tmp_path / "x.exe"
    binary.write_bytes(b"MZ")
    *_, (_, box, talk, _) = talks.sent({"text": "写标题：今天下雪了", "files": [str(binary)]}, None, [], ASKING)
    assert box.constructor_args["value"] == {"text": "写标题：今天下雪了", "files": []} and not talk.turns


def test_who_asks_too_often_keeps_files_and_words(talks, tmp_path, monkeypatch):
    def refuse(request):
        raise VisitorError("rate_limit", most=1, seconds=1)

    monkeypatch.setattr(chat, "admit", refuse)
    monkeypatch.setattr(chat, "warn", lambda sentence, request: None)
    file = tmp_path / "a.txt"
    file.write_text("今天下雪了。", encoding="utf-8")
    *_, (_, box, _, _) = talks.sent({"text": "写标题", "files": [str(file)]}, None, [], ASKING)
    assert box.constructor_args["value"] == {"text": "写标题", "files": [str(file)]} and file.exists()


def test_an_answer_that_waits_for_nothing_leaves_no_library_of_others(talks):
    talk, *_ = said(talks, f"{BOOK}\n《围城》由谁所写？")
    assert talk.session.reply.library is not None
    talk, *_ = said(talks, f"写标题：\n{NEWS}", talk)
    assert talk.session.reply.library is None and talk.session.given(()).reply is None
