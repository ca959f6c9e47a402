"""What a recipe's process needs before it starts."""

from __future__ import annotations

import os
import sys

# glibc gives large blocks back to the system after each operation, and much of the time goes into page faults; kept, a
# step of titling on 2 cores takes 2.1 s instead of 2.6.  It must be set before the process starts.
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}


def keep_memory() -> None:
    """Start the running script again with an environment in which memory is kept, unless it has that already."""
    if any(os.environ.get(key) != value for key, value in _MALLOC.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_MALLOC})
