"""How long the page of optimizers takes for six methods of 1,000 steps: the paths, the pictures, and what is sent.

    python -m benchmarks.optimizers_page [--steps 1000] [--rounds 7] [--short] [--json FILE]

For each surface: the time of `core.optimize` (paths, exact flow, map, stability), of the five Plotly figures with their
JSON and the table, both together, and the bytes that go to the browser.  Medians, the first round not counted; the
second column of milliseconds is processor time, for busy machines.
"""

from __future__ import annotations

from typing import Any

from benchmarks import frame
from core.optim.flow import optimize
from core.optim.losses import NAMES
from demo import optimizers_pictures, optimizers_render, plots

METHODS = ("gd", "momentum", "rmsprop_scalar", "adam", "heun", "rk4")


def drawn(found: Any) -> int:
    """Draw a result as the page does; the bytes of all pictures and the table."""
    texts = [plots.picture(one).plot for one in optimizers_pictures.all_of(found, "zh")]
    return sum(len(text.encode()) for text in (*texts, optimizers_render.table(found)))


def main() -> None:
    parser = frame.parser(__doc__, rounds=7)
    parser.add_argument("--steps", type=int, default=1000)
    args = frame.parsed(parser)
    rounds, steps = (1, 200) if args.short else (args.rounds, args.steps)
    heads = ("paths, ms", "processor", "drawn, ms", "processor", "together, ms", "sent, kB")
    columns = (frame.Column("surface"), *(frame.Column(head, ".0f") for head in heads))
    rows = []
    for name in NAMES:
        found = optimize(name, METHODS, steps=steps)
        size = drawn(found)
        turns = {
            "paths": lambda name=name: optimize(name, METHODS, steps=steps),
            "drawn": lambda found=found: drawn(found),
        }
        times = frame.measured(turns, rounds, first=False)
        (wall, busy), (shown, shown_busy) = ([1000 * one for one in times[turn]] for turn in turns)
        rows.append((name, wall, busy, shown, shown_busy, wall + shown, size / 1000))
    said = f"{len(METHODS)} methods ({', '.join(METHODS)}), {steps} steps, median of {rounds}."
    packages = ("numpy", "scipy", "plotly")
    frame.told(frame.result("optimizers_page", said, [frame.Table(columns, tuple(rows))], packages), args.json)


if __name__ == "__main__":
    main()
