"""Sentences and their triples as word pieces, and batches of them.

Three kinds of rows are read, one JSON object a line: DuIE 1.0 (`spo_list` with objects as strings), DuIE 2.0 (objects
with slots, the object itself under "@value"), and partially labelled rows (`text`, `subject`, `predicate`, `object`:
one triple, and nothing is said about others).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import VisitorError
from core.tables import BadRow, name_bad, numbered_rows
from core.text import clean
from core.tokenizer import Pieces, Tokenizer
from core.triples.schema import VALUE, Schema

_LENGTHS = 16  # lengths of batches are multiples of this
_MOST_GOLD = 6  # true subjects of a sentence that one pass asks for, when it asks for all


@dataclass(frozen=True)
class Gold:
    """A triple as a file has it: slots[VALUE] is the object, the others are DuIE 2.0's further values."""

    subject: str
    predicate: str
    slots: dict[str, str]


@dataclass(frozen=True)
class Sentence:
    """A text and its triples; partial: others may be true too, and only the marked one is known."""

    text: str
    triples: tuple[Gold, ...]
    partial: bool


@dataclass(frozen=True)
class Example:
    """A sentence in pieces, places counted with [CLS].

    tokens: [CLS] … [SEP].  subjects: (start, end) → its objects, rows of (label, start, end), ends inclusive.
    unsure: places where a subject's words stand again, at which neither yes nor no is taught: (place, 0 start | 1 end).
    unsure_objects: the same for objects: subject → rows of (label, place, 0 | 1).
    others: mentions that are no subjects, (start, end), for negative samples; empty where the row is partial.
    """

    tokens: np.ndarray
    subjects: dict[tuple[int, int], tuple[tuple[int, int, int], ...]]
    unsure: tuple[tuple[int, int], ...]
    unsure_objects: dict[tuple[int, int], tuple[tuple[int, int, int], ...]]
    others: tuple[tuple[int, int], ...]
    partial: bool


@dataclass(frozen=True)
class Batch:
    """Padded arrays for `TriplesModel.loss`.

    tokens: (batch, length) int32.  subject_labels, subject_weights: (batch, length, 2) float32.
    subjects: (asked, 3) int32, a row (sentence, start, end) for each question.  positives: (n, 3) int32 (question,
    place, column) where the target is 1; ignored: (m, 3), where there is none.  columns: (asked,) int32, the label that
    alone is taught (partial rows), or -1 for all.  weights: (asked,) float32, 0 for rows that only fill up.
    """

    tokens: np.ndarray
    subject_labels: np.ndarray
    subject_weights: np.ndarray
    subjects: np.ndarray
    positives: np.ndarray
    ignored: np.ndarray
    columns: np.ndarray
    weights: np.ndarray

    def arrays(self) -> tuple[np.ndarray, ...]:
        """In the order in which `TriplesModel.loss` takes them."""
        return (
            self.tokens, self.subject_labels, self.subject_weights, self.subjects, self.positives, self.ignored,
            self.columns, self.weights,
        )  # fmt: skip


# ---- files -----------------------------------------------------------------------------------------------------
def read_sentences(paths: Iterable[Path], limit: int | None = None) -> tuple[list[Sentence], list[BadRow]]:
    """All sentences of the files, and the rows that were none.

    Raises:
        VisitorError: a file cannot be read at all.
    """
    sentences: list[Sentence] = []
    bad: list[BadRow] = []
    for path in paths:
        for number, row in numbered_rows(path, ("text",)):
            if not isinstance(row, BadRow):
                row = _sentence(row) or BadRow(path.name, number, "neither spo_list nor subject, predicate, object")
            if isinstance(row, BadRow):
                bad.append(row)
            elif limit is None or len(sentences) < limit:
                sentences.append(row)
    return sentences, bad


def usable_sentences(paths: Iterable[Path], limit: int | None, say: Callable[[str], None]) -> list[Sentence]:
    """`read_sentences`, with the first bad rows named to `say` and all of them counted.

    Raises:
        VisitorError: a file cannot be read, or there is no sentence at all.
    """
    sentences, bad = read_sentences(paths, limit)
    name_bad(bad, say)
    if not sentences:
        raise VisitorError("no_rows", fields="text, spo_list")
    return sentences


