"""`--accumulate N`: the training loop with N small batches an update is the loop with the big ones."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from core import backend, training
from core.cli import train as command
from core.errors import VisitorError
from core.tasks import TASKS
from core.training import Settings

# clipped at each update; a rate that warms up and falls; the weights averaged; 10 small batches an epoch
SETTINGS = Settings(epochs=3, rate=0.05, warm_up=3, save_minutes=0, clip=0.1, ema=0.5)


class Words:
    """Numbers of words learned from sums of them: an embedding, and small batches of unequal sizes."""

    def __init__(self, folder, sizes=(4, 2, 3, 3, 1, 5, 4, 4, 2, 3)) -> None:
        tf = backend.load().tf
        self.folder, self.sizes, self.lines = folder, sizes, []
        rng = np.random.default_rng(5)
        self.table = tf.Variable(rng.normal(0, 1, (6, 3)).astype("float32"), name="table")
        self.head = tf.Variable(rng.normal(0, 1, (3, 1)).astype("float32"), name="head")

    def batches(self, epoch: int) -> Iterator[tuple]:
        rng = np.random.default_rng(epoch)
        ids = rng.integers(0, 6, (31, 4)).astype("int32")  # words repeat in each sum
        for last, size in zip(np.cumsum(self.sizes), self.sizes, strict=True):
            part = ids[last - size : last]
            yield part, part.sum(1, keepdims=True).astype("float32") / 6

    def loss(self, ids, targets):
        tf = backend.load().tf
        found = tf.matmul(tf.reduce_sum(tf.gather(self.table, ids), 1), self.head)
        return tf.reduce_sum((found - targets) ** 2), tf.cast(tf.shape(ids)[0], tf.float32)

    def train(self, accumulate: int = 1, batches=None, **changes) -> list[dict]:
        return training.train(
            [self.table, self.head],
            self.loss,
            batches or self.batches,
            dict,
            lambda: None,
            self.folder,
            dataclasses.replace(SETTINGS, accumulate=accumulate, **changes),
            self.lines.append,
        )

    @property
    def state(self) -> np.ndarray:
        return np.concatenate([self.table.numpy().ravel(), self.head.numpy().ravel()])


def test_small_batches_make_the_big_ones_updates(tmp_path):
    """Words that repeat, clipping, unequal batches, a rate that changes, decay, the average: all as there."""
    small, big = Words(tmp_path / "even", (3,) * 8 + (4, 3)), Words(tmp_path / "large", (6, 6, 6, 6, 7))
    table, other = small.train(2), big.train()
    np.testing.assert_allclose(small.state, big.state, rtol=2e-5, atol=2e-6)
    assert [row["updates"] for row in table] == [row["updates"] for row in other] == [5, 10, 15]
    assert [row["loss"] for row in table] == pytest.approx([row["loss"] for row in other], rel=1e-3)


def test_one_batch_a_window_is_no_accumulation(tmp_path):
    one, other = Words(tmp_path / "one"), Words(tmp_path / "other")
    one.train(1), other.train()
    np.testing.assert_array_equal(one.state, other.state)


@pytest.mark.parametrize("place", [(0, 2), (2, 9)], ids=str)
def test_killed_in_a_window_it_ends_as_if_it_was_not(tmp_path, place):
    class Kill:
        def __iter__(self):
            raise KeyboardInterrupt

    whole = Words(tmp_path / "whole")
    table = whole.train(4)

    def until_killed(epoch: int) -> Iterator[tuple]:
        for number, batch in enumerate(whole.batches(epoch)):
            yield Kill() if (epoch, number) == place else batch

    with pytest.raises(KeyboardInterrupt):
        Words(tmp_path / "killed").train(4, until_killed)
    resumed = Words(tmp_path / "killed")
    again = resumed.train(4)
    np.testing.assert_array_equal(resumed.state, whole.state)
    assert [row["updates"] for row in again] == [row["updates"] for row in table] == [3, 6, 9]


def test_the_number_of_updates_ends_a_run_between_windows(tmp_path):
    words = Words(tmp_path)
    table = words.train(4, updates=4, epochs=10)
    assert table[-1]["updates"] == 4
    assert table[-1]["epoch"] == 1.4


def test_a_run_goes_on_with_the_accumulation_it_began_with(tmp_path):
    Words(tmp_path).train(2, epochs=1)
    with pytest.raises(VisitorError, match="--accumulate 2"):
        Words(tmp_path).train(3)
    with pytest.raises(VisitorError, match="--accumulate 2"):
        Words(tmp_path).train()
    Words(tmp_path).train(2)


@pytest.mark.parametrize("task", TASKS)
def test_the_command_line_offers_it(task):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    given = f"{task} --data a --dev b --base c --out d --accumulate".split()
    assert parser.parse_args([*given, "8"]).accumulate == 8
    assert parser.parse_args(given[:-1]).accumulate == 1
    with pytest.raises(VisitorError, match="--accumulate"):
        command.run(parser.parse_args([*given, "0"]))
