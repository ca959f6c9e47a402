"""Post 6's experiment and the table of memory, as small as they can be."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from core.errors import SetupError, VisitorError
from core.optim import experiment, memory
from core.optim.experiment import WAYS, Run
from core.optim.figure import line_chart


def test_accumulated_and_big_batches_end_alike():
    """Trained in float64 for one epoch: 14 windows of a hundred and one of 37."""
    small, big = (experiment.train(way, 3, 1, 1e-3, 4, "float64") for way in WAYS[1:])
    assert small.updates == big.updates == 15
    np.testing.assert_allclose(small.weights, big.weights, atol=1e-6)  # weights without a gradient: Adam's g/|g|
    assert np.median(np.abs(small.weights - big.weights)) < 1e-12
    assert small.accuracy == big.accuracy


def test_pictures_are_the_seeds():
    x, y, test_x, test_y = experiment.digits(0)
    assert (x.shape, y.shape, test_x.shape, test_y.shape) == ((1437, 64), (1437,), (360, 64), (360,))
    assert 0 <= x.min() < x.max() <= 1
    assert np.array_equal(experiment.digits(0)[0], x)
    assert not np.array_equal(experiment.digits(1)[0], x)


def test_the_table_the_sentence_and_the_chart():
    def run(*accuracy: float) -> Run:
        return Run(accuracy, np.array([accuracy[-1] / 100]), 7, 1.5)

    runs = {way: [run(80, 90 + i), run(82, 92)] for i, way in enumerate(WAYS)}
    lines = experiment.table(runs).splitlines()
    assert lines[2] == "| batch 1 | 7 | 86.00 ± 1.41 | 80.00 | 10.00 | 1.5 |"
    sentence = experiment.agreement(runs)
    assert "same after 3 of 4 epochs and at most 1.00 apart" in sentence
    assert ElementTree.fromstring(experiment.chart(runs)).tag.endswith("svg")


def test_a_chart_escapes_its_names_and_holds_its_axis():
    band = (np.array([0.0, 50.0]), np.array([40.0, 99.0]), np.array([60.0, 120.0]))
    drawn = line_chart({"<b> & c": band}, "x", "y", 50, 100)
    root = ElementTree.fromstring(drawn)
    assert any(element.text == "<b> & c" for element in root.iter())
    heights = [float(point.split(",")[1]) for e in root.iter() if e.get("points") for point in e.get("points").split()]
    assert min(heights) >= 0
    assert max(heights) <= 360


def test_without_scikit_learn_there_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SetupError, match=r"requirements-dev\.txt"):
        experiment.digits(0)
    assert experiment.main(["--seeds", "1"]) == 2
    assert "scikit-learn" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--seeds", "0"], ["--epochs", "-1"], ["--rate", "0"], ["--rate", "nan"]], ids=str)
def test_the_experiment_refuses(wrong, capsys):
    assert experiment.main(wrong) == 2
    assert wrong[0] in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--samples", "0"], ["--small", "3"], ["--small", "0"], ["--length", "-2"]], ids=str)
def test_memory_refuses(wrong, capsys):
    assert memory.main(wrong) == 2
    assert capsys.readouterr().err


def test_the_table_of_memory():
    rows = [memory.Row(8, 1, 16, 1, 4_000_000_000, 10), memory.Row(2, 4, 16, 1, 1_000_000_000, 10)]
    assert memory.table(rows).splitlines()[2:] == ["| 8 | 1 × 8 | 4.00 | 100% |", "| 8 | 4 × 2 | 1.00 | 25% |"]


@pytest.mark.parametrize("value", [0.0, 97.5, -3.0])
def test_a_chart_of_a_series_that_stays_the_same(value):
    same = np.full(4, value)
    root = ElementTree.fromstring(line_chart({"a": (same, same, same)}, "x", "y", value, value))
    ticks = [float(e.text) for e in root.iter() if e.get("text-anchor") == "end"]
    assert 4 <= len(ticks) <= 8
    assert min(ticks) <= value <= max(ticks)


@pytest.mark.parametrize("place", ["no/such/x.png", ".", "x.svg/y"])
def test_a_figure_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch, capsys, place):
    """Told before anything is trained."""
    (tmp_path / "x.svg").write_text("here")
    monkeypatch.setattr(experiment, "train", None)
    assert experiment.main(["--figure", str(tmp_path / place)]) == 2
    told = capsys.readouterr().err
    assert "cannot be written" in told or "无法写入" in told
    assert told.count("\n") == 1


def test_a_figure_that_fails_at_the_end_is_one_sentence_too(tmp_path):
    with pytest.raises(VisitorError) as caught:
        experiment.write_chart(tmp_path / "gone" / "x.svg", "")
    assert caught.value.key == "file_unwritable"


def test_a_run_that_ends_badly_is_one_sentence(monkeypatch, capsys):
    def ended(command, **_):
        return subprocess.CompletedProcess(command, -9, "", "Traceback:\n  deep\nMemoryError: no room\n")

    monkeypatch.setattr(memory.subprocess, "run", ended)
    assert memory.main(["--samples", "2", "--small", "1"]) == 2
    told = capsys.readouterr().err
    assert "1 × 2" in told and "-9" in told and "no room" in told
    assert "Traceback" not in told and told.count("\n") == 1
