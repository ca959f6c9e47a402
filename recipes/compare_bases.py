"""What a base is good for: the same short training of each task from nothing and from each base, then its scores.

    python recipes/compare_bases.py --examples FILE --data DIR --bases OLD NEW --out DIR [--updates 300] [--tasks …]

Same examples, seed, batches and number of updates for all; "nothing" is a network of the shape of the last base with
random weights.  FILE is what `recipes/finetune.py pack` made; all bases have its vocabulary.  DATA has the layout of
`recipes/pretraining/sources.toml`, and of it only `dev` files are read, to be scored.  Prints a table with a row a task
and start.  The thresholds of triples and of "no answer" are chosen on the records that are then scored, for all starts
alike: the rows can be held against each other, and none of them is what the weights would score on new texts.  A base's
folder is named once, and is not called "nothing".  What was trained stays in OUT, to be looked at and not to be
shipped: some of the sets are for research only.  A comparison that was stopped goes on when called again.  Needs torch
and transformers as well as the app.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.cli.files import check_readable
from core.cli.output import table
from core.errors import VisitorError
from core.tasks import TASKS
from recipes._process import above_zero, asked_to_end
from recipes.finetune import seed
from recipes.finetuning import tuning
from recipes.finetuning.plans import Stage
from recipes.pretraining import RecipeError

NOTHING = "nothing"
CAPTION = "{task}: thresholds chosen on the same records, for all starts alike"
_NO_FIGURES = ("n", "seconds", "lead-rouge-l")  # of a row of scores: nothing that a base can change


@dataclass(frozen=True)
class Trial:
    """How a task is tried: a stage of its training, the files below the data folder that are scored, and what is to
    stand in config.json so that as much is read then as was in training."""

    stage: Stage
    dev: tuple[str, ...]
    section: dict[str, Any] = field(default_factory=dict)


TRIALS = {
    "titling": Trial(
        Stage({"news": 1, "weibo": 1, "csl": 2}, 1, 7e-4, 3072, 0, warm_up=30, options={"room": 128}),
        ("titling/csl.dev.jsonl", "titling/weibo.dev.jsonl", "titling/news.dev.jsonl"),
        {"max_source": 128},
    ),
    "triples": Trial(Stage({"duie": 1}, 1, 6e-4, 2048, 0, warm_up=30), ("triples/duie.dev.jsonl",)),
    "reading": Trial(
        Stage({"webqa": 2, "drcd.test": 1, "cmrc2018.trial": 1}, 1, 7e-4, 3072, 0, warm_up=30,
              options={"room": 160, "seq2seq": 0.2, "negatives": 0.1}),
        ("reading/webqa.dev.json", "reading/cmrc2018.dev.json"),
        {"passage": 160},
    ),
}  # fmt: skip


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
    packed: Any,
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
        trial: its stage and files.
        packed: the examples, a `recipes.finetuning.running.Packed`.
        data: where the files are.
        starts: name → weights folder.
        out: gets a folder a start.
        updates: of each training.
        limit: records of each dev file that are scored.
        seed: of the heads and of the order of the batches.
        say: one line of progress.

    Returns:
        A row a start: training loss at the end, and for each dev file the task's scores.

    Raises:
        VisitorError: a file or a base cannot be used.
        RecipeError: the same of the examples.
    """
    from recipes.finetuning import running
    from recipes.pretraining.network import Machine

    rows, dev, machine = [], [data / file for file in trial.dev], Machine().resolved()
    command = f"python recipes/compare_bases.py --tasks {task} --updates {updates} --seed {seed}"
    for name, base in starts.items():
        folder = out / task / name
        say(f"{task} from {name}")
        stage = replace(trial.stage, updates=updates)
        with asked_to_end() as asked:
            done = running.stage(
                task, stage, packed, base, folder, seed, machine, lambda: bool(asked), say, trial.section, command
            )
        if done is None:
            raise RecipeError("It was asked to stop.")
        if task in tuning.TUNERS:
            tuning.TUNERS[task](folder, dev, limit, folder / "tuned", say)
            folder = folder / "tuned"
        model = TASKS[task].load(folder, name)
        row: dict[str, Any] = {"task": task, "from": name, "updates": done["updates"]}
        row |= {f"{kind} loss": loss for kind, loss in done["losses"].items()}
        for file in dev:
            scores = TASKS[task].room("score").score_files(model, [file], limit, say).row()
            set_name = file.name.split(".")[0]
            row |= {f"{set_name} {key}": value for key, value in scores.items() if key not in _NO_FIGURES}
        rows.append(row)
    return rows


def distinct(bases: Sequence[Path]) -> dict[str, Path]:
    """A short name for each base: its folder's, with the parents' where that does not tell them apart.

    Raises:
        RecipeError: a base is there twice, or has the name of the untrained network.
    """
    known: set[Path] = set()
    for base in bases:
        if base.resolve() in known:
            raise RecipeError(f"{base} is named twice: name each base once.")
        known.add(base.resolve())
    for parts in range(1, 1 + max(len(base.resolve().parts) for base in bases)):
        names = ["-".join(part.strip("/") for part in base.resolve().parts[-parts:]) for base in bases]
        if len(set(names)) == len(bases):
            break
    if NOTHING in names:
        raise RecipeError(f'A base may not be called "{NOTHING}", as the untrained network is: rename its folder.')
    return dict(zip(names, bases, strict=True))


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=Path, required=True, help="what `finetune.py pack` made")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--bases", type=Path, nargs="+", required=True, help="weights folders")
    parser.add_argument("--out", type=Path, required=True)
    known = [task for task in TRIALS if task in TASKS]
    parser.add_argument("--tasks", nargs="+", choices=known, default=known)
    parser.add_argument("--updates", type=above_zero(int), default=300)
    parser.add_argument("--limit", type=above_zero(int), default=200, help="records of each held-out file")
    parser.add_argument("--seed", type=seed, default=0)
    args = parser.parse_args(words)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported
    say = functools.partial(print, flush=True, file=sys.stderr)
    try:
        named = distinct(args.bases)
        check_readable([args.data / file for task in args.tasks for file in TRIALS[task].dev])
        from recipes.finetuning.running import Packed

        packed = Packed.load(args.examples)
        for base, task in itertools.product(args.bases, args.tasks):
            packed.check(base, task, (TRIALS[task].stage,))
        starts = {NOTHING: untrained(args.bases[-1], args.out / "untrained", args.seed), **named}
        for task in args.tasks:
            trial = (task, TRIALS[task], packed, args.data, starts, args.out, args.updates, args.limit, args.seed)
            rows = compare(*trial, say)
            if task in tuning.TUNERS:
                print(CAPTION.format(task=task))
            print(table(rows), end="\n\n", flush=True)
    except (VisitorError, RecipeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
