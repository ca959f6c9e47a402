"""Ray Data on a cluster of two machines that the test starts: the same rows, also when workers die on the way."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.bulk.answering import Job
from core.bulk.inputs import find
from core.bulk.on_ray import OnRay, split_json, split_of
from core.bulk.output import Output
from core.bulk.parts import Done, Record
from core.bulk.run import Local, Weights, run
from core.errors import VisitorError
from tests.bulk.files import TEXT, rows, write

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")


def job(**more) -> Job:
    return Job("titling", TEXT, settings={"max_length": 6}, batch=2, **more)


def schema(some: Job):
    import pyarrow as pa

    from core.bulk.columns import of_rows

    return pa.schema([*of_rows(), *some.room.schema()])


@pytest.fixture(scope="module", autouse=True)
def loopback():
    """What Ray reads when it is imported: its machines talk over the loopback interface, and tell nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # its name for "at 127.0.0.1"
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")
        yield


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one processor each, of this test alone."""
    from ray.cluster_utils import Cluster

    options = {"num_cpus": 1, "object_store_memory": 80_000_000, "node_ip_address": "127.0.0.1"}
    found = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
    found.add_node(**options)
    yield found
    found.shutdown()


def _workers(cluster) -> list[int]:
    """Processes of the cluster's machines that hold a model: Ray names them by what they do."""
    raylets = {i.process.pid for node in cluster.list_all_nodes() for i in node.all_processes["raylet"]}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "cmdline").read_bytes().split(b"\0")[0]
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
        if parent in raylets and b"_Worker" in name:
            found.append(int(folder.name))
    return found


@needs_ray
@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(cluster, tmp_path, decided_titling_folder):
    data = write(tmp_path / "a.jsonl", [*rows(30), {"id": "x", "text": " "}, *rows(29, 31)])
    inputs, weights = find([str(data)]), Weights(decided_titling_folder, "folder:tiny")
    with Output(tmp_path / "local", {"IN": inputs.digest()}, schema(job())) as output:
        run(Local(job(), weights), inputs, output, rows=4)
    killed: list[int] = []

    class Kills(Output):
        def keep(self, part):
            if not killed:
                killed.extend(_workers(cluster)[:1])
                os.kill(killed[0], signal.SIGKILL)
            super().keep(part)

    engine = OnRay(job(), weights, cluster.address, workers=2)
    with Kills(tmp_path / "ray", {"IN": inputs.digest()}, schema(job())) as output:
        totals = run(engine, inputs, output, rows=4)
    assert killed
    assert (totals.rows, totals.bad, totals.parts) == (59, 1, 15)
    assert pq.read_table(tmp_path / "ray").equals(pq.read_table(tmp_path / "local"))
    bad = [[p.read_bytes() for p in (tmp_path / name / "_bad").iterdir()] for name in ("local", "ray")]
    assert bad[0] == bad[1] != []


@needs_ray
def test_nothing_is_started_where_nothing_is_left(tmp_path):
    data = write(tmp_path / "a.jsonl", rows(3))
    inputs = find([str(data)])
    record = Record((0, 0), (1, 0), 3, 0, 10)
    engine = OnRay(job(), Weights(tmp_path, "none"), "127.0.0.1:1")
    assert list(engine(inputs, Done({(0, 0): lambda: record}), 10, lambda part, rows: None)) == []


def test_a_split_travels_as_json(tmp_path):
    inputs = find([str(write(tmp_path / f"{i}.jsonl", rows(3))) for i in range(3)])
    record = Record((1, 0), (1, 2), 2, 0, 10)
    done = Done({(1, 0): lambda: record, (2, 0): lambda: Record((2, 0), (3, 0), 3, 0, 1)})
    sources, split, again = split_of(split_json(inputs, (0, 2), done))
    assert split == (0, 2) and [s.address for s in sources.values()] == [s.address for s in inputs.sources[:2]]
    assert again[(1, 0)] == record and (2, 0) not in again


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    import builtins

    real = builtins.__import__

    def without(name, *arguments, **more):
        if name.partition(".")[0] == "ray":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(VisitorError, match="requirements-ray.txt"):
        OnRay(job(), Weights(tmp_path, "none"))


@needs_ray
def test_no_cluster_at_the_address(monkeypatch, tmp_path):
    import ray

    def refuses(*arguments, **more):
        raise ConnectionError("nothing listens there")

    monkeypatch.setattr(ray, "init", refuses)
    inputs = find([str(write(tmp_path / "a.jsonl", rows(3)))])
    engine = OnRay(job(), Weights(tmp_path, "none"), "127.0.0.1:1")
    with pytest.raises(VisitorError, match="No Ray cluster answers at 127.0.0.1:1 .nothing listens there."):
        list(engine(inputs, Done({}), 10, lambda part, rows: None))


def test_a_job_travels_as_json():
    some = job(question="谁？", model="unilm")
    assert Job.of(some.to_json()) == some
    assert json.loads(some.to_json())["task"] == "titling"
