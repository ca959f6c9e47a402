"""The same code under Keras 3 and on two replicas, each in a process of its own: both must be set before TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Module → a function that waits for what `python -m module` prints last; both run at once."""
    environments = {
        "tests.optim.keras_3": {"KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "0"},
        "tests.optim.replicas": {},
    }
    processes = {
        module: subprocess.Popen(
            [sys.executable, "-m", module, str(tmp_path_factory.mktemp("state"))],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for module, environment in environments.items()
    }

    def answer(module: str) -> dict:
        printed, errors = processes[module].communicate(timeout=600)
        assert processes[module].returncode == 0, errors[-3000:]
        return json.loads(printed.strip().splitlines()[-1])

    yield answer
    for process in processes.values():
        process.kill()


def check(found: dict, least: int) -> None:
    """Each row: the largest difference of two models' weights, and the updates that each of them made."""
    rows = {name: row for name, row in found.items() if isinstance(row, list) and len(row) == 3}
    assert len(rows) >= least
    for name, (difference, wanted, updates) in rows.items():
        assert difference < 2e-6, name
        assert wanted == updates, name


@pytest.mark.long
def test_keras_3(answers):
    found = answers("tests.optim.keras_3")
    assert found["version"].startswith("3.")
    assert found["weights"] == 0  # the sums are none of the model's weights
    assert found["open"] == [1, 1]
    check(found, 7)


@pytest.mark.long
def test_two_replicas(answers):
    found = answers("tests.optim.replicas")
    assert found["replicas"] == 2
    check(found, 4)
