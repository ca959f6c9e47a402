"""Questions in, answers out: with a tiny model of random weights, and the vote by itself."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents import Document
from core.errors import VisitorError, WeightsError
from core.reading.index import Library
from core.reading.results import Asking, Candidate, PassageRead
from core.reading.task import Reader
from core.reading.votes import evidence, votes

FOLDER = Path(__file__).parent.parent / "fixtures" / "bert-qa"
SENTENCE = "我在上国，他要用时来了。人们不有的一这中，大为个以了们是和有我他来。"
TEXT = "\n".join(f"{SENTENCE}第{i}𠮷段。" for i in range(30))
QUESTION = "谁在上国？"


@pytest.fixture(scope="module")
def reader():
    return Reader(FOLDER, "folder:qa")


def test_places_are_those_of_the_document(reader):
    documents = [Document("a.txt", "今天天气很好。"), Document("b.txt", TEXT)]
    result = reader.answer(QUESTION, documents, Asking(threshold=0.0, passages=4))
    assert result.sources == ("a.txt", "b.txt") and len(result.passages) == len(result.candidates) == 4
    assert any(c.text for c in result.candidates)
    for number, candidate in enumerate(result.candidates):
        text = documents[result.passages[number].source].text
        assert candidate.passage == number and candidate.text == text[candidate.start : candidate.end]
        if candidate.text:
            assert candidate.text in text[candidate.evidence_start : candidate.evidence_end]
            assert result.passages[number].start <= candidate.start < candidate.end <= result.passages[number].end
    assert result.answer == result.votes[0].text and result.method == "spans" and result.weights == "folder:qa"


def test_a_library_answers_like_its_documents(reader):
    library = Library.build([Document("", TEXT)])
    asking = Asking(threshold=0.0)
    first, second = reader.answer(QUESTION, library, asking), reader.answer(QUESTION, TEXT, asking)
    assert (first.candidates, first.votes, first.characters) == (second.candidates, second.votes, len(TEXT))


def test_a_question_that_breaks_the_model_breaks_no_other_that_is_asked_at_the_same_time(reader, monkeypatch):
    """All of them are in the model together: none goes on before each has come to it."""
    questions = [QUESTION, "我在上国？", "人们不有的一这中？", "为大个以了们是和有？", "他来？"]
    asking = Asking(threshold=0.0, passages=4)
    alone = [dataclasses.replace(reader.answer(question, TEXT, asking), seconds=0) for question in questions]
    together, usual, doing = threading.Barrier(len(questions) + 1), reader._model.logits, threading.local()

    def logits(tokens, segments):
        if not doing.met:
            doing.met = True
            together.wait(60)
        if doing.broken:
            raise RuntimeError("a bug")
        return usual(tokens, segments)

    def asked(question, broken=False):
        doing.met, doing.broken = False, broken
        return reader.answer(question, TEXT, asking)

    monkeypatch.setattr(reader._model, "logits", logits)
    with ThreadPoolExecutor(len(questions) + 1) as threads:
        bad, *good = [threads.submit(asked, QUESTION, True), *(threads.submit(asked, one) for one in questions)]
        with pytest.raises(RuntimeError, match="a bug"):
            bad.result(60)
        assert [dataclasses.replace(one.result(60), seconds=0) for one in good] == alone
    assert len({result.candidates for result in alone}) == len(questions)


def test_a_threshold_that_nothing_reaches_gives_no_answer(reader):
    result = reader.answer(QUESTION, TEXT, Asking(threshold=1.0))
    assert (result.answer, result.votes, result.probability, result.score) == ("", (), 0.0, 0.0)
    assert any(c.text for c in result.candidates)  # what it would have said is still told


def test_passages_from_elsewhere_are_all_read(reader):
    result = reader.answer_passages(QUESTION, [SENTENCE, "", "今天天气很好。"], Asking(threshold=0.0, passages=1))
    assert [p.source for p in result.passages] == [0, 1, 2]
    assert result.candidates[1].text == ""


@pytest.mark.parametrize(
    ("question", "sources", "asking", "key"),
    [
        ("", TEXT, {}, "reading_no_question"),
        ("\u202e \n", TEXT, {}, "reading_no_question"),
        ("谁" * 500, TEXT, {}, "reading_question_long"),
        (QUESTION, "", {}, "reading_no_passage"),
        (QUESTION, " \u3000\n", {}, "reading_no_passage"),
        (QUESTION, [], {}, "reading_no_passage"),
        (QUESTION, TEXT, {"passages": 0}, "out_of_range"),
        (QUESTION, TEXT, {"passages": 8.5}, "whole_wanted"),
        (QUESTION, TEXT, {"threshold": float("nan")}, "out_of_range"),
        (QUESTION, TEXT, {"method": "masks"}, "reading_method"),
        (QUESTION, TEXT, {"method": "guess"}, "bad_choice"),
    ],
)
def test_mistakes(reader, question, sources, asking, key):
    with pytest.raises(VisitorError) as caught:
        reader.answer(question, sources, Asking(**asking))
    assert caught.value.key == key and caught.value.sentence("zh")


def test_weights_without_such_a_head(tiny_titling_folder):
    with pytest.raises(WeightsError) as caught:
        Reader(tiny_titling_folder)
    assert caught.value.key == "weights_no_task"


def test_english_is_said_to_be_little_known(reader):
    assert reader.answer("who?", "the cat sat here. the dog ran away.").notice == "reading_not_chinese"


# ---- the vote
def candidate(text, probability, number, start=0):
    return Candidate(text, probability, number, start, start + len(text), 0, 9)


def test_two_witnesses_beat_a_surer_one():
    some = [candidate("北京", 0.6, 0), candidate("上海", 0.7, 1), candidate("北 京", 0.5, 2)]
    read = [PassageRead(i, 0, 9) for i in range(3)]
    best, other = votes(some, read, 0.1)
    assert (best.text, best.candidates) == ("北京", (0, 2))
    assert best.score == pytest.approx((0.36 + 0.25) / 2.1, abs=1e-6)
    assert other.score == pytest.approx(0.49 / 1.7, abs=1e-6)


def test_one_place_read_twice_is_one_witness():
    some = [candidate("北京", 0.6, 0, 3), candidate("北京", 0.8, 1, 3)]
    read = [PassageRead(0, 0, 9), PassageRead(0, 2, 12)]
    (vote,) = votes(some, read, 0.1)
    assert vote.candidates == (1,) and vote.score == pytest.approx(0.64 / 1.8, abs=1e-6)


@given(st.lists(st.tuples(st.sampled_from(["", "甲", "乙", "Ａ", "a"]), st.floats(0, 1)), max_size=12), st.floats(0, 1))
def test_votes_hold_what_counts_once(given_, threshold):
    some = [candidate(text, p, i) for i, (text, p) in enumerate(given_)]
    read = [PassageRead(i, 0, 9) for i in range(len(some))]
    found = votes(some, read, threshold)
    counted = [i for i, c in enumerate(some) if c.text and c.probability >= threshold]
    assert sorted(i for vote in found for i in vote.candidates) == counted
    assert [v.score for v in found] == sorted((v.score for v in found), reverse=True)
    assert all(0 <= v.score < len(some) for v in found)


def test_evidence_is_the_sentence_around():
    text = "甲在此。乙在彼，很远！丙"
    assert text[slice(*evidence(text, 4, 5))] == "乙在彼，很远！"
    assert text[slice(*evidence(text, 2, 5))] == "甲在此。乙在彼，很远！"
    assert text[slice(*evidence(text, len(text) - 1, len(text)))] == "丙"
