"""The tab of reading: what a visitor asks, and what comes of it."""

import json
import re

import gradio as gr
import pytest

from core.documents import Document
from core.errors import VisitorError
from core.reading.index import Library
from core.reading.results import Asking
from demo import reading, reading_files, reading_render, reading_thresholds
from demo.reading_desk import Desk
from demo.reading_examples import EXAMPLES
from demo.words import WORDS
from tests.demo.fakes import FakeReader, FakeService

TEXT = "镇长是[王大力|0.9]，今年五十岁。"
QUESTION = "镇长是谁？"


def ask(
    service,
    desk,
    question=QUESTION,
    text=TEXT,
    source="text",
    way="masks",
    passages=8,
    tuned=True,
    threshold=0.5,
    listed="",
):
    """The steps of the event behind the button."""
    return list(reading.asker(service)(question, text, source, way, passages, tuned, threshold, listed, desk, None))


def let_go(desk, how):
    """The desk of a visitor whose files are gone: it has "ended", "made room" for others, or they were "closed"."""
    if how == "ended":
        return Desk()
    if how == "made room":
        desk.clear()
    else:
        reading_files.closed(desk)
    return desk


# ---- asking


def test_both_ways_come_one_after_the_other():
    desk = Desk()
    steps = ask(FakeService(), desk, way="both")
    pages = [step[0] for step in steps if "wz-r-ways" in str(step[0])]
    assert len(pages) == 2
    assert 'data-way="masks"' in pages[0] and 'data-way="seq2seq"' not in pages[0] and "wz-spinner" in pages[0]
    for way, seconds in (("masks", "0.12"), ("seq2seq", "0.50")):
        assert re.search(rf'data-way="{way}".*?{seconds} 秒', pages[1], re.DOTALL)
    assert [result.method for result in desk.answered.results] == ["masks", "seq2seq"]
    assert json.loads(steps[-1][3]) == {"asked": None, "tuned": 0.3}  # for the slider


@pytest.mark.parametrize("older", ["第1号是哪年？", "BUG", "长" * 31])
def test_an_older_question_writes_nothing_over_a_newer_one(older, told):
    """Both are at work on one desk; the older one ends last, with an answer or with a mistake."""
    desk, service = Desk(), FakeService()
    text = "第1号树种于1901年。第2号树种于1902年。"
    slow = reading.asker(service)(older, text, "text", "masks", 8, True, 0.5, "", desk, None)
    while "正在读" not in next(slow)[0]:
        pass
    assert desk.reading
    ask(service, desk, "第2号是哪年？", text=text + "。")
    assert not desk.reading
    found, library = desk.answered, desk.pasted
    (last,) = slow  # which Gradio sends once more at the end
    assert all(value == gr.skip() for value in last[:-1])
    assert desk.answered is found and found.results[0].answer == "1902年" and desk.pasted is library


def test_the_threshold_draws_no_older_answer_over_a_question():
    desk, service = Desk(), FakeService()
    ask(service, desk)
    steps = reading.asker(service)("又问", TEXT, "text", "masks", 8, True, 0.5, "", desk, None)
    while "正在读" not in next(steps)[0]:
        pass
    assert retune(service, desk, threshold=0.7)[0]["__type__"] == "update"
    list(steps)
    assert desk.answered.results[0].question == "又问"


def test_all_ways_to_ask_are_one_event_that_forgets_none():
    with gr.Blocks() as page, gr.Tabs(), gr.Tab("", id="tab_reading"):
        reading.tab(FakeService())
    named = {"wz-reading-write": "click", "wz-reading-question": "submit"}
    events = {
        name: [fn for fn in page.fns.values() if (block._id, kind) in fn.targets]
        for name, kind in named.items()
        for block in page.blocks.values()
        if block.elem_id == name
    }
    (asked,), (entered,) = events.values()
    assert entered.fn is None and "wz-reading-write" in entered.js
    assert asked.trigger_mode == "always_last" and "unlessStopped" in asked.js
    asking = [fn for fn in page.fns.values() if fn.name == asked.name and fn.fn]
    assert asking == [asked]


def test_weights_with_one_way_answer_by_it():
    desk, service = Desk(), FakeService()
    service.reader = FakeReader(methods=("spans",))
    ask(service, desk, way="masks")
    assert service.reader.asked[-1][2].method == "spans"
    assert reading._radio(("spans",), "both").visible is False
    assert [value for _, value in reading._radio(("masks", "seq2seq"), "both").choices] == ["masks", "seq2seq", "both"]
    assert reading._offered(FakeService(stage="loading"), "masks") != reading._offered(service, "masks")


CARD = '<div class="wz-card wz-r-card" aria-live="polite"></div>'  # how an answer on the page begins


def retune(service, desk, tuned=False, threshold=0.5, page=CARD):
    return reading_thresholds.decider(service)(tuned, threshold, page, desk, None)


