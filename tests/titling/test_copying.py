"""The tags of BIO-copy, held to a longest common subsequence found by trying everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.titling.copying import BEGIN, INSIDE, OUTSIDE, tags

IDS = st.lists(st.integers(1, 4), max_size=7)


def tag(source: list[int], target: list[int]) -> list[int]:
    return tags(np.array(source, np.int32), np.array(target, np.int32)).tolist()


def longest(source: list[int], target: list[int]) -> int:
    """The length of the longest common subsequence, by looking for every subsequence of the target."""

    def stands_in(part: tuple[int, ...]) -> bool:
        rest = iter(source)
        return all(any(one == other for other in rest) for one in part)

    sizes = range(len(target), 0, -1)
    return next((n for n in sizes if any(map(stands_in, itertools.combinations(target, n)))), 0)


def can_be_placed(source: list[int], target: list[int], found: list[int]) -> bool:
    """Whether all that is tagged B or I has places in the source in its order, an I right behind the piece before."""
    places = {-1}
    for i, (piece, kind) in enumerate(zip(target, found, strict=True)):
        if kind == OUTSIDE:
            continue
        same = {j for j, other in enumerate(source) if other == piece}
        if kind == INSIDE:
            if i == 0 or found[i - 1] == OUTSIDE:
                return False
            places = {j for j in same if j - 1 in places}
        else:
            places = {j for j in same if any(j > before for before in places)}
        if not places:
            return False
    return True


@pytest.mark.parametrize(
    ("source", "target", "wanted"),
    [
        ([5, 6, 7, 8], [6, 7], [BEGIN, INSIDE]),
        ([5, 6, 7, 8], [5, 7, 8], [BEGIN, BEGIN, INSIDE]),
        ([5, 6, 7], [9, 6, 9, 7], [OUTSIDE, BEGIN, OUTSIDE, BEGIN]),
        ([5], [], []),
        ([], [5], [OUTSIDE]),
    ],
)
def test_worked_examples(source, target, wanted):
    assert tag(source, target) == wanted


@given(IDS, IDS)
@settings(deadline=None)
def test_as_many_copied_as_can_be(source, target):
    found = tag(source, target)
    assert len(found) == len(target)
    assert sum(kind != OUTSIDE for kind in found) == longest(source, target)
    assert can_be_placed(source, target, found)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30, unique=True), st.data())
@settings(deadline=None)
def test_a_piece_of_the_source_is_one_copy(source, data):
    start = data.draw(st.integers(0, len(source) - 1))
    end = data.draw(st.integers(start + 1, len(source)))
    assert tag(source, source[start:end]) == [BEGIN] + [INSIDE] * (end - start - 1)
