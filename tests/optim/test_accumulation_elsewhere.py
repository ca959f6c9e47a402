"""The same code under Keras 3 and on two replicas, each in a process of its own: both must be set before TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def run(module: str, folder, **environment: str) -> dict:
    """What `python -m module` prints last, with some of the environment set."""
    process = subprocess.run(
        [sys.executable, "-m", module, str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.strip().splitlines()[-1])


def check(found: dict, least: int) -> None:
    """Each row: the largest difference of two models' weights, and the updates that each of them made."""
    rows = {name: row for name, row in found.items() if isinstance(row, list) and len(row) == 3}
    assert len(rows) >= least
    for name, (difference, wanted, updates) in rows.items():
        assert difference < 2e-6, name
        assert wanted == updates, name


@pytest.mark.slow
def test_keras_3(tmp_path):
    found = run("tests.optim.keras_3", tmp_path, KERAS_BACKEND="tensorflow", TF_USE_LEGACY_KERAS="0")
    assert found["version"].startswith("3.")
    assert found["weights"] == 0  # the sums are none of the model's weights
    assert found["open"] == [1, 1]
    check(found, 7)


@pytest.mark.slow
def test_two_replicas(tmp_path):
    found = run("tests.optim.replicas", tmp_path)
    assert found["replicas"] == 2
    check(found, 4)
