"""What a base is good for: the same short training of each task from nothing and from each base, then its scores.

    python recipes/compare_bases.py --data DIR --bases OLD NEW --out DIR [--tasks titling] [--updates 300] [--limit 200]

Same files, seed, batches and number of updates for all; "nothing" is a network of the shape of the last base with
random weights.  DATA has the layout of `recipes/pretraining/sources.toml`; only `train` files are trained on, only
`dev` files are scored.  Prints a table with a row a task and start.  What was trained stays in OUT, to be looked at
and not to be shipped: some of the sets are for research only.  A comparison that was stopped goes on when called again.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.cli.files import check_readable
from core.cli.output import table
from core.errors import VisitorError
from core.tasks import TASKS

NOTHING = "nothing"
_NO_FIGURES = ("n", "seconds", "lead-rouge-l")  # of a row of scores: nothing that a base can change


@dataclass(frozen=True)
class Trial:
    """How a task is tried: files below the data folder, the task's `Options` (and those of them that are such files
    too), the `Settings` of the loop.  tuned: the training itself needs the dev files, for a threshold say."""

    train: tuple[str, ...]
    dev: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    tuned: bool = False


TRIALS = {
    "titling": Trial(
        ("titling/csl.train.jsonl.xz", "titling/weibo.train.jsonl.xz", "titling/news.train.jsonl.xz"),
        ("titling/csl.dev.jsonl", "titling/weibo.dev.jsonl", "titling/news.dev.jsonl"),
        {"copy": "pointer", "max_source": 128, "tokens": 3072},
        {"rate": 7e-4, "warm_up": 30},
    ),
    "triples": Trial(
        ("triples/duie.train.jsonl.xz",),
        ("triples/duie.dev.jsonl",),
        settings={"rate": 6e-4, "warm_up": 30, "ema": 0.99},
        files={"schema": "triples/duie.schema.json"},
        tuned=True,
    ),
    "reading": Trial(
        ("reading/webqa.train.json.xz", "reading/drcd.test.train.json.xz", "reading/cmrc2018.trial.train.json.xz"),
        ("reading/webqa.dev.json", "reading/cmrc2018.dev.json"),
        {"passage": 160, "tokens": 3072},
        {"rate": 7e-4, "warm_up": 30},
    ),
}


def untrained(base: Path, folder: Path, seed: int) -> Path:
    """A weights folder of the shape and with the vocabulary of `base`, its weights random."""
    from core import bert

    config = bert.read_config(base)
    vocabulary = (base / bert.VOCAB).read_text(encoding="utf-8")
    bert.write_folder(folder, config, vocabulary, bert.random_tensors(config, seed), half=False)
    return folder


def compare(
    task: str,
    trial: Trial,
    data: Path,
    starts: dict[str, Path],
    out: Path,
    updates: int,
    limit: int,
    seed: int,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Train and score one task from each start.

    Args:
        task: a key of `core.tasks.TASKS`.
        trial: files and options.
        data: where the files are.
        starts: name → weights folder.
        out: gets a folder a start.
        updates: of each training.
        limit: records of each dev file that are scored.
        seed: of the order of the batches.
        say: one line of progress.

    Returns:
        A row a start: training loss at the end, and for each dev file the task's scores.

    Raises:
        VisitorError: a file or a base cannot be used.
    """
    from core.training import Settings

    rows, dev = [], [data / file for file in trial.dev]
    room, score = TASKS[task].room("train"), TASKS[task].room("score")
    for name, base in starts.items():
        settings = Settings(**{"epochs": 1e6, "updates": updates, "seed": seed, **trial.settings})
        files = {name: str(data / file) for name, file in trial.files.items()}
        options = room.Options(**trial.options, **files, dev_limit=limit, settings=settings)
        folder = out / task / name
        say(f"{task} from {name}")
        history = room.train(
            [data / file for file in trial.train], dev if trial.tuned else [], base, folder, options, say
        )
        model = TASKS[task].load(folder, name)
        row: dict[str, Any] = {"task": task, "from": name, "updates": updates, "training loss": history[-1]["loss"]}
        for file in dev:
            scores = score.score_files(model, [file], limit, say).row()
            set_name = file.name.split(".")[0]
            row |= {f"{set_name} {key}": value for key, value in scores.items() if key not in _NO_FIGURES}
        rows.append(row)
    return rows


def distinct(bases: Sequence[Path]) -> dict[str, Path]:
    """A short name for each base: its folder's, with the parents' where that does not tell them apart."""
    for parts in range(1, 1 + max(len(base.resolve().parts) for base in bases)):
        names = ["-".join(part.strip("/") for part in base.resolve().parts[-parts:]) for base in bases]
        if len(set(names)) == len(bases):
            break
    return dict(zip(names, bases, strict=True))


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--bases", type=Path, nargs="+", required=True, help="weights folders")
    parser.add_argument("--out", type=Path, required=True)
    known = [task for task in TRIALS if task in TASKS]
    parser.add_argument("--tasks", nargs="+", choices=known, default=known)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--limit", type=int, default=200, help="records of each held-out file")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    say = functools.partial(print, flush=True, file=sys.stderr)
    try:
        for trial in (TRIALS[task] for task in args.tasks):
            check_readable([args.data / file for file in (*trial.train, *trial.dev, *trial.files.values())])
        starts = {NOTHING: untrained(args.bases[-1], args.out / "untrained", args.seed), **distinct(args.bases)}
        for task in args.tasks:
            trial = (task, TRIALS[task], args.data, starts, args.out, args.updates, args.limit, args.seed)
            print(table(compare(*trial, say)), end="\n\n", flush=True)
    except VisitorError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
