"""`python -m core train TASK`: weights for a task from a base and files of examples."""

from __future__ import annotations

import argparse
from pathlib import Path

from core import training
from core.cli.fields import add_fields, from_arguments
from core.cli.files import check_readable
from core.cli.output import download_progress, say, table
from core.distribution import STRATEGIES
from core.errors import VisitorError
from core.tasks import TASKS

_SETTINGS = {
    "epochs": "times over the data",
    "minutes": "the run ends after so many, should the epochs not be over",
    "updates": "the same for updates",
    "rate": "peak learning rate",
    "warm_up": "updates until the rate is at its peak",
    "weight_decay": "of AdamW",
    "clip": "largest norm of a gradient",
    "save_minutes": "minutes between checkpoints",
    "seed": "order of the batches",
    "bfloat16": "matrix products in mixed precision",
    "accumulate": "batches an update: the effect of one so many times as large, in the memory of one",
    "ema": "average the weights: the share that stays at an update, such as 0.999; 0: no average",
    "strategy": "mirrored: on all GPUs of this machine; multiworker: on the processes that TF_CONFIG names; they share "
    "out the --accumulate batches of each update",
    "compile": "let XLA compile the step: slow to start, then somewhat faster",
}
_ABOVE_ZERO = ("epochs", "minutes", "updates", "rate", "max_source", "tokens", "dev_limit", "accumulate")
_BETWEEN = {**training.BOUNDS, "dropout": (0, 0.9)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A parser a task: what all have in common, and the fields of the task's own `Options`."""
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    for name, task in TASKS.items():
        room = task.room("train")
        one = tasks.add_parser(name, help=f"train {name}")
        files = {"metavar": "FILE", "type": Path, "nargs": "+", "required": True}
        one.add_argument("--data", **files, help="examples: jsonl, tsv or csv, also .xz or .gz")
        one.add_argument("--dev", **files, help="examples that are never trained on and decide which state is best")
        whence = "what the run starts from: a folder or owner/name[@revision]; default: the embedded base"
        one.add_argument("--base", metavar="WEIGHTS", help=whence)
        one.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the weights folder goes")
        add_fields(one.add_argument_group("what is trained"), room.Options, room.HELPS, room.CHOICES)
        usual = room.Options().settings
        add_fields(
            one.add_argument_group("how long and how fast"),
            training.Settings,
            _SETTINGS,
            {"strategy": STRATEGIES},
            usual,
        )


def run(arguments: argparse.Namespace) -> None:
    """Progress on standard error, the run's table on standard output at the end.

    Raises:
        VisitorError: no usable file or base.
    """
    from core.weights import store

    room = TASKS[arguments.task].room("train")
    for name in _ABOVE_ZERO:
        value = getattr(arguments, name, None)
        if value is not None and not value > 0:
            raise VisitorError("not_above_zero", name="--" + name.replace("_", "-"))
    for name, (least, most) in _BETWEEN.items():
        value = getattr(arguments, name, None)
        if value is not None and not least <= value <= most:
            raise VisitorError("out_of_range", name=f"--{name}", least=least, most=most)
    settings = from_arguments(training.Settings, arguments)
    options = from_arguments(room.Options, arguments, settings=settings)
    check_readable([*arguments.data, *arguments.dev])
    base = store.find(store.BASE, arguments.base, download_progress())
    rows = room.train(arguments.data, arguments.dev, base.folder, arguments.out, options, say)
    print(table(rows))
    print(f"weights: {arguments.out}")
