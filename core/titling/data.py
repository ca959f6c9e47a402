"""Articles and titles as word pieces, and batches of them.

A record is a text and its title; files are jsonl with the fields `text` and `title`, tsv or csv with those columns.
The layout is UniLM's: `[CLS] article [SEP] title [SEP]`, segment 0 up to the first [SEP], segment 1 behind it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import VisitorError
from core.tables import BadRow, name_bad, rows
from core.text import clean, select
from core.tokenizer import Tokenizer

MAX_TITLE = 48  # pieces; 98 % of the training titles are shorter


@dataclass(frozen=True)
class Pair:
    """An article and its title as read from a file."""

    text: str
    title: str


@dataclass(frozen=True)
class Example:
    """`source` = [CLS] article [SEP], `target` = title [SEP]."""

    source: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Batch:
    """Padded arrays, int32.

    tokens, segments: (batch, length).  sources: (batch,) pieces of segment 0.  targets: (batch, longest title),
    0 where there is none: `targets[b, t]` is what place `sources[b] - 1 + t` has to foretell.
    """

    tokens: np.ndarray
    segments: np.ndarray
    sources: np.ndarray
    targets: np.ndarray


def read_pairs(paths: Iterable[Path], limit: int | None = None) -> tuple[list[Pair], list[BadRow]]:
    """All pairs of the files, and the rows that were none.

    Raises:
        VisitorError: a file cannot be read at all.
    """
    pairs: list[Pair] = []
    bad: list[BadRow] = []
    for path in paths:
        for row in rows(path, ("text", "title")):
            if isinstance(row, BadRow):
                bad.append(row)
            elif limit is None or len(pairs) < limit:
                pairs.append(Pair(row["text"], row["title"]))
    return pairs, bad


def usable_pairs(paths: Iterable[Path], limit: int | None, say: Callable[[str], None]) -> list[Pair]:
    """`read_pairs`, with the first bad rows named to `say` and all of them counted.

    Raises:
        VisitorError: a file cannot be read, or there is no pair at all.
    """
    pairs, bad = read_pairs(paths, limit)
    name_bad(bad, say)
    if not pairs:
        raise VisitorError("no_rows", fields="text, title")
    return pairs


def encode(pairs: Iterable[Pair], tokenizer: Tokenizer, max_source: int) -> list[Example]:
    """Pairs as examples; articles beyond `max_source` pieces are read in part (see `core.text.select`).

    Pairs whose title is longer than MAX_TITLE pieces are left out: cut, they would teach titles without an end.
    """
    examples = []
    for pair in pairs:
        target = tokenizer.encode(clean(pair.title)).ids
        source = select(clean(pair.text), tokenizer, max_source - 2).pieces.ids
        if source and 0 < len(target) < MAX_TITLE:
            examples.append(
                Example(
                    np.array([tokenizer.cls, *source, tokenizer.sep], np.int32),
                    np.array([*target, tokenizer.sep], np.int32),
                )
            )
    return examples


def save_examples(path: Path, examples: list[Example]) -> None:
    """Write examples to an npz file: all pieces in a row, and the lengths of sources and targets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [part for e in examples for part in (e.source, e.target)]
    temporary = path.with_suffix(f".{os.getpid()}.part")  # workers of one run write it at the same time
    with temporary.open("wb") as file:
        np.savez_compressed(file, pieces=np.concatenate(parts), lengths=np.array([len(p) for p in parts], np.int32))
    temporary.replace(path)  # whole or not at all: a run can be killed at any moment


def load_examples(path: Path) -> list[Example]:
    """The examples that `save_examples` wrote."""
    with np.load(path, allow_pickle=False) as file:
        parts = np.split(file["pieces"], np.cumsum(file["lengths"])[:-1])
    return [Example(source, target) for source, target in zip(parts[::2], parts[1::2], strict=True)]


def collate(examples: list[Example], length: int, size: int) -> Batch:
    """Examples padded to `length` places and MAX_TITLE pieces of title, with empty rows up to `size` rows."""
    tokens, segments = (np.zeros((size, length), np.int32) for _ in range(2))
    sources, targets = np.ones(size, np.int32), np.zeros((size, MAX_TITLE), np.int32)
    for i, e in enumerate(examples):
        places = len(e.source) + len(e.target)
        tokens[i, :places] = np.concatenate([e.source, e.target])
        segments[i, len(e.source) : places] = 1
        sources[i] = len(e.source)
        targets[i, : len(e.target)] = e.target
    return Batch(tokens, segments, sources, targets)


def apart(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Articles (rows, longest article) and titles (rows, longest title) of a batch, each padded; empty rows are left
    out.  That is how a model reads them that has an encoder and a decoder."""
    rows = (batch.targets > 0).any(1)
    sources, titles = batch.sources[rows], batch.targets[rows]
    tokens = np.where(np.arange(batch.tokens.shape[1]) < sources[:, None], batch.tokens[rows], 0)
    return tokens[:, : sources.max()], titles[:, : (titles > 0).sum(1).max()]


def batches(examples: list[Example], tokens: int, seed: int | Sequence[int]) -> Iterator[Batch]:
    """One epoch in an order that `seed` decides alone.

    Lengths are rounded up to a multiple of 32 and each length has one number of rows (`tokens` places in all), so
    that a compiled step meets few shapes.
    """
    rng = np.random.default_rng(seed)
    buckets: dict[int, list[Example]] = {}
    for i in rng.permutation(len(examples)):
        length = -(-(len(examples[i].source) + len(examples[i].target)) // 32) * 32
        buckets.setdefault(max(length, 96), []).append(examples[i])
    groups = []
    for length, bucket in sorted(buckets.items()):
        size = max(1, tokens // length)
        groups += [(bucket[i : i + size], length, size) for i in range(0, len(bucket), size)]
    for g in rng.permutation(len(groups)):
        yield collate(*groups[g])
