"""What strangers made is read in a process of its own, which may use so much memory and no more, and is ended in time.

Three such children run at once, two of them for the same who asks (`asked_by`), and few wait for theirs, so that
nobody's slow files keep all others waiting.

A reader is a module whose `main` calls `answer`: run as `python -m MODULE` it takes bytes on standard input and gives
JSON on standard output.  `ask` runs it, so that nothing but JSON comes back, whatever the bytes do to their parser.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import math
import subprocess
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import patience
from core.errors import LateError

MAX_MEMORY = 1_000_000_000  # bytes of address space of a child, Python's and its libraries' own among them
_ROOT = Path(__file__).resolve().parent.parent
EACH, WAITING = 2, 8  # children of one who asks, and files of theirs that wait; further ones are refused
_at_once = threading.BoundedSemaphore(EACH + 1)  # children
_asker: contextvars.ContextVar[Hashable] = contextvars.ContextVar("asker", default=None)
_turns: dict[Hashable, list] = {}  # who asks → [their places, how many hold one or wait for it]
_counting = threading.Lock()


@dataclass(frozen=True)
class Answer:
    """What a child said.

    value: the JSON; None where it died or was ended.  late: it was ended after its seconds.
    code: as `subprocess` has it: 0; 1 where its reader raised; the negative number of the signal that ended it.
    """

    value: Any = None
    late: bool = False
    code: int = 0


@contextlib.contextmanager
def asked_by(who: Hashable) -> Iterator[None]:
    """Inside, children are asked for by somebody who has two at a time; None: by nobody in particular."""
    token = _asker.set(who)
    try:
        yield
    finally:
        _asker.reset(token)


def ask(module: str, data: bytes, seconds: float) -> Answer:
    """Have a module read `data` in a child.

    Raises:
        LateError: the limit of time that this runs in (`core.patience`) is over, in the queue or in the child, or too
            many files of who asks wait already.
    """
    command = [sys.executable, "-m", module]
    with _own_turn(), _held(_at_once):
        try:
            longest = patience.left(seconds)
            done = subprocess.run(command, input=data, capture_output=True, cwd=_ROOT, timeout=longest, check=False)
        except subprocess.TimeoutExpired:
            patience.check()
            return Answer(late=True)
    try:
        return Answer(json.loads(done.stdout) if done.returncode == 0 else None, code=done.returncode)
    except ValueError:
        return Answer(code=done.returncode)


@contextlib.contextmanager
def _own_turn() -> Iterator[None]:
    who = _asker.get()
    if who is None:
        yield
        return
    with _counting:
        turn = _turns.setdefault(who, [threading.BoundedSemaphore(EACH), 0])
        if turn[1] == EACH + WAITING:
            raise LateError("files_busy")
        turn[1] += 1
    try:
        with _held(turn[0]):
            yield
    finally:
        with _counting:
            turn[1] -= 1
            if not turn[1]:
                del _turns[who]


@contextlib.contextmanager
def _held(places: threading.Semaphore) -> Iterator[None]:
    """Inside, a place is held."""
    longest = patience.left(math.inf)
    if not places.acquire(timeout=None if longest == math.inf else longest):
        raise LateError("files_busy")
    try:
        yield
    finally:
        places.release()


def answer(read: Callable[[bytes], Any]) -> None:
    """The child's side: bounds first, then what `read` makes of standard input."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(read(sys.stdin.buffer.read())))
