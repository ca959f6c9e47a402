"""`python -m core score TASK`: how good a task's weights are on a file of examples."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.files import check_readable
from core.cli.models import add_model, add_weights, loaded
from core.cli.output import print_json, say, table
from core.errors import VisitorError
from core.tasks import TASKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command, the same for every task."""
    parser.add_argument("task", choices=TASKS, help="what is measured")
    parser.add_argument("--data", metavar="FILE", type=Path, nargs="+", required=True,
                        help="examples: jsonl, tsv or csv (for reading json or jsonl), also .xz or .gz")  # fmt: skip
    parser.add_argument("--limit", metavar="N", type=_positive, help="only the first N examples")
    add_weights(parser)
    parser.add_argument("--method", help="for reading: masks, seq2seq or spans; default: the model's usual one")
    add_model(parser, "for titling: unilm or seq2seq")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")


def run(arguments: argparse.Namespace) -> None:
    """A table on standard output, and the same as JSON when asked.

    Raises:
        VisitorError: no usable file or weights.
    """
    check_readable(arguments.data)
    task = TASKS[arguments.task]
    room = task.room("score")
    options = {"method": arguments.method} if arguments.method else {}
    if options and arguments.method not in getattr(room, "METHODS", ()):
        choices = ", ".join(getattr(room, "METHODS", ())) or f"({arguments.task}: \u2013)"
        raise VisitorError("bad_choice", name="--method", choices=choices)
    name, model = loaded(task, arguments.model, arguments.weights)
    scores = room.score_files(model, arguments.data, arguments.limit, say, **options)
    row = scores.row()
    print(f"{arguments.task}: {name}, {' '.join(file.name for file in arguments.data)}")
    print(table([row]))
    if not arguments.json and (details := getattr(scores, "details", None)):
        print(f"\n{table(details())}")
    if arguments.json:
        print_json(row)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
