"""`python -m core bulk`: what comes out, how it goes on, and what it says when something is wrong."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys

import filelock
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from core.__main__ import main
from core.bulk import output
from core.bulk.run import clock
from tests.bulk.files import rows, write


@pytest.fixture
def bulk(monkeypatch, capsys, tmp_path, beginnings, tiny_titling_folder):
    """Runs `bulk titling … --out OUT`; gives the exit code, the totals, and what was said."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments, out="out"):
        code = main(["bulk", "titling", *map(str, arguments), "--out", out, "--weights", str(tiny_titling_folder)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else None, said.err

    return run


def kept(folder, kind="parquet"):
    """All rows in their order."""
    parts = sorted(folder.glob(f"*.{kind}"))
    if kind == "parquet":
        return [row for part in parts for row in pq.read_table(part).to_pylist()]
    return [json.loads(line) for part in parts for line in part.read_text(encoding="utf-8").splitlines()]


def left_out(folder):
    return [json.loads(line) for part in sorted(folder.glob("_bad/*")) for line in part.read_text().splitlines()]


def test_rows_come_out_in_their_order_with_what_tells_them_apart(bulk, tmp_path, beginnings):
    write(tmp_path / "in/b.jsonl.gz", rows(9))
    write(tmp_path / "in/a.parquet", rows(4, 50))
    write(tmp_path / "in/deep/c.csv", rows(3, 70))
    (tmp_path / "in/d.txt").write_text("一篇文章。")
    (tmp_path / "in/picture.png").write_bytes(b"")
    code, totals, said = bulk("in", "--part-rows", "5", "--batch", "2", "--count", "2")
    assert code == 0
    assert (totals["rows"], totals["bad"], totals["answered"]) == (17, 0, 17)
    assert "passed over: 1" in said
    found = kept(tmp_path / "out")
    assert [row["id"] for row in found] == [
        *(f"n{i}" for i in range(50, 54)), *(f"n{i}" for i in range(9)), None, "n70", "n71", "n72"
    ]  # fmt: skip
    first = found[0]
    assert (first["source"], first["row"], first["title"]) == ("in/a.parquet", 1, "第50篇"[:4])
    assert len(first["titles"]) == 2 and first["titles"][0]["score"] == -0.5
    assert pyarrow.dataset.dataset(tmp_path / "out").count_rows() == 17  # nothing else looks like a part
    assert all(len(some) <= 2 for some in beginnings.asked)


def test_jsonl_holds_the_same_rows(bulk, tmp_path):
    write(tmp_path / "a.jsonl", rows(7))
    bulk("a.jsonl", "--part-rows", "3", out="one")
    bulk("a.jsonl", "--part-rows", "3", "--format", "jsonl", out="other")
    assert kept(tmp_path / "one") == kept(tmp_path / "other", "jsonl")


def test_rows_of_like_length_are_answered_together(bulk, tmp_path, beginnings):
    write(tmp_path / "a.jsonl", rows(20))
    bulk("a.jsonl", "--batch", "4")
    lengths = [len(text) for some in beginnings.asked for text in some]
    assert lengths == sorted(lengths)


def test_it_goes_on_and_does_nothing_twice(bulk, tmp_path, beginnings, monkeypatch):
    write(tmp_path / "a.jsonl", [*rows(10), {"id": "x", "text": "无"}, *rows(9, 11)])
    bulk("a.jsonl", "--part-rows", "4", out="whole")
    real, calls = output.Output.keep, []

    def stop(self, part):
        calls.append(part)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(self, part)

    monkeypatch.setattr(output.Output, "keep", stop)
    code, _, said = bulk("a.jsonl", "--part-rows", "4")
    assert code == 130 and "the same command goes on" in said
    monkeypatch.setattr(output.Output, "keep", real)
    code, totals, _ = bulk("a.jsonl", "--part-rows", "4")
    assert (code, totals["answered"], totals["rows"], totals["bad"], totals["parts"]) == (0, 12, 19, 1, 5)
    assert not any("第7篇" in text for some in beginnings.asked for text in some)
    assert kept(tmp_path / "out") == kept(tmp_path / "whole")
    assert left_out(tmp_path / "out") == left_out(tmp_path / "whole") != []
    code, totals, _ = bulk("a.jsonl", "--part-rows", "4")
    assert (totals["answered"], totals["rows"]) == (0, 19)


@pytest.mark.parametrize("at", range(6))
def test_a_part_that_was_written_halfway_is_written_again(bulk, tmp_path, monkeypatch, at):
    """Whatever file it was that was renamed last: the bad rows, the part, or its record."""
    write(tmp_path / "a.jsonl", [{"text": "无"}, *rows(3), {"text": "无"}, *rows(3, 9)])
    bulk("a.jsonl", "--part-rows", "4", out="whole")
    real, calls = output.os.replace, []

    def stop(*names):
        calls.append(names)
        if len(calls) == at + 2:  # the first is that of _run.json
            raise KeyboardInterrupt
        real(*names)

    monkeypatch.setattr(output.os, "replace", stop)
    assert bulk("a.jsonl", "--part-rows", "4")[0] == 130
    monkeypatch.setattr(output.os, "replace", real)
    assert bulk("a.jsonl", "--part-rows", "4")[0] == 0
    assert kept(tmp_path / "out") == kept(tmp_path / "whole")
    assert left_out(tmp_path / "out") == left_out(tmp_path / "whole")
    assert not (tmp_path / "out/_tmp").exists()


def test_bad_rows_have_their_reasons_and_their_language(bulk, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    lines = ['{"text": "好文章", "id": 1}', "{", '{"text": "无", "id": 3}', '{"id": 4}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    _, totals, said = bulk("a.jsonl")
    assert (totals["rows"], totals["bad"]) == (1, 3)
    assert [(bad["row"], bad["id"], bad["key"]) for bad in left_out(tmp_path / "out")] == [
        (2, None, "row_no_json"), (3, "3", "title_none"), (4, "4", "row_no_field")
    ]  # fmt: skip
    assert left_out(tmp_path / "out")[0]["reason"] == "不是 JSON 对象"


def test_a_row_that_breaks_the_model_does_not_end_the_run(bulk, tmp_path):
    write(tmp_path / "a.jsonl", [*rows(5), {"id": "x", "text": "坏"}, *rows(5, 10)])
    _, totals, _ = bulk("a.jsonl", "--batch", "4")
    assert (totals["rows"], totals["bad"]) == (10, 1)
    assert left_out(tmp_path / "out")[0]["key"] == "row_failed"


def test_a_model_that_breaks_on_everything_ends_it(bulk, tmp_path):
    write(tmp_path / "a.jsonl", [{"text": "坏"}, {"text": "也坏"}])
    with pytest.raises(RuntimeError, match="a bug"):
        bulk("a.jsonl")


def test_a_model_that_dies_on_the_way_ends_it_and_its_rows_are_done_next_time(bulk, tmp_path, beginnings, monkeypatch):
    """Row by row, so that no other row of a batch tells that it is the model."""
    some = [*rows(4), *({"text": f"坏{i}"} for i in range(5))]
    write(tmp_path / "a.jsonl", some)
    with pytest.raises(RuntimeError, match="a bug"):
        bulk("a.jsonl", "--batch", "1", "--part-rows", "4")
    assert len(kept(tmp_path / "out")) == 4 and not left_out(tmp_path / "out")
    usual, again = beginnings.title_many, []

    def mended(self, texts, decoding, batch):
        again.extend(texts)
        return usual(self, [text.replace("坏", "好") for text in texts], decoding, batch)

    monkeypatch.setattr(beginnings, "title_many", mended)
    code, totals, _ = bulk("a.jsonl", "--batch", "1", "--part-rows", "4")
    assert code == 0 and (totals["rows"], totals["bad"], totals["answered"]) == (9, 0, 5)
    assert sorted(again) == [f"坏{i}" for i in range(5)], "what is done is not asked again"
    found = kept(tmp_path / "out")
    assert [row["row"] for row in found] == list(range(1, 10)) and not left_out(tmp_path / "out")
    assert [row["title"] for row in found] == [*(row["text"][:4] for row in rows(4)), *(f"好{i}" for i in range(5))]


def test_names_that_are_no_text(bulk, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / os.fsdecode("文章.txt".encode("gbk"))).write_text("一篇文章。")
    (folder / os.fsdecode("坏的.docx".encode("gbk"))).write_bytes(b"PK")
    for kind in ("jsonl", "parquet"):
        code, totals, _ = bulk("in", "--format", kind, out=kind)
        assert code == 0 and (totals["rows"], totals["bad"]) == (1, 1)
        assert "\ufffd" in kept(tmp_path / kind, kind)[0]["source"]


def test_a_pattern_in_quotes(bulk, tmp_path):
    for name in ("b.jsonl", "a.jsonl", "c.txt"):
        write(tmp_path / name, rows(2)) if name != "c.txt" else (tmp_path / name).write_text("一篇。")
    code, totals, _ = bulk("*.jsonl")
    assert code == 0 and totals["rows"] == 4
    assert bulk("*.parquet", out="none")[0] == 2


def test_a_jsonl_whose_rows_all_lack_the_field_is_told_before_a_model_is_loaded(bulk, tmp_path):
    write(tmp_path / "a.jsonl", [{"body": "一"}, {"body": "二"}])
    code, totals, said = bulk("a.jsonl")
    assert code == 2 and totals is None and "--text" in said
    assert bulk("a.jsonl", "--text", "body")[0] == 0


def test_an_unreadable_file_among_many(bulk, tmp_path):
    for i in range(30):
        (tmp_path / f"in-{i:02}.txt").write_text(f"文章第{i}篇。")
    (tmp_path / "in-07.txt").write_bytes(b"\x00\x01\x02" * 50)
    write(tmp_path / "z.jsonl.gz", rows(400))
    (tmp_path / "z.jsonl.gz").write_bytes((tmp_path / "z.jsonl.gz").read_bytes()[:-300])
    write(tmp_path / "no-column.parquet", [{"body": "一"}])
    bulk_in = tmp_path / "in"
    bulk_in.mkdir()
    for file in [*tmp_path.glob("in-*"), tmp_path / "z.jsonl.gz", tmp_path / "no-column.parquet"]:
        file.rename(bulk_in / file.name)
    code, totals, _ = bulk("in", "--part-rows", "10")
    assert code == 0 and totals["bad"] == 3 and totals["rows"] > 100
    assert {bad["key"] for bad in left_out(tmp_path / "out")} == {
        "document_binary", "file_unreadable", "bulk_no_column"
    }  # fmt: skip
    found = [row["source"] for row in kept(tmp_path / "out")]
    assert sum(source.endswith(".txt") for source in found) == 29


def refused(done) -> str:
    code, totals, said = done
    assert (code, totals) == (2, None), said
    return said.strip().splitlines()[-1]


def test_mistakes_are_told_in_a_sentence(bulk, tmp_path):
    write(tmp_path / "a.jsonl", rows(3))
    write(tmp_path / "a.parquet", [{"body": "一", "title": "二"}])
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_text("")
    (tmp_path / "broken.parquet").write_text("")
    (tmp_path / "a.exe").write_text("")
    for arguments, out, wanted in [
        (["none.jsonl"], "out", "There is no file none.jsonl."),
        (["a.parquet"], "out", "a.parquet has no column text, only body, title: name the right one with --text."),
        (["a.jsonl", "a.parquet"], "out", "a.parquet has no column text"),
        (["broken.parquet"], "out", "broken.parquet cannot be read"),
        (["empty"], "out", "nothing to read in empty"),
        (["a.exe"], "out", "a.exe is of a kind that is not read here"),
        (["nowhere://bucket/a.jsonl"], "out", "nowhere://bucket/a.jsonl"),
        (["memory://none/a.jsonl"], "out", "There is no file memory://none/a.jsonl."),
        (["a.jsonl"], "other", "other is not empty and holds no bulk run"),
        (["a.jsonl"], "a.jsonl", "a.jsonl"),
        ([tmp_path], "out", "lies in the input"),
        (["a.jsonl", "--part-rows", "0"], "out", "--part-rows must be more than 0."),
        (["a.jsonl", "--count", "99"], "out", "count must lie between 1 and 8"),
        (["a.jsonl", "--workers", "2"], "out", "--workers is for --engine ray."),
        (["a.parquet", "--id", "n", "--text", "body"], "out", "has no column n"),
    ]:
        assert wanted in refused(bulk(*arguments, out=out)), arguments
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "what"), [(["--count", "2"], "--count"), (["--format", "jsonl"], "--format"), (None, "IN")]
)
def test_another_run_does_not_go_on_in_its_folder(bulk, tmp_path, change, what):
    write(tmp_path / "a.jsonl", rows(3))
    bulk("a.jsonl")
    if change is None:
        write(tmp_path / "a.jsonl", rows(4))
    assert f"was begun with other {what}" in refused(bulk("a.jsonl", *(change or [])))


def test_two_runs_at_once(bulk, tmp_path):
    write(tmp_path / "a.jsonl", rows(3))
    bulk("a.jsonl")
    with filelock.FileLock(tmp_path / "out/_lock"):
        assert "Another run is writing to out" in refused(bulk("a.jsonl"))
    assert bulk("a.jsonl")[0] == 0


def test_a_record_that_is_broken(bulk, tmp_path):
    write(tmp_path / "a.jsonl", rows(3))
    bulk("a.jsonl")
    (record,) = (tmp_path / "out/_done").iterdir()
    record.write_text("{")
    assert f"{record.name} is broken" in refused(bulk("a.jsonl"))
    record.unlink()
    assert bulk("a.jsonl")[1]["answered"] == 3


def test_a_full_disk_leaves_what_is_done(bulk, tmp_path, monkeypatch):
    write(tmp_path / "a.jsonl", rows(12))
    bulk("a.jsonl", "--part-rows", "4", out="whole")
    real, calls = output.os.fsync, []

    def full(file):
        calls.append(file)
        if len(calls) == 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    monkeypatch.setattr(output.os, "fsync", full)
    assert "No room is left for out" in refused(bulk("a.jsonl", "--part-rows", "4"))
    assert len(kept(tmp_path / "out")) in (4, 8)
    monkeypatch.setattr(output.os, "fsync", real)
    assert bulk("a.jsonl", "--part-rows", "4")[0] == 0
    assert kept(tmp_path / "out") == kept(tmp_path / "whole")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_sigterm_ends_a_run_as_ctrl_c_does(bulk, tmp_path, beginnings, monkeypatch):
    write(tmp_path / "a.jsonl", rows(12))
    real = beginnings.title_many

    def terminated(self, *arguments):
        signal.raise_signal(signal.SIGTERM)
        return real(self, *arguments)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(beginnings, "title_many", terminated)
    assert bulk("a.jsonl")[0] == 130
    assert signal.getsignal(signal.SIGTERM) == before
    monkeypatch.setattr(beginnings, "title_many", real)
    assert bulk("a.jsonl")[1]["rows"] == 12


def test_an_input_without_rows(bulk, tmp_path):
    (tmp_path / "a.jsonl").write_text("\n\n")
    assert bulk("a.jsonl")[1]["parts"] == 0


def test_clock():
    assert [clock(s) for s in (0, 59.6, 61, 3600, 90061, 86400 * 12)] == [
        "0 s", "1 min", "1 min 1 s", "1 h", "1 d 1 h", "12 d"
    ]  # fmt: skip
