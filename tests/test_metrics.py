"""Rouge and BLEU by CLGE's protocol."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import metrics

CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


def test_worked_example():
    """By hand, "天气好" for "天气真好": 1-grams 3 of 3 and 3 of 4, 2-grams 1 of 2 and 1 of 3, LCS 3."""
    found = metrics.measure([("天气好", "天气真好")])
    assert found.rouge_1 == pytest.approx(100 * 2 * 1 * 0.75 / 1.75, abs=1e-3)
    assert found.rouge_2 == pytest.approx(100 * 2 * (1 / 2) * (1 / 3) / (5 / 6), abs=1e-3)
    assert found.rouge_l == pytest.approx(100 * 2 * 1 * 0.75 / 1.75, abs=1e-3)
    # precisions 3/3, 1/2, 0.1/1 and 0.1/1 (smoothing method 1; nltk counts at least one n-gram), brevity exp(1 - 4/3)
    assert found.bleu == pytest.approx(100 * (1 * 0.5 * 0.1 * 0.1) ** 0.25 * 2.718281828 ** (1 - 4 / 3), abs=1e-3)


def test_as_the_examples_of_bert4keras_count():
    """The loop of bert4keras' `task_seq2seq_autotitle_csl.py`, with its own few lines."""
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge import Rouge

    pairs = [("GPT-3.5 模型的应用", "gpt-4 模型及其应用"), ("北京天气", "上海 天气"), ("完全不同", "毫无一样者")]
    sums = dict.fromkeys(("rouge-1", "rouge-2", "rouge-l", "bleu"), 0.0)
    for hypothesis, title in pairs:
        title, hypothesis = " ".join(title).lower(), " ".join(hypothesis).lower()
        scores = Rouge().get_scores(hyps=hypothesis, refs=title)[0]
        for name in ("rouge-1", "rouge-2", "rouge-l"):
            sums[name] += scores[name]["f"]
        sums["bleu"] += sentence_bleu(
            [title.split(" ")], hypothesis.split(" "), smoothing_function=SmoothingFunction().method1
        )
    found = metrics.measure(pairs)
    for name, total in sums.items():
        assert getattr(found, name.replace("-", "_")) == pytest.approx(100 * total / len(pairs)), name


def test_empty_sides_count_as_nothing():
    pairs = [("", "标题"), ("  ", "标题"), ("标题", ""), ("。", "标题"), (".", "标题")]
    assert metrics.measure(pairs) == metrics.Metrics(0, 0, 0, 0, 5)
    assert metrics.measure([("..", ".")]).rouge_1 == 0
    assert metrics.measure([]) == metrics.Metrics(0, 0, 0, 0, 0)


def test_an_empty_pair_halves_the_mean():
    assert metrics.measure([("天气真好", "天气真好"), ("", "天气真好")]).rouge_l == pytest.approx(50, abs=1e-4)


def test_long_texts_do_not_exhaust_the_stack():
    long = "".join(chr(0x4E00 + i % 5000) for i in range(100_000))
    depth = sys.getrecursionlimit()
    assert metrics.measure([(long, long)]).rouge_l == pytest.approx(100, abs=1e-4)
    assert sys.getrecursionlimit() == depth


def test_case_does_not_matter():
    assert metrics.measure([("GPT 模型", "gpt 模型")]).bleu == pytest.approx(100)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None)
def test_bounds(hypothesis, reference):
    found = metrics.measure([(hypothesis, reference)])
    for value in (found.rouge_1, found.rouge_2, found.rouge_l, found.bleu):
        assert 0 <= value <= 100 + 1e-9


@given(st.text(CHINESE, min_size=4, max_size=40))
@settings(deadline=None)
def test_a_title_equals_itself(title):
    found = metrics.measure([(title, title)])
    assert (found.rouge_1, found.rouge_2, found.rouge_l, found.bleu) == pytest.approx((100,) * 4, abs=1e-4)


@given(st.text(CHINESE, max_size=30), st.text(CHINESE, max_size=30))
@settings(deadline=None)
def test_rouge_is_symmetric_and_alone_the_same(one, other):
    found = metrics.measure([(one, other)])
    back = metrics.measure([(other, one)])
    assert (found.rouge_1, found.rouge_2) == pytest.approx((back.rouge_1, back.rouge_2))
    assert metrics.rouge_l([(one, other)]) == pytest.approx(found.rouge_l)
