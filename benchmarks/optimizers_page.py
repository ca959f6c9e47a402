"""How long the page of optimizers takes for six methods of 1,000 steps: the paths, the pictures, and what is sent.

    python benchmarks/optimizers_page.py [--steps 1000] [--rounds 7]

For each surface: the time of `core.optimize` (paths, exact flow, map, stability), of the five Plotly figures with their
JSON and the table, both together, and the bytes that go to the browser.  Medians, the first round not counted; the
second column of milliseconds is processor time, for busy machines.
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
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.optim.flow import optimize
from core.optim.losses import NAMES
from demo import optimizers_pictures, optimizers_render, plots

METHODS = ("gd", "momentum", "rmsprop_scalar", "adam", "heun", "rk4")


def measured(run: Callable[[], Any], rounds: int) -> tuple[float, float, Any]:
    """Median milliseconds by the clock and of the processor, and what came of it."""
    times, answer = [], None
    for number in range(rounds + 1):
        clock, processor = time.perf_counter(), time.process_time()
        answer = run()
        if number:
            times.append((time.perf_counter() - clock, time.process_time() - processor))
    wall, busy = (1000 * statistics.median(part) for part in zip(*times, strict=True))
    return wall, busy, answer


def drawn(found: Any) -> int:
    """Draw a result as the page does; the bytes of all pictures and the table."""
    texts = [plots.picture(one).plot for one in optimizers_pictures.all_of(found, "zh")]
    return sum(len(text.encode()) for text in (*texts, optimizers_render.table(found)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    packages = ", ".join(f"{package} {version(package)}" for package in ("numpy", "scipy", "plotly"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}")
    print(f"{len(METHODS)} methods ({', '.join(METHODS)}), {args.steps} steps, median of {args.rounds}\n")
    heads = ("surface", "paths, ms", "processor", "drawn, ms", "processor", "together, ms", "sent, kB")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name in NAMES:
        wall, busy, found = measured(lambda name=name: optimize(name, METHODS, steps=args.steps), args.rounds)
        shown, shown_busy, size = measured(lambda found=found: drawn(found), args.rounds)
        figures = (wall, busy, shown, shown_busy, wall + shown, size / 1000)
        print(f"| {name} | {' | '.join(f'{one:.0f}' for one in figures)} |")


if __name__ == "__main__":
    main()
