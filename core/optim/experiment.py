"""Post 6's experiment (archives/6794) repeated on scikit-learn's digits: is accumulation the big batch's effect?

    python -m core.optim.experiment [--seeds 10] [--epochs 30] [--rate 0.001] [--width 128] [--double] [--figure FILE]

A perceptron of two hidden layers (64 → width → width → 10, relu) is trained with Adam in three ways from the same
first weights on the same samples in the same order: batches of one; batches of one, accumulated a hundred to an
update; batches of a hundred.  1,437 of the 1,797 pictures train, 360 test; which ones, their order and the first
weights are the seed's.  An epoch is one compiled loop, so that batches of one take milliseconds an epoch, not minutes.

The post took MNIST, where batches of one stay below 97 % and drift, and either of the others passes 98 %; the digits of
scikit-learn come with it, so that this runs without a download.  The table and the figure are those of the readme.

Adam divides small gradients by their own size, and so makes steps of the rounding of those that are all but 0: two ways
to sum the same gradient part slowly in float32.  --double shows that nothing else parts them.
"""

from __future__ import annotations

import argparse
import errno
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import backend
from core.errors import SetupError, VisitorError, language
from core.optim import accumulation
from core.optim.figure import line_chart

TEST, BIG = 360, 100
LAST = 10  # epochs at the end that the table looks at: one alone is a matter of chance where they drift


@dataclass(frozen=True)
class Way:
    """One way to train: samples a batch, batches an update."""

    name: str
    batch: int
    accumulate: int


WAYS = (
    Way("batch 1", 1, 1),
    Way("batch 1, accumulated over 100", 1, BIG),
    Way("batch 100", BIG, 1),
)


@dataclass(frozen=True)
class Run:
    """What one way came to from one seed.

    accuracy: percent of the test pictures, after each epoch; weights: all of them, at the end; updates: of Adam;
    seconds: training alone, compilation included.
    """

    accuracy: tuple[float, ...]
    weights: np.ndarray
    updates: int
    seconds: float


def digits(seed: int, kind: str = "float32") -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training pictures (1437 × 64, in [0, 1]) and digits, test pictures (360 × 64) and digits.

    Raises:
        SetupError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SetupError("not_installed_dev", package="scikit-learn") from None
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    x, y = (x[order] / 16).astype(kind), y[order].astype("int32")
    return x[TEST:], y[TEST:], x[:TEST], y[:TEST]


def train(way: Way, seed: int, epochs: int, rate: float, width: int, kind: str = "float32") -> Run:
    """One run; the same seed gives the same pictures, order and first weights to every way."""
    tf, keras = backend.load().tf, backend.load().keras
    x, y, test_x, test_y = digits(seed, kind)
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(n, how, dtype=kind) for n, how in ((width, "relu"), (width, "relu"), (10, None))]
    model = keras.Sequential([keras.layers.Input((x.shape[1],), dtype=kind), *layers])
    variables = model.trainable_variables
    optimizer = accumulation.Accumulated(keras.optimizers.Adam(rate), way.accumulate)
    optimizer.build(variables)

    def step(some_x: Any, some_y: Any) -> None:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(some_y, model(some_x, training=True))
            loss = tf.reduce_mean(losses)
        pairs = zip(tape.gradient(loss, variables), variables, strict=True)
        optimizer.apply_gradients(pairs, samples=len(some_y))

    whole, rest = divmod(len(y), way.batch)

    @tf.function(jit_compile=True)
    def epoch(all_x: Any, all_y: Any) -> Any:
        for i in tf.range(whole):
            first = i * way.batch
            one = tf.slice(all_x, [first, 0], [way.batch, all_x.shape[1]])
            step(one, tf.slice(all_y, [first], [way.batch]))
        if rest:
            step(all_x[-rest:], all_y[-rest:])
        optimizer.flush()
        found = tf.argmax(model(test_x), 1, tf.int32) == test_y
        return tf.reduce_mean(tf.cast(found, tf.float32))

    rng, accuracy, began = np.random.default_rng(1000 + seed), [], time.perf_counter()
    for _ in range(epochs):
        order = rng.permutation(len(y))
        accuracy.append(100 * float(epoch(tf.constant(x[order]), tf.constant(y[order]))))
    weights = np.concatenate([variable.numpy().ravel() for variable in variables])
    return Run(tuple(accuracy), weights, int(optimizer.iterations), time.perf_counter() - began)


