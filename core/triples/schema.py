"""The predicates a triples model knows, and the types of what stands on either side of them.

A schema file is DuIE's: one object a predicate, as a JSON list or one a line.  `object_type` is a string (DuIE 1.0) or
an object of types by slot (2.0), where "@value" is the object itself and the others are further slots:

    {"predicate": "上映时间", "subject_type": "影视作品", "object_type": {"@value": "Date", "inArea": "地点"}}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import VisitorError, WeightsError

FILE = "schema.json"
VALUE = "@value"  # DuIE's name of the slot that is the object itself
_MOST = 2_000  # predicates and slots: a hostile file must not fill the memory
_LONGEST = 100  # characters of a name
_BYTES = 4_000_000


@dataclass(frozen=True)
class Predicate:
    """One predicate. object_types: slot → type; `VALUE` is always the first."""

    name: str
    subject_type: str
    object_types: dict[str, str]


@dataclass(frozen=True)
class Schema:
    """Predicates in their order.  A model has two columns (start, end) for each pair in `labels`."""

    predicates: tuple[Predicate, ...]

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Every (predicate, slot), in the order of the model's columns."""
        return tuple((p.name, slot) for p in self.predicates for slot in p.object_types)

    @property
    def names(self) -> tuple[str, ...]:
        """The predicates' names."""
        return tuple(p.name for p in self.predicates)

    def text(self) -> str:
        """What stands in a `schema.json`, in the form that `read` reads."""
        rows = [
            {"predicate": p.name, "subject_type": p.subject_type, "object_type": p.object_types}
            for p in self.predicates
        ]
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"

    def write(self, folder: Path) -> None:
        """Write `schema.json` beside the weights."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(self.text(), encoding="utf-8")


def read(path: Path) -> Schema:
    """A schema file of the user's.

    Raises:
        VisitorError: it cannot be read, or is no schema; the sentence says what is wrong where.
    """
    try:
        if path.stat().st_size > _BYTES:
            raise VisitorError("schema_large", file=path.name, most=_MOST)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise VisitorError("file_missing", file=path) from None
    except UnicodeDecodeError:
        raise VisitorError("schema_bad", file=path.name, row=1) from None
    except (OSError, ValueError) as error:
        raise VisitorError("file_unreadable", file=path, why=getattr(error, "strerror", error)) from None
    return _parse(text, path.name)


def read_beside(folder: Path) -> Schema:
    """The schema of a weights folder.

    Raises:
        WeightsError: there is none, or it is broken.
    """
    if not (folder / FILE).is_file():
        raise WeightsError("weights_no_file", name=folder.name, file=FILE)
    try:
        return read(folder / FILE)
    except VisitorError:
        raise WeightsError("weights_bad_file", name=folder.name, file=FILE) from None


def _parse(text: str, file: str) -> Schema:
    found: dict[str, Predicate] = {}
    for number, row in enumerate(_rows(text, file), 1):
        one = _predicate(row)
        if one is None:
            raise VisitorError("schema_bad", file=file, row=number)
        before = found.get(one.name)  # DuIE 1.0 names a predicate once for each pair of types: the first pair stands
        if before:
            one = Predicate(one.name, before.subject_type, {**one.object_types, **before.object_types})
            one = Predicate(one.name, one.subject_type, _value_first(one.object_types))
        found[one.name] = one
    schema = Schema(tuple(found.values()))
    if not schema.predicates:
        raise VisitorError("schema_bad", file=file, row=1)
    if len(schema.labels) > _MOST:
        raise VisitorError("schema_large", file=file, most=_MOST)
    return schema


def _rows(text: str, file: str) -> list[Any]:
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except (ValueError, RecursionError):
        pass
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError):
                raise VisitorError("schema_bad", file=file, row=number) from None
    return rows


def _predicate(row: Any) -> Predicate | None:
    if not isinstance(row, dict):
        return None
    objects = row.get("object_type")
    objects = {VALUE: objects} if isinstance(objects, str) else objects
    if not isinstance(objects, dict) or VALUE not in objects:
        return None
    names = [row.get("predicate"), row.get("subject_type"), *objects, *objects.values()]
    if not all(isinstance(name, str) and name.strip() and len(name) <= _LONGEST for name in names):
        return None
    return Predicate(row["predicate"], row["subject_type"], _value_first(objects))


def _value_first(objects: dict[str, str]) -> dict[str, str]:
    return {VALUE: objects[VALUE], **{slot: kind for slot, kind in sorted(objects.items()) if slot != VALUE}}
