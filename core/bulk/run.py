"""A run: parts are answered and kept, one after the other, until none is left; and the local engine."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.bulk.answering import Answered, Answerer, Job
from core.bulk.inputs import Inputs
from core.bulk.output import Output
from core.bulk.parts import ROWS, Done, Part, Record, cut

Told = Callable[[Part, int], None]


@dataclass(frozen=True)
class Totals:
    """What is in the output, and what this run did of it.

    rows, bad, parts: in the output.  answered: rows that this run answered or left out.
    seconds: that it took, without loading the model.
    """

    rows: int
    bad: int
    parts: int
    answered: int
    seconds: float


@dataclass(frozen=True)
class Weights:
    """A weights folder and its name."""

    folder: Path
    name: str


class Local:
    """The engine that needs nothing more: one model in this process, and all of its cores.

    Args:
        job: what is done.
        weights: by which.
    """

    def __init__(self, job: Job, weights: Weights) -> None:
        self._job = job
        self._answerer = functools.cache(lambda: Answerer(job, weights.folder, weights.name))

    def __call__(self, inputs: Inputs, done: Done, rows: int, told: Told) -> Iterator[Answered]:
        """The parts that are not done, answered, in their order.

        Args:
            inputs: what is read.
            done: which parts are.
            rows: of a part.
            told: called with a part and the number of its rows that are done, first with 0.
        """
        for split in inputs.splits():
            for part in cut(inputs.sources, split, self._job.columns, done, rows):
                answerer = self._answerer()
                told(part, 0)
                yield answerer.answer(part, functools.partial(told, part))


class Progress:
    """How far a run is, at which rate, and how long it will take, told now and then.

    Args:
        size: bytes of the whole input, 0 where that is not known.
        say: called with a line.
        every: seconds between two lines.
    """

    def __init__(self, size: int, say: Callable[[str], None], every: float) -> None:
        self._size, self._say, self._every = size, say, every
        self._began = self._last = time.monotonic()
        self._before = self._bytes = self._rows = 0
        self._underway: tuple[float, int] = (0.0, 0)

    def before(self, record: Record) -> None:
        """A part that another run did."""
        self._before += record.size

    def part(self, part: Part, rows: int) -> None:
        """So many good rows of a part are done; the first time, with 0, the model has just been loaded."""
        if not rows and not self._rows:
            self._began = time.monotonic()
        self._underway = (part.size * rows / max(1, len(part.rows)), rows)
        self._tell()

    def kept(self, record: Record) -> None:
        """A part is done."""
        self._bytes, self._rows = self._bytes + record.size, self._rows + record.rows + record.bad
        self._underway = (0.0, 0)
        self._tell()

    @property
    def rows(self) -> int:
        """Rows of the parts that this run has done."""
        return self._rows

    @property
    def seconds(self) -> float:
        """Since the first part was begun."""
        return time.monotonic() - self._began

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._last >= self._every:
            self._last = now
            self._say(self.line())

    def line(self) -> str:
        """Share, rows, rate, time left."""
        size, rows, seconds = self._bytes + self._underway[0], self._rows + self._underway[1], self.seconds
        shown = f"{rows:,} rows, {rows / seconds if seconds else 0:,.1f} rows/s"
        if not self._size or not size:
            return shown
        left = max(0.0, self._size - self._before - size) * seconds / size
        return f"{min(1.0, (self._before + size) / self._size):.1%}, {shown}, {clock(left)} left"


def clock(seconds: float) -> str:
    """ "3 d 4 h", "4 h 10 min", "10 min 5 s" or "5 s"."""
    whole = int(seconds + 0.5)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next((i for i, (n, _) in enumerate(parts) if n), 3)
    return " ".join(f"{n} {unit}" for n, unit in parts[first : first + 2] if n or unit == "s" and first == 3)


def run(
    engine: Callable[[Inputs, Done, int, Told], Iterator[Answered]],
    inputs: Inputs,
    output: Output,
    rows: int = ROWS,
    say: Callable[[str], None] = lambda line: None,
    every: float = 10.0,
) -> Totals:
    """Do what is left of a run.

    Args:
        engine: what answers the parts that are not done, in any order.
        inputs: what is read.
        output: where parts are kept, entered.
        rows: of a part at most.
        say: called with a line of progress every so many seconds.

    Raises:
        VisitorError: the weights, the disk or the cluster fail; what is done stays done.
    """
    progress, done = Progress(inputs.size, say, every), output.done()
    total = bad = parts = 0

    def count(record: Record) -> None:
        nonlocal total, bad, parts
        total, bad, parts = total + record.rows, bad + record.bad, parts + 1

    for record in done.within((0, len(inputs.sources))):
        progress.before(record)
        count(record)
    for part in engine(inputs, done, rows, progress.part):
        output.keep(part)
        progress.kept(part.record())
        count(part.record())
    return Totals(total, bad, parts, progress.rows, progress.seconds)
