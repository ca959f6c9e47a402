"""The best run of a passage, against looking at every one of them, and against the post's way place by place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.reading.spans import best, greedy, scores


def chances(draw):
    places, n = draw(st.integers(1, 5)), draw(st.integers(0, 7))
    return draw(arrays(np.float64, (places, n + 1), elements=st.floats(0, 1, width=32)))


@st.composite
def looked(draw):
    return chances(draw)


@given(looked())
def test_scores_are_means_of_runs(p):
    found = scores(p)
    places, n = p.shape[0], p.shape[1] - 1
    assert found.shape == (places - 1, n)
    for k in range(places - 1):
        for s in range(n):
            if s + k >= n:
                assert found[k, s] == -1
            else:
                run = [p[i, s + i] for i in range(k + 1)] + [p[k + 1, n]]
                assert np.isclose(found[k, s], np.mean(run))


@given(looked())
def test_no_run_is_better_than_the_best(p):
    first, last, probability = best(p)
    found = scores(p)
    if found.size:
        assert last > first and np.isclose(probability, found.max())
        assert np.isclose(found[last - first - 1, first], probability)
    else:
        assert (first, last, probability) == (0, 0, p[0, -1])


@given(looked(), st.randoms(use_true_random=False))
def test_place_by_place_finds_nothing_better(p, random):
    ids = np.array([random.randrange(4) for _ in range(p.shape[1] - 1)], int)
    for piece in set(ids.tolist()):  # the same piece is equally likely wherever it stands
        at = np.flatnonzero(ids == piece)
        p[:, at] = p[:, at[:1]]
    first, last, probability = greedy(p, ids)
    assert last == first or probability <= best(p)[2] + 1e-9
    run = [p[i, first + i] for i in range(last - first)] + [p[last - first, -1]]
    assert np.isclose(np.mean(run), probability)


def test_among_equal_runs_the_one_that_is_pointed_at():
    p = np.array([[0.9, 0.0, 0.9, 0.1], [0.1, 0.1, 0.1, 0.9]])
    attention = np.array([[0.2, 0.0, 0.8, 0.0], [0.0, 0.0, 0.0, 1.0]])
    assert best(p)[:2] == (0, 1) and best(p, attention)[:2] == (2, 3)
