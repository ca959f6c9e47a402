"""What a step is: its rate, its objective, its length.  Pure functions of the step's number and of the plan, so that a
run that was resumed does what one that was not would have done.

The rate rises over `warm_up` steps, stays at its peak, and falls over the last part of the run (Hägele et al. 2024,
arXiv:2405.18392): as good as a cosine, and a run of unknown length, a piece at a time, can be brought to its end
whenever it suits.  Long sequences come in that last part.
"""

from __future__ import annotations

from dataclasses import dataclass

_PREFIX_OF_FIVE = (1, 3)  # these steps of five are prefix language modelling, the others masked
_LONG_EVERY = 3  # while the rate falls, every third step is of long sequences


@dataclass(frozen=True)
class Plan:
    """peak: learning rate.  warm_up: steps.  cool_from, cool_steps: where the rate begins to fall and for how many
    steps; None while the end of the run is not yet decided."""

    peak: float
    warm_up: int
    cool_from: int | None = None
    cool_steps: int = 1

    @property
    def end(self) -> int | None:
        """The number of steps of the whole run; None while it is not decided."""
        return None if self.cool_from is None else self.cool_from + self.cool_steps


def cool_down(steps: int, share: float) -> tuple[int, int]:
    """`cool_from` and `cool_steps` of a run of so many steps, of which the last `share` in [0, 1] is the cool-down."""
    length = min(steps, max(1, round(steps * share)))
    return steps - length, length


def learning_rate(plan: Plan, step: int) -> float:
    """The rate of a step, numbered from 0: linear warm-up, peak, then 1 − √x over the cool-down's share x."""
    rate = plan.peak * min(1.0, (step + 1) / max(1, plan.warm_up))
    if plan.cool_from is not None and step >= plan.cool_from:
        rate *= 1 - min(1.0, (step - plan.cool_from + 0.5) / plan.cool_steps) ** 0.5
    return rate


def is_prefix(step: int) -> bool:
    """Whether the step is of prefix language modelling; else it is of masked."""
    return step % 5 in _PREFIX_OF_FIVE


def is_long(plan: Plan, step: int) -> bool:
    """Whether the step is of long sequences."""
    return plan.cool_from is not None and step >= plan.cool_from and step % _LONG_EVERY == 0


def steps_before(plan: Plan, step: int) -> tuple[int, int]:
    """How many of the steps before this one were of short and of long sequences: the place in the data."""
    if plan.cool_from is None or step <= plan.cool_from:
        return step, 0
    long = -(-step // _LONG_EVERY) + -plan.cool_from // _LONG_EVERY  # multiples below step, less those below cool_from
    return step - long, long
