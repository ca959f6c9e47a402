"""Batches and the schedule: what is hidden, what is asked, and that all of it follows from the step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.pretraining import RecipeError
from recipes.pretraining.corpus import LONGEST, Corpus
from recipes.pretraining.sampling import Masking, Sampler, masked, prefixed
from recipes.pretraining.schedule import Plan, cool_down, is_long, is_prefix, learning_rate, steps_before
from recipes.pretraining.settings import LEAST_WINDOW

PLAN = Plan(1e-3, 10, 60, 40)
SPECIAL = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}


# ---- schedule ----------------------------------------------------------------------------------------------------
def test_the_rate_rises_stays_and_falls():
    rates = [learning_rate(PLAN, step) for step in range(PLAN.end)]
    assert rates[0] == pytest.approx(1e-4)
    assert rates[9:60] == [1e-3] * 51
    assert all(a > b for a, b in zip(rates[59:], rates[60:], strict=False))
    assert 0 < rates[-1] < 1e-5
    assert learning_rate(PLAN, PLAN.end + 5) == 0
    assert learning_rate(Plan(1e-3, 10), 10**6) == 1e-3


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_a_run_of_known_length_ends_there(steps, share):
    plan = Plan(1, 1, *cool_down(steps, share))
    assert plan.end == steps
    assert plan.cool_steps >= 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_place_in_the_data_is_a_count_of_steps(cool_from, step):
    plan = Plan(1, 1, cool_from, 10)
    long = sum(is_long(plan, before) for before in range(step))
    assert steps_before(plan, step) == (step - long, long)


def test_long_windows_come_late_and_in_both_objectives():
    long = [step for step in range(PLAN.end) if is_long(PLAN, step)]
    assert min(long) >= PLAN.cool_from
    assert {is_prefix(step) for step in long} == {True, False}
    assert not any(is_long(Plan(1, 1), step) for step in range(100))


# ---- windows -----------------------------------------------------------------------------------------------------
def sampler(corpus: Corpus, **others) -> Sampler:
    return Sampler(corpus, **{"tokens": 512, "short": 32, "long": 64, "seed": 0, **others})


def test_a_pass_sees_every_window_once(corpus):
    one = sampler(corpus)
    steps = -(-one.windows[32] // one.rows[32])
    starts = np.concatenate([one.order(Plan(1, 1), step).starts for step in range(steps)])[: one.windows[32]]
    assert len(np.unique(starts)) == len(starts)
    seen = np.zeros(len(corpus.train), int)
    np.add.at(seen, starts[:, None] + np.arange(30), 1)
    assert seen.max() == 1
    assert len(seen) - seen.sum() < 30 * len(corpus.times)
    assert one.passes(Plan(1, 1), steps) == pytest.approx(1, abs=one.rows[32] / one.windows[32])
    following = one.order(Plan(1, 1), steps).starts
    assert not np.array_equal(following, starts[: len(following)])


def test_a_batch_is_a_function_of_the_seed_and_the_step(corpus):
    for step in (0, 1, 60, 63, 75, 93):
        one, again, other = (sampler(corpus, seed=seed) for seed in (0, 0, 1))
        again.order(PLAN, 5)  # what was asked before does not matter
        batches = [each.build(each.order(PLAN, step)) for each in (one, again, other)]
        for name in ("tokens", "seps", "places", "labels"):
            first, second = (getattr(batch, name) for batch in batches[:2])
            assert (first is None) == (second is None) == (name == "seps" and not is_prefix(step))
            if first is not None:
                np.testing.assert_array_equal(first, second)
        assert not np.array_equal(batches[0].tokens, batches[2].tokens)
        assert batches[0].tokens.shape == ((8, 64) if is_long(PLAN, step) else (16, 32))
        assert batches[0].asked > 0


def test_parts_are_the_whole(corpus):
    one = sampler(corpus)
    batch = one.build(one.order(PLAN, 1))
    parts = list(batch.parts(5))
    assert [len(part) for part in parts] == [5, 5, 5, 1]
    np.testing.assert_array_equal(np.concatenate([part.seps for part in parts]), batch.seps)
    assert sum(part.asked for part in parts) == batch.asked


def test_held_out_windows_are_always_the_same(corpus):
    batches = [list(sampler(corpus, seed=seed).held_out(32, False, 4)) for seed in (0, 1)]
    for first, second in zip(*batches, strict=True):
        np.testing.assert_array_equal(first.tokens, second.tokens)
        np.testing.assert_array_equal(first.labels, second.labels)
    huge = next(sampler(corpus).held_out(4096, True, 4))  # more than is held out: the text runs round
    assert huge.tokens.shape == (1, 4096)


def test_what_is_measured_on_the_way_is_of_all_sources(corpus):
    corpus = replace(
        corpus, train=corpus.held, held=corpus.train, bounds=np.array([0, len(corpus.held), len(corpus.held)])
    )
    one = sampler(corpus)
    windows = len(corpus.held) // 30
    assert windows > 100
    whole = np.concatenate([batch.tokens for batch in one.held_out(32, True, 1)])
    assert len(whole) == windows
    for most in (1, 3, windows - 1, windows, windows + 9):
        orders = []
        one._build = lambda pieces, order, masking, orders=orders: orders.append(order)
        list(one.held_out(32, True, 2, most))
        starts = np.concatenate([order.starts for order in orders])
        assert len(starts) == min(most, windows)
        assert starts[0] == 0
        assert starts[-1] + 30 <= len(corpus.held)
        steps = np.diff([*starts, windows * 30]) // 30
        assert steps.max() - steps.min() <= 1


def test_what_is_measured_is_not_masked_as_the_run_is(corpus):
    usual, other = (sampler(corpus, masking=masking) for masking in (None, Masking(0.5, True)))
    for first, second in zip(*(each.held_out(32, False, 4) for each in (usual, other)), strict=True):
        np.testing.assert_array_equal(first.tokens, second.tokens)
        np.testing.assert_array_equal(first.labels, second.labels)
    assert other.build(other.order(PLAN, 0)).asked > usual.build(usual.order(PLAN, 0)).asked


def test_the_shortest_window_can_be_built(corpus):
    one = sampler(corpus, short=LEAST_WINDOW, long=LEAST_WINDOW)
    for step in range(5):
        batch = one.build(one.order(PLAN, step))
        assert batch.tokens.shape[1] == LEAST_WINDOW
        assert batch.asked > 0


def test_a_corpus_without_a_window_says_so(corpus):
    with pytest.raises(RecipeError, match="too small"):
        sampler(corpus, long=10**6)


# ---- what is hidden ----------------------------------------------------------------------------------------------
@st.composite
def streams(draw):
    """Pieces with some [SEP] and [UNK] among them, and where words of at most LONGEST pieces begin."""
    rows, length = draw(st.integers(1, 4)), draw(st.integers(16, 80))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    ids = rng.integers(5, 50, (rows, length)).astype(np.int32)
    ids[rng.random(ids.shape) < draw(st.sampled_from([0, 0.05, 0.3]))] = SPECIAL["[SEP]"]
    ids[rng.random(ids.shape) < 0.02] = SPECIAL["[UNK]"]
    starts = (rng.random(ids.shape) < draw(st.sampled_from([0.05, 0.6]))) | (ids == SPECIAL["[SEP]"])
    starts[:, 1:] |= ids[:, :-1] == SPECIAL["[SEP]"]
    starts |= np.arange(length) % LONGEST == 0
    return ids, starts, rng


@settings(max_examples=60, deadline=None)
@given(streams(), st.floats(0.05, 0.5), st.booleans())
def test_whole_words_are_hidden(stream, share, only_mask):
    ids, starts, rng = stream
    ordinary = np.arange(50) > 4
    batch = masked(ids, starts, ordinary, SPECIAL, Masking(share, only_mask), rng)
    rows, length = ids.shape
    assert (batch.tokens[:, 0] == 2).all()
    assert (batch.tokens[:, -1] == 3).all()
    inner = batch.tokens[:, 1:-1]
    asked = np.zeros((rows, length), bool)
    for row in range(rows):
        real = batch.labels[row] >= 0
        places = batch.places[row][real] - 1
        assert len(np.unique(places)) == len(places)
        np.testing.assert_array_equal(batch.labels[row][real], ids[row, places])
        asked[row, places] = True
    np.testing.assert_array_equal(inner[~asked], ids[~asked])
    assert ordinary[ids[asked]].all()
    if only_mask:
        assert (inner[asked] == SPECIAL["[MASK]"]).all()
    budget = max(1, round(share * length))
    for row in range(rows):
        count = asked[row].sum()
        assert count <= budget + LONGEST - 1
        words = np.split(np.arange(length), np.flatnonzero(starts[row])[1:])
        for word in words:
            if ordinary[ids[row, word]].all():
                assert asked[row, word].all() or not asked[row, word].any()
        if all(ordinary[ids[row, word]].all() or len(word) == 1 for word in words):
            assert count >= min(budget, ordinary[ids[row]].sum())


def test_four_fifths_are_masked_and_a_tenth_stays():
    rng = np.random.default_rng(0)
    ids = rng.integers(5, 5000, (200, 126)).astype(np.int32)
    batch = masked(ids, np.ones(ids.shape, bool), np.arange(5000) > 4, SPECIAL, Masking(), rng)
    real = batch.labels >= 0
    given_pieces = np.take_along_axis(batch.tokens, batch.places, axis=1)[real]
    assert real.sum() == 200 * 19
    assert (given_pieces == 4).mean() == pytest.approx(0.8, abs=0.03)
    assert (given_pieces == batch.labels[real]).mean() == pytest.approx(0.1, abs=0.03)


@settings(max_examples=60, deadline=None)
@given(streams())
def test_a_window_is_parted_and_its_second_part_asked_for(stream):
    ids, starts, rng = stream
    batch = prefixed(ids, starts, 2, 3, rng)
    length = ids.shape[1] + 2
    for row, sep in enumerate(batch.seps):
        tokens = batch.tokens[row].tolist()
        assert length // 4 <= sep < length - length // 4
        assert (tokens[0], tokens[sep]) == (2, 3)
        whole = ids[row].tolist()
        put_in = whole[sep - 1] != 3
        if put_in:
            assert tokens[1:sep] + tokens[sep + 1 :] == whole
            middle = starts[row, length // 4 - 1 : length - length // 4 - 1]
            assert starts[row, sep - 1] or not middle.any()
        else:  # the text's own [SEP]; the last place is filled
            assert tokens[1:-1] == whole
            assert tokens[-1] == 3
        real = batch.labels[row] >= 0
        places = batch.places[row][real]
        np.testing.assert_array_equal(places, np.arange(sep, length - (1 if put_in else 2)))
        np.testing.assert_array_equal(batch.labels[row][real], batch.tokens[row][places + 1])
