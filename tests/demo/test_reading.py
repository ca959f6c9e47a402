"""The tab of reading: what a visitor opens and asks, and what comes of it."""

import html
import json
import re
import threading

import gradio as gr
import pytest

from core import documents
from core.documents import Document
from core.errors import VisitorError
from core.reading.index import Library
from core.reading.results import Asking
from demo import reading, reading_desk, reading_files, reading_render, reading_thresholds
from demo.reading_desk import Desk
from demo.reading_examples import EXAMPLES
from demo.words import WORDS
from tests.demo.bad_files import write_bad_files
from tests.demo.fakes import FakeReader, FakeService

TEXT = "镇长是[王大力|0.9]，今年五十岁。"
QUESTION = "镇长是谁？"


@pytest.fixture
def told(monkeypatch):
    """The keys of the sentences that visitors were told."""
    keys = []
    monkeypatch.setattr("demo.common.sentence", lambda error, request: keys.append(error.key) or "")
    monkeypatch.setattr("demo.common.phrase", lambda key, language, **values: keys.append(key) or "")
    monkeypatch.setattr("demo.common.warn", lambda *_: None)
    return keys


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


def open_files(desk, *paths, listed=""):
    return list(reading_files.opened([str(path) for path in paths], listed, desk, None))


# ---- a visitor's files


def test_files_are_read_indexed_once_and_deleted(tmp_path):
    paths = [tmp_path / f"第{n}卷.txt" for n in range(20)]
    for n, path in enumerate(paths):
        path.write_text(f"第{n}卷。主人是[客{n}|0.9]。", encoding="utf-8")
    desk, service = Desk(), FakeService()
    steps = open_files(desk, *paths)
    assert "第0卷.txt" in steps[0][0] and "共 20 个" in steps[0][0]
    assert "20 个文件" in steps[-1][0] and "第19卷.txt" in steps[-1][0]
    assert [step[1] for step in steps if isinstance(step[1], str)] == ["files"]  # later it is the visitor's choice
    assert not any(path.exists() for path in paths)
    library = desk.files
    for number in (3, 7):
        ask(service, desk, f"第{number}卷的主人是谁？", source="files")
        assert service.reader.asked[-1][1] is library is desk.files
    more = tmp_path / "more.txt"
    more.write_text("再来一段。", encoding="utf-8")
    open_files(desk, more)
    assert [document.name for document in desk.documents][19:] == ["第19卷.txt", "more.txt"]
    reading_files.closed(desk)
    assert desk.files is desk.answered is None


def test_a_text_is_indexed_once_while_it_stays():
    desk, service = Desk(), FakeService()
    ask(service, desk)
    library = desk.pasted
    ask(service, desk, way="seq2seq")
    assert service.reader.asked[-1][1] is library is desk.pasted
    ask(service, desk, text=TEXT + "又一句。")
    assert desk.pasted is not library


def test_bad_files_are_named_and_the_others_read(tmp_path):
    keys = write_bad_files(tmp_path)
    (tmp_path / "good.txt").write_text(TEXT, encoding="utf-8")
    desk = Desk()
    last = open_files(desk, *(tmp_path / name for name in [*keys, "good.txt"]))[-1][0]
    for name, key in keys.items():
        sentence = VisitorError(key, file=name, kinds=" ".join(documents.KINDS)).sentence("zh")
        assert html.escape(sentence) in last
    assert [document.name for document in desk.documents] == ["good.txt"]
    assert list(tmp_path.iterdir()) == []


