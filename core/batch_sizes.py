"""How many inputs models computed together: counts by task and size, for whoever watches a server.

One table a process, because models are shared by all who ask in it.  Nothing of the inputs is kept.
"""

from __future__ import annotations

import threading
from collections import Counter

_lock = threading.Lock()
_seen: dict[str, Counter[int]] = {}


def note(task: str, size: int) -> None:
    """A batch of `size` articles (titling), windows (triples) or passages (reading) goes into the model."""
    with _lock:
        _seen.setdefault(task, Counter())[size] += 1


def seen() -> dict[str, dict[int, int]]:
    """task → size of batch → how many there were: a copy."""
    with _lock:
        return {task: dict(sizes) for task, sizes in _seen.items()}
