"""BERT in the Hugging Face layout, read into bert4keras and written back."""

import functools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core import bert
from core.errors import WeightsError

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize("name", ["gelu", "gelu_new"])
def test_logits_are_those_of_transformers(name):
    """The padded batch of `fixtures/make_bert.py`; 1e-4 is the bound, 1e-6 the habit."""
    folder = FIXTURES / f"bert-{name}"
    wanted = np.load(folder / "logits.npz")
    model = bert.build(folder).model
    logits = np.asarray(model([wanted["ids"], wanted["segments"]]))
    real = wanted["mask"] > 0
    assert np.abs(logits - wanted["logits"])[real].max() < 1e-4


def test_the_two_gelus_differ_and_do_not_leak():
    """A tanh model built first must not change an erf model built afterwards."""
    bert.build(FIXTURES / "bert-gelu_new")
    test_logits_are_those_of_transformers("gelu")


def test_written_and_read_again(tmp_path):
    folder = FIXTURES / "bert-gelu"
    transformer = bert.build(folder)
    tensors = bert.tensors_from_model(transformer)
    bert.write_folder(
        tmp_path / "copy", bert.read_config(folder), (folder / "vocab.txt").read_text(), tensors, half=False
    )
    before, after = load_file(folder / "model.safetensors"), load_file(tmp_path / "copy" / "model.safetensors")
    assert set(after) <= set(before)  # no name that transformers does not know
    assert {name for name in before if "decoder" not in name} <= set(after)
    for name, tensor in after.items():
        np.testing.assert_array_equal(tensor, before[name], err_msg=name)


def test_random_tensors_are_what_a_model_needs():
    config = bert.read_config(FIXTURES / "bert-gelu")
    tensors = bert.random_tensors(config)
    transformer = bert.build_from_tensors(config, tensors)
    built = bert.tensors_from_model(transformer)
    assert set(built) == set(tensors)
    layer = "bert.encoder.layer.0.attention.self"
    assert not np.array_equal(built[f"{layer}.query.weight"], built[f"{layer}.key.weight"])