def _sentence(row: dict[str, Any]) -> Sentence | None:
    if "spo_list" not in row:
        one = _gold(row)
        return Sentence(row["text"], (one,), True) if one else None
    if not isinstance(row["spo_list"], list):
        return None
    found = [_gold(spo) for spo in row["spo_list"]]
    return Sentence(row["text"], tuple(g for g in found if g), False) if all(found) else None


def _gold(row: Any) -> Gold | None:
    if not isinstance(row, dict):
        return None
    slots = row.get("object")
    slots = {VALUE: slots} if isinstance(slots, str) else slots
    names = [row.get("subject"), row.get("predicate")]
    if not isinstance(slots, dict) or not slots.get(VALUE):
        return None
    slots = {slot: value for slot, value in slots.items() if value}  # empty slots are not filled in
    if not all(isinstance(value, str) for value in [*names, *slots.values()]) or not all(names):
        return None
    return Gold(names[0], names[1], slots)


# ---- pieces ----------------------------------------------------------------------------------------------------
def places(pieces: Pieces, text: str, words: str) -> list[tuple[int, int]]:
    """Where `words` stand in `text`, as (first piece, last piece); occurrences that cut a piece are none."""
    begins = {start: i for i, (start, _) in enumerate(pieces.spans)}
    ends = {end: i for i, (_, end) in enumerate(pieces.spans)}
    found, at = [], text.find(words) if words else -1
    while at >= 0:
        first, last = begins.get(at), ends.get(at + len(words))
        if first is not None and last is not None and first <= last:
            found.append((first, last))
        at = text.find(words, at + 1)
    return found


def encode(sentences: Sequence[Sentence], tokenizer: Tokenizer, schema: Schema, most: int) -> list[Example]:
    """Sentences as examples of at most `most` pieces; triples that do not fit, or whose predicate the schema has not,
    are left out, and partial rows that lose theirs altogether.

    A mention is taken where it first stands; the other places where the same words stand are neither right nor wrong.
    """
    labels = {label: i for i, label in enumerate(schema.labels)}
    examples = []
    for sentence in sentences:
        text = clean(sentence.text)
        pieces = tokenizer.encode(text)[: most - 2]
        example = _example(sentence, text, pieces, tokenizer, labels)
        if len(pieces) and (example.subjects or not sentence.partial):
            examples.append(example)
    return examples


def _example(
    sentence: Sentence, text: str, pieces: Pieces, tokenizer: Tokenizer, labels: dict[tuple[str, str], int]
) -> Example:
    where: dict[str, list[tuple[int, int]]] = {}

    def found(words: str) -> list[tuple[int, int]]:
        words = clean(words).strip()
        if words not in where:
            where[words] = [(a + 1, b + 1) for a, b in places(pieces, text, words)]  # + 1: [CLS]
        return where[words]

    subjects: dict[tuple[int, int], dict[tuple[int, int, int], None]] = {}
    unsure: set[tuple[int, int]] = set()
    unsure_objects: dict[tuple[int, int], set[tuple[int, int, int]]] = {}
    others: set[tuple[int, int]] = set()
    for gold in sentence.triples:
        spots = found(gold.subject)
        if not spots or (gold.predicate, VALUE) not in labels or not found(gold.slots[VALUE]):
            continue
        objects = subjects.setdefault(spots[0], {})
        unsure |= {(place, side) for spot in spots[1:] for side, place in enumerate(spot)}
        again = unsure_objects.setdefault(spots[0], set())
        for slot, value in gold.slots.items():
            label, ways = labels.get((gold.predicate, slot)), found(value)
            if label is not None and ways:
                objects[(label, *ways[0])] = None
                again |= {(label, place, side) for way in ways[1:] for side, place in enumerate(way)}
                others |= set(ways)
    tokens = np.array([tokenizer.cls, *pieces.ids, tokenizer.sep], np.int32)
    return Example(
        tokens,
        {subject: tuple(objects) for subject, objects in subjects.items()},
        tuple(sorted(unsure)),
        {subject: tuple(sorted(again)) for subject, again in unsure_objects.items()},
        () if sentence.partial else tuple(sorted(others - set(subjects))),
        sentence.partial,
    )


