"""The mask places and the seq2seq way, with tiny random weights."""

import json

import numpy as np
import pytest

from core import backend
from core.errors import VisitorError, WeightsError
from core.reading import batches, rows
from core.reading.batches import Sizes
from core.reading.data import Passage, Question
from core.reading.model import ReadingModel
from core.reading.results import Asking
from core.reading.task import Reader
from tests.reading.conftest import SIZES, write

TEXT = "我在上国，他要用时来了。人们不有的一这中，大为个以了们是和有我他来。"
QUESTION = "谁在上国？"


def looked(model, question, passage):
    """p (places, n + 1), as the model gives it for a row of its own."""
    t = model.tokenizer
    (row,) = rows.cut([(question, passage)], t, SIZES.question, SIZES.passage)
    head = [t.cls, *[t.mask] * SIZES.places, t.sep, *row.question, t.sep]
    tokens = np.array([[*head, *row.window.ids, t.sep]], np.int32)
    p, attention, values, pieces = (x.numpy() for x in model._look(tokens, np.array([len(head)], np.int32)))
    return row, p[0, :, len(head) :], attention[0], values[0], pieces[0]


def test_probabilities_are_those_of_the_pointer_gate(model):
    """Over the whole vocabulary they add up to one, and a piece has the same chance wherever it stands."""
    row, p, attention, _, _ = looked(model, QUESTION, TEXT)
    ids = np.array([*row.window.ids, model.tokenizer.sep])
    assert attention.sum(-1) == pytest.approx(1, abs=1e-5)
    for piece in set(ids.tolist()):
        assert np.ptp(p[:, ids == piece], axis=1) == pytest.approx(0, abs=1e-6)
    _, first = np.unique(ids, return_index=True)
    assert (p[:, first].sum(-1) < 1 + 1e-5).all()


def test_an_answer_is_cut_from_the_passage(model):
    for method in model.methods:
        for passage in (TEXT, TEXT * 4, "我", "\u202e我在\u0000上国", "在𠮷国。" * 30):
            (span,) = model.read([(QUESTION, passage)], method)
            assert 0 <= span.start <= span.end <= len(passage) and 0 <= span.probability <= 1
            if method == "masks":
                (row, *_) = rows.cut([(QUESTION, passage)], model.tokenizer, SIZES.question, SIZES.passage)
                assert 1 <= len(span.places) <= SIZES.places and span.places[-1].chosen == "[SEP]"
                assert all(1 <= len(place.guesses) <= 5 for place in span.places)


def test_guesses_are_the_most_probable_of_all_pieces(model):
    tf = backend.load().tf
    t = model.tokenizer
    row, p, *_ = looked(model, QUESTION, TEXT)
    (span,) = model.read([(QUESTION, TEXT)], "masks")
    head = [t.cls, *[t.mask] * SIZES.places, t.sep, *row.question, t.sep]
    tokens = tf.constant([[*head, *row.window.ids, t.sep]], tf.int32)
    hidden = model.encoder([tokens, tf.zeros_like(tokens)])
    asked = hidden[:, 1 : 1 + SIZES.places]
    there = tf.range(tokens.shape[1])[None] >= len(head)
    memory = model.head.prepare(hidden, tf.where(there, tokens, 0))
    whole = np.exp(model.head.log_probs(memory, asked, model.logits(asked)).numpy()[0])
    for place, given in zip(whole, span.places, strict=False):
        assert [g.probability for g in given.guesses] == pytest.approx(sorted(place, reverse=True)[:5], abs=1e-4)


def test_rows_of_a_batch_do_not_touch_each_other(model):
    pairs = [(QUESTION, TEXT[: 5 * i + 1]) for i in range(7)] + [("我们？", "")]
    for method in model.methods:
        alone = [model.read([pair], method)[0] for pair in pairs]
        for one, other in zip(alone, model.read(pairs, method), strict=True):
            assert (one.start, one.end) == (other.start, other.end)
            assert one.probability == pytest.approx(other.probability, abs=1e-4)


def test_written_answers_stand_in_the_passage(model):
    """Beam search over everything, brought down to what the passage holds, by hand."""
    t = model.tokenizer
    passage = "我在上国我在人们"
    (span,) = model.read([(QUESTION, passage)], "seq2seq")
    assert passage[span.start : span.end] in passage
    ids = t.encode(passage).ids
    source = (t.cls, *t.encode(QUESTION).ids, t.sep, *ids, t.sep)
    from core.decoding import Rules

    for hypothesis in model._decoder.decode([source], Rules(width=4, shortest=0, longest=6, penalty=0, no_repeat=0))[0]:
        n = len(hypothesis.pieces)
        assert not n or any(ids[i : i + n] == hypothesis.pieces for i in range(len(ids)))


def test_what_is_saved_is_loaded(model, tmp_path):
    model.save(tmp_path / "again")
    again = ReadingModel(tmp_path / "again")
    assert again.sizes == model.sizes and again.thresholds == {"masks": 0.25, "seq2seq": 0.5}
    one, other = model.read([(QUESTION, TEXT)], "masks"), again.read([(QUESTION, TEXT)], "masks")
    assert one[0].probability == pytest.approx(other[0].probability, abs=2e-3)  # stored as float16


