"""The heads and the loss, against NumPy; what partial rows leave alone; saving, loading, hostile folders."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from core import backend, bert
from core.errors import VisitorError, WeightsError
from core.triples import data, schema
from core.triples.model import TriplesModel, cross_entropy
from tests.triples.test_data import encoded, sentence


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def entropy(logits: np.ndarray, labels: np.ndarray, power: int) -> np.ndarray:
    p = np.minimum(sigmoid(logits) ** power, 1 - 1e-7)
    return -(labels * np.log(p) + (1 - labels) * np.log1p(-p))


@pytest.fixture(scope="module")
def batch(model) -> data.Batch:
    rows = [
        sentence(("海东", "作者", "王莹"), ("王莹", "首都", "北京")),
        sentence(("海东", "作者", "王莹"), partial=True),
    ]
    return data.collate(encoded(model, *rows), 32, 0, np.random.default_rng(1))


def test_cross_entropy():
    logits = np.array([-60, -3, 0, 0.5, 7, 60], np.float32)
    for power in (1, 2, 4):
        for label in (0.0, 1.0):
            labels = np.full(6, label, np.float32)
            found = cross_entropy(backend.load().tf.constant(logits), labels, power).numpy()
            assert np.isfinite(found).all()
            np.testing.assert_allclose(found[:5], entropy(logits, labels, power)[:5], rtol=1e-3, atol=1e-6)


def object_logits(model: TriplesModel, before: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The conditional layer norm by hand: gain and offset shifted by linear maps of the subject's two vectors."""
    heads = {name.removeprefix("triples."): v.numpy() for name, v in model._heads().items()}
    answers = []
    for row, start, end in asked:
        x = before[row]
        normal = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        condition = np.concatenate([before[row, start], before[row, end]])
        gain = heads["norm.gamma"] + condition @ heads["norm.gamma_of_subject"]
        offset = heads["norm.beta"] + condition @ heads["norm.beta_of_subject"]
        answers.append((normal * gain + offset) @ heads["object.weight"] + heads["object.bias"])
    return np.array(answers)


def test_the_loss_is_the_posts(model, batch):
    output, before = (x.numpy() for x in model.encode(batch.tokens))
    logits = model.object_logits(before, batch.subjects).numpy()
    np.testing.assert_allclose(logits, object_logits(model, before, batch.subjects), rtol=1e-3, atol=1e-3)
    subject = entropy(model.subject_logits(output).numpy(), batch.subject_labels, 2) * batch.subject_weights
    taught = (batch.subject_weights > 0).any(-1)
    expected = subject.mean(-1).sum() / taught.sum()
    total, places = 0.0, 0
    for q, (row, _, _) in enumerate(batch.subjects):
        if not batch.weights[q]:
            continue
        labels, counted = np.zeros(logits.shape[1:]), np.ones(logits.shape[1:])
        for _, place, column in batch.positives[batch.positives[:, 0] == q]:
            labels[place, column] = 1
        for _, place, column in batch.ignored[batch.ignored[:, 0] == q]:
            counted[place, column] = 0
        if batch.columns[q] >= 0:
            own = np.arange(logits.shape[2]) // 2 == batch.columns[q]
            counted *= own
        real = batch.tokens[row] > 0
        total += (entropy(logits[q], labels, 4) * counted)[real].sum() / 2
        places += real.sum()
    found, count = model.loss(*batch.arrays(), training=False)
    assert float(count) == 2
    assert float(found) / 2 == pytest.approx(expected + total / places, rel=1e-4)


def test_partial_rows_teach_nothing_of_what_they_do_not_mark(model):
    tf = backend.load().tf
    (example,) = encoded(model, sentence(("海东", "作者", "王莹"), partial=True))
    batch = data.collate([example], 32, 0, np.random.default_rng(0))
    with tf.GradientTape() as tape:
        total, _ = model.loss(*map(tf.constant, batch.arrays()), training=False)
    kernel, bias, subject = tape.gradient(total, [model.object.kernel, model.object.bias, model.subject.bias])
    assert np.abs(kernel.numpy()[:, :2]).min() > 0
    assert not kernel.numpy()[:, 2:].any()  # the columns of the other predicates
    assert not bias.numpy()[2:].any()
    assert np.abs(subject.numpy()).min() > 0
    # and of the subjects only the marked one: the loss does not hear of other places
    weights = batch.subject_weights[0]
    assert not np.delete(weights, [2, 3], 0).any()


