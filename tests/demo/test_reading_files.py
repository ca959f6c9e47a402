"""The tab of reading: the files that a visitor opens and puts away."""

import html
import threading

import pytest

from core import documents
from core.documents import Document
from core.errors import VisitorError
from core.reading.index import Library
from demo import reading, reading_desk, reading_files
from demo.reading_desk import Desk
from tests.demo.bad_files import write_bad_files
from tests.demo.fakes import FakeService
from tests.demo.test_reading import QUESTION, TEXT, ask, let_go


def open_files(desk, *paths, listed=""):
    return list(reading_files.opened([str(path) for path in paths], listed, desk, None))


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
    desk = let_go(desk, how)
    if how == "closed":
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
