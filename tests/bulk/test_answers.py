"""The embedded weights give many rows the answers that they give one."""

from __future__ import annotations

import dataclasses
import json

import pytest

from core.bulk.answering import Answerer, Job
from core.bulk.parts import Part
from core.bulk.readers import Columns, Row
from core.documents import Document
from core.reading.citing import cited
from core.reading.index import Library
from core.weights import store

TEXTS = (
    "《红楼梦》的作者是曹雪芹。《呐喊》是鲁迅创作的短篇小说集，1923年由新潮社出版。",
    "今天，国家航天局宣布，嫦娥六号探测器在海南文昌发射升空，准确进入预定轨道。",
    "周星驰执导的电影《功夫》2004年上映，由周星驰、元秋主演。" * 9,
    "短。",
)
QUESTION = "《红楼梦》的作者是谁？"


def answered(task, rows, **more):
    """The answers of many rows, and the model that gave them."""
    columns = Columns((("text", "--text"),))
    found = store.embedded(task)
    answerer = Answerer(Job(task, columns, batch=3, **more), found.folder, found.name)
    part = Part((0, 0), (1, 0), 0, tuple(Row("a", i + 1, None, (text,)) for i, text in enumerate(rows)))
    return answerer.answer(part), answerer.model


def as_json(value):
    """As it would be read again."""
    return json.loads(json.dumps(value))


@pytest.mark.long
def test_titles():
    done, model = answered("titling", TEXTS)
    for row, text in zip(as_json(done.rows), TEXTS, strict=True):
        alone = as_json(dataclasses.asdict(model.title(text)))
        for one, other in zip(row["titles"], alone["titles"], strict=True):
            assert one.pop("score") == pytest.approx(other.pop("score"), abs=2e-4)
            assert one == other
        assert row["title"] == row["titles"][0]["text"] and row["characters_read"] == alone["characters_read"]


@pytest.mark.long
def test_triples():
    done, model = answered("triples", TEXTS)
    assert done.rows[0]["triples"]
    for row, text in zip(as_json(done.rows), TEXTS, strict=True):
        alone = as_json([dataclasses.asdict(triple) for triple in model.extract(text).above()])
        for one, other in zip(row["triples"], alone, strict=True):
            assert one.pop("probability") == pytest.approx(other.pop("probability"), abs=2e-4)
            assert one == other


@pytest.mark.long
def test_answers():
    done, model = answered("reading", TEXTS, question=QUESTION)
    assert done.rows[0]["answer"] == "曹雪芹"
    for row, text in zip(done.rows, TEXTS, strict=True):
        library = Library.build([Document("", text)])
        alone = cited(model.answer(QUESTION, library), library)
        assert [row[name] for name in ("answer", "evidence", "question")] == [
            alone[name] for name in ("answer", "evidence", "question")
        ]  # fmt: skip
        assert row["passages"] == len(alone["passages"])
        assert row["probability"] == pytest.approx(alone["probability"], abs=2e-4)
        assert text[slice(row["start"], row["end"])] == row["answer"] or not row["answer"]


def test_a_row_that_cannot_be_asked_has_its_reason():
    done, _ = answered("reading", ["好文章。", "今天天气很好。"], question="问" * 200)
    assert [bad.error.key for bad in done.bad] == ["reading_question_long"] * 2
