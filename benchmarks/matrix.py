"""det(exp A) = exp(tr A) beside SciPy's `expm` alone, in one run on the same matrices.

    python benchmarks/matrix.py [--n 1000] [--rounds 7]

`core.matrix` takes the exponential, its determinant by LU, the condition of the exponential matrix, the trace and what
rounding allows; the ratio says what all this costs on top of the exponential.  Rounds alternate between the
contestants; the figure is the median, by the clock and, for busy machines, of processor time.  The second
table is the default size of the page's sliders.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from scipy.linalg import expm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.mathtoys import exponentials, flow
from core.mathtoys.generators import generate
from core.mathtoys.matrix import identity

DEFAULT = [[0.5, -2.0], [2.0, 0.0]]


def measure(contestants: dict[str, Callable], rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds by the clock and of the processor, rounds in turn, the first one not counted."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            clock, processor = time.perf_counter(), time.process_time()
            run()
            if number:
                times[name].append((time.perf_counter() - clock, time.process_time() - processor))
    return {name: tuple(map(statistics.median, zip(*found, strict=True))) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    array = generate("random", args.n, 1)
    found = measure({"scipy expm": lambda: expm(array), "core.matrix": lambda: identity(array)}, args.rounds)
    packages = ", ".join(f"{package} {version(package)}" for package in ("numpy", "scipy"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}")
    print(f"n = {args.n}, median of {args.rounds}\n\n| | ms | times expm | processor ms | times expm |")
    print("|---|---|---|---|---|")
    alone = found["scipy expm"]
    for name, (clock, processor) in found.items():
        figures = f"{1000 * clock:.0f} | {clock / alone[0]:.2f} | {1000 * processor:.0f} | {processor / alone[1]:.2f}"
        print(f"| {name} | {figures} |")
    panels = {
        "identity": lambda: identity(DEFAULT),
        "f(t)": lambda: flow.path(DEFAULT),
        "flow": lambda: flow.flow(DEFAULT),
        "series": lambda: exponentials.series(DEFAULT),
        "sums": lambda: exponentials.sums(DEFAULT, DEFAULT),
        "logarithm": lambda: exponentials.logarithm(DEFAULT),
        "branches": lambda: exponentials.branches(1.0),
    }
    print("\n| panel, 2 x 2 | ms | processor ms |\n|---|---|---|")
    for name, (clock, processor) in measure(panels, args.rounds).items():
        print(f"| {name} | {1000 * clock:.1f} | {1000 * processor:.1f} |")


if __name__ == "__main__":
    main()
