"""What the tab of reading renders: the answer, the mask places, the candidates."""

import dataclasses
import html
import json
import re

from core.documents import Document
from core.errors import VisitorError
from core.reading.citing import cited
from core.reading.index import Library
from core.reading.results import Asking
from core.reading.votes import decided
from demo import reading_files, reading_render
from demo.reading_desk import Desk
from tests.demo.fakes import FakeReader

TEXT = "镇长是[王大力|0.9]，今年五十岁。"
QUESTION = "镇长是谁？"
NASTY = "<script>window.hacked=1</script>--><img src=x onerror=hacked()>\"'&`${1}{{2}}"


def result_of(text=TEXT, question=QUESTION, **asking):
    library = Library.build([Document("", text)])
    return FakeReader().answer(question, library, Asking(**asking)), library


def attribute(page, name):
    return html.unescape(re.search(rf'data-{name}="([^"]*)"', page)[1])


def test_the_answer_its_evidence_and_the_json():
    result, library = result_of()
    page = reading_render.shown([result], library)
    assert '<p class="wz-r-answer" lang="zh-CN">王大力</p>' in page
    assert "镇长是[<mark>王大力</mark>|0.9]，今年五十岁。" in page
    assert "第 5–7 字" in page and "粘贴的文字" in page
    saved, whole = json.loads(attribute(page, "text")), json.loads(json.dumps(dataclasses.asdict(result)))
    assert saved["answer"] == "王大力" and saved["evidence"] == TEXT
    assert saved["candidates"][0]["places"] == whole["candidates"][0]["places"]
    assert attribute(page, "copy") == "王大力"


def test_mask_places_show_what_was_taken():
    result, library = result_of()
    page = reading_render.details([result], library)
    columns = re.findall(r'<li class="wz-r-place">(.*?)</li>', page)
    assert len(columns) == 4
    assert [re.search(r"wz-r-chosen.*?<b[^>]*>(?:<span[^>]*>)?([^<]*)", column)[1] for column in columns] == [
        "王", "大", "力", "end",
    ]  # fmt: skip
    assert "错" in columns[1] and columns[1].index("错") < columns[1].index("大") and "因原文如此而取" in columns[1]
    assert "<b>ing</b>" in columns[0] and "--p:0.9000" in columns[0]


def test_candidates_are_ranked_by_votes_with_passages_without_an_answer_last():
    filler = "这里什么也没有说。" * 30
    result, library = result_of(f"甲[王五|0.5]。{filler}乙[李四|0.9]。{filler}丙[王五|0.6]。{filler}", threshold=0.2)
    page = reading_render.details([result], library)
    said = re.findall(r'<td class="wz-r-said"[^>]*>(?:<small>)?(?:<span[^>]*>)?([^<]*)', page)
    assert said[:2] == ["李四", "王五"] and said[-1] == "no answer here"
    assert page.count('<figure class="wz-r-places"') == len(result.candidates)
    assert page.count('" hidden>') == len(result.candidates) - 1


def test_nothing_that_was_written_becomes_markup():
    documents_ = [Document(NASTY + ".txt", f"{NASTY}镇长是[{NASTY.replace('|', '')}|0.9]。"), Document("b", NASTY)]
    library = Library.build(documents_)
    result = FakeReader().answer(QUESTION, library)
    result = dataclasses.replace(result, weights="<u>w", device="<i>d", method="masks")
    assert result.answer
    desk = Desk()
    desk.files = library
    refused = [(NASTY, VisitorError("document_empty", file=NASTY))]
    pages = [
        reading_render.shown([result, result], library), reading_render.details([result], library),
        reading_files.shelf(desk, refused), reading_files.working("reading_opening", number=1, total=1, name=NASTY),
    ]  # fmt: skip
    for page in pages:
        assert not {"script", "img", "i", "u"} & set(re.findall(r"<\s*/?(\w+)", page))
        assert "hacked" in page


def test_several_sources_are_named():
    library = Library.build([Document("甲.txt", "空。"), Document("乙.pdf", TEXT)])
    result = FakeReader().answer(QUESTION, library)
    assert "乙.pdf" in reading_render.shown([result], library).split("wz-foot")[0]


def test_what_another_threshold_changes_is_all_that_differs():
    """A row of `details` says what `moved` says, and the rest of `cited` stays as it is."""
    result, library = result_of("甲[王五|0.6]。" + "空话。" * 100 + "乙[李四|0.35]。", threshold=0.5)
    other = decided(result, 0.2)
    way = json.loads(reading_render.moved([other], library))[0]
    page = reading_render.details([other], library)
    assert re.findall(r'<tr [^>]*data-candidate="(\d+)"', page) == [str(number) for number in way["order"]]
    assert re.findall(r'<td class="wz-r-vote">([^<]*)', page) == [way["told"][str(number)] for number in way["order"]]
    assert {**cited(result, library), **way["verdict"]} == {**cited(other, library), "votes": way["verdict"]["votes"]}
    assert "<template data-why=" in page
