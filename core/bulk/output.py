"""The output folder: parts that are there whole or not at all, and what is needed to go on.

    DIR/part-0000000-000000000000.parquet   rows, in the order of the input by the parts' names
    DIR/_bad/part-….jsonl                   the rows of that part that were left out, and why; only where there are some
    DIR/_done/part-….json                   that the part is done, and where the next one begins
    DIR/_run.json                           what the run is: its inputs and flags
    DIR/_lock  DIR/_tmp/                    held while a run writes here; what it has not finished

A part is done when its record in `_done` is there, which is renamed to its place last.  What a killed run left without
one is written again, under the same name.  Names that begin with "_" are passed over by readers of Parquet folders.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from core.bulk.answering import Answered
from core.bulk.parts import Done, Place, Record, name_of, place_of
from core.bulk.readers import Bad
from core.errors import VisitorError

FORMATS = ("parquet", "jsonl")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Output:
    """The folder of one run; a context manager that holds its lock.

    Args:
        folder: made if it is not there.
        run: what the run is, flag → value as JSON has it.
        schema: of the rows.
        kind: one of FORMATS.
        language: of the reasons of bad rows.
    """

    def __init__(
        self, folder: Path, run: Mapping[str, Any], schema: pa.Schema, kind: str = "parquet", language: str = "en"
    ) -> None:
        self.folder, self._run, self._schema, self.kind, self._language = folder, dict(run), schema, kind, language
        self._lock = filelock.FileLock(folder / "_lock", timeout=0)

    def __enter__(self) -> Output:
        """Raises VisitorError: nothing can be written there, another run is, or what is there is another run's."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            inside = {entry.name for entry in os.scandir(self.folder)}
            if inside and not inside & {"_run.json", "_lock"}:
                raise VisitorError("bulk_out_other", folder=self.folder)
            try:
                self._lock.acquire()
            except filelock.Timeout:
                raise VisitorError("bulk_busy", folder=self.folder) from None
            try:
                self._compare()
                shutil.rmtree(self.folder / "_tmp", ignore_errors=True)
                for name in ("_tmp", "_bad", "_done"):
                    (self.folder / name).mkdir(exist_ok=True)
                self._write("_run.json", lambda file: file.write(json.dumps(self._run, indent=1).encode() + b"\n"))
            except BaseException:
                self._lock.release()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder / "_tmp", ignore_errors=True)
        self._lock.release()

    def done(self) -> Done:
        """The parts that are done now; their records are read when they are asked for, and then may raise a
        VisitorError: one is broken."""
        names = (entry.name.removesuffix(".json") for entry in os.scandir(self.folder / "_done"))
        starts = filter(None, map(place_of, names))
        return Done({start: functools.partial(self._record, start) for start in starts})

    def _record(self, start: Place) -> Record:
        file = self.folder / "_done" / f"{name_of(start)}.json"
        try:
            record = Record.of(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise VisitorError("file_unreadable", file=file, why=error.strerror) from None
        except (ValueError, KeyError, TypeError):
            record = None
        if record is None or record.start != start or record.end <= start:
            raise VisitorError("bulk_broken", file=file)
        return record

    def keep(self, part: Answered) -> None:
        """Write a part; when this returns it is there for good.

        Raises:
            VisitorError: the disk is full, or takes nothing.
        """
        with self._writing():
            bad = Path("_bad") / f"{part.name}.jsonl"
            if part.bad:
                self._write(bad, lambda file: self._lines(file, map(self._told, part.bad)))
            else:
                (self.folder / bad).unlink(missing_ok=True)  # of an attempt that was stopped
            rows = self._parquet if self.kind == "parquet" else self._lines
            self._write(f"{part.name}.{self.kind}", lambda file: rows(file, part.rows))
            record = part.record().to_json().encode() + b"\n"
            self._write(Path("_done") / f"{part.name}.json", lambda file: file.write(record))

    # ---- files --------------------------------------------------------------------------------------------------
    def _write(self, name: str | Path, fill: Callable[[BinaryIO], object]) -> None:
        """A file that is there whole or not at all, also after the power failed."""
        temporary = self.folder / "_tmp" / Path(name).name
        with temporary.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.folder / name)

    def _parquet(self, file: BinaryIO, rows: tuple[dict[str, Any], ...]) -> None:
        pq.write_table(pa.Table.from_pylist(list(rows), self._schema), file, compression="zstd")

    def _lines(self, file: BinaryIO, rows: Any) -> None:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def _told(self, bad: Bad) -> dict[str, Any]:
        reason = bad.error.sentence(self._language)
        return {"source": bad.source, "row": bad.row, "id": bad.id, "key": bad.error.key, "reason": reason}

    def _compare(self) -> None:
        try:
            was = json.loads((self.folder / "_run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except ValueError:
            was = None
        if not isinstance(was, dict):
            raise VisitorError("bulk_out_other", folder=self.folder)
        other = [name for name in {**was, **self._run} if was.get(name) != self._run.get(name)]
        if other:
            raise VisitorError("bulk_changed", folder=self.folder, what=", ".join(other))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise VisitorError("bulk_disk_full", folder=self.folder) from None
            why = error.strerror or error
            raise VisitorError("bulk_out_unwritable", folder=self.folder, why=why) from None
