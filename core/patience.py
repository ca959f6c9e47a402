"""How long an answer may take: a limit of time that the models look at between two batches.

It holds for what is called inside it, in the same thread, and for nothing else; where there is none, as on the command
line, everything is waited for (for a single title five minutes, `core.titling.task`).
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Iterator
from typing import TypeVar

from core.errors import LateError

T = TypeVar("T")
_now: contextvars.ContextVar[Limit | None] = contextvars.ContextVar("limit", default=None)


class Limit:
    """So many seconds from now, for all that runs inside `with limit`, once or time and again.

    Of a limit inside another one the earlier holds.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds
        self._tokens: list[contextvars.Token] = []

    def __enter__(self) -> Limit:
        outer = _now.get()
        self._tokens.append(_now.set(self if outer is None or self._ends < outer._ends else outer))
        return self

    def __exit__(self, *_: object) -> None:
        _now.reset(self._tokens.pop())

    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(0.0, self._ends - time.monotonic())

    def check(self) -> None:
        """Nothing, as long as it is not over.

        Raises:
            LateError: it is.
        """
        if not self.left():
            raise LateError("too_late", seconds=max(0, int(self.seconds)))

    def each(self, steps: Iterator[T]) -> Iterator[T]:
        """The same items, each of them made inside; what runs between two of them is not.

        Raises:
            LateError: it is over before the next one is begun.
        """
        while True:
            self.check()
            with self:
                try:
                    item = next(steps)
                except StopIteration:
                    return
            yield item


def check() -> None:
    """Nothing, as long as no limit that this runs in is over.

    Raises:
        LateError: one is.
    """
    limit = _now.get()
    if limit:
        limit.check()


def left(most: float) -> float:
    """Seconds that may be waited here for something: until the limit, and at most `most`."""
    limit = _now.get()
    return most if limit is None else min(most, limit.left())
