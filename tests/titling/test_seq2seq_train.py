"""Training the model of 2018 on tiny sizes: it learns, it is kept, and it is gone on from."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core import backend
from core.__main__ import main
from core.titling import data
from core.titling.seq2seq import Seq2SeqModel
from core.titling.seq2seq_config import Sizes
from core.titling.task import Titler
from core.titling.train import Options, train
from core.training import Settings
from tests.conftest import tiny_vocabulary
from tests.titling.tiny_seq2seq import END, FREE


def test_articles_and_titles_apart():
    examples = [
        data.Example(np.array([2, 7, 8, 3]), np.array([7, 3])),
        data.Example(np.array([2, 9, 3]), np.array([3])),
    ]
    tokens, targets = data.apart(data.collate(examples, 32, 4))
    assert tokens.tolist() == [[2, 7, 8, 3], [2, 9, 3, 0]]
    assert targets.tolist() == [[7, 3], [3, 0]]


def test_it_learns_a_batch_by_heart(tiny_titling_folder):
    b, tf = backend.load(), backend.load().tf
    model = Seq2SeqModel(tiny_titling_folder, sizes=Sizes(len(tiny_vocabulary()), 24, 32, 2, 8))
    optimizer = b.keras.optimizers.Adam(1e-2)
    optimizer.build(model.variables)

    @tf.function
    def step(tokens, targets):
        with tf.GradientTape() as tape:
            total, count = model.loss(tokens, targets, training=True)
            mean = total / count
        gradients = tape.gradient(mean, model.variables)
        optimizer.apply_gradients(zip(map(tf.convert_to_tensor, gradients), model.variables, strict=True))
        return mean

    pieces, one = np.random.default_rng(0).integers(FREE, FREE + 20, (16, 6)), np.ones((16, 1), int)
    tokens = tf.constant(np.concatenate([2 * one, pieces, END * one], 1), tf.int32)
    targets = tf.constant(np.concatenate([pieces[:, ::2], END * one], 1), tf.int32)
    losses = [float(step(tokens, targets)) for _ in range(160)]
    assert losses[-1] < 0.5 < 3 < losses[0]


@pytest.mark.long
def test_a_run_is_kept_and_gone_on_from(tiny_titling_folder, tmp_path):
    path = tmp_path / "some.train.jsonl"
    row = {"text": "今天天气很好。研究表明模型提高准确率。", "title": "天气很好"}
    path.write_text("\n".join([json.dumps(row)] * 8), encoding="utf-8")
    options = Options(None, 48, 512, model="seq2seq", settings=Settings(epochs=2, rate=1e-2, warm_up=1))
    table = train([path], [path], tiny_titling_folder, tmp_path / "out", options)
    assert [row["epoch"] for row in table] == [1, 2]
    assert Titler(tmp_path / "out").model == "seq2seq"
    again = train([path], [], tmp_path / "out", tmp_path / "more", options)
    assert again[-1]["loss"] < table[0]["loss"]


@pytest.mark.parametrize("flag", ["--bfloat16", "--compile"])
def test_what_it_does_not_know_is_told_before_it_begins(tiny_titling_folder, tmp_path, monkeypatch, capsys, flag):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    path = tmp_path / "some.jsonl"
    path.write_text(json.dumps({"text": "今天天气很好。", "title": "天气"}), encoding="utf-8")
    files = [
        "--data",
        str(path),
        "--dev",
        str(path),
        "--base",
        str(tiny_titling_folder),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["train", "titling", "--model", "seq2seq", flag, *files]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"{flag} is not for the model seq2seq: leave it out.\n")
    assert not (tmp_path / "out").exists()
