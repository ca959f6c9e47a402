"""Beam search and sampling with a cache, held to bert4keras' own decoder and to brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core import backend, bert
from core.cached_bert import CachedBert
from core.decoding import Decoder, Rules
from core.titling.copying import HEADS, KINDS

END, SIZE = 3, 40
CONFIG = {
    "vocab_size": SIZE, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 96, "type_vocab_size": 2, "model_type": "bert", "hidden_act": "gelu",
}  # fmt: skip
BANNED = (0, 1, 2, 4)


@pytest.fixture(scope="module")
def transformer():
    """Random weights ten times as large as usual: the probabilities are far from even, and ends occur."""
    tensors = bert.random_tensors(CONFIG, seed=1)
    rng = np.random.default_rng(2)
    tensors = {n: t + rng.normal(0, 0.3, t.shape).astype(np.float32) for n, t in tensors.items()}
    tensors["cls.predictions.bias"][END] += 5
    transformer = bert.build_from_tensors(CONFIG, tensors, "unilm")
    tf = backend.load().tf
    ids = tf.TensorSpec([None, None], tf.int32)
    transformer.logits = tf.function(lambda t, s: transformer.model([t, s]), input_signature=[ids, ids])
    return transformer


def a_decoder(transformer, kind="none", tensors=None) -> Decoder:
    return Decoder(CachedBert(transformer, CONFIG), HEADS[kind](32, SIZE, tensors or {}), END, BANNED)


@pytest.fixture(scope="module")
def decoder(transformer):
    return a_decoder(transformer)


def articles(count: int, seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [[2, *rng.integers(5, SIZE, rng.integers(3, 40)).tolist(), END] for _ in range(count)]


def log_probs(transformer, source, written) -> np.ndarray:
    """log p of the next piece after each prefix, by one uncached pass of bert4keras' model."""
    tokens = np.array([[*source, *written]])
    segments = np.array([[0] * len(source) + [1] * len(written)])
    return log_probs_of(transformer, tokens, segments)[0, len(source) - 1 :]


def log_probs_of(transformer, tokens, segments) -> np.ndarray:
    logits = transformer.logits(tokens.astype(np.int32), segments.astype(np.int32)).numpy()
    return logits - np.logaddexp.reduce(logits, -1, keepdims=True)


def test_fifty_articles_as_bert4keras_decodes_them(transformer, decoder):
    """`AutoRegressiveDecoder.beam_search` under its own rules gives the same pieces."""
    snippets = backend.snippets()

    class Reference(snippets.AutoRegressiveDecoder):
        @snippets.AutoRegressiveDecoder.wraps(default_rtype="probas")
        def predict(self, inputs, output_ids, states):
            tokens = np.concatenate([inputs[0], output_ids], 1)
            segments = np.concatenate([np.zeros_like(inputs[0]), np.ones_like(output_ids)], 1)
            p = np.exp(log_probs_of(transformer, tokens, segments)[:, -1])
            p[:, list(BANNED)] = 0
            return p

    reference = Reference(start_id=None, end_id=END, maxlen=16)
    rules = Rules(method="shrinking", width=3, shortest=0, longest=16, penalty=0.0, no_repeat=0)
    sources = articles(50)
    ours = decoder.decode(sources, rules)
    ends = 0
    for source, hypotheses in zip(sources, ours, strict=True):
        theirs = [int(p) for p in reference.beam_search([np.array(source)], topk=3) if p != END]
        assert list(hypotheses[0].pieces) == theirs
        ends += hypotheses[0].finished
    assert 5 < ends < 50  # both ways of stopping were met


@pytest.mark.parametrize("method", ["beam", "sample", "shrinking"])
def test_padding_changes_nothing(decoder, method):
    rules = Rules(method=method, longest=12, seed=5)
    sources = articles(9, seed=3)
    together = decoder.decode(sources, rules)
    for source, hypotheses in zip(sources, together, strict=True):
        (alone,) = decoder.decode([source], rules)
        assert [h.pieces for h in alone] == [h.pieces for h in hypotheses]
        np.testing.assert_allclose([h.score for h in alone], [h.score for h in hypotheses], atol=1e-5)


def test_a_wide_beam_finds_the_best_of_all(transformer, decoder):
    """Over all sequences of up to 3 pieces, by brute force."""
    source = articles(1, seed=8)[0]
    rules = Rules(width=60, shortest=1, longest=3, penalty=0.7, no_repeat=0)
    best = max(h.score for h in decoder.decode([source], rules)[0] if h.finished)
    free = range(5, SIZE)
    scores = []
    for length in (1, 2):
        rows = np.array(list(itertools.product(free, repeat=length)))
        tokens = np.concatenate([np.repeat([source], len(rows), 0), rows], 1)
        segments = np.repeat([[0] * len(source) + [1] * length], len(rows), 0)
        p = log_probs_of(transformer, tokens, segments)[:, len(source) - 1 :]
        written = np.concatenate([rows, np.full((len(rows), 1), END)], 1)
        total = np.take_along_axis(p, written[..., None], -1).sum((1, 2))
        scores.append((total / (length + 1) ** 0.7).max())
    assert best == pytest.approx(max(scores), abs=1e-4)


