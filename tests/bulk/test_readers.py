"""Rows of files of every kind, from any row on; what cannot be read is told in its place."""

from __future__ import annotations

import gzip
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.bulk import readers
from core.bulk.inputs import Source, find
from core.bulk.readers import Bad, Columns, Reader, Row, check
from tests.bulk.files import KINDS, TEXT, rows, write


def read(path, columns=TEXT, first=0):
    return list(Reader(Source(str(path), os.path.getsize(path)), columns, first))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_from_every_row_on(tmp_path, kind):
    path = write(tmp_path / f"a{kind}", rows(8))
    wanted = [Row(str(path), i + 1, f"n{i}", (row["text"],)) for i, row in enumerate(rows(8))]
    for first in range(9):
        assert read(path, first=first) == wanted[first:]


@pytest.mark.parametrize("kind", KINDS)
def test_the_share_that_was_read_grows_to_all(tmp_path, kind):
    path = write(tmp_path / f"a{kind}", rows(50))
    reader = Reader(Source(str(path), path.stat().st_size), TEXT)
    shares = [reader.share for _ in reader]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= reader.share == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_of_fsspec(tmp_path, kind):
    fsspec = pytest.importorskip("fsspec")
    data = write(tmp_path / f"a{kind}", rows(8)).read_bytes()
    files = fsspec.filesystem("memory")
    files.pipe(f"/collection/2018/a{kind}", data)
    try:
        for address in ("memory://collection", f"memory://collection/2018/a{kind}", "memory://collection/*/a*"):
            inputs = find([address])
            assert [source.size for source in inputs.sources] == [len(data)]
            found = list(Reader(inputs.sources[0], TEXT, 3))
            assert [row.row for row in found] == [4, 5, 6, 7, 8]
            assert found[0].source.startswith("memory://")
    finally:
        files.rm("/collection", recursive=True)


def test_a_text_is_one_row_and_every_encoding_is_read(tmp_path):
    (tmp_path / "a.txt").write_bytes("今天天气很好。\r\n明天也好。".encode("gb18030"))
    with gzip.open(tmp_path / "b.txt.gz", "wb") as file:
        file.write("后天呢？".encode())
    assert read(tmp_path / "a.txt") == [Row(str(tmp_path / "a.txt"), 1, None, ("今天天气很好。\n明天也好。",))]
    assert read(tmp_path / "b.txt.gz")[0].values == ("后天呢？",)
    assert read(tmp_path / "a.txt", first=1) == []


def test_several_columns_and_numbers_as_ids(tmp_path):
    path = write(tmp_path / "a.parquet", [{"n": 7, "body": "正文", "q": "问？", "other": 1.5}])
    columns = Columns((("body", "--text"), ("q", "--question")), "n", True)
    assert read(path, columns) == [Row(str(path), 1, "7", ("正文", "问？"))]


def test_bad_rows_stand_in_their_places(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LONGEST", 100)
    good = json.dumps({"text": "好", "id": 3})
    lines = [good, "{", "", "[1]", '{"text": " ", "id": "x"}', '{"text": 5}', "9" * 300, "\udcff", good]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode(errors="surrogateescape"))
    found = read(path)
    bad = [(row.row, row.error.key, row.id) for row in found if isinstance(row, Bad)]
    assert [row.row for row in found if isinstance(row, Row)] == [1, 9]
    assert bad == [
        (2, "row_no_json", None), (4, "row_no_json", None), (5, "row_no_field", "x"), (6, "row_no_field", None),
        (7, "row_too_long", None), (8, "row_not_utf8", None),
    ]  # fmt: skip
    assert list(map(str, read(path, first=5))) == list(map(str, found[4:]))


def test_halves_of_surrogate_pairs_do_not_reach_the_output(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a\\ud800b", "id": "\\udc00"}\n')
    assert read(tmp_path / "a.jsonl")[0].values == ("a\ufffdb",)
    assert read(tmp_path / "a.jsonl")[0].id == "\ufffd"


@pytest.mark.parametrize("kind", [".jsonl.gz", ".jsonl.xz", ".jsonl.bz2", ".jsonl.zst", ".parquet", ".csv.gz"])
def test_a_file_cut_short(tmp_path, kind):
    path = write(tmp_path / f"a{kind}", rows(400))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *before, last = read(path)
    assert all(isinstance(row, Row) for row in before)
    assert isinstance(last, Bad) and last.row == 0 and last.error.key == "file_unreadable"
    assert str(path) in last.error.sentence()


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.parquet", "a.docx", "a.pdf", "a.jsonl.zst", "a.csv.bz2"])
def test_no_file_of_that_kind(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x00\x01\x02 nothing of the sort" * 20)
    (found,) = read(tmp_path / name)
    assert isinstance(found, Bad) and found.row == 0


def test_a_file_that_is_gone(tmp_path):
    (found,) = Reader(Source(str(tmp_path / "gone.jsonl"), 5), TEXT)
    assert found.row == 0 and "gone.jsonl" in found.error.sentence("zh")


@pytest.mark.parametrize("kind", [".parquet", ".csv"])
def test_a_table_without_the_column(tmp_path, kind):
    path = write(tmp_path / f"a{kind}", [{"body": "正文", "title": "题"}])
    error = check(Source(str(path), 1), TEXT)
    assert error.key == "bulk_no_column"
    assert "text" in error.sentence() and "body, title" in error.sentence() and "--text" in error.sentence()
    assert check(Source(str(path), 1), Columns((("body", "--text"),), "nr", True)).values["flag"] == "--id"
    assert check(Source(str(path), 1), Columns((("body", "--text"),), "nr")) is None


def test_a_column_that_holds_no_text(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [1, None]}), path)
    assert [row.error.key for row in read(path)] == ["row_no_field", "row_no_field"]


def test_csv_with_lines_in_cells_and_quotes_that_never_end(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"一,""二""\n三"\n2,四\n')
    assert [row.values[0] for row in read(path)] == ['一,"二"\n三', "四"]
    assert [row.row for row in read(path, first=1)] == [2]
    path.write_text('id,text\n1,好\n2,"' + "长" * (readers.LONGEST + 10))
    assert [row.error.key for row in read(path) if isinstance(row, Bad)] == ["row_bad_csv"]
