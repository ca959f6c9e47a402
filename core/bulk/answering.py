"""A part in, its answers out: rows of like length in one batch, the order of the rows restored."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from core.bulk.parts import Part, Place, Record, error_json, name_of
from core.bulk.readers import Bad, Columns, Row
from core.errors import VisitorError
from core.tasks import TASKS

_log = logging.getLogger(__name__)
_FAILURES = 3  # rows one after the other that break the model: then it is broken


@dataclass(frozen=True)
class Job:
    """What is done to every row; JSON can carry it to another machine.

    task: a key of the table.  model: one of the task's kinds, or None.  settings: fields of the task's settings.
    columns: what is read.  question: asked of every row, where it is no column.  batch: rows answered together; None:
    what suits the task.
    """

    task: str
    columns: Columns
    model: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    question: str | None = None
    batch: int | None = None

    @property
    def room(self) -> ModuleType:
        """The task's room "bulk"."""
        return TASKS[self.task].room("bulk")

    def to_json(self) -> str:
        """One line."""
        return json.dumps({**asdict(self), "settings": dict(self.settings)})

    @classmethod
    def of(cls, text: str) -> Job:
        """What `to_json` wrote."""
        found = json.loads(text)
        columns = found.pop("columns")
        needed = tuple((name, flag) for name, flag in columns.pop("needed"))
        return cls(columns=Columns(needed, **columns), **found)


@dataclass(frozen=True)
class Answered:
    """A part's answers, one dict a row that has one, in the order of its rows, and its bad rows."""

    start: Place
    end: Place
    size: int
    rows: tuple[dict[str, Any], ...]
    bad: tuple[Bad, ...]

    @property
    def name(self) -> str:
        """Of the files that it becomes."""
        return name_of(self.start)

    def record(self) -> Record:
        """What is remembered of it."""
        return Record(self.start, self.end, len(self.rows), len(self.bad), self.size)

    def to_json(self) -> str:
        """How it travels."""
        bad = [[b.source, b.row, b.id, *error_json(b)] for b in self.bad]
        return json.dumps({"start": self.start, "end": self.end, "size": self.size, "rows": self.rows, "bad": bad})

    @classmethod
    def of(cls, text: str) -> Answered:
        """What `to_json` wrote."""
        found = json.loads(text)
        bad = tuple(Bad(*b[:3], VisitorError(b[3], **b[4])) for b in found["bad"])
        return cls(tuple(found["start"]), tuple(found["end"]), found["size"], tuple(found["rows"]), bad)


class Answerer:
    """Holds the model, loaded once.

    Args:
        job: what is done.
        folder: the weights.
        weights: their name.

    Raises:
        VisitorError: they are not the task's, or of another kind than the job's.
    """

    def __init__(self, job: Job, folder: Path, weights: str) -> None:
        task = TASKS[job.task]
        self.job, self._room = job, job.room
        self._settings = self._room.Settings(**job.settings)
        self._batch = job.batch or self._room.BATCH
        self._works = False  # whether the model has ever answered
        self._failures = 0  # rows that it broke on one after the other
        self.model = task.load(folder, weights)
        if job.model and self.model.model != job.model:
            raise VisitorError("weights_other_task", name=weights, found=self.model.model, task=job.model)

    def answer(self, part: Part, told: Callable[[int], None] = lambda rows: None) -> Answered:
        """All rows of a part.

        Args:
            part: its rows are answered in the order of their lengths.
            told: called with the number of rows that are done so far.
        """
        order = [i for i, row in enumerate(part.rows) if isinstance(row, Row)]
        order.sort(key=lambda i: sum(map(len, part.rows[i].values)))
        found: dict[int, dict[str, Any] | VisitorError] = {}
        for first in range(0, len(order), self._batch):
            some = order[first : first + self._batch]
            found.update(zip(some, self._together([self._values(part.rows[i]) for i in some]), strict=True))
            told(len(found))
        rows, bad = [], []
        for i, row in enumerate(part.rows):
            answer = found.get(i)
            if isinstance(row, Bad):
                bad.append(row)
            elif isinstance(answer, VisitorError):
                bad.append(Bad(row.source, row.row, row.id, answer))
            else:
                rows.append({"source": row.source, "row": row.row, "id": row.id, **answer})
        return Answered(part.start, part.end, part.size, tuple(rows), tuple(bad))

    def _values(self, row: Row) -> tuple[str, ...]:
        return row.values if self.job.question is None else (*row.values, self.job.question)

    def _together(self, rows: list[tuple[str, ...]]) -> list[dict[str, Any] | VisitorError]:
        """Answers of a batch.  A row that the model breaks on must not end a run of days: it is found and left out;
        where the model breaks on several rows one after the other, it is the model, and the run ends."""
        try:
            found = list(self._room.answers(self.model, rows, self._settings, self._batch))
        except Exception:
            if not self._works and len(rows) == 1:
                raise
            _log.exception("a batch of %d rows: they are tried one by one", len(rows))
            found = [self._alone(row) for row in rows]
            if len(rows) > 1 and self._failures >= len(rows):
                raise
            return found
        self._works, self._failures = True, 0
        return found

    def _alone(self, row: tuple[str, ...]) -> dict[str, Any] | VisitorError:
        try:
            found = next(iter(self._room.answers(self.model, [row], self._settings, 1)))
        except Exception:
            self._failures += 1
            if self._failures >= _FAILURES:
                raise
            return VisitorError("row_failed")
        self._works, self._failures = True, 0
        return found
