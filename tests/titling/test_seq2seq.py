"""The model of 2018 on tiny sizes: held to tf_keras' own layers, to itself step by step, and to brute force."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from core import backend, bert
from core.__main__ import main
from core.decoding import Decoder, Rules
from core.errors import VisitorError, WeightsError
from core.service import Service
from core.titling import data
from core.titling.seq2seq import Seq2SeqModel
from core.titling.seq2seq_config import COPIES, Sizes
from core.titling.seq2seq_weights import first_tensors
from core.titling.task import Decoding, Titler
from core.titling.train import Options, train
from core.training import Settings
from core.weights import store
from tests.conftest import tiny_vocabulary

END, FREE = 3, 5  # id of [SEP], and of the first piece that is no special one


def tiny_folder(parent: Path, copy: str = "prior", vocabulary: list[str] | None = None, noise: float = 0.3) -> Path:
    """Weights of width 24 with noise so large that probabilities are far from even."""
    pieces = vocabulary or tiny_vocabulary()
    sizes = Sizes(len(pieces), 16, 24, 2, 5)
    rng = np.random.default_rng(7)
    tensors = {n: t + rng.normal(0, noise, t.shape) for n, t in first_tensors(sizes).items()}
    tensors["output.bias"][END] += 3
    if copy == "prior":
        tensors |= {n: rng.normal(0.5, 0.5, len(pieces)) for n in ("copy.log_scale", "copy.shift")}
    bert.write_folder(parent / copy, sizes.config(copy, 60), "\n".join(pieces) + "\n", tensors, half=False)
    return parent / copy


@pytest.fixture(scope="module", params=COPIES)
def model(request, tmp_path_factory) -> Seq2SeqModel:
    return Seq2SeqModel(tiny_folder(tmp_path_factory.mktemp("seq2seq"), request.param))


@pytest.fixture(scope="module")
def decoder(model) -> Decoder:
    return a_decoder(model)


def a_decoder(model: Seq2SeqModel) -> Decoder:
    return Decoder(model, model.head, END, (0, 1, 2, 4))


def articles(model: Seq2SeqModel, count: int, seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    size = model.sizes.vocab_size
    return [[2, *rng.integers(FREE, size, rng.integers(1, 40)).tolist(), END] for _ in range(count)]


def padded(rows: list[list[int]], length: int | None = None) -> np.ndarray:
    array = np.zeros((len(rows), length or max(map(len, rows))), np.int32)
    for row, values in zip(array, rows, strict=True):
        row[: len(values)] = values
    return array


def forced_log_probs(model: Seq2SeqModel, source: list[int], written: np.ndarray) -> np.ndarray:
    """log p of the next piece after each prefix of the rows of `written` (n, T): (n, T + 1, vocabulary)."""
    tokens = np.repeat([source], len(written), 0).astype(np.int32)
    hidden, memory = model.read(tokens)
    features = model.forced(np.pad(written, [(0, 0), (0, 1)]).astype(np.int32), memory)
    return model.head.log_probs(model.head.prepare(hidden, tokens), features, model.logits(features, memory)).numpy()


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


# ---- text in, titles out ---------------------------------------------------------------------------------------
def test_a_titler_of_it(tmp_path):
    titler = Titler(tiny_folder(tmp_path))
    assert titler.model == "seq2seq"
    text = "新闻记者今天从上海市公司获悉,研究表明采用该模型可提高准确率。"
    result = titler.title(text, Decoding(max_length=12))
    assert len(result.titles) == 3
    *_, last = titler.stream(text, Decoding(max_length=12))
    assert last.titles == result.titles
    titler.warm_up()


def test_saved_and_loaded(model, tmp_path):
    model.save(tmp_path / "out")
    again = Seq2SeqModel(tmp_path / "out")
    assert (again.copy, again.max_source, again.sizes) == (model.copy, model.max_source, model.sizes)
    for one, other in zip(model.variables, again.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-3, atol=1e-3)  # float16


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


def test_a_copy_head_it_lacks(tiny_titling_folder):
    with pytest.raises(VisitorError) as caught:
        Seq2SeqModel(tiny_titling_folder, copy="pointer")
    assert caught.value.key == "bad_choice"


# ---- training --------------------------------------------------------------------------------------------------
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
    options = Options(None, 48, 512, model="seq2seq", settings=Settings(epochs=2, rate=1e-2, warm_up=1, compile=True))
    table = train([path], [path], tiny_titling_folder, tmp_path / "out", options)
    assert [row["epoch"] for row in table] == [1, 2]
    assert Titler(tmp_path / "out").model == "seq2seq"
    again = train([path], [], tmp_path / "out", tmp_path / "more", options)
    assert again[-1]["loss"] < table[0]["loss"]


# ---- commands --------------------------------------------------------------------------------------------------
def test_commands(tmp_path, tiny_titling_folder, monkeypatch, capsys):
    """`--model seq2seq` asks the embedded weights of that kind, or such a folder, and no other."""
    monkeypatch.setattr(store, "EMBEDDED", tmp_path)
    article = tmp_path / "a.txt"
    article.write_text("今天天气很好。研究表明模型提高准确率。", encoding="utf-8")
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"text": "今天天气很好。", "title": "天气"}), encoding="utf-8")
    asked = ["--model", "seq2seq", "--json"]
    assert main(["title", str(article), *asked]) == 2
    assert "titling-seq2seq" in capsys.readouterr().err
    folder = tiny_folder(tmp_path).rename(tmp_path / "titling-seq2seq")
    assert main(["title", str(article), "--max-length", "8", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "embedded:titling-seq2seq"
    assert main(["score", "titling", "--data", str(pairs), "--weights", str(folder), *asked]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["n"] == 1
    for model, weights in (("unilm", folder), ("seq2seq", tiny_titling_folder)):
        assert main(["title", str(article), "--model", model, "--weights", str(weights)]) == 2
        assert f"not for {model}" in capsys.readouterr().err
    assert main(["title", str(article), "--model", "rnn"]) == 2
    assert main(["score", "triples", "--data", str(pairs), *asked]) == 2


def test_a_service_has_both(tmp_path, tiny_titling_folder, monkeypatch):
    """Beside the usual model, where an installation ships it; a choice of weights is for the usual one."""
    monkeypatch.setattr(store, "EMBEDDED", tmp_path)
    without = Service({"titling": str(tiny_titling_folder)})
    assert not without.offers("titling", "seq2seq")
    with pytest.raises(WeightsError):
        without.titler(model="seq2seq")
    tiny_folder(tmp_path).rename(tmp_path / "titling-seq2seq")
    service = Service({"titling": str(tiny_titling_folder)})
    assert service.offers("titling", "seq2seq")
    assert not service.offers("titling", "unilm")
    assert service.titler(model="seq2seq").weights == "embedded:titling-seq2seq"
    assert service.titler(model="unilm").weights == service.titler().weights == "folder:tiny-titling"
    assert service.state(service.name_of("titling", "seq2seq")).stage == "ready"
