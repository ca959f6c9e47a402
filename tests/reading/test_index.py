"""Documents in passages, and the search among them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import documents
from core.errors import LateError, VisitorError
from core.patience import Limit
from core.reading import index
from core.reading.index import OVERLAP, PASSAGE, Document, Library, Passage, passages, terms
from tests.books import BOOK_PAGES, book_sentence, write_book

some_text = st.text(st.sampled_from("雪山今天树a b9\u3002\uff0c\uff01\n\u3000.\u202e𠮷"), max_size=300)


@settings(deadline=None)
@given(text=some_text, size=st.integers(2, 40), data=st.data())
def test_passages_hold_the_whole_text_and_overlap(text, size, data):
    overlap = data.draw(st.integers(0, size - 1))
    found = list(passages(text, size, overlap))
    assert all(0 < end - start <= size and text[start:end].strip() for start, end in found)
    covered = {i for start, end in found for i in range(start, end)}
    assert all(text[i].isspace() for i in range(len(text)) if i not in covered)
    for (start, end), (following, last) in zip(found, found[1:], strict=False):
        assert start < following and end < last  # each begins and ends later than the one before
        assert end - following <= overlap


def test_passages_are_whole_sentences():
    text = "".join(f"第{i}号院子里有一棵树，树下有人。" for i in range(200))
    found = list(passages(text))
    assert all(text[start] == "第" and text[end - 1] == "\u3002" for start, end in found)
    assert all(PASSAGE - 40 < end - start <= PASSAGE for start, end in found[:-1])
    assert all(0 < end - start <= OVERLAP for (_, end), (start, _) in zip(found, found[1:], strict=False))


def test_a_sentence_without_end_is_cut_behind_a_comma():
    text = "一二三四五六七，" * 100
    assert all(text[end - 1] == "\uff0c" for _, end in passages(text))
    assert [end - start for start, end in passages("雪" * 600)] == [250, 250, 100]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = write_book(tmp_path_factory.mktemp("book") / "book.pdf")
    return documents.read_documents([path])


def test_each_page_of_a_book_is_found(book):
    told = []
    found = Library.build([Document("other.txt", "今天天气很好。"), *book], lambda *now: told.append(now))
    for number in range(1, BOOK_PAGES + 1, 7):
        best = found.best(f"第{number}号院子里的树是哪年种下的？", 8)
        assert len(best) == 8
        scores = [score for _, score in best]
        assert scores == sorted(scores, reverse=True)
        assert any(book_sentence(number) in found.text(passage) for passage, _ in best)
        assert all(passage.source == 1 for passage, _ in best[:1])
    shares, counts = zip(*told, strict=True)
    assert list(shares) == sorted(shares) and list(counts) == sorted(counts)
    assert len(told) > 10 and told[-1] == (1.0, len(found.passages))
    assert found.characters == sum(len(d.text) for d in found.documents)


def test_a_small_library_is_read_whole():
    found = Library.build([Document("a", "雪。"), Document("b", "\u3000\n"), Document("c", "山。")])
    assert found.best("山在哪里？", 2) == [(Passage(0, 0, 2), None), (Passage(2, 0, 2), None)]
    ((first, score),) = found.best("山在哪里？", 1)
    assert (first, score > 0) == (Passage(2, 0, 2), True)


def test_words_are_found_however_they_are_written():
    assert {"北京", "大学", "nvidia", "2024"} <= set(terms("北京大學的\uff2eVIDIA，\uff12024"))
    assert not terms("——，。！ …")


@pytest.mark.parametrize("question", ["", "？？", "zzz", "雪" * 10_000])
def test_questions_that_find_nothing_still_get_passages(question):
    found = Library.build([Document("", "今天下雨。" * 400)])
    best = found.best(question, 3)
    assert len(best) == 3 and all(score >= 0 for _, score in best)


def test_a_text_of_marks():
    found = Library.build([Document("", "——！" * 500)])
    assert [score for _, score in found.best("什么？", 2)] == [0, 0]


@pytest.mark.parametrize("some", [[], [Document("", "")], [Document("a", " \n"), Document("b", "\u3000")]])
def test_nothing_to_read(some):
    with pytest.raises(VisitorError) as caught:
        Library.build(some)
    assert caught.value.key == "reading_no_passage"


def test_too_much_to_read(monkeypatch):
    monkeypatch.setattr(index, "MAX_CHARACTERS", 3)
    with pytest.raises(VisitorError, match="more than 3 characters"):
        Library.build([Document("", "甲乙"), Document("", "丙丁")])


def test_a_word_is_one_string_wherever_it_stands(monkeypatch):
    """Those of three million signs, each of which stands for eighteen letters, would take gigabytes."""
    kept = []
    monkeypatch.setattr(index, "_index", kept.extend)
    Library.build([Document("", "\ufdfa" * 2_000)])
    words = [word for passage in kept for word in passage]
    assert len(words) > 2_000 and len({id(word) for word in words}) == len(set(words))


def test_an_index_has_a_limit_of_time():
    with pytest.raises(LateError), Limit(0):
        Library.build([Document("", "山上有雪。")])