def test_scores_are_the_models_own(transformer, decoder):
    source = articles(1, seed=4)[0]
    for hypothesis in decoder.decode([source], Rules(longest=10, no_repeat=0))[0]:
        written = [*hypothesis.pieces, END] if hypothesis.finished else list(hypothesis.pieces)
        p = log_probs(transformer, source, list(hypothesis.pieces))
        wanted = sum(p[i, piece] for i, piece in enumerate(written)) / len(written)
        assert hypothesis.score == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_ngram_twice(decoder, n):
    for hypotheses in decoder.decode(articles(12, seed=6), Rules(shortest=20, longest=24, no_repeat=n)):
        for h in hypotheses:
            grams = [h.pieces[i : i + n] for i in range(len(h.pieces) - n + 1)]
            assert len(grams) == len(set(grams))


def test_without_the_rule_they_do_repeat(decoder):
    """Else the test above would prove nothing."""
    grams = []
    for hypotheses in decoder.decode(articles(12, seed=6), Rules(shortest=20, longest=24, no_repeat=0)):
        for h in hypotheses:
            pairs = [h.pieces[i : i + 2] for i in range(len(h.pieces) - 1)]
            grams.append(len(pairs) != len(set(pairs)))
    assert any(grams)


@pytest.mark.parametrize("method", ["beam", "sample"])
def test_lengths_and_banned_pieces(decoder, method):
    for hypotheses in decoder.decode(articles(12, seed=7), Rules(method=method, shortest=5, longest=9)):
        assert hypotheses
        for h in hypotheses:
            assert 5 <= len(h.pieces) <= 9
            assert not set(h.pieces) & set(BANNED)


def test_written_in_strides_as_at_once(decoder):
    rules, sources = Rules(longest=14), articles(4, seed=9)
    memory, state = decoder.start(sources, rules)
    for until in range(1, 15):
        state = decoder.advance(memory, state, rules, until)
    at_once = decoder.decode(sources, rules)
    assert [[h.pieces for h in hs] for hs in decoder.results(state, rules)] == [
        [h.pieces for h in hs] for hs in at_once
    ]


class TestSampling:
    def test_a_seed_decides(self, decoder):
        sources = articles(3, seed=10)
        first, again, other = (decoder.decode(sources, Rules(method="sample", seed=s)) for s in (1, 1, 2))
        assert first == again
        assert first != other

    def test_cold_is_greedy(self, decoder):
        sources = articles(4, seed=11)
        cold = decoder.decode(sources, Rules(method="sample", width=1, temperature=1e-3, no_repeat=0))
        greedy = decoder.decode(sources, Rules(method="shrinking", width=1, no_repeat=0))
        assert [h[0].pieces for h in cold] == [h[0].pieces for h in greedy]

    @pytest.mark.parametrize("limits", [{"top_k": 1}, {"top_p": 0.01}])
    def test_only_the_likeliest_is_greedy(self, decoder, limits):
        sources = articles(4, seed=12)
        kept = decoder.decode(sources, Rules(method="sample", width=2, no_repeat=0, **limits))
        greedy = decoder.decode(sources, Rules(method="shrinking", width=1, no_repeat=0))
        assert [h[0].pieces for h in kept] == [h[0].pieces for h in greedy]

    def test_pieces_come_as_often_as_they_should(self, transformer, decoder):
        """First pieces of 4,000 samples against the model's probabilities (total variation distance)."""
        source = articles(1, seed=13)[0]
        rules = Rules(method="sample", width=4000, shortest=0, longest=1, no_repeat=0)
        memory, state = decoder.start([source], rules)
        pieces = decoder.advance(memory, state, rules)["live"].numpy()[0, :, 0]
        p = np.exp(log_probs(transformer, source, [])[-1])
        p[list(BANNED)] = 0
        counts = np.bincount(pieces, minlength=SIZE) / len(pieces)
        assert np.abs(counts - p / p.sum()).sum() / 2 < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_every_copy_head_decodes_what_it_was_trained_for(transformer, kind):
    """The likelihood a head is trained on and the probabilities it decodes with are the same numbers."""
    tf = backend.load().tf
    rng = np.random.default_rng(0)
    shapes = HEADS[kind].shapes(32, SIZE)
    head = HEADS[kind](32, SIZE, {n: rng.normal(0, 0.3, s) for n, s in shapes.items()})
    ids = tf.constant([[2, 7, 8, 9, 7, 3, 0], [2, 30, 31, 3, 0, 0, 0]])
    source, hidden = (tf.constant(rng.normal(size=(2, n, 32)), tf.float32) for n in (7, 4))
    logits = tf.constant(rng.normal(size=(2, 4, SIZE)), tf.float32)
    targets = tf.constant([[7, 8, 20, 3], [31, 12, 3, 0]])
    memory = head.prepare(source, ids)
    p = head.log_probs(memory, hidden, logits)
    np.testing.assert_allclose(np.exp(p).sum(-1), 1, atol=1e-4)
    trained = head.log_likelihood(memory, hidden, logits, targets, tf.zeros_like(targets))
    if kind == "bio":
        trained -= head.tag_log_probs(hidden)[..., 0]
    np.testing.assert_allclose(
        trained, np.take_along_axis(p.numpy(), targets.numpy()[..., None], -1)[..., 0], atol=1e-4
    )


def test_bio_tags_hold_the_title_to_the_article(transformer):
    """With the tags forced to B and I, everything written stands in the article."""
    bias = np.array([-50, 0, 3], np.float32)
    decoder = a_decoder(transformer, "bio", {"copy.tag.weight": np.zeros((32, 3)), "copy.tag.bias": bias})
    for source, hypotheses in zip(
        articles(6, seed=14), decoder.decode(articles(6, seed=14), Rules(longest=10)), strict=True
    ):
        for h in hypotheses:
            assert set(h.pieces) <= set(source)
