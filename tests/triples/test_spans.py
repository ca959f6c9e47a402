"""From probabilities to spans, and windows of a long text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokenizer import Tokenizer
from core.triples.spans import spans, windows


def pointers(length: int, **at: float) -> np.ndarray:
    line = np.zeros(length)
    for place, value in at.items():
        line[int(place[1:])] = value
    return line


def found(starts: np.ndarray, ends: np.ndarray, floor: float = 0.1) -> list[tuple[int, int]]:
    return [(s.first, s.last) for s in spans(starts, ends, floor)]


def test_the_nearest_sure_end_wins():
    assert found(pointers(9, p1=0.9), pointers(9, p3=0.6, p5=0.99)) == [(1, 3)]
    assert found(pointers(9, p1=0.9), pointers(9, p3=0.2, p5=0.4, p7=0.3)) == [(1, 5)]
    assert found(pointers(9, p4=0.9), pointers(9, p3=0.9)) == []
    assert found(pointers(9, p4=0.9), pointers(9, p4=0.9)) == [(4, 4)]
    assert found(pointers(9, p1=0.9, p5=0.9), pointers(9, p3=0.9, p6=0.9)) == [(1, 3), (5, 6)]
    assert found(pointers(200, p1=0.9), pointers(200, p150=0.9)) == []  # no mention is so long
    (only,) = spans(pointers(5, p1=0.9), pointers(5, p2=0.4), 0.1)
    assert only.probability == pytest.approx(0.6)


def test_no_span_crosses_a_mark():
    starts, ends = pointers(9, p1=0.9, p5=0.8), pointers(9, p3=0.4, p6=0.9)
    assert found(starts, ends) == [(1, 6), (5, 6)]
    marks = pointers(9, p4=1) > 0
    assert [(s.first, s.last) for s in spans(starts, ends, 0.1, marks)] == [(1, 3), (5, 6)]
    assert [(s.first, s.last) for s in spans(starts, ends, 0.1, marks | (ends == 0.4))] == [(5, 6)]


@pytest.fixture(scope="module")
def tokenizer(base) -> Tokenizer:
    return Tokenizer(base / "vocab.txt")


@settings(deadline=None)
@given(st.lists(st.text("今天气很好海东。\n 𠮷", max_size=50), max_size=12).map("。".join), st.integers(4, 40))
def test_windows_hold_every_piece_and_no_more_than_fit(tokenizer, text, room):
    found = windows(text, tokenizer, room, room, 5)
    assert all(0 < len(window) <= room for window in found)
    places = {span for window in found for span in window.spans}
    whole = tokenizer.encode(text)
    assert places == set(whole.spans)
    for window in found:
        assert list(window.spans) == sorted(window.spans)
        for (start, end), piece in zip(window.spans, window.ids, strict=True):
            assert piece == tokenizer.encode(text[start:end]).ids[0]
    if len(whole) <= room:
        assert len(found) <= 1


def test_windows_overlap_by_a_sentence(tokenizer):
    text = "今天天气很好。" * 10
    found = windows(text, tokenizer, 30, 30)
    assert len(found) == 3
    for one, after in zip(found, found[1:], strict=False):
        assert one.spans[-7:] == after.spans[:7]
    assert len(windows(text, tokenizer, 70, 30)) == 1  # what fits is read whole
