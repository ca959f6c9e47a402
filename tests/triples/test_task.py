"""The extractor: whole batches against a plain loop, offsets into the original, and what visitors send."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.errors import VisitorError, WeightsError
from core.triples import task
from core.triples.schema import VALUE
from core.triples.spans import spans
from core.triples.task import FLOOR, Extraction, Extractor

TEXTS = [
    "《海东》的作者是王莹。",
    "王莹是北京人,研究表明天气很好",
    "有",
    "在上海市，公司用技术系统。方法和结果都好the。" * 2,
]


@pytest.fixture(scope="module")
def extractor(model) -> Extractor:
    return Extractor.of(model)


def plain(extractor: Extractor, text: str) -> dict[tuple, float]:
    """One sentence at a time, one subject at a time, as the post does it."""
    model, tokenizer = extractor._model, extractor.tokenizer
    pieces = tokenizer.encode(text)
    tokens = np.array([[tokenizer.cls, *pieces.ids, tokenizer.sep]], np.int32)
    output, before = model.encode(tokens)

    def cut(span) -> str:
        return text[pieces.spans[span.first][0] : pieces.spans[span.last][1]]

    found: dict[tuple, float] = {}
    chances = 1 / (1 + np.exp(-model.subject_logits(output).numpy()[0, 1:-1]))
    for subject in spans(chances[:, 0] ** 2, chances[:, 1] ** 2, 0.1):
        logits = model.object_logits(before, np.array([[0, subject.first + 1, subject.last + 1]], np.int32))
        answer = (1 / (1 + np.exp(-logits.numpy()[0, 1:-1]))) ** 4
        for column, (predicate, slot) in enumerate(model.schema.labels):
            for o in spans(answer[:, 2 * column], answer[:, 2 * column + 1], 0.1) if slot == VALUE else ():
                if (p := subject.probability * o.probability) >= FLOOR:
                    key = (cut(subject), predicate, cut(o))
                    found[key] = max(found.get(key, 0), p)
    return found


def test_batches_find_what_a_plain_loop_finds(extractor):
    results = list(extractor.extract_many(TEXTS * 3, batch=5))
    assert len(results) == 12
    for text, result in zip(TEXTS * 3, results, strict=True):
        wanted = plain(extractor, text)
        found = {(t.subject.text, t.predicate, t.object.text): t.probability for t in result.triples}
        near = {k for k, p in wanted.items() if abs(p - FLOOR) < 1e-3}
        assert found.keys() - near == wanted.keys() - near
        for key in found.keys() & wanted.keys():
            assert found[key] == pytest.approx(wanted[key], abs=2e-4)
    assert sum(len(r.triples) for r in results) > 20


def told(extractor: Extractor, monkeypatch, text: str, subject: str, label: int, objects: list[str]) -> None:
    """Let the extractor's model say this and nothing else, wherever the words stand in its window."""
    ids = {words: extractor.tokenizer.encode(words).ids for words in (subject, *objects)}

    def mark(row: np.ndarray, tokens: list[int], words: str, column: int) -> None:
        wanted = list(ids[words])
        for i in range(len(tokens)):
            if tokens[i : i + len(wanted)] == wanted:
                row[i, column] = row[i + len(wanted) - 1, column + 1] = 0.9

    class Tensor(np.ndarray):
        def numpy(self) -> np.ndarray:
            return np.asarray(self)

    def subjects(tokens):
        chances = np.zeros((*tokens.shape, 2))
        for row, line in zip(chances, tokens.tolist(), strict=True):
            mark(row, line, subject, 0)
        return chances.view(Tensor), tokens

    def answers(tokens, asked):
        found = np.zeros((len(asked), tokens.shape[1], 2 * len(extractor.schema.labels)))
        for row, (i, _, _) in zip(found, asked, strict=True):
            for words in objects:
                mark(row, tokens[i].tolist(), words, 2 * label)
        return found.view(Tensor)

    monkeypatch.setattr(extractor, "_subjects", subjects)
    monkeypatch.setattr(extractor, "_objects", answers)


@pytest.mark.parametrize(
    ("text", "subject", "author"),
    [
        ("😀《海东》的作者是王莹𠮷。", "海东", "王莹𠮷"),
        ("  𠮷海𠮷東《天氣》\u200b的作者是王瑩!", "天氣", "王瑩"),
        ("<script>alert(1)</script>《The海Ing》作者: 王莹", "The海Ing", "王莹"),
        ("É\u0301《海\u3000东》\t作者\n王莹", "海\u3000东", "王莹"),
    ],
)
def test_words_are_cut_from_the_original(extractor, monkeypatch, text, subject, author):
    told(extractor, monkeypatch, text, subject, 0, [author])
    (triple,) = extractor.extract(text).triples
    assert (triple.subject.text, triple.predicate, triple.object.text) == (subject, "作者", author)
    for mention, kind in ((triple.subject, "图书作品"), (triple.object, "人物")):
        assert text[mention.start : mention.end] == mention.text
        assert mention.type == kind
    assert triple.probability == pytest.approx(0.81)


