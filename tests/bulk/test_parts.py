"""Parts: whatever was done, in whatever order, no row is in two parts and none in no part."""

from __future__ import annotations

import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bulk.inputs import Inputs, Source
from core.bulk.parts import Done, Part, Record, cut, name_of, place_of
from core.bulk.readers import Bad
from core.errors import VisitorError
from tests.bulk.files import TEXT, rows, write


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Files of several kinds and lengths, an empty one and a broken one among them."""
    folder = tmp_path_factory.mktemp("inputs")
    files = [write(folder / name, rows(count, 100 * i)) for i, (name, count) in enumerate(
        [("a.jsonl", 7), ("b.csv.gz", 1), ("d.parquet", 5), ("e.jsonl.xz", 4), ("f.txt", 1)])]  # fmt: skip
    files.insert(2, folder / "c.jsonl")
    files[2].write_bytes(b"")
    files.insert(4, write(folder / "broken.jsonl.gz", rows(300)))
    files[4].write_bytes(files[4].read_bytes()[:-200])
    return [Source(str(file), os.path.getsize(file)) for file in files]


def records(parts):
    def record(part):
        bad = sum(isinstance(row, Bad) for row in part.rows)
        return Record(part.start, part.end, len(part.rows) - bad, bad, part.size)

    return {part.start: record(part) for part in parts}


def done_of(found):
    return Done({start: (lambda r=r: r) for start, r in found.items()})


def shown(parts):
    return [(row.source, row.row, row.id) for part in parts for row in part.rows]


NONE = Done({})


def test_all_rows_in_their_order_and_no_part_too_large(sources):
    whole = shown(cut(sources, (0, len(sources)), TEXT, NONE, 10_000))
    assert len(set(whole)) == len(whole) > 200
    for size in (1, 3, 4, 1000):
        parts = list(cut(sources, (0, len(sources)), TEXT, NONE, size))
        assert shown(parts) == whole
        assert all(1 <= len(part.rows) <= size for part in parts)
        assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
        assert [part.name for part in parts] == sorted(part.name for part in parts)
        assert abs(sum(part.size for part in parts) - sum(s.size for s in sources)) <= len(parts) + 1


def test_parts_are_closed_by_their_characters(sources):
    parts = list(cut(sources, (0, 1), TEXT, NONE, 1000, characters=20))
    assert len(parts) > 2
    assert all(sum(len(row.values[0]) for row in part.rows[:-1]) < 20 for part in parts)


@given(st.data())
def test_what_is_left_is_what_was_not_done(sources, data):
    size = data.draw(st.integers(1, 9))
    parts = list(cut(sources, (0, len(sources)), TEXT, NONE, size))
    kept = data.draw(st.lists(st.sampled_from(parts), unique_by=lambda part: part.start))
    left = list(cut(sources, (0, len(sources)), TEXT, done_of(records(kept)), size))
    assert sorted(shown(kept) + shown(left)) == sorted(shown(parts))
    assert [part.start for part in left] == [part.start for part in parts if part not in kept]


@given(st.data())
def test_splits_give_the_parts_of_their_files(sources, data):
    """A part of one split is none of another's, also where one ends and the other begins."""
    edges = [0, *sorted(data.draw(st.sets(st.integers(1, len(sources) - 1)))), len(sources)]
    splits = list(zip(edges, edges[1:], strict=False))
    parts = {split: list(cut(sources, split, TEXT, NONE, 3)) for split in splits}
    everything = [part for split in splits for part in parts[split]]
    assert shown(everything) == shown(cut(sources, (0, len(sources)), TEXT, NONE, 10_000))
    done = done_of(records(everything))
    for split in splits:
        assert list(cut(sources, split, TEXT, done, 3)) == []
        assert [record.start for record in done.within(split)] == [part.start for part in parts[split]]


@given(lost=st.integers(1, 120), size=st.integers(2, 40), data=st.data())
def test_a_file_that_cannot_be_read_any_more_leaves_done_parts_alone(tmp_path_factory, lost, size, data):
    """Parts behind it were done when it could be read: no row comes twice."""
    folder = tmp_path_factory.mktemp("failing")
    paths = [write(folder / "a.jsonl.gz", rows(80)), write(folder / "b.jsonl", rows(9, 500))]
    files = [Source(str(path), path.stat().st_size) for path in paths]
    parts = list(cut(files, (0, 2), TEXT, NONE, size))
    kept = data.draw(st.lists(st.sampled_from(parts), unique_by=lambda part: part.start))
    whole = gzip.decompress(paths[0].read_bytes())
    paths[0].write_bytes(gzip.compress(whole[: len(whole) - 40 * lost % len(whole)])[:-9])
    left = list(cut(files, (0, 2), TEXT, done_of(records(kept)), size))
    good = [row for row in shown(kept) + shown(left) if row[1]]
    assert len(set(good)) == len(good)
    assert {row for row in shown(parts) if row[0] == str(paths[1])} <= set(good)


def test_names_and_records():
    assert place_of(name_of((3, 17))) == (3, 17)
    assert place_of("part-3-17") is None and place_of("../part-0000000-000000000000") is None
    record = Record((0, 5), (1, 0), 3, 1, 99)
    assert Record.of(record.to_json()) == record
    for text in ("", "{}", "[]", '{"start": 1}'):
        with pytest.raises((ValueError, KeyError, TypeError)):
            Record.of(text)


def test_a_part_travels_as_json(sources):
    for part in cut(sources, (0, len(sources)), TEXT, NONE, 50):
        again = Part.of(part.to_json())
        assert str(again) == str(part)
        assert all(isinstance(row.error, VisitorError) for row in again.rows if isinstance(row, Bad))


@given(st.lists(st.integers(0, 20_000_000), max_size=30))
def test_splits_hold_every_file_once(sizes):
    inputs = Inputs(tuple(Source(str(i), size) for i, size in enumerate(sizes)), frozenset(), 0)
    splits = list(inputs.splits())
    assert [i for first, last in splits for i in range(first, last)] == list(range(len(sizes)))
    assert all(last == first + 1 or sum(sizes[first:last]) <= 16_000_000 for first, last in splits)