def table(runs: dict[Way, Sequence[Run]]) -> str:
    """Markdown: a row a way; percent, the mean over the seeds and their standard deviation."""
    epochs = len(next(iter(runs.values()))[0].accuracy)
    lines = [
        f"| Adam | updates | accuracy, last {min(LAST, epochs)} of {epochs} epochs | the worst of them | "
        "from one epoch to the next | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for way, some in runs.items():
        ends = [run.accuracy[-LAST:] for run in some]
        means = [statistics.fmean(end) for end in ends]
        spread = f" ± {statistics.stdev(means):.2f}" if len(means) > 1 else ""
        moves = statistics.fmean(float(np.abs(np.diff(end)).mean()) if len(end) > 1 else 0.0 for end in ends)
        seconds = statistics.median(run.seconds for run in some)
        lines.append(
            f"| {way.name} | {some[0].updates:,} | {statistics.fmean(means):.2f}{spread} | "
            f"{min(map(min, ends)):.2f} | {moves:.2f} | {seconds:.1f} |"
        )
    return "\n".join(lines)


def agreement(runs: dict[Way, Sequence[Run]]) -> str:
    """How near the accumulated runs ended to those with big batches: one sentence."""
    small, big = runs[WAYS[1]], runs[WAYS[2]]
    apart = max(float(np.abs(a.weights - b.weights).max()) for a, b in zip(small, big, strict=True))
    curves = [abs(p - q) for a, b in zip(small, big, strict=True) for p, q in zip(a.accuracy, b.accuracy, strict=True)]
    same = sum(1 for difference in curves if difference < 1e-3)
    return (
        f"Accumulated over {BIG} against batch {BIG}, seed by seed: the accuracy is the same after {same:,} of "
        f"{len(curves):,} epochs and at most {max(curves):.2f} apart; the weights end at most {apart:.1e} apart."
    )


def write_chart(file: Path, text: str) -> None:
    """Raises VisitorError: the file cannot be written."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise VisitorError("file_unwritable", file=file, why=error.strerror) from None


def check_place(file: Path) -> None:
    """See that the file has a folder to go to, before minutes go into training.  Raises VisitorError."""
    wrong = errno.EISDIR if file.is_dir() else 0 if file.parent.is_dir() else errno.ENOENT
    if wrong:
        raise VisitorError("file_unwritable", file=file, why=os.strerror(wrong))


def chart(runs: dict[Way, Sequence[Run]]) -> str:
    """SVG: the mean accuracy of each way by epoch, in a band from the worst seed to the best."""
    series = {}
    for way, some in runs.items():
        values = np.array([run.accuracy for run in some])
        series[way.name] = (values.min(0), values.mean(0), values.max(0))
    seeds = len(next(iter(runs.values())))
    least = min(band[0].min() for band in series.values())
    bottom = max(80.0, 2 * np.floor(least / 2))
    return line_chart(series, "epoch", f"test accuracy, % (mean, worst and best of {seeds} seeds)", bottom, 100.0)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.optim.experiment", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, metavar="N", help="runs of each way (default: 10)")
    parser.add_argument("--epochs", type=int, default=30, metavar="N", help="(default: 30)")
    parser.add_argument("--rate", type=float, default=1e-3, metavar="X", help="Adam's (default: 0.001)")
    parser.add_argument("--width", type=int, default=128, metavar="N", help="of the hidden layers (default: 128)")
    parser.add_argument("--double", action="store_true", help="compute in float64")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="an svg of accuracy by epoch (default: none)")
    arguments = parser.parse_args(argv)
    runs: dict[Way, list[Run]] = {way: [] for way in WAYS}
    try:
        for name in ("seeds", "epochs", "rate", "width"):
            if not getattr(arguments, name) > 0:
                raise VisitorError("not_above_zero", name=f"--{name}")
        if arguments.figure:
            check_place(arguments.figure)
        kind = "float64" if arguments.double else "float32"
        for seed in range(arguments.seeds):
            for way in WAYS:
                run = train(way, seed, arguments.epochs, arguments.rate, arguments.width, kind)
                runs[way].append(run)
                print(f"seed {seed}  {way.name}: {run.accuracy[-1]:.2f} %, {run.seconds:.1f} s", file=sys.stderr)
        print(table(runs), agreement(runs), sep="\n\n")
        if arguments.figure:
            write_chart(arguments.figure, chart(runs))
            print(f"figure: {arguments.figure}", file=sys.stderr)
    except VisitorError as error:
        print(error.sentence(language()), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
