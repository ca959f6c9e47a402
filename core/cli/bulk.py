"""`python -m core bulk TASK IN… --out DIR`: a whole collection; a run that was stopped goes on where it was."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.cli import answer, title, triples
from core.cli.fields import add_fields, from_arguments
from core.cli.models import add_model, add_weights, chosen
from core.cli.output import print_json, say
from core.errors import VisitorError
from core.tasks import TASKS

ENGINES = ("local", "ray")
_HELPS = {"titling": (title.HELPS, title.CHOICES), "triples": (triples.HELPS, {}), "reading": (answer.HELPS, {})}
_MORE = (
    "Reads jsonl, csv, tsv, Parquet and folders of them or of texts (txt, md, html, docx, pdf), plain or packed (gz, "
    "xz, bz2, zst), here or at an address that fsspec knows, such as s3://bucket/folder. Each row of the output has "
    "the source and the row that it comes from. Rows that cannot be used are in DIR/_bad with their reason. Stop it as "
    "you like: the same command goes on, and does no row twice."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A parser a task: what all have in common, and the fields of the task's own settings."""
    from core.bulk.output import FORMATS
    from core.bulk.parts import ROWS

    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    for name, task in TASKS.items():
        room = task.room("bulk")
        one = tasks.add_parser(name, help=f"{name} of many rows", epilog=_MORE)
        one.add_argument("inputs", metavar="IN", nargs="+", help="files, folders, patterns or addresses of them")
        one.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder of the output")
        one.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="of the output (default: %(default)s)")
        for column, text in room.COLUMNS.items():
            one.add_argument(f"--{column}", metavar="COLUMN", default=column,
                             help=f"the column that holds {text} (default: %(default)s)")  # fmt: skip
        if "question" in room.COLUMNS:
            one.add_argument("--ask", metavar="Q", help="one question for all rows, instead of a column of questions")
        one.add_argument(
            "--id", metavar="COLUMN", help="the column that identifies a row (default: id, if it is there)"
        )
        one.add_argument("--part-rows", metavar="N", type=int, default=ROWS,
                         help="rows of a part, the most that are done again (default: %(default)s)")  # fmt: skip
        one.add_argument("--batch", metavar="N", type=int, default=room.BATCH,
                         help="rows answered together (default: %(default)s)")  # fmt: skip
        add_weights(one)
        one.add_argument("--engine", choices=ENGINES, default=ENGINES[0],
                         help="local: this process; ray: by Ray Data (default: %(default)s)")  # fmt: skip
        one.add_argument("--address", metavar="HOST:PORT", help="of a Ray cluster; default: one on this machine")
        one.add_argument(
            "--workers", metavar="N", type=int, help="of --engine ray: models; default: one a GPU or machine"
        )
        if getattr(task.room("task"), "MODELS", None):
            add_model(one, "unilm: a BERT; seq2seq: the LSTMs of 2018")
        helps, choices = _HELPS.get(name, ({}, {}))
        add_fields(one.add_argument_group("how rows are answered"), room.Settings, helps, choices)


def run(arguments: argparse.Namespace) -> None:
    """Progress on standard error; on standard output at the end one line of JSON: rows, bad rows, parts, seconds.

    Raises:
        VisitorError: no usable input, weights, value or output folder; a full disk; what is done stays done.
    """
    import pyarrow as pa

    from core.bulk import inputs as found_inputs
    from core.bulk.columns import of_rows
    from core.bulk.output import Output
    from core.bulk.run import run as run_all

    job = _job(arguments)
    inputs = found_inputs.find(arguments.inputs)
    _check(arguments, job, inputs)
    weights = chosen(TASKS[arguments.task], job.model, arguments.weights)
    schema = pa.schema([*of_rows(), *job.room.schema()], {"weights": weights.name})
    output = Output(arguments.out, _identity(arguments, job, inputs, weights), schema, arguments.format,
                    arguments.language)  # fmt: skip
    others = f", of other kinds and passed over: {inputs.passed_over:,}" if inputs.passed_over else ""
    say(f"files: {len(inputs.sources):,}, {inputs.size / 1e6:,.1f} MB{others}; {weights.name}")
    show, every = _shown()
    with _terminated(), output:
        try:
            totals = run_all(_engine(arguments, job, weights), inputs, output, arguments.part_rows, show, every)
        except KeyboardInterrupt:
            show("")
            say("stopped: what is done stays done; the same command goes on")
            raise
    show("")
    if totals.bad:
        say(f"rows left out: {totals.bad:,}; {arguments.out / '_bad'} says why")
    print_json(dataclasses.asdict(dataclasses.replace(totals, seconds=round(totals.seconds, 3))))


