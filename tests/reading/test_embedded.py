"""The embedded reading weights themselves: that they are small, have a card, and answer plain questions."""

from __future__ import annotations

import pytest

from core.reading.data import Passage, Question
from core.reading.score import score
from core.reading.task import Asking, Reader
from core.weights import store
from tests.books import write_book

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = store.embedded("reading")
    return Reader(found.folder, found.name)


def test_the_folder():
    folder = store.embedded("reading").folder
    assert sum(file.stat().st_size for file in folder.iterdir()) < 45e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("license", "Data", "Scores", "python recipes/finetune.py"):
        assert word in card


# Written for this test, with names that no file has.
ASKED = {
    "《云岭旧事》的作者是谁？": ("《云岭旧事》是作家林怀素写的一部长篇小说，1998年由青江出版社出版。", "林怀素"),
    "电影《夜渡青江》是谁导演的？": ("电影《夜渡青江》由陈望舟执导，周以南、许知秋主演。", "陈望舟"),
    "海川科技有限公司成立于哪一年？": ("海川科技有限公司成立于2011年5月6日，总部在杭州。", "2011年5月6日"),
    "陆明远毕业于哪所学校？": ("陆明远，1962年生，江苏人，毕业于北京大学物理系。", "北京大学"),
    "《远山来信》是谁唱的？": ("《远山来信》是歌手何小舟演唱的一首歌曲，收录在专辑《信使》里。", "何小舟"),
    "清河县属于哪个省？": ("清河县位于河北省东南部，人口约四十万。", "河北"),
}


def test_plain_questions(reader):
    """Most of them are found, or nearly: a small model, but no random one."""
    questions = [Question(q, (Passage(text, (answer,)),), (answer,)) for q, (text, answer) in ASKED.items()]
    scores = score(reader, questions)
    assert scores.f1 >= 50 and scores.n == len(ASKED)


def test_places_are_in_the_text(reader):
    for method in reader.methods:
        for question, (text, _) in ASKED.items():
            result = reader.answer(question, text, Asking(threshold=0.0, method=method))
            (candidate,) = result.candidates
            assert text[candidate.start : candidate.end] == candidate.text == result.answer
            assert text[candidate.evidence_start : candidate.evidence_end].find(candidate.text) >= 0


def test_the_right_passage_wins_among_others(reader):
    """The vote over the passages of all questions."""
    passages = [text for text, _ in ASKED.values()]
    results = [reader.answer_passages(question, passages) for question in ASKED]
    own = [result.votes and result.votes[0].candidates[0] == number for number, result in enumerate(results)]
    assert sum(map(bool, own)) >= len(ASKED) / 2


def test_a_book_is_searched_and_read(reader, tmp_path):
    from core.documents import read_documents
    from core.reading.index import Library

    path = tmp_path / "book.pdf"
    write_book(path)
    library = Library.build(read_documents([str(path)]))
    result = reader.answer("第37号院子里的桐树是哪一年种的？", library, Asking(threshold=0.0))
    best = result.candidates[result.votes[0].candidates[0]]
    text = library.documents[0].text
    assert text[best.start : best.end] == best.text and len(result.passages) == 8
