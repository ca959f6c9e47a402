"""Rows as they are in the wild, mentions as pieces, and what a batch asks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import VisitorError
from core.triples import data
from core.triples.data import Gold, Sentence

TEXT = "《海东》的作者是王莹,王莹是北京人"


def sentence(*triples: tuple[str, str, str], text: str = TEXT, partial: bool = False) -> Sentence:
    return Sentence(text, tuple(Gold(s, p, {"@value": o}) for s, p, o in triples), partial)


def test_three_kinds_of_rows(tmp_path):
    one = {"predicate": "作者", "subject": "海东", "object": "王莹", "subject_type": "书", "object_type": "人物"}
    two = {**one, "object": {"@value": "王莹", "inArea": "", "inWork": "海"}, "object_type": {"@value": "人物"}}
    rows = [{"text": TEXT, "spo_list": [one]}, {"text": TEXT, "spo_list": [two]}, {"text": TEXT, "spo_list": []}]
    rows += [{"text": TEXT, **{k: one[k] for k in ("subject", "predicate", "object")}}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found, bad = data.read_sentences([tmp_path / "a.jsonl"])
    assert not bad
    assert [s.partial for s in found] == [False, False, False, True]
    assert found[0].triples == found[3].triples == (Gold("海东", "作者", {"@value": "王莹"}),)
    assert found[1].triples[0].slots == {"@value": "王莹", "inWork": "海"}  # an empty slot says nothing
    assert len(data.read_sentences([tmp_path / "a.jsonl"], limit=2)[0]) == 2


BAD = [
    {"text": TEXT}, {"spo_list": []}, {"text": TEXT, "spo_list": "王"}, {"text": TEXT, "spo_list": [3]},
    {"text": TEXT, "spo_list": [{"subject": "海东", "predicate": "作者"}]},
    {"text": TEXT, "spo_list": [{"subject": "海东", "predicate": "作者", "object": {"inArea": "北京"}}]},
    {"text": TEXT, "spo_list": [{"subject": 7, "predicate": "作者", "object": "王莹"}]},
    {"text": TEXT, "spo_list": [{"subject": "海东", "predicate": ["作者"], "object": "王莹"}]},
    {"text": TEXT, "subject": "海东", "predicate": "", "object": "王莹"}, [], 3,
]  # fmt: skip


def test_bad_rows_are_named_and_left_out(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, BAD)) + "\n{", encoding="utf-8")
    found, bad = data.read_sentences([tmp_path / "a.jsonl"])
    assert not found
    (tmp_path / "b.jsonl").write_text("\n\n" + json.dumps(BAD[0]) + "\n\n" + json.dumps(BAD[1]), encoding="utf-8")
    assert [row.line for row in data.read_sentences([tmp_path / "b.jsonl"])[1]] == [3, 5]
    assert [row.line for row in bad] == list(range(1, len(BAD) + 2))
    with pytest.raises(VisitorError, match="No usable row"):
        data.usable_sentences([tmp_path / "a.jsonl"], None, lambda line: None)


def encoded(reader, *sentences: Sentence, most: int = 96) -> list[data.Example]:
    return data.encode(sentences, reader.tokenizer, reader.schema, most)


def test_a_mention_is_where_its_words_stand_first(reader):
    (example,) = encoded(reader, sentence(("海东", "作者", "王莹"), ("王莹", "首都", "北京")))
    assert example.subjects == {(2, 3): ((0, 9, 10),), (9, 10): ((3, 15, 16),)}
    assert set(example.unsure) == {(12, 0), (13, 1)}  # where 王莹 stands again, as a subject
    assert example.unsure_objects[(2, 3)] == ((0, 12, 0), (0, 13, 1))  # and as an object
    assert example.others == ((12, 13), (15, 16))
    ids = reader.tokenizer.encode(TEXT).ids
    assert example.tokens[[0, -1]].tolist() == [reader.tokenizer.cls, reader.tokenizer.sep]
    assert tuple(example.tokens[1:-1]) == ids


def test_what_does_not_fit_is_left_out(reader):
    known, foreign = ("海东", "作者", "王莹"), ("海东", "身高", "王莹")
    assert len(encoded(reader, sentence(foreign, partial=True))) == 0
    assert encoded(reader, sentence(foreign))[0].subjects == {}  # whole rows teach that there is nothing
    assert encoded(reader, sentence(known, foreign))[0].subjects == {(2, 3): ((0, 9, 10),)}
    assert encoded(reader, sentence(("海东", "作者", "林")))[0].subjects == {}
    assert encoded(reader, sentence(known), most=10)[0].subjects == {}  # beyond what is read
    cut = sentence(("the", "作者", "王莹"), text="theing 王莹")  # "theing" is the pieces the, ##ing
    assert encoded(reader, cut)[0].subjects == {(1, 1): ((0, 3, 4),)}
    assert encoded(reader, sentence(("th", "作者", "王莹"), text="theing 王莹"))[0].subjects == {}


def test_slots_have_columns_of_their_own(reader):
    gold = Gold("海东", "上映时间", {"@value": "3", "inArea": "北京"})
    (example,) = encoded(reader, Sentence("海东3日在北京", (gold,), False))
    assert set(example.subjects[(1, 2)]) == {(1, 3, 3), (2, 6, 7)}


def test_questions_of_the_post_mix_starts_and_ends(reader):
    gold = [("海东", "作者", "王莹"), ("王莹", "首都", "北京")]
    (example,) = encoded(reader, sentence(*gold))
    rng = np.random.default_rng(0)
    asked = {tuple(q) for _ in range(50) for q in data.questions(example, 1, rng)}
    assert asked == {(2, 3), (9, 10), (2, 10)}  # never (9, 3): no end before its start
    for _ in range(20):
        some = data.questions(example, 0, rng)
        assert set(some[:2]) == {(2, 3), (9, 10)}
        assert all(q in {(2, 10), (12, 13), (15, 16)} for q in some[2:])
    (partial,) = encoded(reader, sentence(gold[0], partial=True))
    assert {tuple(data.questions(partial, n, rng)) for n in (0, 1, 3) for _ in range(9)} == {((2, 3),)}
    assert partial.others == ()


def test_a_batch(reader):
    full, partial = encoded(
        reader, sentence(("海东", "作者", "王莹")), sentence(("海东", "作者", "王莹"), partial=True)
    )
    batch = data.collate([full, partial], 32, 1, np.random.default_rng(0))
    assert batch.tokens.shape == (2, 32)
    np.testing.assert_array_equal(np.argwhere(batch.subject_labels[0]), [[2, 0], [3, 1]])
    assert batch.subject_weights[0].sum() == 2 * len(full.tokens)
    np.testing.assert_array_equal(np.argwhere(batch.subject_weights[1].sum(-1))[:, 0], [2, 3])  # its own subject alone
    assert batch.columns[:2].tolist() == [-1, 0]
    assert batch.weights.tolist() == [1, 1, *[0] * (len(batch.weights) - 2)]
    assert batch.positives.tolist() == [[0, 9, 0], [0, 10, 1], [1, 9, 0], [1, 10, 1]]
    assert batch.ignored.tolist() == [[0, 12, 0], [0, 13, 1], [1, 12, 0], [1, 13, 1]]


def test_an_epoch_is_its_seed(reader):
    examples = encoded(reader, *[sentence(("海东", "作者", "王莹"), text=TEXT + "的" * n) for n in range(40)])
    one, again, other = (list(data.batches(examples, 256, 0, seed)) for seed in (1, 1, 2))
    for a, b in zip(one, again, strict=True):
        for x, y in zip(a.arrays(), b.arrays(), strict=True):
            np.testing.assert_array_equal(x, y)
    assert sum(len(b.tokens) for b in one) == sum(len(b.tokens) for b in other) == 40
    assert all(b.tokens.size <= 256 for b in one)
    assert any(
        a.tokens.shape != b.tokens.shape or (a.tokens != b.tokens).any() for a, b in zip(one, other, strict=False)
    )
