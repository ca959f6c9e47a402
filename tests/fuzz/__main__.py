"""The long form: `python -m tests.fuzz [--inputs 100000] [--seed N] [--only PART]`; a table, and 1 if anything broke.

The inputs are shared out among the parsers, the weights folders and the chat by their `share`; a tenth of them goes to
the endpoints and the page's own events over HTTP.  Memory is the process's resident set before and after, the second
half of a target's inputs against the first: what grows with every input would show there.  An input that never comes
back ends the run, and what each thread was doing is written.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import secrets
import sys

from benchmarks.visitors import resident
from tests.fuzz import endpoints, private
from tests.fuzz.run import Fed, feed
from tests.fuzz.targets import targets


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, help="the same inputs again")
    parser.add_argument("--only", default="", help="targets whose name holds this")
    args = parser.parse_args()
    logging.disable(logging.ERROR)  # of libraries about what they are fed
    start = secrets.randbits(32) if args.seed is None else args.seed
    some = {name: one for name, one in targets().items() if args.only in name}
    whole = sum(one.share for one in some.values())
    heads = ("fed", "inputs", "refused with a sentence", "slowest, s", "memory, MB", "of it in the second half")
    print(f"--seed {start}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    broken: dict[str, Fed] = {}
    for name, target in some.items():
        half = max(5, math.ceil(0.45 * args.inputs * target.share / whole))
        sizes = [resident(os.getpid())]
        first = feed(target, half, start)
        sizes.append(resident(os.getpid()))
        second = feed(target, half, start + 1)
        sizes.append(resident(os.getpid()))
        _row(
            name,
            first.inputs + second.inputs,
            first.refused + second.refused,
            max(first.slowest, second.slowest),
            sizes,
        )
        if first.faults or second.faults:
            broken[name] = first if first.faults else second
    called = {"endpoints": endpoints.feed, "private events": private.feed}
    called = {name: one for name, one in called.items() if args.only in name}
    if called:
        with endpoints.served() as url:
            for name, calls in called.items():
                parts, sizes = [], [resident(os.getpid())]
                for number in range(2):
                    parts.append(calls(url, max(5, math.ceil(0.05 * args.inputs / len(called))), start + number))
                    sizes.append(resident(os.getpid()))
                _row(
                    name, sum(f.inputs for f in parts), sum(f.refused for f in parts), max(f.slowest for f in parts),
                    sizes,
                )  # fmt: skip
                broken |= {f"{name}, part {n}": one for n, one in enumerate(parts, 1) if one.faults}
    for name, fed in broken.items():
        print(f"\n{name}:\n{fed.faults[0]}")
    return 1 if broken else 0


def _row(name: str, inputs: int, refused: int, slowest: float, sizes: list[float]) -> None:
    grown = f"{sizes[2] - sizes[0]:+.0f} | {sizes[2] - sizes[1]:+.0f}"
    print(f"| {name} | {inputs:,} | {refused:,} | {slowest:.2f} | {grown} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
