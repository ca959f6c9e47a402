"""Weights for the three tasks, on one GPU in minutes or on a CPU in some hours; the embedded ones were made so.

    python recipes/finetune.py questions --data DIR --out runs/questions      questions from triples, titles, sentences
    python recipes/finetune.py pack --data DIR --questions DIR --base DIR --out runs/tasks.npz.xz
    python recipes/finetune.py train titling --examples FILE --base DIR --out DIR --minutes 4     triples, reading too
    python recipes/finetune.py tune triples --weights DIR --dev FILE… --out DIR                   its threshold

DATA has the layout of `recipes/pretraining/sources.toml`; only its `train` files are read.  `pack --held-out FILE…`
reads those files too, only to leave out what stands in them: sentences, articles, and passages with their question,
blanks apart.  Packing and tuning need what the app needs; training needs torch, transformers, safetensors, tokenizers
and NumPy alone, and one file.  A run that was stopped goes on where it was.  Beside the weights stands a card that says
what they were trained on; tuning hands it on.  `python -m core train TASK` trains the same models with the app alone,
in TensorFlow.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.errors import VisitorError
from recipes._process import above_zero, asked_to_end
from recipes.finetuning import plans
from recipes.pretraining import RecipeError

say = functools.partial(print, flush=True)


def questions(args: argparse.Namespace) -> None:
    """`questions`."""
    from recipes.finetuning import questions as made

    made.make(args.data, args.out, args.seed, say)


def pack(args: argparse.Namespace) -> None:
    """`pack`."""
    from recipes.finetuning import examples, packing
    from recipes.finetuning.held_out import HeldOut

    held = HeldOut.read(args.held_out, say) if args.held_out else None
    tasks, about = packing.examples(args.data, args.questions, args.base, say, held)
    examples.save(args.out, tasks, about)
    say(f"{args.out}: {args.out.stat().st_size / 2**20:.1f} MiB")


def train(args: argparse.Namespace) -> None:
    """`train`."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported: threads that wait must not spin
    from recipes.finetuning import running
    from recipes.pretraining.network import Machine

    began, stages = time.monotonic(), plans.PLANS[args.task].stages
    packed, machine = running.Packed.load(args.examples), Machine(args.device).resolved()
    packed.check(args.base, args.task, stages)
    counts = ", ".join(f"{name} {len(some):,}" for name, some in packed.tasks[args.task].items())
    say(f"{counts}; read in {time.monotonic() - began:.0f} s; {machine.device}, {machine.precision}")
    base, command = args.base, _command(args)
    with asked_to_end() as asked:
        for number, stage in enumerate(stages, 1):
            folder = args.out / f"stage-{number}"
            length = {"minutes": args.minutes} if args.minutes else {"updates": args.updates}
            stage = replace(stage, **{name: value * stage.share for name, value in length.items()})
            there = folder.exists()
            done = running.stage(
                args.task, stage, packed, base, folder, args.seed, machine, lambda: bool(asked), say, command=command
            )
            if done is None:
                raise RecipeError("It was asked to stop.")
            say(json.dumps({"stage": number, **done, **({"was": "there"} if there else {})}))
            base = folder


def _command(args: argparse.Namespace) -> str:
    """What the card says that made the weights: no folder of this machine."""
    length = ["--minutes", f"{args.minutes:g}"] if args.minutes else ["--updates", str(args.updates)]
    files = ["--examples", args.examples.name, "--base", args.base.resolve().name, "--out", "DIR"]
    return shlex.join(["python", "recipes/finetune.py", "train", args.task, *files, *length, "--seed", str(args.seed)])


def tune(args: argparse.Namespace) -> None:
    """`tune`."""
    from recipes.finetuning import tuning

    tuning.TUNERS[args.task](args.weights, args.dev, args.limit, args.out, say)


def seed(text: str) -> int:
    """For `argparse`: a seed that NumPy and torch both take."""
    value = int(text)
    if not 0 <= value < 1 << 31:
        raise argparse.ArgumentTypeError("0 to 2,147,483,647, please")
    return value


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    make, packs, learn, limit = (parts.add_parser(name) for name in ("questions", "pack", "train", "tune"))
    for part in (make, packs):
        part.add_argument("--data", type=Path, required=True)
    make.add_argument("--seed", type=seed, default=0)
    packs.add_argument("--questions", type=Path, required=True, help="what `questions` made")
    packs.add_argument("--base", type=Path, required=True, help="for its vocabulary")
    packs.add_argument("--held-out", type=Path, nargs="+", metavar="FILE", help="leave out examples of the same text")
    learn.add_argument("task", choices=plans.PLANS)
    learn.add_argument("--examples", type=Path, required=True, help="what `pack` made")
    learn.add_argument("--base", type=Path, required=True)
    length = learn.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=above_zero(float), help="of the whole run")
    length.add_argument("--updates", type=above_zero(int), help="of the whole run: the same, stopped or not")
    learn.add_argument("--seed", type=seed, default=0)
    learn.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    limit.add_argument("task", choices=("triples", "reading"))
    limit.add_argument("--weights", type=Path, required=True)
    limit.add_argument("--dev", type=Path, nargs="+", required=True)
    limit.add_argument("--limit", type=above_zero(int), help="records of each file")
    for part in (make, packs, learn, limit):
        part.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(words)
    try:
        {"questions": questions, "pack": pack, "train": train, "tune": tune}[args.part](args)
    except (RecipeError, VisitorError) as error:
        say(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
