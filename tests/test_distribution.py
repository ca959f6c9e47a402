"""Training on replicas: the same run as on one device, whatever computes it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import bert, training
from core.distribution import Workers
from core.errors import VisitorError
from tests.conftest import TINY_CONFIG, tiny_vocabulary

HERE = Path(__file__).parent
ROOT = HERE.parent


def close(one, other, most=2e-5):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=most, rtol=0)


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirrored")
    command = [sys.executable, "-m", "tests.replicas", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.long
def test_two_devices_make_the_run_of_one(mirrored):
    one, two = mirrored["one"], mirrored["two"]
    assert mirrored["replicas"] == 2 and one["updates"] == two["updates"] == 12  # 15 batches an epoch, 4 an update
    close(one["losses"], two["losses"], 2e-4)  # rounded to 4 places
    close(one["weights"], two["weights"])
    close(one["average"], two["average"])


@pytest.mark.long
def test_a_run_goes_on_with_another_number_of_devices(mirrored):
    one, other = mirrored["two, then one"], mirrored["one, then two"]
    assert one["updates"] == 12
    close(one["weights"], other["weights"])
    close(one["average"], other["average"])


class Pair(Workers):
    """Two replicas that are not there: for what is refused before anything is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.replicas = 2


def test_batches_that_cannot_be_shared_out_are_refused(tmp_path):
    with pytest.raises(VisitorError, match="--accumulate 2"):
        training.train(
            [], None, None, dict, None, tmp_path / "run", training.Settings(accumulate=3), workers=Pair()
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "config",
    ["", "{", "[]", '{"cluster": {}, "task": {"type": "worker", "index": 0}}',
     '{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 1}}',
     '{"cluster": {"ps": ["127.0.0.1:1"]}, "task": {"type": "ps", "index": 0}}'],
)  # fmt: skip
def test_workers_that_are_not_named_are_told_how(monkeypatch, config):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(VisitorError, match="TF_CONFIG"):
        Workers("multiworker")


# ---- two processes -----------------------------------------------------------------------------------------------
@pytest.fixture
def base(tmp_path):
    config = {name: value for name, value in TINY_CONFIG.items() if name != "titling"}
    config["vocab_size"] = len(tiny_vocabulary())
    bert.write_folder(tmp_path / "base", config, "\n".join(tiny_vocabulary()) + "\n", bert.random_tensors(config, 3))
    return tmp_path / "base"


def pairs(file: Path, number: int) -> Path:
    rng = np.random.default_rng(number)
    letters = [one for one in tiny_vocabulary() if "\u4e00" <= one <= "\u9fff"]
    with file.open("w", encoding="utf-8") as out:
        for _ in range(number):
            text = "".join(rng.choice(letters, rng.integers(10, 40)))
            out.write(json.dumps({"text": text + "。", "title": text[: rng.integers(4, 9)]}, ensure_ascii=False) + "\n")
    return file


def ports(count: int) -> list[int]:
    """Free ports; all held until each has been found."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def started(base: Path, out: Path, data: list[Path], cluster: list[int] | None = None, index: int = 0):
    flags = ["--epochs", "2", "--accumulate", "2", "--tokens", "300", "--dropout", "0"]
    flags += ["--dev-limit", "3", "--max-source", "60"]
    command = [sys.executable, "-m", "core", "train", "titling", "--data", str(data[0]), "--dev", str(data[1])]
    command += ["--base", str(base), "--out", str(out), *flags, "--warm-up", "2"]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    if cluster:
        hosts = [f"127.0.0.1:{port}" for port in cluster]
        task = {"type": "worker", "index": index}
        environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": hosts}, "task": task})
        command += ["--strategy", "multiworker"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(*processes) -> list[str]:
    told = [process.communicate(timeout=400) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), told
    return [out for out, _ in told]


@pytest.mark.long
def test_two_workers_give_the_losses_of_one(base, tmp_path):
    data = [pairs(tmp_path / "some.jsonl", 61), pairs(tmp_path / "held.jsonl", 4)]
    finished(started(base, tmp_path / "alone", data))
    cluster = ports(2)
    both = [started(base, tmp_path / "together", data, cluster, index) for index in range(2)]
    try:
        finished(*both)
    finally:
        for process in both:
            process.kill()
    rows = [
        json.loads((tmp_path / name / "run" / "progress.json").read_text())["table"] for name in ("alone", "together")
    ]
    assert [row["updates"] for row in rows[0]] == [row["updates"] for row in rows[1]]
    assert rows[0][-1]["updates"] > 4
    close([row["loss"] for row in rows[0]], [row["loss"] for row in rows[1]], 2e-4)
    one, other = (bert.read_tensors(tmp_path / name) for name in ("alone", "together"))
    close([one[name] for name in sorted(one)], [other[name] for name in sorted(other)], 2e-3)  # kept as float16