def _job(arguments: argparse.Namespace) -> Any:
    """What is done to every row; wrong values are told before anything is read."""
    from core.bulk.answering import Job
    from core.bulk.readers import Columns

    room = TASKS[arguments.task].room("bulk")
    for name in ("part_rows", "batch", "workers"):
        if (value := getattr(arguments, name)) is not None and value < 1:
            raise VisitorError("not_above_zero", name="--" + name.replace("_", "-"))
    for name in ("address", "workers"):
        if arguments.engine != "ray" and getattr(arguments, name) is not None:
            raise VisitorError("needs_engine", name=f"--{name}")
    settings = from_arguments(room.Settings, arguments)
    room.check(settings)
    ask = getattr(arguments, "ask", None)
    if ask is not None and not ask.strip():
        raise VisitorError("reading_no_question")
    needed = [(getattr(arguments, c), f"--{c}") for c in room.COLUMNS if not (c == "question" and ask)]
    columns = Columns(tuple(needed), arguments.id or "id", arguments.id is not None)
    model = getattr(arguments, "model", None)
    return Job(arguments.task, columns, model, dataclasses.asdict(settings), ask, arguments.batch)


def _check(arguments: argparse.Namespace, job: Any, inputs: Any) -> None:
    """Files that were named one by one are looked at before a model is loaded: a table without the column is told at
    once, and so is an input in which nothing can be read."""
    from core.bulk.readers import check

    for place in arguments.inputs:
        if os.path.isdir(place) and _is_within(arguments.out, Path(place)):
            raise VisitorError("bulk_out_in_input", folder=arguments.out, place=place)
    error = None
    for number, source in enumerate(inputs.sources):
        if number not in inputs.named and (number or inputs.named):
            continue
        error = check(source, job.columns)
        if error and error.key == "bulk_no_column":
            raise error
    if error and len(inputs.sources) == 1:
        raise error


def _is_within(folder: Path, place: Path) -> bool:
    folder, place = folder.resolve(), place.resolve()
    return folder == place or place in folder.parents


def _identity(arguments: argparse.Namespace, job: Any, inputs: Any, weights: Any) -> dict[str, Any]:
    """What makes a run another one, by the flag that says it."""
    from core import bert

    with (weights.folder / bert.WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256") if hasattr(hashlib, "file_digest") else _digest(file)
    flags = {f"--{name.replace('_', '-')}": value for name, value in job.settings.items()}
    columns = {flag: name for name, flag in job.columns.needed}
    return {
        "TASK": job.task, "IN": inputs.digest(), "--weights": f"{weights.name} {digest.hexdigest()}",
        "--format": arguments.format, "--part-rows": arguments.part_rows, **columns, "--id": arguments.id,
        "--ask": job.question, "WANZHUAN_PRECISION": os.environ.get("WANZHUAN_PRECISION") or None, **flags,
    }  # fmt: skip


def _digest(file: Any) -> Any:
    """`hashlib.file_digest`, which Python 3.10 lacks."""
    found = hashlib.sha256()
    while data := file.read(1 << 20):
        found.update(data)
    return found


def _engine(arguments: argparse.Namespace, job: Any, weights: Any) -> Callable:
    if arguments.engine == "ray":
        from core.bulk.on_ray import OnRay

        return OnRay(job, weights, arguments.address, arguments.workers)
    from core.bulk.run import Local

    return Local(job, weights)


def _shown() -> tuple[Callable[[str], None], float]:
    """What shows a line of progress, and the seconds between two: on a terminal one line that changes."""
    if not sys.stderr.isatty():
        return (lambda line: say(line) if line else None), 10.0

    def show(line: str) -> None:
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    return show, 0.5


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