def test_too_many_and_too_long_files(tmp_path, told, monkeypatch):
    desk = Desk()
    paths = [tmp_path / f"{n}.txt" for n in range(documents.MAX_FILES + 1)]
    for path in paths:
        path.write_text(TEXT, encoding="utf-8")
    assert "还没有打开文件" in open_files(desk, *paths)[-1][0]
    assert told == ["too_many_documents"]
    assert not any(path.exists() for path in paths)
    (tmp_path / "first.txt").write_text(TEXT, encoding="utf-8")
    open_files(desk, tmp_path / "first.txt")
    monkeypatch.setattr("core.reading.index.MAX_CHARACTERS", 40)
    (tmp_path / "second.txt").write_text("字" * 30, encoding="utf-8")
    last = open_files(desk, tmp_path / "second.txt")[-1][0]
    assert "合计超过 40 个字符" in last and "first.txt" in last
    assert [document.name for document in desk.documents] == ["first.txt"]


def test_an_index_tells_how_far_it_is_and_is_given_up_when_nobody_waits(tmp_path, monkeypatch):
    go_on, ended = threading.Event(), threading.Event()

    def slow(documents, told):
        told(0.25, 7)
        go_on.wait(20)
        try:
            told(0.5, 14)
        finally:
            ended.set()

    monkeypatch.setattr("demo.reading_files.Library.build", slow)
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    steps = reading_files.opened([str(tmp_path / "a.txt")], "", Desk(), None)
    told = [next(steps)[0], next(steps)[0]]
    assert '<progress value="0.250" max="1">' in told[1] and "7 段" in told[1]
    steps.close()
    go_on.set()
    assert ended.wait(20)


@pytest.fixture
def building(monkeypatch):
    """The next index tells once how far it is, and waits until the event that this is has been set."""
    go_on, build = threading.Event(), Library.build

    def waits(documents, told=None):
        if not go_on.is_set() and told:
            told(0.5, 1)
            go_on.wait(20)
        return build(documents)

    monkeypatch.setattr("demo.reading_files.Library.build", waits)
    return go_on


def upload(path, desk, text=TEXT):
    path.write_text(text, encoding="utf-8")
    return reading_files.opened([str(path)], "", desk, None)


def names(desk):
    return [document.name for document in desk.documents]


def test_files_closed_during_an_index_do_not_come_back(tmp_path, building):
    desk = Desk()
    desk.files = Library.build([Document("a.txt", "甲。")])
    steps = upload(tmp_path / "b.txt", desk)
    while "<progress" not in next(steps)[0]:
        pass
    reading_files.closed(desk)
    building.set()
    (last,) = steps
    assert "还没有打开文件" in last[0] and last[1]["__type__"] == "update" and last[2].visible is False
    assert desk.files is None
    steps = reading_files.opened([str(tmp_path / "c.txt"), str(tmp_path / "d.txt")], "", desk, None)
    for name in "cd":
        (tmp_path / f"{name}.txt").write_text(TEXT, encoding="utf-8")
    next(steps)
    reading_files.closed(desk)
    assert len(list(steps)) == 1 and desk.files is None
    assert list(tmp_path.iterdir()) == []


def test_files_closed_during_an_answer_do_not_come_back():
    desk, service = Desk(), FakeService()
    desk.files = Library.build([Document("a.txt", TEXT)])
    steps = reading.asker(service)(QUESTION, "", "files", "masks", 8, True, 0.5, "", desk, None)
    while "正在读" not in next(steps)[0]:
        pass
    reading_files.closed(desk)
    assert "王大力" in list(steps)[-1][0]  # it was asked before
    assert desk.files is desk.answered is None and desk.characters == 0


def test_uploads_at_once_are_all_opened(tmp_path, building):
    (tmp_path / "bad").mkdir()
    desk, (bad, _) = Desk(), write_bad_files(tmp_path / "bad").popitem()
    uploads = [upload(tmp_path / f"{n}.txt", desk) for n in range(2)]
    uploads.append(reading_files.opened([str(tmp_path / "bad" / bad)], "", desk, None))
    for steps in uploads[:2]:
        while "<progress" not in next(steps)[0]:
            pass
    next(uploads[2])
    building.set()
    assert html.escape(bad) in list(uploads[2])[-1][0]
    assert "0.txt" in list(uploads[0])[-1][0]
    last = list(uploads[1])[-1][0]
    assert "0.txt" in last and "1.txt" in last and html.escape(bad) in last
    assert names(desk) == ["0.txt", "1.txt"]
    assert bad not in open_files(desk)[-1][0]  # of uploads that have ended nothing is told again