def test_long_texts_in_windows(extractor, monkeypatch):
    filler = "今天天气很好。研究表明系统提高了准确率。" * 40
    text = filler + "《海东》的作者是王莹。" + filler + "《海东》又有王莹。"
    told(extractor, monkeypatch, text, "海东", 0, ["王莹"])
    result = extractor.extract(text)
    (triple,) = result.triples  # once, though it stands in several windows
    assert text[triple.subject.start : triple.object.end] == "海东》的作者是王莹"
    assert result.windows > 10
    assert result.characters == len(text)


def test_everything_stands_where_it_says(extractor):
    text = "".join(TEXTS) * 4
    result = extractor.extract(text)
    assert result.triples
    for triple in result.triples:
        for mention in (triple.subject, triple.object, *(slot.value for slot in triple.slots)):
            assert text[mention.start : mention.end] == mention.text
        assert FLOOR <= triple.probability <= 1
    keys = [(t.subject.text, t.predicate, t.object.text) for t in result.triples]
    assert len(keys) == len(set(keys))


def test_further_slots_go_to_their_object(extractor):
    """The random model fills slots too: each goes to a triple of its predicate, under its own name and type."""
    slots = [(t, s) for r in extractor.extract_many(TEXTS) for t in r.triples for s in t.slots]
    assert slots
    for triple, slot in slots:
        assert triple.predicate == "上映时间"
        assert (slot.name, slot.value.type) == ("inArea", "地点")


def test_thresholds(extractor):
    everything = extractor.extract(TEXTS[0], Extraction(FLOOR))
    some = extractor.extract(TEXTS[0], Extraction(0.5))
    assert everything.triples == some.triples == everything.above()  # a slider needs no second run
    assert some.above() == everything.above(0.5)
    assert {t.probability >= 0.5 for t in some.above()} <= {True}
    assert extractor.extract(TEXTS[0]).threshold == extractor.threshold == some.tuned
    for wrong in (0, 1.1, float("nan"), "0.5"):
        with pytest.raises(VisitorError, match="threshold"):
            extractor.extract(TEXTS[0], Extraction(wrong))


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\x00"])
def test_nothing_to_read(extractor, text):
    with pytest.raises(VisitorError, match="no text"):
        extractor.extract(text)


def test_bad_texts_among_good_ones(extractor):
    texts = ["", TEXTS[0], "有" * (task.MAX_CHARACTERS + 1), "有", "\ud800", "hello, world and more of it"]
    results = list(extractor.extract_many(texts))
    assert [isinstance(r, VisitorError) for r in results] == [True, False, True, False, True, False]
    assert "100,001" in results[2].sentence()
    assert results[5].notice == "triples_not_chinese"
    assert list(extractor.extract_many([])) == []


def test_a_text_that_breaks_the_model_breaks_no_other_that_is_read_at_the_same_time(extractor, monkeypatch):
    """All of them are in the model together: none goes on before each has come to it, or is through."""
    broken, texts = "天气天气", TEXTS * 2
    alone = [dataclasses.replace(extractor.extract(text), seconds=0) for text in texts]
    ids, together = list(extractor.tokenizer.encode(broken).ids), threading.Barrier(len(texts) + 1)
    usual, met = extractor._subjects, threading.local()

    def subjects(tokens):
        if not hasattr(met, "once"):  # a long text comes several times
            met.once = True
            together.wait(60)
        if [i for i in tokens[0].tolist() if i][1:-1] == ids:
            raise RuntimeError("a bug")
        return usual(tokens)

    monkeypatch.setattr(extractor, "_subjects", subjects)
    with ThreadPoolExecutor(len(texts) + 1) as threads:
        bad, *good = [threads.submit(extractor.extract, text) for text in (broken, *texts)]
        with pytest.raises(RuntimeError, match="a bug"):
            bad.result(60)
        assert [dataclasses.replace(one.result(60), seconds=0) for one in good] == alone
    assert sum(len(result.triples) for result in alone) > 5


def test_weights_of_another_task(tiny_titling_folder):
    with pytest.raises(WeightsError, match="not trained for triples"):
        Extractor(tiny_titling_folder)


def test_the_public_function(model, tmp_path):
    import core

    model.save(tmp_path / "tiny")
    result = core.extract(TEXTS[0], str(tmp_path / "tiny"), 0.5)
    assert isinstance(result, core.TripleResult)
    assert result.weights == "folder:tiny"
    with pytest.raises(VisitorError, match="threshold"):
        core.extract(TEXTS[0], str(tmp_path / "tiny"), 7)
