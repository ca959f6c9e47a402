"""What strangers made is read in a process of its own, which may use so much memory and no more, and is ended in time.

A reader is a module whose `main` calls `answer`: run as `python -m MODULE` it takes bytes on standard input and gives
JSON on standard output.  `ask` runs it, so that nothing but JSON comes back, whatever the bytes do to their parser.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_MEMORY = 1_000_000_000  # bytes of address space of a child, Python's and its libraries' own among them
_ROOT = Path(__file__).resolve().parent.parent
_at_once = threading.BoundedSemaphore(2)  # children; further files wait


@dataclass(frozen=True)
class Answer:
    """What a child said.

    value: the JSON; None where it died or was ended.  late: it was ended after its seconds.
    code: as `subprocess` has it: 0; 1 where its reader raised; the negative number of the signal that ended it.
    """

    value: Any = None
    late: bool = False
    code: int = 0


def ask(module: str, data: bytes, seconds: float) -> Answer:
    """Have a module read `data` in a child; two children run at once, further ones wait."""
    command = [sys.executable, "-m", module]
    with _at_once:
        try:
            done = subprocess.run(command, input=data, capture_output=True, cwd=_ROOT, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return Answer(late=True)
    try:
        return Answer(json.loads(done.stdout) if done.returncode == 0 else None, code=done.returncode)
    except ValueError:
        return Answer(code=done.returncode)


def answer(read: Callable[[bytes], Any]) -> None:
    """The child's side: bounds first, then what `read` makes of standard input."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(read(sys.stdin.buffer.read())))
