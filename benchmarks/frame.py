"""What all benchmarks share: who is measured in turn, what is printed, what is kept.

A benchmark measures its contestants in one run on the same work, rounds in turn, so that a busy machine is busy for all
of them; figures are medians, and ratios are to be trusted before seconds.  What it prints is Markdown; `--json FILE`
keeps the same figures, and `python -m benchmarks.tables` makes the tables of the readme of the files in
`benchmarks/results`, and of nothing else.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Column:
    """A column's head, and how its numbers are written: a format of Python's, as in f"{value:.1f}"."""

    head: str
    form: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of numbers and names; None is an empty cell."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""

    def markdown(self) -> str:
        """The table, under its title if it has one."""
        lines = [[column.head for column in self.columns], ["---"] * len(self.columns)]
        lines += [[_cell(value, c.form) for value, c in zip(row, self.columns, strict=True)] for row in self.rows]
        text = "\n".join(re.sub(r"\|  (?=\|)", "| ", f"| {' | '.join(line)} |") for line in lines)
        return f"{self.title}\n\n{text}" if self.title else text


@dataclass(frozen=True)
class Result:
    """What a benchmark found.

    name: of the benchmark and its file.  command: what makes it again.  machine, packages: where, and with what.
    said: one line of what was measured.  notes: sentences under the tables.
    """

    name: str
    command: str
    said: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    machine: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)

    def markdown(self) -> str:
        """Everything, as it is printed and as it stands in the readme."""
        tried = ", ".join([self.machine, *(f"{name} {number}" for name, number in self.packages.items())])
        parts = [f"`{self.command}`: {self.said}", f"{tried}", *(table.markdown() for table in self.tables)]
        return "\n\n".join([*parts, *self.notes])


def _cell(value: Any, form: str) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else format(value, form)


def result(
    name: str, said: str, tables: Sequence[Table], packages: Iterable[str], notes: Sequence[str] = (), module: str = ""
) -> Result:
    """A result of this run: its command, machine and versions are looked up."""
    command = " ".join(["python -m", module or f"benchmarks.{name}", *_spoken(sys.argv[1:])])
    found = {one: version(one) for one in packages if importlib.util.find_spec(one.replace("-", "_"))}
    return Result(name, command, said, tuple(tables), tuple(notes), machine(), found)


def _spoken(words: Sequence[str]) -> list[str]:
    """A command's words without where its result goes, and without the folders of this machine."""
    out, skip = [], False
    for word in words:
        flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        if skip or flag == "--json":
            skip = flag == "--json" and not equals
        else:
            here = value.startswith(("/", ".", "~")) and "/" in value or Path(value).exists() and "/" in value
            out.append(f"{flag}{equals}DIR/{Path(value).name}" if here else word)
    return out


def machine() -> str:
    """The processor, how many cores this process may use, the system's kind and Python's version."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} core{'s' * (cores != 1)}, Python {platform.python_version()}"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", file.read_text()) if file.exists() else None
    return " ".join((found[1] if found else platform.processor() or platform.machine()).split())


# ---- measuring --------------------------------------------------------------------------------------------------
def measured(
    contestants: Mapping[str, Callable[[], Any]], rounds: int, first: bool = True
) -> dict[str, tuple[float, float]]:
    """Median seconds of each, by the clock and of the processor; rounds in turn, a `first` one (tracing, caches) not
    counted."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for number in range(not first, rounds + 1):
        for name, run in contestants.items():
            clock, processor = time.perf_counter(), time.process_time()
            run()
            if number:
                times[name].append((time.perf_counter() - clock, time.process_time() - processor))
    return {name: tuple(map(statistics.median, zip(*found, strict=True))) for name, found in times.items()}


def installed(*names: str) -> bool:
    """Whether all of these can be imported (requirements-bench.txt)."""
    return all(importlib.util.find_spec(name) for name in names)


# ---- the command ------------------------------------------------------------------------------------------------
def parser(doc: str | None, rounds: int | None = None) -> argparse.ArgumentParser:
    """With what every benchmark has: --short, --json, --threads and, where it measures in rounds, --rounds."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--short", action="store_true", help="a short form, for `make bench`")
    made.add_argument("--json", type=Path, metavar="FILE", help="keep the figures there too")
    made.add_argument("--threads", type=int, metavar="N", help="that each contestant may use; default: as it likes")
    if rounds:
        made.add_argument("--rounds", type=int, default=rounds, help=f"(default: {rounds})")
    return made


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments.  For --threads the process starts again with the variables that NumPy, TensorFlow, torch and jax
    read when they are imported: on a busy machine, libraries whose threads wait for each other look far slower than
    they are, and one thread for each is the fairer race."""
    args = parser.parse_args()
    if args.threads:
        number = str(args.threads)
        wanted = dict.fromkeys((f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL")), number)
        wanted |= {"TF_NUM_INTRAOP_THREADS": number, "TF_NUM_INTEROP_THREADS": number}
        if args.threads == 1:
            wanted["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        if any(os.environ.get(name) != value for name, value in wanted.items()):
            os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **wanted})
    return args


def told(found: Result, file: Path | None) -> None:
    """Print it, and keep it where that was asked for."""
    print(found.markdown(), flush=True)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> Result:
    """A result that `told` kept."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    tables = tuple(
        Table(tuple(Column(**c) for c in t["columns"]), tuple(map(tuple, t["rows"])), t["title"])
        for t in kept.pop("tables")
    )
    return Result(tables=tables, notes=tuple(kept.pop("notes")), **kept)
