"""The logic of the studies, without a model."""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import decoding
from core.titling.data import Pair
from core.titling.task import Decoding
from recipes import prior


@pytest.mark.parametrize(
    ("title", "again"), [("", False), ("火箭", False), ("火箭两战皆胜火箭再胜", True), ("哈哈哈", True)]
)
def test_a_title_repeats_itself(title, again):
    assert decoding.repeats(title) == again


def test_all_ways_can_be_searched_for():
    for way in decoding.WAYS.values():
        way.rules()
    assert len(set(decoding.WAYS.values())) == len(decoding.WAYS)


def test_sampling_is_judged_over_its_seeds():
    asked = []

    class Writer:
        def title_many(self, texts, way):
            asked.append(way.seed)
            return [SimpleNamespace(titles=[SimpleNamespace(text=text[: 2 + way.seed])]) for text in texts]

    pairs = [Pair("今天下雪。", "今天下雪")]
    rouge, again, characters = decoding.judged(Writer(), pairs, Decoding(count=1, method="sample"))
    assert asked == [0, 1, 2] and characters == 3 and again == 0 and 0 < rouge < 100
    decoding.judged(Writer(), pairs, Decoding(count=1))
    assert asked == [0, 1, 2, 0]


def runs(gain):
    """Three seeds of three slices each; with the prior `gain` more at the end."""

    def some(more):
        return [[{"rouge-l": 10.0 + seed + n + more * n / 2, "loss": 3.0} for n in range(3)] for seed in range(3)]

    return {key: some(gain[key[0]] if key[1] == "prior" else 0.0) for key in prior.NAMES}


def sizes():
    return prior.Sizes({"seq2seq": 30, "unilm": 3}, 3, 96, 1024, 10)


def test_the_prior_is_told_whichever_way_it_comes_out():
    found = prior.report(runs({"seq2seq": 2.0, "unilm": -1.0}), sizes())
    assert "LSTM: with the prior, Rouge-L at the end is +2.00 ± 0.00 (higher from every seed)" in found.notes[0]
    assert "UniLM: with the prior, Rouge-L at the end is -1.00 ± 0.00 (lower from every seed)" in found.notes[1]
    levels, apart = found.tables
    assert [row[0] for row in levels.rows] == list(prior.NAMES.values())
    assert levels.rows[0][-1] == "13.00 ± 1.00" and apart.rows[0][-1] == "3 of 3" and apart.rows[1][-1] == "0 of 3"


def test_a_difference_within_its_spread_is_none():
    gain = np.array([[0.5, 1.0], [0.1, -0.5], [0.2, 0.3]])
    assert "no clear difference" in prior._verdict("LSTM", gain)


def test_the_chart_has_a_line_for_each():
    svg = prior.chart(runs({"seq2seq": 2.0, "unilm": -1.0}))
    assert svg.count("<polyline") == 4 and all(name in svg for name in prior.NAMES.values())


def test_a_finished_run_is_read_and_not_made_again(tmp_path):
    folder = tmp_path / "seq2seq-none-0"
    folder.mkdir()
    (folder / "table.json").write_text('[{"rouge-l": 1.0}]')
    assert prior.run("seq2seq", "none", 0, argparse.Namespace(out=tmp_path), sizes()) == [{"rouge-l": 1.0}]
