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
MOST_PIECES = 1 << 16  # of a vocabulary
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 1, "pb": 1}]  # two bytes wide
Sets = dict[str, list]  # name of a set → its examples


class _Pool:
    """Runs of pieces, each kept once."""

    def __init__(self) -> None:
        self.runs: list[np.ndarray] = []
        self._known: dict[bytes, int] = {}

    def add(self, pieces: np.ndarray) -> int:
        """The run's number.

        Raises:
            RecipeError: a piece has a number of more than two bytes.
        """
        if len(pieces) and np.max(pieces) >= MOST_PIECES:
            raise RecipeError(f"Only vocabularies of up to {MOST_PIECES:,} pieces can be packed.")
        run = np.asarray(pieces, "<u2")
        number = self._known.setdefault(run.tobytes(), len(self.runs))
        if number == len(self.runs):
            self.runs.append(run)
        return number


# ---- titling ---------------------------------------------------------------------------------------------------
def _flat_titling(e: titling.Example, pool: _Pool) -> list:
    return [pool.add(e.source), pool.add(e.target)]


def _titling(row: list, runs: list[np.ndarray]) -> titling.Example:
    return titling.Example(runs[row[0]], runs[row[1]])


# ---- triples ---------------------------------------------------------------------------------------------------
def _flat_triples(e: triples.Example, pool: _Pool) -> list:
    subjects = [[*s, e.subjects[s], e.unsure_objects.get(s, ())] for s in e.subjects]
    return [pool.add(e.tokens), subjects, e.unsure, e.others, int(e.partial)]


def _triples(row: list, runs: list[np.ndarray]) -> triples.Example:
    tokens, subjects, unsure, others, partial = row
    objects = {(a, b): tuple(map(tuple, found)) for a, b, found, _ in subjects}
    again = {(a, b): tuple(map(tuple, known)) for a, b, _, known in subjects}
    unsure, others = tuple(map(tuple, unsure)), tuple(map(tuple, others))
    return triples.Example(runs[tokens], objects, unsure, again, others, bool(partial))


# ---- reading ---------------------------------------------------------------------------------------------------
def _flat_reading(e: reading.Example, pool: _Pool) -> list:
    windows = [[w.first, w.last, w.starts] for w in e.windows]
    return [pool.add(e.question), pool.add(e.passage), e.length, windows]


def _reading(row: list, runs: list[np.ndarray]) -> reading.Example:
    question, passage, length, windows = row
    windows = tuple(reading.Window(a, b, tuple(starts)) for a, b, starts in windows)
    return reading.Example(runs[question], runs[passage], length, windows)


_FORMS = {  # task → an example as JSON, and back
    "titling": (_flat_titling, _titling),
    "triples": (_flat_triples, _triples),
    "reading": (_flat_reading, _reading),
}


# ---- the file --------------------------------------------------------------------------------------------------
def save(path: Path, tasks: Mapping[str, Sets], about: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all.

    Args:
        path: where.
        tasks: task → its sets.
        about: what else has to travel, as JSON (the vocabulary, a schema).
    """
    pool = _Pool()
    rows = {
        task: {name: [_FORMS[task][0](e, pool) for e in some] for name, some in sets.items()}
        for task, sets in tasks.items()
    }
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
            task: {name: [_FORMS[task][1](row, runs) for row in rows] for name, rows in sets.items()}
            for task, sets in known["rows"].items()
        }
        return tasks, known["about"]
    except FileNotFoundError:
        raise RecipeError(f"There is no file {path}.") from None
    except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, ValueError, LookupError, TypeError, AttributeError):
        raise RecipeError(f"{path} holds no packed examples: make it with `pack`.") from None
