"""What the recipes' processes have in common: their memory, their flags, and being asked to end."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

# glibc gives large blocks back to the system after each operation, and much of the time goes into page faults; kept, a
# step of titling on 2 cores takes 2.1 s instead of 2.6.  It must be set before the process starts.
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}


def keep_memory() -> None:
    """Start the running script again with an environment in which memory is kept, unless it has that already."""
    if any(os.environ.get(key) != value for key, value in _MALLOC.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_MALLOC})


def above_zero(kind: type) -> Callable[[str], Any]:
    """For `argparse`: an int or a float above zero."""

    def read(text: str) -> Any:
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError("above zero, please")
        return value

    return read


@contextlib.contextmanager
def asked_to_end() -> Iterator[list[int]]:
    """A list that is no longer empty once the process was asked to end (SIGINT, SIGTERM); asked twice, it ends."""
    asked: list[int] = []
    before = {}

    def note(number: int, frame: Any) -> None:
        asked.append(number)
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            before[number] = signal.signal(number, note)
        except ValueError:  # not the main thread: nobody asks there
            break
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
