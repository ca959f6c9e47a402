"""The training loop on a model of two numbers: what it keeps, when it ends, and that a killed run goes on exactly."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core import backend, training
from core.errors import VisitorError
from core.training import Progress, Settings

SETTINGS = Settings(epochs=3, rate=0.05, warm_up=4, save_minutes=0, compile=False)


class Line:
    """y = a·x + b, learned from batches that the epoch's number decides."""

    def __init__(self, folder: Path) -> None:
        tf = backend.load().tf
        self.folder, self.lines = folder, []
        self.scores: Callable[[], float] | None = None
        self.slope, self.height = tf.Variable([[0.0]], name="slope"), tf.Variable([0.0], name="height")
        self.kept: list[float] = []

    def batches(self, epoch: int) -> Iterator[tuple]:
        rng = np.random.default_rng(epoch)
        for _ in range(10):
            x = rng.normal(0, 1, (8, 1)).astype(np.float32)
            yield x, 2 * x + 1

    def loss(self, x, y):
        tf = backend.load().tf
        return tf.reduce_sum((tf.matmul(x, self.slope) + self.height - y) ** 2), tf.constant(8.0)

    def score(self) -> dict[str, float]:
        return {"closeness": self.scores() if self.scores else -abs(float(self.slope[0, 0]) - 2)}

    def train(
        self, settings: Settings = SETTINGS, batches: Callable[[int], Iterator[tuple]] | None = None
    ) -> list[dict]:
        return training.train(
            [self.slope, self.height],
            self.loss,
            batches or self.batches,
            self.score,
            lambda: self.kept.append(float(self.slope[0, 0])),
            self.folder,
            settings,
            self.lines.append,
        )

    @property
    def state(self) -> tuple[float, float]:
        return float(self.slope[0, 0]), float(self.height[0])


class Kill:
    """A batch on which the run dies."""

    def __iter__(self):
        raise KeyboardInterrupt


def test_it_learns_and_reports(tmp_path):
    line = Line(tmp_path)
    table = line.train()
    assert [row["epoch"] for row in table] == [1, 2, 3]
    assert [row["updates"] for row in table] == [10, 20, 30]
    assert table[-1]["closeness"] > table[0]["closeness"]
    assert line.state[0] > 0.5


@pytest.mark.parametrize("place", [(0, 3), (1, 0), (1, 7), (2, 9)], ids=str)
def test_a_killed_run_ends_as_one_that_was_not(tmp_path, place):
    whole = Line(tmp_path / "whole")
    table = whole.train()

    def until_killed(epoch: int) -> Iterator[tuple]:
        for number, batch in enumerate(whole.batches(epoch)):
            yield Kill() if (epoch, number) == place else batch

    with pytest.raises(KeyboardInterrupt):
        Line(tmp_path / "killed").train(batches=until_killed)
    resumed = Line(tmp_path / "killed")
    again = resumed.train()
    assert resumed.state == whole.state
    assert any("resumed" in line for line in resumed.lines)
    same = ("epoch", "updates", "closeness")
    assert [[row[name] for name in same] for row in again] == [[row[name] for name in same] for row in table]


def test_killed_while_it_writes_its_progress(tmp_path, monkeypatch):
    """The file is replaced in one step: what is there is whole, and goes with a checkpoint that is there."""
    whole = Line(tmp_path / "whole")
    whole.train()
    killed, writes, replace = Line(tmp_path / "killed"), [], Path.replace

    def dies(self, target):
        writes.append(self)
        if len(writes) == 14:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        killed.train()
    monkeypatch.undo()
    json.loads((tmp_path / "killed" / "progress.json").read_text())
    resumed = Line(tmp_path / "killed")
    resumed.train()
    assert resumed.state == whole.state


def test_a_finished_run_is_left_alone(tmp_path):
    table = Line(tmp_path).train()
    again = Line(tmp_path)
    assert again.train() == table
    assert again.kept == []


def test_only_better_states_are_kept(tmp_path):
    line = Line(tmp_path)
    values = iter([1.0, 3.0, 2.0])
    line.scores = lambda: next(values)
    line.train()
    assert len(line.kept) == 2


