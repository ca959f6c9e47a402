"""Feeding a target: how many inputs, how long the slowest took, what was refused, and what broke."""

from __future__ import annotations

import contextlib
import faulthandler
import sys
import time
import traceback
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, seed, settings

from core.errors import VisitorError
from tests.fuzz.targets import Target, told

HANGS = 3  # times a target's own limit: an input that takes so long does not come back
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]


@dataclass
class Fed:
    """inputs, and how many of them were refused with a sentence; slowest: seconds; faults: the first one's trace."""

    inputs: int = 0
    refused: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)


def feed(target: Target, inputs: int, start: int | None = None, terminal: int | None = None) -> Fed:
    """Feed it so many inputs, the same ones for the same `start`; a fault is shrunk to the smallest that hypothesis
    finds.

    An input that hangs ends the process, with what each of its threads does written to `terminal`, a file descriptor
    (None: standard error's): nothing else brings back a call that never returns.
    """
    fed, written = Fed(), sys.stderr.fileno() if terminal is None else terminal

    @settings(
        max_examples=inputs, deadline=None, database=None, derandomize=start is None, suppress_health_check=_QUIET
    )
    @given(target.values)
    def one(value):
        fed.inputs += 1
        began = time.monotonic()
        faulthandler.dump_traceback_later(HANGS * target.seconds, exit=True, file=written)
        try:
            target.feed(value)
        except VisitorError as error:
            fed.refused += 1
            told(error)
        finally:
            faulthandler.cancel_dump_traceback_later()
        took = time.monotonic() - began
        fed.slowest = max(fed.slowest, took)
        # no bound on speed: what takes minutes hangs, and holds a place that others wait for
        assert took < target.seconds, f"{took:.0f} s for one input"

    run = one if start is None else seed(start)(one)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            run()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            fed.faults.append("".join(traceback.format_exception(error)))
    return fed