def test_old_names_are_found(tmp_path):
    """Checkpoints from before 2019 say gamma and beta, and those of a bare BertModel have no `bert.` in front."""
    shutil.copytree(FIXTURES / "bert-gelu", tmp_path / "old")
    tensors = load_file(tmp_path / "old" / "model.safetensors")
    news = {"bert.": "", "LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    old = {functools.reduce(lambda n, pair: n.replace(*pair), news.items(), name): t for name, t in tensors.items()}
    save_file(old, tmp_path / "old" / "model.safetensors")
    built, wanted = (
        bert.tensors_from_model(bert.build(tmp_path / "old")),
        bert.tensors_from_model(bert.build(FIXTURES / "bert-gelu")),
    )
    for name in wanted:
        np.testing.assert_array_equal(built[name], wanted[name])


def broken(tmp_path: Path, change) -> Path:
    folder = tmp_path / "broken"
    shutil.copytree(FIXTURES / "bert-gelu", folder)
    tensors = load_file(folder / "model.safetensors")
    change(folder, tensors)
    return folder


def _truncate(folder, tensors):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def _drop(folder, tensors):
    tensors.pop("bert.encoder.layer.1.output.dense.weight")
    save_file(tensors, folder / "model.safetensors")


def _shape(folder, tensors):
    tensors["bert.encoder.layer.1.output.dense.weight"] = np.zeros((3, 3), np.float32)
    save_file(tensors, folder / "model.safetensors")


def _nan(folder, tensors):
    tensors["cls.predictions.bias"][3] = np.nan
    save_file(tensors, folder / "model.safetensors")


def _too_large(folder, tensors):
    tensors["cls.predictions.bias"] = np.full_like(tensors["cls.predictions.bias"], 1e300, np.float64)
    save_file(tensors, folder / "model.safetensors")


def _pickle(folder, tensors):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _config(folder, tensors):
    (folder / "config.json").write_text("{]")


def _gpt(folder, tensors):
    (folder / "config.json").write_text('{"model_type": "gpt2"}')


def _huge(folder, tensors):
    (folder / "config.json").write_text(
        (folder / "config.json").read_text().replace('"hidden_size": 32', '"hidden_size": -1')
    )


HOSTILE = [
    {"hidden_size": 1 << 18},
    {"max_position_embeddings": 10**12},
    {"max_position_embeddings": "abc"},
    {"type_vocab_size": 1},
    {"num_hidden_layers": True},
    {"vocab_size": 5},
    {"hidden_act": []},
    {"hidden_act": "swish"},
    {"position_embedding_type": "relative_key"},
    {"layer_norm_eps": 0.1},
    {"num_attention_heads": 3},
]


@pytest.mark.parametrize("change", HOSTILE, ids=str)
def test_a_hostile_configuration_gives_a_sentence(tmp_path, change):
    config = json.loads((FIXTURES / "bert-gelu" / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(WeightsError) as caught:
        bert.read_config(tmp_path)
    assert caught.value.sentence("zh")


def test_a_configuration_nested_without_end(tmp_path):
    (tmp_path / "config.json").write_text("[" * 200_000)
    with pytest.raises(WeightsError):
        bert.read_config(tmp_path)


def test_more_words_than_there_are_vectors(tmp_path):
    folder = broken(tmp_path, lambda *_: None)
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text.replace('"vocab_size": 29', '"vocab_size": 1000000'))
    assert bert.read_config(folder)["vocab_size"] == 1_000_000
    with pytest.raises(WeightsError, match="shapes"):
        bert.build(folder)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"num_hidden_layers": 128}, "weights_no_tensor"),
        ({"intermediate_size": 1 << 16}, "weights_bad_shape"),
        ({"max_position_embeddings": 1 << 16}, "weights_bad_shape"),
        ({"vocab_size": 1 << 20}, "weights_bad_shape"),
    ],
    ids=str,
)
def test_nothing_of_a_promised_size_is_built_before_its_tensors_are_seen(tmp_path, monkeypatch, change, key):
    folder = broken(tmp_path, lambda *_: None)
    config = json.loads((folder / "config.json").read_text()) | change
    (folder / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(bert.backend, "load", lambda: pytest.fail("a model was built"))
    with pytest.raises(WeightsError) as caught:
        bert.build(folder)
    assert caught.value.key == key


def test_bfloat16_is_read(tmp_path):
    """The upper half of a float32, which NumPy has no name for."""
    values = np.array([[1.0, -2.5], [3.140625, 0.0]], np.float32)
    raw = (values.view("<u4") >> 16).astype("<u2").tobytes()
    header = json.dumps({"x": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, len(raw)]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + raw)
    np.testing.assert_array_equal(bert.read_tensors(tmp_path)["x"], values)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_truncate, "weights_bad_file"),
        (_drop, "weights_no_tensor"),
        (_shape, "weights_bad_shape"),
        (_nan, "weights_not_finite"),
        (_too_large, "weights_not_finite"),
        (_pickle, "weights_only_pickle"),
        (_config, "weights_bad_file"),
        (_gpt, "weights_not_bert"),
        (_huge, "weights_bad_file"),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_broken_folder_gives_a_sentence(tmp_path, change, key):
    with pytest.raises(WeightsError) as caught:
        bert.build(broken(tmp_path, change))
    assert caught.value.key == key


def test_weights_that_cannot_be_written_leave_those_that_are_there(tmp_path, monkeypatch):
    folder = FIXTURES / "bert-gelu"
    shutil.copytree(folder, tmp_path / "best")
    before = {file.name: file.read_bytes() for file in (tmp_path / "best").iterdir()}

    def full(tensors, path, **_):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(OSError, match="No space"):
        bert.write_folder(tmp_path / "best", {"other": 1}, "other", {"x": np.zeros(3, np.float32)})
    assert {file.name: file.read_bytes() for file in (tmp_path / "best").iterdir()} == before
