"""`python -m core bulk` in a process that writes a line to standard output whenever it opens, renames or removes a file
of its output folder: who reads the lines knows where it is, and kills it there.

    python -m tests.bulk.watched FOLDER bulk …
"""

from __future__ import annotations

import os
import sys

from core.__main__ import main

_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir")


def _watch(folder: str) -> None:
    def hook(event: str, arguments: tuple) -> None:
        if event in _EVENTS and str(arguments[0]).startswith(folder):
            os.write(1, f"{event}\n".encode())

    sys.addaudithook(hook)


if __name__ == "__main__":
    _watch(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
