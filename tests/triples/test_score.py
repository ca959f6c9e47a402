"""Scores by hand, thresholds against a search, and files."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.triples.score import best_threshold, measure, score_files
from core.triples.task import Mention, Triple, TripleResult

A, B, C = ("海东", "作者", "王莹"), ("海东", "首都", "北京"), ("王莹", "作者", "海东")


def test_counted_over_all_sentences():
    found = measure([({A, B}, {A, C}), ({C}, {C}), (set(), set())], 1.5)
    assert (found.precision, found.recall, found.f1) == pytest.approx((200 / 3, 200 / 3, 200 / 3))
    assert found.n == 3
    assert found.row() == {"precision": 66.67, "recall": 66.67, "f1": 66.67, "n": 3, "seconds": 1.5}
    by_name = {row["predicate"]: row for row in found.details()}
    assert list(by_name) == ["作者", "首都"]  # most frequent first
    assert by_name["作者"] == {"predicate": "作者", "precision": 66.7, "recall": 100, "f1": 80, "true": 2, "found": 3}
    assert by_name["首都"]["f1"] == 0


def test_nothing_is_no_success():
    assert measure([({A}, set())]).f1 == measure([(set(), set())]).f1 == measure([]).f1 == 0


@settings(deadline=None)
@given(st.lists(st.tuples(st.sets(st.sampled_from([A, B, C])), st.dictionaries(
    st.sampled_from([A, B, C]), st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.5001, 0.9]))), max_size=5))  # fmt: skip
def test_no_threshold_is_better_than_the_best(pairs):
    def f1(threshold: float) -> float:
        return measure((true, {k for k, p in found.items() if p >= threshold}) for true, found in pairs).f1

    best = best_threshold(pairs)
    assert 0 < best <= 1
    assert f1(best) == pytest.approx(max([0, *(f1(p) for _, found in pairs for p in found.values())]))


class Fake:
    """Finds that 海东's author is 王莹 in every text, with probability one half."""

    threshold = 0.4

    def extract_many(self, texts: list[str], batch: int) -> Iterator[TripleResult | VisitorError]:
        triple = Triple(Mention("海东", 1, 3, "书"), "作者", Mention("王莹 ", 5, 8, "人物"), 0.5)
        for text in texts:
            result = TripleResult((triple,), 0.4, 0.4, ("作者",), len(text), 1, "fake", "CPU", 0.0, None)
            yield VisitorError("text_empty") if text == "无" else result


def test_files_without_the_partially_labelled(tmp_path):
    spo = {"subject": "海东", "predicate": "作者", "object": {"@value": "王莹"}}
    rows = [{"text": "一", "spo_list": [spo]}, {"text": "二", "spo_list": []}, {"text": "无", "spo_list": [spo]}]
    rows.append({"text": "三", "subject": "海东", "predicate": "作者", "object": "王莹"})
    path, lines = tmp_path / "a.jsonl", []
    path.write_text("\n".join([*map(json.dumps, rows), "{"]), encoding="utf-8")
    found = score_files(Fake(), [path], None, lines.append)
    assert found.n == 3
    assert (found.precision, found.recall) == (50, 50)  # blanks at the ends of words do not count
    assert any("1 partially" in line for line in lines)
    assert any("a.jsonl:5" in line for line in lines)
    (tmp_path / "b.jsonl").write_text(json.dumps(rows[3]), encoding="utf-8")
    with pytest.raises(VisitorError, match="No usable row"):
        score_files(Fake(), [tmp_path / "b.jsonl"], None, lines.append)
