"""Rows out of files of every kind, and bad rows reported by file and line."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import VisitorError
from core.tables import BadRow, rows

FIELDS = ("text", "title")
GOOD = {"text": "今天天气很好。", "title": "天气"}


def write(path: Path, data: str | bytes) -> Path:
    data = data.encode() if isinstance(data, str) else data
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "wb") as file:
        file.write(data)
    return path


CONTENTS = {
    ".jsonl": json.dumps(GOOD) + "\n",
    ".csv": 'text,title\n"今天天气很好。",天气\n',
    ".tsv": "text\ttitle\n今天天气很好。\t天气\n",
}


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("packed", ["", ".xz", ".gz"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_every_kind(tmp_path, kind, packed, mark):
    path = write(tmp_path / f"a{kind}{packed}", mark + CONTENTS[kind].encode())
    assert list(rows(path, FIELDS)) == [GOOD]


def test_columns_in_any_order_and_without_header(tmp_path):
    other = write(tmp_path / "a.csv", "date,title,text\n2018,天气,今天天气很好。\n")
    assert list(rows(other, FIELDS)) == [{**GOOD, "date": "2018"}]
    bare = write(tmp_path / "b.tsv", "今天天气很好。\t天气\n")
    assert list(rows(bare, FIELDS)) == [GOOD]


def test_quotes_and_line_ends(tmp_path):
    """A csv cell may hold commas, quotes and lines; in tsv a quote is a character like another."""
    path = write(tmp_path / "a.csv", 'text,title\r\n"一,""二""\n三",四\r\n')
    assert list(rows(path, FIELDS)) == [{"text": '一,"二"\n三', "title": "四"}]
    path = write(tmp_path / "a.tsv", 'text\ttitle\n他说"好\t好\n')
    assert list(rows(path, FIELDS)) == [{"text": '他说"好', "title": "好"}]


def test_bad_rows_of_jsonl(tmp_path):
    good = json.dumps(GOOD)
    lines = [good, "{", "", "[1]", '{"text": "一"}', '{"text": "一", "title": 3}', '{"text": " ", "title": "二"}', good]
    path = write(tmp_path / "a.jsonl", "\n".join(lines))
    found = list(rows(path, FIELDS))
    assert [r for r in found if not isinstance(r, BadRow)] == [GOOD, GOOD]
    bad = [r for r in found if isinstance(r, BadRow)]
    assert [b.line for b in bad] == [2, 4, 5, 6, 7]
    assert str(bad[0]) == "a.jsonl:2: no JSON"


def test_bad_rows_of_tables(tmp_path):
    path = write(tmp_path / "a.tsv", "text\ttitle\n一\n二\t三\n四\t\n")
    found = list(rows(path, FIELDS))
    assert [str(r) for r in found if isinstance(r, BadRow)] == ["a.tsv:2: 1 of 2 columns", "a.tsv:4: no title"]
    assert {"text": "二", "title": "三"} in found


def test_what_is_not_utf_8(tmp_path):
    path = write(tmp_path / "a.tsv", b"text\ttitle\n" + "今天\t天气\n".encode("gb18030") + "一\t二\n".encode())
    first, second = rows(path, FIELDS)
    assert isinstance(first, BadRow)
    assert first.line == 2
    assert second == {"text": "一", "title": "二"}


def test_deeply_nested_json_is_a_bad_row(tmp_path):
    (row,) = rows(write(tmp_path / "a.jsonl", "[" * 200_000), FIELDS)
    assert isinstance(row, BadRow)


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.parquet", b"", "table_kind"),
        ("a", b"", "table_kind"),
        ("a.jsonl.xz", b"no xz at all", "file_unreadable"),
        ("a.jsonl.gz", b"no gzip at all", "file_unreadable"),
        ("a.tsv.xz", lzma.compress(b"text\ttitle\n" * 1000)[:-20], "file_unreadable"),
        ("a.tsv.gz", gzip.compress(bytes(range(256)) * 1000)[:-500], "file_unreadable"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, data, key):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(VisitorError) as caught:
        list(rows(tmp_path / name, FIELDS))
    assert caught.value.key == key
    assert name in caught.value.sentence("zh")


def test_a_packed_file_damaged_inside(tmp_path):
    """gzip reports what is wrong inside by another exception than what is wrong at its ends."""
    data = bytearray(gzip.compress("".join(f"{i}\t{i * i}\n" for i in range(5000)).encode()))
    data[200:240] = b"\xff" * 40
    (tmp_path / "a.tsv.gz").write_bytes(bytes(data))
    with pytest.raises(VisitorError, match="cannot be read"):
        list(rows(tmp_path / "a.tsv.gz", FIELDS))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(VisitorError, match="There is no file b.jsonl"):
        list(rows(tmp_path / "b.jsonl", FIELDS))
    (tmp_path / "c.jsonl").mkdir()
    with pytest.raises(VisitorError, match="cannot be read"):
        list(rows(tmp_path / "c.jsonl", FIELDS))


@given(st.binary(max_size=300), st.sampled_from([".jsonl", ".csv", ".tsv"]))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_it(tmp_path_factory, data, kind):
    path = tmp_path_factory.mktemp("any") / f"a{kind}"
    path.write_bytes(data)
    for row in rows(path, FIELDS):
        assert isinstance(row, BadRow) or all(isinstance(row[field], str) for field in FIELDS)
