"""Triples of many rows: which columns are read, which come out, and how rows are answered together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from core.bulk.columns import counts, texts
from core.errors import VisitorError
from core.triples.task import Extraction, Extractor

COLUMNS = {"text": "the text"}
Settings = Extraction
BATCH = 64  # texts whose windows are sorted by length and read together


def check(settings: Extraction) -> None:
    """Raises VisitorError where a value is out of its range."""
    settings.checked()


def schema() -> list[pa.Field]:
    """The triples that count, with their places and probabilities, as `triples` writes them; characters of the text and
    windows that it was read in; and what is worth knowing, a key of the sentences."""
    mention = pa.struct([*texts("text"), *counts("start", "end"), *texts("type")])
    slot = pa.struct([("name", pa.string()), ("value", mention), ("probability", pa.float64())])
    triple = pa.struct(
        [
            ("subject", mention), ("predicate", pa.string()), ("object", mention), ("probability", pa.float64()),
            ("slots", pa.list_(slot)),
        ]
    )  # fmt: skip
    return [pa.field("triples", pa.list_(triple)), *counts("characters", "windows"), *texts("notice")]


def answers(
    model: Extractor, rows: Sequence[tuple[str, ...]], settings: Extraction, batch: int
) -> Iterator[dict[str, Any] | VisitorError]:
    """Of each row its columns of `schema`, in the order of the rows, or why it has none."""
    for result in model.extract_many([text for (text,) in rows], settings, batch):
        if isinstance(result, VisitorError):
            yield result
            continue
        triples = [dataclasses.asdict(triple) for triple in result.above()]
        yield {
            "triples": triples, "characters": result.characters, "windows": result.windows, "notice": result.notice
        }  # fmt: skip
