"""Examples of all tasks in one file that can travel: ids, and for each example where they are and what is marked.

Reading them needs NumPy alone, no tokenizer and no files of texts.  The file is an xz of a NumPy archive: all distinct
runs of pieces one after the other (uint16), their lengths, and JSON for the rest.
"""

from __future__ import annotations

import io
import json
import lzma
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.reading import batches as reading
from core.titling import data as titling
from core.triples import data as triples
from recipes.pretraining import RecipeError

FORMAT = 1
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 1, "pb": 1}]  # two bytes wide
Sets = dict[str, list]  # name of a set → its examples


class _Pool:
    """Runs of pieces, each kept once."""

    def __init__(self) -> None:
        self.runs: list[np.ndarray] = []
        self._known: dict[bytes, int] = {}

    def add(self, pieces: np.ndarray) -> int:
        """The run's number."""
        run = np.asarray(pieces, "<u2")
        number = self._known.setdefault(run.tobytes(), len(self.runs))
        if number == len(self.runs):
            self.runs.append(run)
        return number


def _flat(task: str, e: Any, pool: _Pool) -> list:
    if task == "titling":
        return [pool.add(e.source), pool.add(e.target)]
    if task == "triples":
        subjects = [[*s, e.subjects[s], e.unsure_objects.get(s, ())] for s in e.subjects]
        return [pool.add(e.tokens), subjects, e.unsure, e.others, int(e.partial)]
    windows = [[w.first, w.last, w.starts] for w in e.windows]
    return [pool.add(e.question), pool.add(e.passage), e.length, windows]


def _example(task: str, row: list, runs: list[np.ndarray]) -> Any:
    if task == "titling":
        return titling.Example(runs[row[0]], runs[row[1]])
    if task == "triples":
        tokens, subjects, unsure, others, partial = row
        objects = {(a, b): tuple(map(tuple, found)) for a, b, found, _ in subjects}
        again = {(a, b): tuple(map(tuple, known)) for a, b, _, known in subjects}
        unsure, others = tuple(map(tuple, unsure)), tuple(map(tuple, others))
        return triples.Example(runs[tokens], objects, unsure, again, others, bool(partial))
    question, passage, length, windows = row
    windows = tuple(reading.Window(a, b, tuple(starts)) for a, b, starts in windows)
    return reading.Example(runs[question], runs[passage], length, windows)


def save(path: Path, tasks: Mapping[str, Sets], about: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all.

    Args:
        path: where.
        tasks: task → its sets.
        about: what else has to travel, as JSON (the vocabulary, a schema).
    """
    pool = _Pool()
    rows = {t: {name: [_flat(t, e, pool) for e in some] for name, some in sets.items()} for t, sets in tasks.items()}
    raw = io.BytesIO()
    known = json.dumps({"format": FORMAT, "rows": rows, "about": dict(about)}, separators=(",", ":"))
    np.savez(
        raw,
        pieces=np.concatenate(pool.runs),
        lengths=np.array([len(run) for run in pool.runs], "<u4"),
        known=np.frombuffer(known.encode(), np.uint8),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(lzma.compress(raw.getbuffer(), filters=_FILTERS))
    temporary.replace(path)


def load(path: Path) -> tuple[dict[str, Sets], dict[str, Any]]:
    """What `save` was given: tasks and about.

    Raises:
        RecipeError: the file is not there, or is none of ours.
    """
    try:
        with np.load(io.BytesIO(lzma.decompress(path.read_bytes())), allow_pickle=False) as found:
            pieces, lengths, known = found["pieces"], found["lengths"], json.loads(found["known"].tobytes())
        if known["format"] != FORMAT:
            raise RecipeError(f"{path.name} was packed by another version: pack it again.")
        runs = np.split(pieces.astype(np.int32), np.cumsum(lengths.astype(np.int64))[:-1])
        tasks = {
            task: {name: [_example(task, row, runs) for row in rows] for name, rows in sets.items()}
            for task, sets in known["rows"].items()
        }
    except FileNotFoundError:
        raise RecipeError(f"There is no file {path}.") from None
    except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, ValueError, KeyError, TypeError, IndexError):
        raise RecipeError(f"{path} holds no packed examples: make it with `pack`.") from None
    return tasks, known["about"]
