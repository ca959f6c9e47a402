"""What the process's memory is made of."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

HEAPS = """
import ctypes, re, sys, tempfile, threading
from argparse import Namespace
import app
from core.errors import VisitorError
if sys.argv[1] == "as the app":
    try:
        app.serve(Namespace(auth=["no such file"], mcp=False))  # it ends there: after the heaps, before the page
    except VisitorError:
        pass
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
together = threading.Barrier(16)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.NamedTemporaryFile("r") as told:
    stream = ctypes.c_void_p(libc.fdopen(ctypes.c_int(libc.open(told.name.encode(), 1)), b"w"))
    libc.malloc_info(0, stream)
    libc.fflush(stream)
    print(len(re.findall("<heap nr=", told.read())))
"""


def heaps(how: str, **variables: str) -> int:
    """How many heaps sixteen threads come to have."""
    usual = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_") and k != "GLIBC_TUNABLES"}
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, how],
        cwd=Path(__file__).parents[2], env=usual | variables, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps are glibc's")
def test_threads_share_two_heaps_unless_the_environment_says_otherwise():
    assert heaps("as the app") <= 2 < heaps("without it")
    assert heaps("as the app", MALLOC_ARENA_MAX="4") == 4
    assert heaps("as the app", GLIBC_TUNABLES="glibc.malloc.arena_max=5") == 5
