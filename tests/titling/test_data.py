"""Pairs out of files, as pieces, in batches."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.titling import data
from core.titling.data import Example, Pair
from core.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_titling_folder) -> Tokenizer:
    return Tokenizer(tiny_titling_folder / "vocab.txt")


def made(sources: list[int], seed: int = 0) -> list[Example]:
    """Examples with sources of these lengths and short titles, each different."""
    rng = np.random.default_rng(seed)
    return [Example(rng.integers(5, 99, n, np.int32), rng.integers(5, 99, 1 + n % 7, np.int32)) for n in sources]


def test_read_pairs_from_several_files(tmp_path):
    one, other = tmp_path / "a.jsonl", tmp_path / "b.tsv"
    one.write_text(json.dumps({"text": "一", "title": "二"}) + "\n{\n", encoding="utf-8")
    other.write_text("title\ttext\n四\t三\n", encoding="utf-8")
    pairs, bad = data.read_pairs([one, other])
    assert pairs == [Pair("一", "二"), Pair("三", "四")]
    assert [str(row) for row in bad] == ["a.jsonl:2: no JSON"]
    assert data.read_pairs([one, other], limit=1)[0] == pairs[:1]


def test_a_missing_file_is_the_visitors(tmp_path):
    with pytest.raises(VisitorError):
        data.read_pairs([tmp_path / "none.jsonl"])


def test_layout(tokenizer):
    (example,) = data.encode([Pair("今天天气很好。", "天气好")], tokenizer, 20)
    assert example.source[0] == tokenizer.cls
    assert example.source[-1] == example.target[-1] == tokenizer.sep
    assert [tokenizer.pieces[i] for i in example.target[:-1]] == list("天气好")
    assert len(example.source) == 9


def test_long_articles_are_read_in_part_and_long_titles_not_at_all(tokenizer):
    examples = data.encode([Pair("天气。" * 100, "天"), Pair("天气", "好" * 60), Pair(" ", "好")], tokenizer, 20)
    assert len(examples) == 1
    assert len(examples[0].source) <= 20


def test_halves_of_surrogate_pairs_do_not_end_a_run(tokenizer):
    """JSON can hold them: "\\ud800"."""
    data.encode([Pair("天气\ud800很好", "天\ud800气")], tokenizer, 20)


def test_saved_and_loaded(tmp_path):
    examples = made([3, 5, 30])
    data.save_examples(tmp_path / "new" / "a.npz", examples)
    for one, other in zip(examples, data.load_examples(tmp_path / "new" / "a.npz"), strict=True):
        np.testing.assert_array_equal(one.source, other.source)
        np.testing.assert_array_equal(one.target, other.target)


def test_collate():
    batch = data.collate([Example(np.array([2, 7, 3]), np.array([7, 3]))], 8, 2)
    assert batch.tokens.tolist() == [[2, 7, 3, 7, 3, 0, 0, 0], [0] * 8]
    assert batch.segments.tolist() == [[0, 0, 0, 1, 1, 0, 0, 0], [0] * 8]
    assert batch.sources[0] == 3
    assert batch.targets[0, :3].tolist() == [7, 3, 0]
    assert batch.targets.shape == (2, data.MAX_TITLE)
    assert not batch.targets[1].any()


@given(st.lists(st.integers(2, 200), max_size=30), st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_every_example_once_an_epoch(sources, seed):
    examples = made(sources)
    seen = []
    for batch in data.batches(examples, 512, seed):
        assert batch.tokens.size <= max(512, batch.tokens.shape[1])
        assert batch.tokens.shape[1] % 32 == 0
        for tokens, length, targets in zip(batch.tokens, batch.sources, batch.targets, strict=True):
            if targets.any():
                seen.append((tuple(tokens[:length]), tuple(targets[targets > 0])))
    assert sorted(seen) == sorted((tuple(e.source), tuple(e.target)) for e in examples)


def test_the_seed_alone_decides_the_order():
    examples = made(list(range(10, 90)))

    def order(seed: int) -> list[bytes]:
        return [batch.tokens.tobytes() for batch in data.batches(examples, 512, seed)]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(map(len, order(1))) == sorted(map(len, order(2)))
