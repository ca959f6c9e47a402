"""What the process's memory is made of."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

HEAPS = """
import ctypes, re, sys, tempfile, threading
from demo import serving
if sys.argv[1] == "shared":
    assert serving.share_heaps()
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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps are glibc's")
def test_threads_share_two_heaps():
    def heaps(which):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
        done = subprocess.run(
            [sys.executable, "-c", HEAPS, which], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return int(done.stdout.split()[-1])

    assert heaps("shared") <= 2 < heaps("each its own")
