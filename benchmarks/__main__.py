"""Benchmarks in their short form, one after the other: `make bench`, or `python -m benchmarks [--data DIR]`.

All but those of collections and of visitors (`bulk`, `visitors`, `soak`), which load the machine as a whole.

Under ten minutes on two quiet cores.  DIR is a folder with the layout of the recipes' (`titling/news.dev.jsonl`, …);
without it the decoding study, which needs held-out titles, is left out, and the others take the page's own examples.
Figures of the short forms are for a look; those of the readme come from the long ones.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import frame

ALL = (
    "matrix",
    "catenary",
    "optimizers_page",
    "titling",
    "triples",
    "reading",
    "decoding",
    "accumulation",
    "startup",
    "memory",
)
_LIMIT = 600  # seconds for one


def main() -> int:
    """The command; its exit code: how many of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder with titling/*.dev.jsonl")
    parser.add_argument("--threads", type=int, help="that each contestant may use")
    parser.add_argument("names", nargs="*", help=f"default: all ({', '.join(ALL)})")
    args = parser.parse_args()
    began, failed, took = time.monotonic(), [], {}
    for name in args.names or ALL:
        command = [sys.executable, "-m", f"benchmarks.{name}", "--short"]
        if name == "decoding":
            if not args.data:
                print("## decoding: left out, since it needs --data (make bench ARGS='--data DIR')\n")
                continue
            command += ["--data", str(args.data / "titling")]
        command += ["--threads", str(args.threads)] if args.threads else []
        print(f"## {name}\n", flush=True)
        since = time.monotonic()
        ended, told = _run(command)
        if ended:
            failed.append(name)
            print(told[-2000:], file=sys.stderr)
        took[name] = time.monotonic() - since
        print(flush=True)
    print(", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items()))
    print(f"all: {time.monotonic() - began:.0f} s" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return len(failed)


def _run(command: list[str]) -> tuple[bool, str]:
    """Whether it failed, and what it said of it; whatever it started ends with it."""
    with subprocess.Popen(
        command, cwd=frame.ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:  # fmt: skip
        try:
            told = process.communicate(timeout=_LIMIT)[1]
            return process.returncode != 0, told
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True, f"not done after {_LIMIT} s\n{process.communicate()[1]}"


if __name__ == "__main__":
    sys.exit(main())