def test_a_new_conditional_norm_is_the_encoders_own(base, schema_file):
    model = TriplesModel(base, schema.read(schema_file), 96)
    tokens = np.array([[2, 30, 31, 32, 3]], np.int32)
    output, before = model.encode(tokens)
    found = model.norm([before, np.ones((1, 64), np.float32)]).numpy()
    np.testing.assert_allclose(found, output.numpy(), atol=1e-5)


def test_every_variable_is_trained(model, batch):
    tf = backend.load().tf
    with tf.GradientTape() as tape:
        total, _ = model.loss(*map(tf.constant, batch.arrays()), training=False)
    gradients = tape.gradient(total, model.variables)
    assert len(model.variables) == len({id(v) for v in model.variables})
    for variable, gradient in zip(model.variables, gradients, strict=True):
        assert gradient is not None, variable.name
    heads = dict(zip(model._heads(), gradients[-len(model._heads()) :], strict=True))
    assert all(np.abs(gradient.numpy()).max() > 0 for gradient in heads.values())
    assert {id(v) for v in tape.watched_variables()} == {id(v) for v in model.variables}  # and none is forgotten


def test_saved_and_loaded(model, tmp_path):
    model.threshold = 0.4321
    model.save(tmp_path / "kept")
    again = TriplesModel(tmp_path / "kept")
    assert again.threshold == 0.4321
    assert again.schema == model.schema
    assert again.max_length == 96
    for name, variable in model._heads().items():
        np.testing.assert_allclose(again._heads()[name].numpy(), variable.numpy(), atol=2e-3)  # float16
    tokens = np.array([[2, 30, 31, 32, 3]], np.int32)
    np.testing.assert_allclose(again.encode(tokens)[0].numpy(), model.encode(tokens)[0].numpy(), atol=0.05)


def change_config(**section):
    def change(folder):
        config = json.loads((folder / bert.CONFIG).read_text())
        (folder / bert.CONFIG).write_text(json.dumps({**config, "triples": section}))

    return change


HOSTILE = {
    "threshold a word": change_config(threshold="high"),
    "threshold 0": change_config(threshold=0),
    "threshold not finite": change_config(threshold=float("nan")),
    "threshold true": change_config(threshold=True),
    "length a word": change_config(max_length="many"),
    "no schema": lambda folder: (folder / schema.FILE).unlink(),
    "broken schema": lambda folder: (folder / schema.FILE).write_text("[]"),
    "another schema": lambda folder: (folder / schema.FILE).write_text(
        json.dumps([{"predicate": "作者", "subject_type": "书", "object_type": "人物"}])
    ),
    "no section": lambda folder: change_config()(folder),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_folders_get_a_sentence(model, tmp_path, name):
    model.save(tmp_path / "kept")
    shutil.copytree(tmp_path / "kept", tmp_path / "bad")
    HOSTILE[name](tmp_path / "bad")
    with pytest.raises(WeightsError):
        TriplesModel(tmp_path / "bad")


@pytest.mark.parametrize("change", [lambda pieces: pieces[:-1], lambda pieces: [*pieces, "甲乙"]], ids=["less", "more"])
def test_a_vocabulary_of_another_model(model, tmp_path, change):
    model.save(tmp_path / "bad")
    pieces = (tmp_path / "bad" / bert.VOCAB).read_text(encoding="utf-8").splitlines()
    (tmp_path / "bad" / bert.VOCAB).write_text("\n".join(change(pieces)) + "\n", encoding="utf-8")
    with pytest.raises(WeightsError) as caught:
        TriplesModel(tmp_path / "bad")
    assert caught.value.key == "weights_vocabulary"


def test_length_beyond_the_encoder(base, schema_file):
    with pytest.raises(VisitorError, match="max_length"):
        TriplesModel(base, schema.read(schema_file), 1000)
