"""Questions made from triples, titles, sentences and passages: out of a few hand-written records."""

import json
import lzma
import random

import pytest

from core.reading.data import read_questions
from core.text import sentences
from recipes.finetuning import questions

SENTENCES = [
    {"text": "《红楼梦》的作者是曹雪芹。", "spo_list": [
        {"subject": "红楼梦", "predicate": "作者", "object": {"@value": "曹雪芹"}}]},
    {"text": "《城南旧事》由王五导演，李四、赵六主演。", "spo_list": [
        {"subject": "城南旧事", "predicate": "导演", "object": {"@value": "王五"}},
        {"subject": "城南旧事", "predicate": "主演", "object": {"@value": "李四"}},
        {"subject": "城南旧事", "predicate": "主演", "object": {"@value": "赵六"}}]},
]  # fmt: skip
PARTIAL = {"text": "孙权，字仲谋，吴郡人", "subject": "孙权", "predicate": "字", "object": "仲谋"}
NEWS = {
    "title": "上海博物馆今天向公众开放新馆",
    "text": "记者获悉，上海博物馆的新馆位于浦东，今天开放。新馆共有三层，馆内展出青铜器一千余件。"
    "馆长王莹介绍说，新馆免费。",
}
SQUAD = {"data": [{"paragraphs": [
    {"context": NEWS["text"], "qas": [{"question": "馆长是谁？", "answers": [{"text": "王莹"}]}]},
    {"context": "另一座博物馆的馆长是李四，他介绍了古代的瓷器。", "qas": [
        {"question": "谁介绍了瓷器？", "answers": [{"text": "李四"}]}]},
]}]}  # fmt: skip


def xz(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write(text)


def lines(rows):
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.fixture
def data(tmp_path):
    xz(tmp_path / "triples" / "duie.train.jsonl.xz", lines(SENTENCES))
    xz(tmp_path / "triples" / "partial.train.jsonl.xz", lines([PARTIAL]))
    for name in ("news", "weibo", "tech", "csl"):
        xz(tmp_path / "titling" / f"{name}.train.jsonl.xz", lines([NEWS]))
    for name in questions.REAL:
        xz(tmp_path / "reading" / f"{name}.train.json.xz", json.dumps(SQUAD, ensure_ascii=False))
    return tmp_path


def test_triples_ask_for_one_right_answer(data):
    found = [row for seed in range(30) for row in questions.from_triples(data, 5, random.Random(seed))]
    assert {row["answer"] for row in found} == {"曹雪芹", "红楼梦", "王五", "城南旧事", "仲谋", "孙权"}
    for row in found:
        (passage,) = row["passages"]
        assert row["answer"] == passage["answer"] and row["answer"] in passage["passage"]
        assert row["answer"] not in row["question"]
        # who starred in it has two answers: it is only asked the other way round
        assert row["answer"] not in ("李四", "赵六")


def test_a_word_is_asked_for_that_stands_elsewhere(data):
    files = [data / "titling" / "news.train.jsonl.xz"]
    found = [row for seed in range(20) for row in questions.from_titles(files, 5, random.Random(seed))]
    assert found
    for row in found:
        assert row["answer"] in row["passages"][0]["passage"] and row["answer"] in NEWS["title"]
        assert row["answer"] not in row["question"]


def test_a_sentence_is_not_in_its_own_passage():
    text = NEWS["text"] + "王莹还说，青铜器来自各地的博物馆。"
    whole = [text[start:end] for start, end in sentences(text)]
    found = [row for seed in range(20) for row in questions.from_sentences([text], 5, random.Random(seed))]
    assert len({row["question"] for row in found}) > 1
    for row in found:
        passage = row["passages"][0]["passage"]
        assert row["answer"] in passage
        (own,) = [sentence for sentence in whole if sentence not in passage]
        assert passage == text.replace(own, "")
        asked = row["question"].rstrip("？?")
        # with its word put back, the question is of that sentence
        words = [word for words in (*questions._ASKED.values(), ("哪一年",)) for word in words if word in asked]
        assert any(asked.replace(word, row["answer"], 1) in own for word in words)


def test_passages_that_look_right_lack_the_answer(data):
    some, _ = read_questions([data / "reading" / "webqa.train.json.xz"])
    rows = questions.hard_passages(some, ["无关的一句话。"], 2, lambda line: None)
    assert rows and all(row["answer"] == "" for row in rows)
    answers = {q.text: q.answers[0] for q in some}
    assert all(answers[row["question"]] not in row["passages"][0]["passage"] for row in rows)


def test_what_is_written_is_read_by_the_app(data, tmp_path):
    questions.make(data, tmp_path / "made", 0, lambda line: None)
    found, bad = read_questions(sorted((tmp_path / "made").glob("*.jsonl.xz")))
    assert not bad and {bool(q.answers) for q in found} == {True, False}