def test_more_epochs_continue_a_finished_run(tmp_path):
    Line(tmp_path).train()
    longer = Line(tmp_path)
    table = longer.train(dataclasses.replace(SETTINGS, epochs=4))
    assert [row["epoch"] for row in table] == [1, 2, 3, 4]


def test_minutes_end_a_run(tmp_path):
    line = Line(tmp_path)
    table = line.train(dataclasses.replace(SETTINGS, epochs=1e6, minutes=0.02))
    assert table
    assert len(line.kept) >= 1
    assert table[-1]["minutes"] <= 0.2


def test_learning_rate():
    settings = Settings(rate=1.0, warm_up=10)
    assert training.learning_rate(settings, Progress(updates=0), 0) == pytest.approx(0.1)
    assert training.learning_rate(settings, Progress(updates=9), 0) == pytest.approx(1)
    assert training.learning_rate(settings, Progress(updates=99), 0.5) == pytest.approx(0.5)
    assert training.learning_rate(settings, Progress(updates=99), 1) == pytest.approx(0)
    assert math.isfinite(training.learning_rate(Settings(warm_up=0), Progress(), 2))


def test_an_average_of_the_weights_by_hand():
    """Also of an embedding, whose gradients are sparse: it is averaged once an update like all others."""
    tf = backend.load().tf
    table, height = tf.Variable(np.ones((4, 2), np.float32)), tf.Variable([3.0])
    average = training.Average([table, height], 0.9)
    optimizer = backend.load().keras.optimizers.SGD(0.5)
    values = [(np.ones((4, 2)), np.array([3.0]))]
    expected = values[0]

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, [1, 1, 3]) ** 2) + height[0]
        gradients = tape.gradient(loss, [table, height])
        assert isinstance(gradients[0], tf.IndexedSlices)
        optimizer.apply_gradients(zip(gradients, [table, height], strict=True))
        average.update()

    for _ in range(5):
        step()
        expected = tuple(0.9 * e + 0.1 * v.numpy() for e, v in zip(expected, (table, height), strict=True))
    for value, wanted in zip(average.values, expected, strict=True):
        np.testing.assert_allclose(value.numpy(), wanted, rtol=1e-5)
    assert (average.values[0].numpy()[[0, 2]] == 1).all()  # rows that no update touched
    before = table.numpy()
    with average.in_place():
        np.testing.assert_allclose(table.numpy(), expected[0], rtol=1e-5)
    np.testing.assert_array_equal(table.numpy(), before)


def test_the_average_is_scored_and_kept_and_goes_on_after_a_kill(tmp_path):
    settings = dataclasses.replace(SETTINGS, ema=0.8)
    whole, slopes = Line(tmp_path / "whole"), []
    whole.scores = lambda: slopes.append(float(whole.slope[0, 0])) or float(len(slopes))
    whole.train(settings)
    assert whole.kept == slopes
    assert slopes[-1] != float(whole.slope[0, 0])  # in training again: the weights themselves
    assert any("average still holds 11%" in line for line in whole.lines)  # 0.8 ** 10, at the first scoring

    def until_killed(epoch: int) -> Iterator[tuple]:
        for number, batch in enumerate(whole.batches(epoch)):
            yield Kill() if (epoch, number) == (1, 7) else batch

    with pytest.raises(KeyboardInterrupt):
        Line(tmp_path / "killed").train(settings, until_killed)
    resumed = Line(tmp_path / "killed")
    resumed.scores = iter(map(float, range(9))).__next__
    resumed.train(settings)
    assert resumed.state == whole.state
    assert resumed.kept[-1] == whole.kept[-1]


def test_files_of_the_same_name_are_told_apart():
    files = [Path("news/a.dev.jsonl"), Path("tech/a.dev.jsonl"), Path("tech/b.dev.jsonl")]
    assert list(training.names_of(files).values()) == [str(files[0]), str(files[1]), "b"]


@pytest.mark.parametrize("wrong", [{"ema": 1.5}, {"ema": 1}, {"ema": math.nan}, {"seed": -1}], ids=str)
def test_settings_that_would_end_a_run_in_its_middle_are_refused(wrong):
    with pytest.raises(VisitorError, match="must lie between"):
        Settings(**wrong)
