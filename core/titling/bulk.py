"""Titles of many rows: which columns are read, which come out, and how rows are answered together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from core.bulk.columns import counts, texts
from core.errors import VisitorError
from core.titling.task import Decoding, Titler

COLUMNS = {"text": "the article"}
Settings = Decoding
BATCH = 16  # articles decoded together: more gain little on a CPU


def check(settings: Decoding) -> None:
    """Raises VisitorError where a value is out of its range."""
    settings.rules()


def schema() -> list[pa.Field]:
    """The best title; all of them with their scores and what of them stands in the article, as `title --json` has
    them; characters of the text and how many were read; and what is worth knowing, a key of the sentences."""
    span = pa.struct([(name, pa.int32()) for name in ("start", "end", "source_start", "source_end")])
    title = pa.struct([("text", pa.string()), ("score", pa.float64()), ("spans", pa.list_(span))])
    return [
        *texts("title"), pa.field("titles", pa.list_(title)), *counts("characters", "characters_read"),
        *texts("notice"),
    ]  # fmt: skip


def answers(
    model: Titler, rows: Sequence[tuple[str, ...]], settings: Decoding, batch: int
) -> Iterator[dict[str, Any] | VisitorError]:
    """Of each row its columns of `schema`, in the order of the rows, or why it has none."""
    for result in model.title_many([text for (text,) in rows], settings, batch):
        if isinstance(result, VisitorError):
            yield result
            continue
        found = dataclasses.asdict(result)
        names = ("titles", "characters", "characters_read", "notice")
        yield {"title": result.titles[0].text, **{name: found[name] for name in names}}