def test_the_threshold_acts_without_the_model():
    desk, service = Desk(), FakeService()
    text = "甲[王五|0.6]。" + "空话。" * 100 + "乙[李四|0.35]。"
    ask(service, desk, text=text)
    asked = len(service.reader.asked)
    shown, moved = retune(service, desk)
    assert "王五" in shown
    (way,) = json.loads(moved)
    assert way["order"] == [0, 1] and way["told"]["1"] == "below" and float(way["told"]["0"]) > 0
    assert way["verdict"]["answer"] == "王五" and way["verdict"]["threshold"] == 0.5
    shown, moved = retune(service, desk, threshold=0.7)
    assert "没有找到把握足够的答案" in shown and "最接近的是“王五”，概率 0.60" in shown
    assert json.loads(moved)[0]["verdict"]["votes"] == []
    shown, moved = retune(service, desk, tuned=True, threshold=0.7)
    assert "王五" in shown and "below" not in moved and json.loads(moved)[0]["verdict"]["threshold"] == 0.3
    assert len(service.reader.asked) == asked
    steps = ask(service, desk, text=text, tuned=False, threshold=0.5)
    assert service.reader.asked[-1][2] == Asking(0.5, 8, "masks")
    assert json.loads(steps[-1][3]) == {"asked": 0.5, "tuned": 0.3}
    shown, moved = retune(service, desk, page=reading.stopped()[0])
    assert shown["__type__"] == "update" and moved == ""  # no answer stands there: none comes


def test_another_threshold_knows_of_the_way_that_is_still_at_work():
    desk, service = Desk(), FakeService()
    steps = reading.asker(service)(QUESTION, TEXT, "text", "both", 8, True, 0.5, "", desk, None)
    while "wz-r-ways" not in (page := next(steps)[0]):
        pass
    assert "wz-spinner" in page and "wz-spinner" in retune(service, desk, page=page)[0]
    list(steps)
    assert [way["verdict"]["threshold"] for way in json.loads(retune(service, desk, tuned=True)[1])] == [0.3, 0.4]


@pytest.mark.parametrize("how", ["ended", "made room", "closed"])
def test_an_answer_that_is_gone_is_told(told, how):
    desk, service = Desk(), FakeService()
    desk.files = Library.build([Document("a.txt", TEXT)])
    page = ask(service, desk, source="files")[-1][0]
    desk = let_go(desk, how)
    shown, moved = retune(service, desk, page=page)
    assert shown["__type__"] == "update" and moved == "" and told == ["reading_answer_gone"]
    steps = reading.asker(service)(QUESTION, TEXT, "text", "masks", 8, True, 0.5, "", desk, None)
    next(steps)
    retune(service, desk, page=page)  # the next one is on its way
    assert told == ["reading_answer_gone"]


def test_a_way_that_is_chosen_during_an_answer_stays():
    steps = ask(FakeService(), Desk(), way="seq2seq")
    radios = [step[2] for step in steps if isinstance(step[2], gr.Radio)]
    assert radios and all("value" not in radio.constructor_args for radio in radios)
    assert reading._radio(("spans",), "both").constructor_args["value"] == "spans"


def test_another_threshold_sends_little():
    """Sixty-four passages by both ways: not their places and texts once more."""
    desk, service = Desk(), FakeService()
    text = "".join(f"甲{n}。[王五|0.{n + 10}]。" + "空话。" * 150 for n in range(64))
    ask(service, desk, text=text, way="both", passages=64)
    whole = reading_render.details(desk.answered.results, desk.answered.library)
    shown, moved = retune(service, desk, threshold=0.4)
    assert len(shown) + len(moved) < len(whole) / 20
    assert [len(way["order"]) for way in json.loads(moved)] == [64, 64]


@pytest.mark.parametrize(
    ("files", "told"), [(1, "1 file, 3 characters, 1 passage:"), (2, "2 files, 6 characters, 2 pass")]
)
def test_one_is_no_plural(files, told):
    desk = Desk()
    desk.files = Library.build([Document(f"{n}.txt", "甲乙。") for n in range(files)])
    assert told in reading_files.shelf(desk)
    read = reading_render.shown([FakeReader().answer(QUESTION, desk.files)], desk.files)
    assert ("1 passage read of 1" if files == 1 else "2 passages read of 2") in read


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"question": ""}, "reading_no_question"),
        ({"question": None}, "reading_no_question"),
        ({"text": ""}, "reading_no_passage"),
        ({"source": "files"}, "reading_no_passage"),
        ({"question": "长" * 31}, "reading_question_long"),
        ({"question": "BUG"}, "something_wrong"),
        ({"tuned": False, "threshold": 7}, "out_of_range"),
        ({"passages": None}, "out_of_range"),
    ],
)
def test_mistakes_are_one_sentence_and_nothing_is_lost(told, values, key):
    desk, service = Desk(), FakeService()
    last = ask(service, desk, **values)[-1]
    assert told == [key]
    assert "答案会出现在这里" in last[0] and last[1] == ""
    assert last[4].interactive is False


def test_a_model_that_failed_is_told(told):
    service = FakeService(stage="loading")
    service.fail(VisitorError("weights_no_embedded", task="reading"))
    ask(service, Desk())
    assert told == ["weights_no_embedded"]


# ---- examples


@pytest.mark.parametrize("key", EXAMPLES)
def test_examples_are_passages_with_questions(key):
    example = EXAMPLES[key]
    assert 120 <= len(example.text) <= 300
    assert 2 <= len(example.questions) <= 3 and all(len(question) <= 30 for question in example.questions)
    assert key in WORDS