def test_uploads_at_once_are_together_no_more_than_may_be(tmp_path, building, monkeypatch):
    monkeypatch.setattr(documents, "MAX_FILES", 1)
    desk = Desk()
    uploads = [upload(tmp_path / f"{n}.txt", desk) for n in range(2)]
    for steps in uploads:
        while "<progress" not in next(steps)[0]:
            pass
    building.set()
    list(uploads[0])
    assert VisitorError("too_many_documents", most=1).sentence("zh") in list(uploads[1])[-1][0]
    assert names(desk) == ["0.txt"]


def test_long_texts_wait_for_each_other_and_short_ones_do_not(monkeypatch):
    monkeypatch.setattr("demo.limits.INDEXED_FREELY", 10)
    monkeypatch.setattr(reading_files, "_indexing", threading.BoundedSemaphore(1))
    short, long = [Document("", "甲。")], [Document("", "镇长是王大力。" * 3)]
    with reading_files._indexing:
        assert reading_files.build(short).passages
        steps = reading_files.indexed(long)
        assert next(steps) == (0.0, 0)
    with pytest.raises(StopIteration) as done:
        while True:
            next(steps)
    assert done.value.value.passages


def test_an_index_of_nothing_is_refused():
    with pytest.raises(VisitorError):
        list(reading_files.indexed([Document("", " ")]))


def test_desks_make_room_for_each_other(told):
    first, second, service = Desk(), Desk(), FakeService()
    for desk, text in ((first, "甲" * 40), (second, "乙" * 40)):
        desk.files = Library.build([Document("a.txt", text + "。")])
        reading_desk.keep(desk, most=10**9)
    reading_desk.keep(second, most=60)
    assert first.files is None and second.files
    ask(service, first, source="files")
    ask(service, second, source="files")
    ask(service, Desk(), source="files")
    assert told == ["reading_cleared", "reading_no_passage"]
    assert "重新打开" in reading_files.shelf(first)


@pytest.mark.parametrize("how", ["ended", "made room", "closed"])
def test_files_that_are_gone_are_told_and_the_shelf_is_drawn_again(tmp_path, told, how):
    """The page still lists what the desk has no more: the visitor's desk has ended, or it had to make room."""
    desk = Desk()
    desk.files = Library.build([Document('<ul class="wz-r-files".txt', "甲。")])
    listed = reading_files.shelf(desk)
    if how == "ended":
        desk = Desk()
    elif how == "made room":
        desk.clear()
    else:
        reading_files.closed(desk)
        listed = reading_files.shelf(desk)
    last = ask(FakeService(), desk, source="files", listed=listed)[-1]
    if how == "closed":
        assert told == ["reading_no_passage"] and last[5]["__type__"] == "update"
        return
    assert told == ["reading_cleared"]
    assert "重新打开" in last[5] and not reading_files.lists(last[5]) and last[6].visible is False
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    last = open_files(desk, tmp_path / "b.txt", listed=listed)[-1][0]
    assert "重新打开" in last and "b.txt" in last and desk.files
    assert "重新打开" not in open_files(desk, listed=last)[-1][0]


def test_a_text_counts_also_when_no_answer_came(told):
    held, failed = Desk(), Desk()
    held.files = Library.build([Document("a.txt", "甲。")])
    reading_desk.keep(held, most=10**9)
    ask(FakeService(), failed, question="长" * 31)
    assert told == ["reading_question_long"] and failed.pasted
    reading_desk.keep(held, most=10)
    assert failed.pasted is None and held.files


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
    if how == "ended":
        desk = Desk()
    elif how == "made room":
        desk.clear()
    else:
        reading_files.closed(desk)
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
