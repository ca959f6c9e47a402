"""Faults of the post's accumulation and of bert4keras': there ours equals the big batch, and theirs does not."""

from __future__ import annotations

import numpy as np
import pytest

from core import backend
from core.optim import Accumulated
from tests.optim.small import Problem, parts

STEPS = 3


def theirs(base=None, **settings):
    """bert4keras' optimizer that accumulates over STEPS batches."""
    b = backend.load()
    return b.optimizers.extend_with_gradient_accumulation(base or b.optimizers.Adam)(
        learning_rate=0.01, grad_accum_steps=STEPS, **settings
    )


def plain(**settings):
    return backend.load().optimizers.Adam(0.01, **settings)


def states(small: list[slice], big: list[slice], make=plain, make_theirs=theirs, extra: slice | None = None) -> tuple:
    """The parameters after `small` batches accumulated by ours (and flushed), by theirs, and after `big` ones.

    extra: one more batch for theirs alone, at which it makes its last update.
    """
    ours, others, wanted = Problem(), Problem(), Problem()
    accumulated = Accumulated(make(), STEPS)
    ours.accumulate(accumulated, small)
    accumulated.flush()
    others.train(make_theirs(), [*small, *([extra] if extra else [])])
    wanted.train(make(), big)
    return ours.state(), others.state(), wanted.state()


def check(found: tuple) -> None:
    ours, others, wanted = found
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=2e-6)
    assert np.abs(others - wanted).max() > 1e-3


UNCORRECTED = {"bias_correction": False}


def uncorrected(**settings):
    return plain(**UNCORRECTED, **settings)


def their_uncorrected(**settings):
    return theirs(**UNCORRECTED, **settings)


def test_what_theirs_does_right():
    """Without correction of the start, one window of equal batches, and one batch more than needed, is the big batch's;
    so that each test below shows one fault and no other."""
    ours, others, wanted = states(parts(4)[:3], parts(12)[:1], uncorrected, their_uncorrected, slice(0, 4))
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(others, wanted, rtol=1e-4, atol=2e-6)


def test_gradients_are_of_the_parameters_that_they_update():
    """Theirs updates while it handles the next window's first batch, whose gradient is of the parameters before."""
    check(states(parts(4)[:6], parts(12)[:2], uncorrected, their_uncorrected, slice(0, 4)))


def test_the_first_window_is_an_update():
    """Theirs has moved nothing after a whole window: its first update was one with no gradient."""
    found = states(parts(4)[:3], parts(12)[:1])
    check(found)
    np.testing.assert_array_equal(found[1], Problem().state())


def test_the_last_window_is_not_lost():
    check(states(parts(4)[:6], parts(12)[:2], uncorrected, their_uncorrected))


def test_a_short_last_window_is_not_lost():
    check(states(parts(4)[:5], [slice(0, 12), slice(12, 20)]))


def test_a_short_batch_weighs_less():
    check(
        states([slice(0, 8), slice(8, 11), slice(11, 12)], [slice(0, 12)], uncorrected, their_uncorrected, slice(0, 4))
    )


def test_the_start_is_corrected_by_updates():
    """Adam's correction goes by the number of updates; theirs by that of batches."""
    check(states(parts(4)[:3], parts(12)[:1], extra=slice(0, 4)))


def test_a_schedule_goes_by_updates():
    b = backend.load()
    settings = {"lr_schedule": {0: 0.1, 4: 1}, "bias_correction": False}  # rises over the first four updates
    kind = b.optimizers.extend_with_piecewise_linear_lr(b.optimizers.Adam)
    check(
        states(
            parts(4)[:3], parts(12)[:1], lambda: kind(0.01, **settings), lambda: theirs(kind, **settings), slice(0, 4)
        )
    )


def test_the_gradient_that_is_applied_is_clipped():
    """Theirs clips each small batch before it is added: large ones lose more than the mean of them would."""
    settings = {"clipnorm": 0.05, "epsilon": 1e-2}
    check(
        states(
            parts(4)[:3],
            parts(12)[:1],
            lambda: uncorrected(**settings),
            lambda: their_uncorrected(**settings),
            slice(0, 4),
        )
    )


def test_momentum_does_not_drift_between_updates():
    """On optimizers that are not its own, theirs holds nothing back: the parameters move at every batch."""
    old = backend.load().keras.optimizers.legacy

    class Momentum(old.SGD):
        """SGD with momentum, by keyword as bert4keras calls it."""

        def __init__(self, learning_rate: float = 0.01, **settings) -> None:
            super().__init__(learning_rate, momentum=0.9, **settings)

    ours, others = Problem(), Problem()
    accumulated, extended = Accumulated(Momentum(0.01), STEPS), theirs(Momentum)
    moved = {"ours": 0, "theirs": 0}
    for part in parts(4)[:9]:
        before = ours.state(), others.state()
        ours.accumulate(accumulated, [part])
        others.train(extended, [part])
        moved["ours"] += not np.array_equal(ours.state(), before[0])
        moved["theirs"] += not np.array_equal(others.state(), before[1])
    assert moved["ours"] == 3
    assert moved["theirs"] > 3
    wanted = Problem()
    wanted.train(Momentum(0.01), parts(12)[:3])
    check((ours.state(), others.state(), wanted.state()))


def test_updates_are_counted_not_batches():
    ours, others = Problem(), Problem()
    accumulated, extended = Accumulated(plain(), STEPS), theirs()
    ours.accumulate(accumulated, parts(4)[:6])
    others.train(extended, parts(4)[:6])
    assert (int(accumulated.iterations), int(extended.iterations)) == (2, 6)


@pytest.mark.parametrize("kind", ["new", "legacy"])
def test_keras_own_optimizers_stay_still_between_updates(kind):
    """Post 6 sets the rate to 0 instead, and momentum moves the parameters on all the same."""
    keras = backend.load().keras
    family = keras.optimizers if kind == "new" else keras.optimizers.legacy
    problem, accumulated = Problem(), Accumulated(family.SGD(0.1, momentum=0.9), STEPS)
    seen = [problem.state()]
    for part in parts(4)[:7]:
        problem.accumulate(accumulated, [part])
        seen.append(problem.state())
    moves = [not np.array_equal(a, b) for a, b in zip(seen, seen[1:], strict=False)]
    assert moves == [False, False, True, False, False, True, False]
