"""Folders of the model of 2018: text in, titles out; and those that are wrong."""

from __future__ import annotations

import pytest

from core import bert
from core.errors import VisitorError, WeightsError
from core.titling.seq2seq import Seq2SeqModel
from core.titling.task import Decoding, Titler
from tests.titling.tiny_seq2seq import tiny_folder


def test_a_titler_of_it(tmp_path):
    titler = Titler(tiny_folder(tmp_path))
    assert titler.model == "seq2seq"
    text = "新闻记者今天从上海市公司获悉,研究表明采用该模型可提高准确率。"
    result = titler.title(text, Decoding(max_length=12))
    assert len(result.titles) == 3
    *_, last = titler.stream(text, Decoding(max_length=12))
    assert last.titles == result.titles
    titler.warm_up()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"hidden_size": 10**9}, "weights_bad_file"),
        ({"hidden_size": 26}, "weights_bad_shape"),
        ({"vocab_size": 50}, "weights_bad_shape"),
        ({"titling": {"copy": "bio", "max_source": 60}}, "weights_bad_file"),
        ({"titling": {"copy": "prior", "max_source": "x"}}, "weights_bad_file"),
        ({"titling": 5}, "weights_bad_file"),
    ],
    ids=str,
)
def test_hostile_folders(tmp_path, change, key):
    folder = tiny_folder(tmp_path)
    config = Seq2SeqModel(folder).config | change
    bert.write_folder(folder, config, (folder / "vocab.txt").read_text(encoding="utf-8"), bert.read_tensors(folder))
    with pytest.raises(WeightsError) as caught:
        Titler(folder)
    assert caught.value.key == key


@pytest.mark.parametrize("change", [lambda pieces: pieces[:-1], lambda pieces: [*pieces, "甲乙"]], ids=["less", "more"])
def test_a_vocabulary_of_another_model(tmp_path, change):
    folder = tiny_folder(tmp_path)
    pieces = (folder / bert.VOCAB).read_text(encoding="utf-8").splitlines()
    (folder / bert.VOCAB).write_text("\n".join(change(pieces)) + "\n", encoding="utf-8")
    with pytest.raises(WeightsError) as caught:
        Titler(folder)
    assert caught.value.key == "weights_vocabulary"


def test_a_copy_head_it_lacks(tiny_titling_folder):
    with pytest.raises(VisitorError) as caught:
        Seq2SeqModel(tiny_titling_folder, copy="pointer")
    assert caught.value.key == "bad_choice"
