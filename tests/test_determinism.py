"""The same weights, text and seed: the same answer, however many threads compute it, on whichever Python, and whoever
else asks.  After a change of embedded weights: `python -m tests.answers --keep`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.reading.task import Reader
from core.titling.task import Decoding, Titler
from core.triples.task import Extractor
from demo.examples import EXAMPLES, TRIPLES
from tests import answers

pytestmark = pytest.mark.long
ROOT = Path(__file__).parent.parent
CLOSE = 2e-4  # of scores and probabilities: sums in another order


def same(one, other, close=CLOSE):
    """Equal but for floats, which are close: lists of lists of texts, places and one score each."""
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        if isinstance(a, list | tuple):
            same(a, b, close)
        else:
            assert b == (pytest.approx(a, abs=close) if isinstance(a, float) else a)


def told(threads: int) -> dict:
    environment = {**os.environ, **dict.fromkeys(answers.THREADS, str(threads))}
    command = [sys.executable, "-m", "tests.answers"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_on_one_and_on_two_threads_and_again():
    one, two, again = told(1), told(2), told(2)
    assert one.keys() == two.keys()
    for what in one:
        same(one[what], two[what])
    assert two == again, "the same to the last bit"
    kept = json.loads(answers.KEPT.read_text(encoding="utf-8"))
    assert kept.keys() == two.keys()
    for what in kept:
        same(kept[what], two[what])


@pytest.mark.parametrize("weights", ["titling", "titling-seq2seq"])
@pytest.mark.parametrize(
    "decoding", [Decoding(count=2), Decoding(count=2, method="sample", seed=7)], ids=["beam", "sample"]
)
def test_a_title_alone_or_in_any_batch(decoding, weights):
    titler = answers.loaded(weights, Titler)
    articles = [*EXAMPLES.values(), "今天下雪。", next(iter(EXAMPLES.values())) * 4]
    together = answers.titles(titler, articles, decoding)
    turned = answers.titles(titler, articles[::-1], decoding)[::-1]
    alone = [answers.titles(titler, [article], decoding)[0] for article in articles]
    same(alone, together)
    same(alone, turned)


def test_triples_alone_or_in_any_batch():
    extractor = answers.loaded("triples", Extractor)
    texts = [*TRIPLES.values(), "今天下雪。", "".join(TRIPLES.values())]
    alone = [answers.triples(extractor, [text])[0] for text in texts]
    same(alone, answers.triples(extractor, texts))
    same(alone, answers.triples(extractor, texts[::-1])[::-1])


def test_answers_alone_or_in_any_batch():
    reader = answers.loaded("reading", Reader)
    pairs = [(question, TRIPLES[key]) for key, question in answers.QUESTIONS]
    pairs += [("图书馆哪天开放？", EXAMPLES["example_news"]), ("谁？", "他。")]
    for method in reader.methods:
        alone = [answers.answers(reader, [pair], method)[0] for pair in pairs]
        same(alone, answers.answers(reader, pairs, method))
        same(alone, answers.answers(reader, pairs[::-1], method)[::-1])
