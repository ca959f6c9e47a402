"""Fitting a chain: ours beside scipy.optimize.curve_fit by hand, on the same points in one run.

    python -m benchmarks.catenary [--rounds 5] [--most 1000000] [--short] [--json FILE]

By hand means what one writes first: y = y0 + a (cosh((x - x0)/a) - 1) given to curve_fit with starting values read off
the points (vertex: the lowest; a: span²/8 sag), vertical residuals; and once more with its robust loss (soft_l1,
f_scale 0.02, the noise being 0.01).  Three sets of points: noise alone, a fifth of the points wrong, a steep chain.
Ours also compares with other curves and tells errors; its time includes both.  Rounds alternate; figures are medians,
of CPU time.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy.optimize import curve_fit

from benchmarks import frame
from core.mathtoys.fit import fit_catenary

NOISE = 0.01
SETS = {"noise": (0.7, 0.0), "a fifth wrong": (0.7, 0.2), "steep": (0.15, 0.0)}


def points(a: float, wrong: float, count: int, seed: int) -> np.ndarray:
    """A chain over x from -1 to 1.2 with its vertex at (0.1, 0), evenly along it, with noise and wrong points."""
    rng = np.random.default_rng(seed)
    eta = np.arcsinh(np.linspace(np.sinh(-1.1 / a), np.sinh(1.1 / a), count))
    made = np.stack([0.1 + a * eta, a * (np.cosh(eta) - 1)], axis=1) + rng.normal(0, NOISE, (count, 2))
    out = rng.random(count) < wrong
    made[out] = rng.uniform(made.min(axis=0), made.max(axis=0), (int(out.sum()), 2))
    return made


def by_hand(robust: bool) -> Callable[[np.ndarray], float]:
    def curve(x, a, x0, y0):
        return y0 + a * (np.cosh((x - x0) / a) - 1)

    def fit(data: np.ndarray) -> float:
        x, y = data.T
        lowest = np.argmin(y)
        start = [np.ptp(x) ** 2 / (8 * np.ptp(y)), x[lowest], y[lowest]]
        loss = {"method": "trf", "loss": "soft_l1", "f_scale": 2 * NOISE} if robust else {"maxfev": 5000}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return abs(curve_fit(curve, x, y, p0=start, **loss)[0][0])

    return fit


def main() -> None:
    parser = frame.parser(__doc__, rounds=5)
    parser.add_argument("--most", type=int, default=1_000_000)
    args = frame.parsed(parser)
    rounds, most = (2, 1_000) if args.short else (args.rounds, args.most)
    contestants = {
        "ours": lambda data: fit_catenary(data).a,
        "curve_fit": by_hand(False),
        "curve_fit, soft_l1": by_hand(True),
    }
    rows = []
    for count in (n for n in (30, 1_000, 100_000, 1_000_000) if n <= most):
        for name, (a, wrong) in SETS.items():
            slow, wide = raced(contestants, a, wrong, count, rounds)
            rows += [
                (f"{count:,}", name, one, 1000 * slow[one], slow[one] / slow["ours"], wide[one],
                 wide[one] / wide["ours"])
                for one in contestants
            ]  # fmt: skip
    columns = (
        frame.Column("points"),
        frame.Column("set"),
        frame.Column("fit"),
        frame.Column("processor ms", ".1f"),
        frame.Column("times ours", ".2f"),
        frame.Column("error", ".1e"),
        frame.Column("times ours", ".1f"),
    )
    said = f"median of {rounds} rounds; error: |a/true − 1|."
    frame.told(frame.result("catenary", said, [frame.Table(columns, tuple(rows))], ("numpy", "scipy")), args.json)


def raced(
    contestants: dict[str, Callable], a: float, wrong: float, count: int, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Median processor seconds and errors, each round with points of its own."""
    seconds, errors = ({contestant: [] for contestant in contestants} for _ in range(2))
    for seed in range(rounds + 1):
        data = points(a, wrong, count, seed)
        for contestant, fit in contestants.items():
            began = time.process_time()
            try:
                found = fit(data)
            except (RuntimeError, ValueError):  # curve_fit gives up
                found = float("inf")
            if seed:
                seconds[contestant].append(time.process_time() - began)
                errors[contestant].append(abs(found / a - 1))
    return tuple({k: statistics.median(v) for k, v in values.items()} for values in (seconds, errors))


if __name__ == "__main__":
    main()
