"""The comparison of bases, on a tiny one and a handful of titles."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert
from core.titling import data as titling
from core.tokenizer import Tokenizer
from recipes import compare_bases
from recipes.compare_bases import TRIALS, Trial, distinct, untrained
from recipes.finetuning import examples, packing, plans, questions
from recipes.pretraining.sources import is_for_measuring


@pytest.fixture(scope="module")
def base(tiny_titling_folder, tmp_path_factory) -> Path:
    """The tiny weights as a base: without the section of the task."""
    folder = tmp_path_factory.mktemp("bases") / "tiny"
    config = {k: v for k, v in bert.read_config(tiny_titling_folder).items() if k != "titling"}
    tensors = {k: v for k, v in bert.read_tensors(tiny_titling_folder).items() if not k.startswith("copy.")}
    bert.write_folder(folder, config, (tiny_titling_folder / bert.VOCAB).read_text(encoding="utf-8"), tensors)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A file to be scored."""
    folder = tmp_path_factory.mktemp("data")
    lines = [json.dumps({"text": article + "\u3002", "title": article[:4]}) for article in _articles(0)]
    (folder / "a.dev.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def packed(base, tmp_path_factory) -> Path:
    """Examples to train on."""
    tokenizer = Tokenizer(base / bert.VOCAB)
    some = titling.encode([titling.Pair(article, article[:4]) for article in _articles(1)], tokenizer, 48)
    path = tmp_path_factory.mktemp("examples") / "tasks.npz.xz"
    examples.save(path, {"titling": {"a": some}}, {"vocab": tokenizer.vocabulary_text, "labels": 1, "files": {}})
    return path


def _articles(seed: int) -> list[str]:
    letters = list("\u5929\u6c14\u7814\u7a76\u8868\u660e\u6a21\u578b\u63d0\u9ad8\u51c6\u786e\u7387")
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(letters, 20)) for _ in range(8)]


def test_only_what_may_be_is_trained_on_and_scored():
    known = {*packing.TITLES, "duie", "partial", *questions.REAL, *packing.MADE}
    for trial in TRIALS.values():
        assert set(trial.stage.sets) <= known
        assert all(map(is_for_measuring, trial.dev))


def test_a_row_for_each_start(base, data, packed, tmp_path, capsys, monkeypatch):
    stage = plans.Stage({"a": 1}, 1, 1e-3, 512, 0, options={"room": 48})
    monkeypatch.setitem(compare_bases.TRIALS, "titling", Trial(stage, ("a.dev.jsonl",)))
    plan = replace(plans.PLANS["titling"], section={"copy": "pointer", "max_source": 48}, places=160)
    monkeypatch.setitem(plans.PLANS, "titling", plan)

    def run(data: Path, *bases: Path) -> int:
        words = ["--data", str(data), "--bases", *map(str, bases), "--out", str(tmp_path), "--updates", "2"]
        words += ["--examples", str(packed), "--limit", "2", "--tasks", "titling"]
        monkeypatch.setattr(sys, "argv", ["compare_bases.py", *words])
        return compare_bases.main()

    assert run(data, base) == 0
    head, nothing, tiny = capsys.readouterr().out.strip().split("\n")
    assert "a rouge-l" in head
    assert "lead" not in head
    assert nothing.split()[:3] == ["titling", "nothing", "2"]
    assert tiny.split()[:3] == ["titling", "tiny", "2"]
    assert run(tmp_path, base) == 2
    assert "a.dev.jsonl" in capsys.readouterr().err
    assert run(data, tmp_path) == 2
    assert bert.VOCAB in capsys.readouterr().err


def test_nothing_has_the_shape_of_the_base_and_other_weights(base, tmp_path):
    folder = untrained(base, tmp_path / "untrained", seed=1)
    before, after = bert.read_tensors(base), bert.read_tensors(folder)
    assert {n: t.shape for n, t in before.items()} == {n: t.shape for n, t in after.items()}
    name = "bert.encoder.layer.0.output.dense.weight"
    assert not np.array_equal(before[name], after[name])


def test_bases_are_told_apart(tmp_path):
    one, other = tmp_path / "one" / "base", tmp_path / "other" / "base"
    assert list(distinct([one, other])) == ["one-base", "other-base"]
    assert list(distinct([one])) == ["base"]
