"""Runs that are ended from outside, in processes of their own: by kill -9, and by a disk that is full."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.bulk.answering import Job
from core.bulk.columns import of_rows
from core.bulk.inputs import find
from core.bulk.output import Output
from core.bulk.readers import Columns
from core.bulk.run import Local, Weights, run
from tests.bulk.files import rows, write

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


@pytest.mark.long
def test_killed_at_three_random_moments_the_rows_are_the_same(tmp_path, decided_titling_folder):
    """The moments are numbers of files that were opened, renamed or removed; when the parent has read of one, the child
    is at it or somewhat further."""
    data = write(tmp_path / "a.jsonl", [*rows(30), {"id": "x", "text": " "}, *rows(29, 31)])

    def started(out: Path) -> subprocess.Popen:
        arguments = ["bulk", "titling", data, "--out", out, "--weights", decided_titling_folder, "--part-rows", 4]
        command = [sys.executable, "-m", "tests.bulk.watched", out, *arguments, "--batch", 2, "--max-length", 6]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([str(a) for a in command], cwd=ROOT, env=ENVIRONMENT, **pipes)

    whole, out = tmp_path / "whole", tmp_path / "out"
    columns, settings = Columns((("text", "--text"),)), {"max_length": 6}
    job, inputs = Job("titling", columns, settings=settings, batch=2), find([str(data)])
    schema = pa.schema([*of_rows(), *job.room.schema()])
    with Output(whole, {}, schema) as output:
        run(Local(job, Weights(decided_titling_folder, "tiny")), inputs, output, rows=4)
    chance = random.Random(20)
    for _ in range(3):
        with started(out) as child:
            for _ in range(chance.randrange(12, 28)):  # a part is about five of them, and there are fifteen
                assert child.stdout.readline()
            child.kill()
        assert child.returncode == -9
    done = len(list(out.glob("_done/*")))
    assert 0 < done < 15
    said, error = started(out).communicate()
    assert b'"rows": 59, "bad": 1, "parts": 15' in said, error.decode()
    assert [p.name for p in sorted(out.glob("part-*"))] == [p.name for p in sorted(whole.glob("part-*"))]
    assert pq.read_table(out).equals(pq.read_table(whole))
    assert [p.read_bytes() for p in out.glob("_bad/*")] == [p.read_bytes() for p in whole.glob("_bad/*")] != []


def _may_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    command = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="mounting needs Linux's user namespaces")
def test_a_disk_that_is_full(tmp_path, tiny_titling_folder):
    data = write(tmp_path / "a.jsonl", [{"text": f"今天第{i}篇。" * 9} for i in range(2000)])
    (tmp_path / "disk").mkdir()
    command = ["unshare", "--map-root-user", "--mount", sys.executable, "-m", "tests.bulk.full_disk"]
    paths = [str(tmp_path / "disk"), str(data), str(tiny_titling_folder)]
    done = subprocess.run([*command, *paths], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    before, after = json.loads(lines[0]), json.loads(lines[-1])
    assert "No room is left" in done.stderr and "same command" in done.stderr
    assert 0 < len(before) < 2000 and len(before) % 200 == 0
    assert before == list(range(1, len(before) + 1)) and after == list(range(1, 2001))
    assert [line for line in done.stderr.splitlines() if line in ("0", "2")] == ["2", "0"]
