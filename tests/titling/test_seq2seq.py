"""The model of 2018 on tiny sizes: held to tf_keras' own layers, to itself step by step, and to brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core import backend
from core.decoding import Decoder, Rules
from core.titling.seq2seq import Seq2SeqModel
from core.titling.seq2seq_config import COPIES
from tests.conftest import tiny_vocabulary
from tests.titling.tiny_seq2seq import END, FREE, a_decoder, articles, forced_log_probs, padded, tiny_folder


@pytest.fixture(scope="module", params=COPIES)
def model(request, tmp_path_factory) -> Seq2SeqModel:
    return Seq2SeqModel(tiny_folder(tmp_path_factory.mktemp("seq2seq"), request.param))


@pytest.fixture(scope="module")
def decoder(model) -> Decoder:
    return a_decoder(model)


# ---- the article -----------------------------------------------------------------------------------------------
def test_the_encoder_is_that_of_tf_keras(model):
    """`Bidirectional(LSTM)` and `LayerNormalization` with the same weights, under their own mask: values and
    gradients."""
    tf, layers = backend.load().tf, backend.load().keras.layers
    tokens = padded(articles(model, 6), 45)
    x = model._v["embedding.weight"].numpy()[tokens]
    stack, ours = [], []
    for i in range(2):
        norm, both = (
            layers.LayerNormalization(epsilon=1e-6),
            layers.Bidirectional(layers.LSTM(12, return_sequences=True)),
        )
        for layer in (norm, both):
            layer.build((None, None, (16, 24)[i]))
        norm.set_weights([model._v[f"encoder.{i}.norm.{part}"].numpy() for part in ("weight", "bias")])
        ways = [
            [model._v[f"encoder.{i}.{way}.{part}"] for part in ("kernel", "bias")] for way in ("forward", "backward")
        ]
        both.set_weights([part for k, b in ways for part in (k.numpy()[:-12], k.numpy()[-12:], b.numpy())])
        stack += [norm, both]
        ours += [variable for way in ways for variable in way]
    mask, weigh = tf.constant(tokens > 0), tf.constant(np.random.default_rng(0).normal(size=(6, 45, 24)), tf.float32)
    weigh *= tf.cast(mask, tf.float32)[..., None]
    with tf.GradientTape() as tape:
        for norm, both in zip(stack[::2], stack[1::2], strict=True):
            x = both(norm(x), mask=mask)
        total = tf.reduce_sum(x * weigh)
    parts = tape.gradient(total, [w for both in stack[1::2] for w in both.trainable_weights])
    wanted = [g for k, r, b in zip(*[iter(parts)] * 3, strict=True) for g in (np.concatenate([k, r]), b)]
    with tf.GradientTape() as tape:
        hidden, _ = model.read(tokens)
        total = tf.reduce_sum(hidden * weigh)
    np.testing.assert_allclose(hidden.numpy()[tokens > 0], x.numpy()[tokens > 0], atol=2e-5)
    assert not hidden.numpy()[tokens == 0].any()
    for one, other in zip(tape.gradient(total, ours), wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3 * np.abs(other).max())


def test_padding_changes_nothing(model):
    rows = articles(model, 5, seed=1)
    titles = np.random.default_rng(2).integers(FREE, 90, (5, 6)).astype(np.int32)
    _, memory = model.read(padded(rows, 70))
    together = model.forced(titles, memory).numpy()
    for row, title, features in zip(rows, titles, together, strict=True):
        _, memory = model.read(padded([row]))
        np.testing.assert_allclose(model.forced(title[None], memory).numpy()[0], features, atol=2e-5)


def test_padding_takes_no_part_in_the_loss(model):
    rows, titles = articles(model, 4, seed=3), [[9, 8, END], [7, END], [30, 31, 32, 33, END], [6, END]]
    whole, count = model.loss(padded(rows, 64), padded(titles, 20), training=False)
    each = [
        model.loss(padded([row]), padded([title]), training=False)[0] for row, title in zip(rows, titles, strict=True)
    ]
    assert int(count) == sum(map(len, titles))
    assert float(whole) == pytest.approx(sum(map(float, each)), rel=1e-5)


# ---- the title, piece by piece ---------------------------------------------------------------------------------
def test_steps_are_what_teacher_forcing_computes(model):
    rows = articles(model, 3, seed=4)
    titles = np.random.default_rng(5).integers(FREE, 90, (3, 8)).astype(np.int32)
    tokens = padded(rows)
    hidden, memory = model.read(tokens)
    forced = model.forced(titles, memory).numpy()
    features, h, c = model.first(hidden, memory, (tokens > 0).sum(1))
    np.testing.assert_allclose(features, forced[:, 0], atol=2e-5)
    for t in range(7):
        features, h, c = model.step(titles[:, t : t + 1], None, memory, h, c)
        np.testing.assert_allclose(features[:, 0], forced[:, t + 1], atol=2e-5)


def test_the_loss_is_that_of_the_probabilities(model):
    """What is trained, and what is decoded with."""
    source, title = articles(model, 1, seed=6)[0], [20, 21, 8, END]
    loss, _ = model.loss(padded([source]), padded([title]), training=False)
    p = forced_log_probs(model, source, np.array([title[:-1]]))[0]
    assert float(loss) == pytest.approx(-sum(p[t, piece] for t, piece in enumerate(title)), rel=1e-5)


def test_scores_are_the_models_own(model, decoder):
    source = articles(model, 1, seed=7)[0]
    for hypothesis in decoder.decode([source], Rules(longest=10, no_repeat=0))[0]:
        written = [*hypothesis.pieces, END] if hypothesis.finished else list(hypothesis.pieces)
        p = forced_log_probs(model, source, np.array([hypothesis.pieces], np.int32))[0]
        wanted = sum(p[t, piece] for t, piece in enumerate(written)) / len(written)
        assert hypothesis.score == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("method", ["beam", "sample", "shrinking"])
def test_together_as_alone(model, decoder, method):
    rules = Rules(method=method, longest=12, seed=5)
    sources = articles(model, 7, seed=8)
    for source, hypotheses in zip(sources, decoder.decode(sources, rules), strict=True):
        (alone,) = decoder.decode([source], rules)
        assert [h.pieces for h in alone] == [h.pieces for h in hypotheses]


@pytest.mark.parametrize("copy", COPIES)
def test_a_wide_beam_finds_the_best_of_all(tmp_path, copy):
    """Over all titles of up to three pieces, by brute force."""
    pieces = tiny_vocabulary()[:20]
    model = Seq2SeqModel(tiny_folder(tmp_path, copy, pieces))
    source = articles(model, 1, seed=9)[0]
    rules = Rules(width=80, shortest=1, longest=4, penalty=0.7, no_repeat=0)
    found = max((h for h in a_decoder(model).decode([source], rules)[0] if h.finished), key=lambda h: h.score)
    best, scores = (), -np.inf
    for length in (1, 2, 3):
        rows = np.array(list(itertools.product(range(FREE, len(pieces)), repeat=length)))
        p = forced_log_probs(model, source, rows)
        written = np.concatenate([rows, np.full((len(rows), 1), END)], 1)
        total = np.take_along_axis(p, written[..., None], -1).sum((1, 2)) / (length + 1) ** 0.7
        if total.max() > scores:
            best, scores = tuple(rows[total.argmax()].tolist()), total.max()
    assert found.pieces == best
    assert found.score == pytest.approx(scores, abs=1e-4)


def test_the_prior_draws_to_what_stands_in_the_article(tmp_path):
    """The same weights with the prior on and off: on, the article's pieces gain and no other does."""
    on = Seq2SeqModel(tiny_folder(tmp_path))
    off = Seq2SeqModel(tmp_path / "prior", copy="none")
    on.head.variables["copy.shift"].assign(np.zeros(on.vocabulary))
    source = [2, 10, 11, 12, 11, END]
    tokens = padded([source], 9)
    hidden, memory = on.read(tokens)
    features = on.forced(padded([[10, END]]), memory)
    logits = on.logits(features, memory).numpy()
    p = on.head.log_probs(on.head.prepare(hidden, tokens), features, logits).numpy()
    plain = off.head.log_probs(off.head.prepare(hidden, tokens), features, logits / 2).numpy()
    gain = (p - plain)[0, 0]
    scale = np.exp(on.head.variables["copy.log_scale"].numpy())
    others = np.setdiff1d(np.arange(on.vocabulary), source)
    np.testing.assert_allclose(gain[others], gain[others[0]], atol=1e-4)
    there = np.unique(source)
    np.testing.assert_allclose(gain[there] - gain[others[0]], scale[there] / 2, atol=1e-4)


# ---- kept ------------------------------------------------------------------------------------------------------
def test_saved_and_loaded(model, tmp_path):
    model.save(tmp_path / "out")
    again = Seq2SeqModel(tmp_path / "out")
    assert (again.copy, again.max_source, again.sizes) == (model.copy, model.max_source, model.sizes)
    for one, other in zip(model.variables, again.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-3, atol=1e-3)  # float16
