"""det(exp A) = exp(tr A) beside the exponential alone of SciPy, torch and jax, in one run on the same matrices.

    python -m benchmarks.matrix [--n 1000] [--rounds 7] [--short] [--json FILE]

`core.matrix` takes the exponential, its determinant by LU, the condition of the exponential matrix, the trace and what
rounding allows; the ratio says what all this costs on top of the exponential.  All in float64.  The second table is the
default size of the page's sliders.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import expm

from benchmarks import frame
from core.mathtoys import exponentials, flow
from core.mathtoys.generators import generate
from core.mathtoys.matrix import identity

DEFAULT = [[0.5, -2.0], [2.0, 0.0]]


def exponentials_of_others(array: np.ndarray) -> dict[str, Callable]:
    """torch's and jax's, where they are installed."""
    found: dict[str, Callable] = {}
    if frame.installed("torch"):
        import torch

        tensor = torch.from_numpy(array)
        found["torch.linalg.matrix_exp"] = lambda: torch.linalg.matrix_exp(tensor)
    if frame.installed("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_platforms", "cpu")
        compiled, theirs = jax.jit(jax.scipy.linalg.expm), jax.numpy.asarray(array)
        found["jax.scipy.linalg.expm, compiled"] = lambda: compiled(theirs).block_until_ready()
    return found


def main() -> None:
    parser = frame.parser(__doc__, rounds=7)
    parser.add_argument("--n", type=int, default=1000)
    args = frame.parsed(parser)
    n, rounds = (300, 3) if args.short else (args.n, args.rounds)
    array = np.ascontiguousarray(generate("random", n, 1))
    contestants = {
        "scipy.linalg.expm": lambda: expm(array),
        "core.matrix, all of it": lambda: identity(array),
        **exponentials_of_others(array),
    }
    found = frame.measured(contestants, rounds)
    alone = found["scipy.linalg.expm"]
    columns = (
        frame.Column(f"n = {n}"),
        frame.Column("ms", ".0f"),
        frame.Column("times expm", ".2f"),
        frame.Column("processor ms", ".0f"),
        frame.Column("times expm", ".2f"),
    )
    rows = [
        (name, 1000 * clock, clock / alone[0], 1000 * busy, busy / alone[1]) for name, (clock, busy) in found.items()
    ]
    panels = {
        "identity": lambda: identity(DEFAULT),
        "f(t)": lambda: flow.path(DEFAULT),
        "flow": lambda: flow.flow(DEFAULT),
        "series": lambda: exponentials.series(DEFAULT),
        "sums": lambda: exponentials.sums(DEFAULT, DEFAULT),
        "logarithm": lambda: exponentials.logarithm(DEFAULT),
        "branches": lambda: exponentials.branches(1.0),
    }
    small = (frame.Column("panel, 2 × 2"), frame.Column("ms", ".1f"), frame.Column("processor ms", ".1f"))
    shown = [(name, 1000 * clock, 1000 * busy) for name, (clock, busy) in frame.measured(panels, rounds).items()]
    tables = (frame.Table(columns, tuple(rows)), frame.Table(small, tuple(shown)))
    said = f"median of {rounds}."
    frame.told(frame.result("matrix", said, tables, ("numpy", "scipy", "torch", "jax")), args.json)


if __name__ == "__main__":
    main()