# ---- batches ---------------------------------------------------------------------------------------------------
def questions(example: Example, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """The (start, end) that one pass asks the objects of.

    count 1: as in the post, a start of a random subject and an end, at or behind it, of a random subject: now and then
    they belong to different ones, and nothing is to be found.  count 0: all subjects (six at most), and one negative:
    such a mixed pair or, which is ours, a mention that is an object only.  Partial rows know no negatives.
    """
    gold = list(example.subjects)
    if example.partial or not gold:
        return gold[:1]
    start = gold[rng.integers(len(gold))][0]
    ends = [end for _, end in gold if end >= start]
    mixed = (start, ends[rng.integers(len(ends))])
    if count == 1:
        return [mixed]
    if mixed in example.subjects or (example.others and rng.random() < 0.5):
        mixed = example.others[rng.integers(len(example.others))] if example.others else None
    some = [gold[i] for i in rng.permutation(len(gold))[: count or _MOST_GOLD]]
    return some + ([mixed] if mixed else [])


def collate(examples: Sequence[Example], length: int, count: int, rng: np.random.Generator) -> Batch:
    """Examples padded to `length` places, each asked for the objects of the subjects that `questions` draws."""
    size = len(examples)
    tokens = np.zeros((size, length), np.int32)
    labels, weights = np.zeros((size, length, 2), np.float32), np.zeros((size, length, 2), np.float32)
    asked, positives, ignored, columns = [], [], [], []
    for i, example in enumerate(examples):
        tokens[i, : len(example.tokens)] = example.tokens
        if not example.partial:
            weights[i, : len(example.tokens)] = 1
            for place, side in example.unsure:
                weights[i, place, side] = 0
        for start, end in example.subjects:
            labels[i, start, 0] = labels[i, end, 1] = 1
            weights[i, start, 0] = weights[i, end, 1] = 1
            if example.partial:  # within the subject itself nothing else begins or ends
                weights[i, start : end + 1] = 1
        for subject in questions(example, count, rng):
            q = len(asked)
            asked.append((i, *subject))
            objects = example.subjects.get(subject, ())
            columns.append(objects[0][0] if example.partial and objects else -1)
            for label, start, end in objects:
                positives += [(q, start, 2 * label), (q, end, 2 * label + 1)]
            for label, place, side in example.unsure_objects.get(subject, ()):
                ignored.append((q, place, 2 * label + side))
    known = set(positives)
    ignored = [place for place in ignored if place not in known]
    real = len(asked)
    full = max(8, -(-real // 8) * 8)  # few shapes
    asked += [(0, 0, 0)] * (full - real)
    return Batch(
        tokens, labels, weights, np.array(asked, np.int32), _rows(sorted(known)), _rows(sorted(set(ignored))),
        np.array(columns + [-1] * (full - real), np.int32), (np.arange(full) < real).astype(np.float32),
    )  # fmt: skip


def _rows(places: list[tuple[int, int, int]]) -> np.ndarray:
    return np.array(places, np.int32).reshape(-1, 3)


def batches(examples: Sequence[Example], tokens: int, count: int, seed: int | Sequence[int]) -> Iterator[Batch]:
    """One epoch in an order that `seed` decides alone: sentences of like length together, `tokens` places a batch."""
    rng = np.random.default_rng(seed)
    buckets: dict[int, list[Example]] = {}
    for i in rng.permutation(len(examples)):
        length = max(32, -(-len(examples[i].tokens) // _LENGTHS) * _LENGTHS)
        buckets.setdefault(length, []).append(examples[i])
    groups = []
    for length, bucket in sorted(buckets.items()):
        size = max(1, tokens // length)
        groups += [(bucket[i : i + size], length) for i in range(0, len(bucket), size)]
    for g in rng.permutation(len(groups)):
        yield collate(*groups[g], count, rng)
