"""What accumulation is for: the memory of BERT-base at one effective batch, cut into ever smaller ones.

    python -m core.optim.memory [--samples 32] [--length 128] [--small 16 8] [--layers 12]

Each row trains a BERT-base of random weights (two classes on the first piece, Adam, float32) with one update of as many
samples in a process of its own, and asks the system for the most memory that the process ever held.  The last row is
the smallest batch without accumulation: what the copy of the gradients costs is the difference to the row above it.
Minutes on two cores: no row computes less than another.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.errors import VisitorError, language

LAST_WORDS = 300  # characters of what a process that failed said last
BASE = {
    "vocab_size": 21128,  # bert-base-chinese
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}


@dataclass(frozen=True)
class Row:
    """One way to the same update: batch × accumulate samples; peak: bytes; parameters: of the model."""

    batch: int
    accumulate: int
    length: int
    layers: int
    peak: int = 0
    parameters: int = 0


def measure(row: Row) -> Row:
    """Train with `row` in a process of its own.

    Raises:
        VisitorError: the process ended badly, for want of memory perhaps.
    """
    command = [sys.executable, "-m", "core.optim.memory", "--row", json.dumps(asdict(row))]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["–"]
        way = f"{row.accumulate} × {row.batch}"
        raise VisitorError("memory_run_ended", way=way, code=ended.returncode, why=said[-1][:LAST_WORDS])
    return Row(**json.loads(ended.stdout.strip().splitlines()[-1]))


def train(row: Row) -> Row:
    """The update itself, in this process; the row with its peak."""
    import resource

    from core import backend, bert
    from core.optim import microbatches

    keras = backend.load().keras
    config: dict[str, Any] = {**BASE, "num_hidden_layers": row.layers}
    transformer = bert.build_from_tensors(config, bert.random_tensors(config), with_mlm=False)
    first = keras.layers.Lambda(lambda pieces: pieces[:, 0])(transformer.model.output)
    model = microbatches.accumulating()(transformer.model.inputs, keras.layers.Dense(2)(first))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-5), loss, accumulate=row.accumulate)
    rng, samples = np.random.default_rng(0), row.batch * row.accumulate
    tokens = rng.integers(1, config["vocab_size"], (samples, row.length))
    model.fit([tokens, np.zeros_like(tokens)], rng.integers(0, 2, samples), batch_size=row.batch, verbose=0)
    assert int(model.optimizer.iterations) == 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Row(**{**asdict(row), "peak": peak, "parameters": model.count_params()})


def table(rows: Sequence[Row]) -> str:
    """Markdown: a row a way, and its part of the first one's memory."""
    lines = ["| samples an update | batches × samples | peak memory, GB | of the first |", "|---|---|---|---|"]
    for row in rows:
        lines.append(
            f"| {row.batch * row.accumulate} | {row.accumulate} × {row.batch} | {row.peak / 1e9:.2f} | "
            f"{row.peak / rows[0].peak:.0%} |"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.optim.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=32, metavar="N", help="of an update (default: 32)")
    parser.add_argument("--length", type=int, default=128, metavar="N", help="pieces of a sample (default: 128)")
    parser.add_argument("--small", type=int, nargs="+", default=[16, 8], metavar="N", help="(default: 16 8)")
    parser.add_argument("--layers", type=int, default=12, metavar="N", help="of the model (default: 12)")
    parser.add_argument("--row", help=argparse.SUPPRESS)  # the process that measure() starts
    arguments = parser.parse_args(argv)
    if arguments.row:
        print(json.dumps(asdict(train(Row(**json.loads(arguments.row))))))
        return 0
    try:
        for name in ("samples", "length", "layers"):
            if getattr(arguments, name) < 1:
                raise VisitorError("not_above_zero", name=f"--{name}")
        if any(small < 1 or arguments.samples % small for small in arguments.small):
            raise VisitorError("bad_choice", name="--small", choices=f"divisors of {arguments.samples}")
        ways = [(small, arguments.samples // small) for small in (arguments.samples, *arguments.small)]
        rows = []
        for batch, accumulate in (*ways, (arguments.small[-1], 1)):
            rows.append(measure(Row(batch, accumulate, arguments.length, arguments.layers)))
            print(f"{accumulate} × {batch}: {rows[-1].peak / 1e9:.2f} GB", file=sys.stderr)
    except VisitorError as error:
        print(error.sentence(language()), file=sys.stderr)
        return 2
    print(f"{rows[0].parameters:,} parameters, length {arguments.length}\n\n{table(rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
