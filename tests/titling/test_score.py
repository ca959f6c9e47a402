"""Scoring with a titler that needs no model."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.errors import VisitorError
from core.titling.data import Pair
from core.titling.score import Scores, score, score_files
from core.titling.task import Decoding, Title, TitleResult


class Fake:
    """Writes the first four characters; refuses an article that begins with "无"."""

    def title_many(self, texts: list[str], decoding: Decoding) -> Iterator[TitleResult | VisitorError]:
        assert decoding.count == 1
        for text in texts:
            found = (Title(text[:4], -1.0, ()),)
            result = TitleResult(found, len(text), len(text), "fake", "CPU", 0.0, None)
            yield VisitorError("title_none") if text.startswith("无") else result


def test_all_right_and_all_wrong():
    found = score(Fake(), [Pair("今天天气很好。而且", "今天天气")])
    assert (found.rouge_1, found.rouge_2, found.rouge_l, found.bleu) == pytest.approx((100,) * 4, abs=1e-4)
    assert found.lead_rouge_l == pytest.approx(200 / 3, abs=1e-4)  # 3 kinds of character of 6, 3 of 3
    assert found.n == 1
    assert score(Fake(), [Pair("甲乙丙丁", "今天天气")]).bleu == 0


def test_an_article_without_title_counts_as_nothing():
    pairs = [Pair("今天天气很好。", "今天天气"), Pair("无题", "今天天气")]
    found = score(Fake(), pairs)
    assert found.rouge_l == pytest.approx(50, abs=1e-4)
    assert found.n == 2


def test_names_of_the_figures():
    row = Scores(1.234, 2, 3, 4, 5, 6, 7.891).row()
    assert list(row) == ["rouge-1", "rouge-2", "rouge-l", "bleu", "lead-rouge-l", "n", "seconds"]
    assert row["rouge-1"] == 1.23
    assert row["n"] == 6


def test_files_with_bad_rows_and_a_limit(tmp_path):
    path, lines = tmp_path / "a.jsonl", []
    good = json.dumps({"text": "今天天气很好。", "title": "今天天气"})
    path.write_text("\n".join([good, "{", good, *["["] * 30]), encoding="utf-8")
    assert score_files(Fake(), [path], None, lines.append).n == 2
    assert lines[0] == "left out a.jsonl:2: no JSON"
    assert lines[-1] == "left out 11 more rows"
    assert score_files(Fake(), [path], 1, lines.append).n == 1


def test_files_without_a_pair(tmp_path):
    (tmp_path / "a.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(VisitorError, match="No usable row"):
        score_files(Fake(), [tmp_path / "a.jsonl"], None, print)