def test_a_reader_of_such_weights(folder):
    reader = Reader(folder, "folder:tiny")
    assert reader.methods == ("masks", "seq2seq") and (reader.threshold(), reader.threshold("seq2seq")) == (0.25, 0.5)
    result = reader.answer(QUESTION, TEXT, Asking(threshold=0.0))
    assert result.method == "masks" and result.candidates[0].places
    assert reader.answer(QUESTION, TEXT, Asking(threshold=0.0, method="seq2seq")).method == "seq2seq"
    with pytest.raises(VisitorError) as caught:
        reader.answer(QUESTION, TEXT, Asking(method="spans"))
    assert caught.value.key == "reading_method"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"places": "6"}, "weights_bad_file"),
        ({"places": 1}, "out_of_range"),
        ({"passage": 4000}, "out_of_range"),
        ({"thresholds": {"masks": 2}}, "weights_bad_file"),
        ({"thresholds": 3}, "weights_bad_file"),
    ],
)
def test_settings_that_cannot_be(tmp_path, settings, key):
    with pytest.raises(VisitorError) as caught:
        ReadingModel(write(tmp_path / "bad", 0.1, **{"places": 6, "question": 12, "passage": 40, **settings}))
    assert caught.value.key == key


@pytest.mark.parametrize("change", [lambda pieces: pieces[:-1], lambda pieces: [*pieces, "甲乙"]], ids=["less", "more"])
def test_a_vocabulary_of_another_model(tmp_path, change):
    folder = write(tmp_path / "bad", 0.1, places=6, question=12, passage=40)
    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    (folder / "vocab.txt").write_text("\n".join(change(pieces)) + "\n", encoding="utf-8")
    with pytest.raises(WeightsError) as caught:
        ReadingModel(folder)
    assert caught.value.key == "weights_vocabulary"


def test_weights_without_a_pointer(tmp_path, base):
    folder = write(tmp_path / "bad", 0.1)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "reading": {"places": 6, "question": 9, "passage": 40}}))
    with pytest.raises(WeightsError) as caught:
        ReadingModel(folder)
    assert caught.value.key == "weights_no_tensor"
    assert ReadingModel(base, Sizes(4, 8, 40)).sizes.places == 4  # a base gets a new one


def test_both_losses_are_what_they_say(model):
    """-log of the probabilities that reading uses."""
    questions = [Question(QUESTION, (Passage(TEXT, ("他要用",)),), ()), Question(QUESTION, (Passage("天气", ()),), ())]
    examples, _ = batches.encode(questions, model.tokenizer, SIZES)
    some = list(batches.rows(examples, 0.0, 1.0, SIZES.passage, np.random.default_rng(0)))
    some.sort(key=lambda row: -row.length)
    arrays = batches.collate(some, model.tokenizer, SIZES.places)
    total, count = model.masks_loss(*arrays, training=False)
    tokens, first, starts, targets = arrays
    p, attention, _, _ = (x.numpy() for x in model._look(tokens, first))
    wanted = 0.0
    for i, row in enumerate(some):
        n = row.length
        places = [np.flatnonzero(tokens[i, first[i] :] == piece)[0] + first[i] for piece in targets[i, : n + 1]]
        wanted -= np.mean([np.log(p[i, k, at]) for k, at in enumerate(places)])
        wanted -= 0.5 * sum(np.log(attention[i, k, starts[i, 0] + k]) for k in range(n)) / max(n, 1)
    assert int(count) == 2 and float(total) == pytest.approx(wanted, rel=1e-3)
    total, count = model.seq2seq_loss(*batches.collate_seq2seq(some, model.tokenizer)[:4], training=False)
    assert int(count) == 2 and np.isfinite(float(total))


def test_torch_computes_the_same_losses(model, folder):
    """The recipe's network is the twin of the model, where torch is installed."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from recipes.finetuning.network import ReadingNetwork
    from recipes.pretraining.network import Machine

    network = ReadingNetwork(model.config, 0.0).eval()
    network.load(folder)
    machine = Machine("cpu", "float32", "no")
    questions = [Question(QUESTION, (Passage(TEXT, ("他要用",)),), ()), Question("天气？", (Passage("天气", ()),), ())]
    examples, _ = batches.encode(questions, model.tokenizer, SIZES)
    some = list(batches.rows(examples, 0.0, 1.0, SIZES.passage, np.random.default_rng(0)))
    for arrays, loss in (
        (batches.collate(some, model.tokenizer, SIZES.places), model.masks_loss),
        (batches.collate_seq2seq(some, model.tokenizer), model.seq2seq_loss),
    ):
        total, count = loss(*arrays[:4], training=False)
        with torch.no_grad():
            assert float(network.loss(arrays, machine)) == pytest.approx(float(total) / float(count), rel=1e-4)
    tensors = network.tensors()
    assert all(np.isfinite(tensor).all() for tensor in tensors.values()) and "copy.gate.bias" in tensors


def test_a_long_question_is_refused_before_it_is_cut_into_pieces():
    with pytest.raises(VisitorError) as caught:
        rows.question_ids("!" * 1_000_000, None, 64)
    assert caught.value.key == "reading_question_long"
