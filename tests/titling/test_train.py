"""Training a tiny titling model: it learns, it is kept, and a killed run goes on exactly."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from core import bert, training
from core.errors import VisitorError
from core.titling import data
from core.titling.copying import KINDS
from core.titling.train import Options, train

SETTINGS = training.Settings(epochs=2, rate=5e-3, warm_up=2, save_minutes=0, compile=False)


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> Path:
    """Sixteen articles whose title is their beginning, and two bad rows."""
    rng = np.random.default_rng(0)
    letters = list("天气研究表明模型提高准确率北京上海市公司技术系统数据方法")
    path = tmp_path_factory.mktemp("data") / "train.jsonl"
    articles = ["".join(rng.choice(letters, 24)) for _ in range(16)]
    rows = [json.dumps({"text": f"{a[:12]}。{a[12:]}。", "title": a[:4]}, ensure_ascii=False) for a in articles]
    path.write_text("\n".join([*rows, "{", '{"text": "一"}']), encoding="utf-8")
    return path


def run(folder: Path, examples: Path, out: Path, copy: str = "pointer", say=print) -> list[dict]:
    return train([examples], [examples], folder, out, Options(copy, 48, 512, settings=SETTINGS), say)


@pytest.mark.parametrize("copy", KINDS)
def test_it_learns_and_is_kept(tiny_titling_folder, examples, tmp_path, copy):
    lines: list[str] = []
    table = run(tiny_titling_folder, examples, tmp_path / "out", copy, lines.append)
    assert [row["epoch"] for row in table] == [1, 2]
    assert table[-1]["loss"] < table[0]["loss"]
    assert any("train.jsonl:17" in line for line in lines)
    config = bert.read_config(tmp_path / "out")
    assert config["titling"]["copy"] == copy
    assert config["titling"]["max_source"] == 48
    tensors = bert.read_tensors(tmp_path / "out")
    assert any(name.startswith("copy.") for name in tensors) == (copy != "none")


def test_it_learns_in_half_precision_with_dropout(tiny_titling_folder, examples, tmp_path):
    """bert4keras makes the layer that drops attention while it computes."""
    settings = dataclasses.replace(SETTINGS, bfloat16=True, updates=3)
    table = train(
        [examples], [examples], tiny_titling_folder, tmp_path, Options("none", 48, 512, 0.1, settings=settings)
    )
    assert table[-1]["updates"] == 3 and 0 < table[-1]["loss"] < 20


@pytest.mark.long
def test_a_killed_run_ends_as_one_that_was_not(tiny_titling_folder, examples, tmp_path, monkeypatch):
    run(tiny_titling_folder, examples, tmp_path / "whole")
    batches = data.batches

    def until_killed(some, tokens, seed):
        for number, batch in enumerate(batches(some, tokens, seed)):
            if (seed, number) == (1, 1):  # seed 0, epoch 1: the epoch's second batch
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(data, "batches", until_killed)
    with pytest.raises(KeyboardInterrupt):
        run(tiny_titling_folder, examples, tmp_path / "killed")
    monkeypatch.undo()
    run(tiny_titling_folder, examples, tmp_path / "killed")
    whole, killed = (bert.read_tensors(tmp_path / name) for name in ("whole", "killed"))
    assert whole.keys() == killed.keys()
    for name, tensor in whole.items():
        np.testing.assert_array_equal(tensor, killed[name], err_msg=name)


def test_files_without_a_single_pair(tiny_titling_folder, examples, tmp_path):
    (tmp_path / "bad.jsonl").write_text("{\n", encoding="utf-8")
    with pytest.raises(VisitorError, match="No usable row"):
        run(tiny_titling_folder, tmp_path / "bad.jsonl", tmp_path / "out")
