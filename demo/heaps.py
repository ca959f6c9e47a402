"""Where the process's memory comes from; imports nothing that starts threads."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
_HEAPS = 2  # one for all would let the model's threads wait for each other


def share(environment: Mapping[str, str] = os.environ) -> bool:
    """Let all threads allocate from two heaps.

    glibc gives nearly every thread a heap of its own, up to eight a processor, and each keeps what was once free in
    it: with visitors' short-lived texts and tensors the process grows by hundreds of megabytes of which nothing is in
    use.  Has to come before the threads do.

    Returns:
        whether it was set; False where the environment has the say (`MALLOC_ARENA_MAX`, `GLIBC_TUNABLES`), or the C
        library is another than glibc.
    """
    if environment.get("MALLOC_ARENA_MAX") or "arena_max" in environment.get("GLIBC_TUNABLES", ""):
        return False
    try:
        return ctypes.CDLL(None).mallopt(_ARENA_MAX, _HEAPS) == 1
    except (AttributeError, OSError, TypeError):  # macOS and musl have no mallopt, Windows wants a library's name
        return False
