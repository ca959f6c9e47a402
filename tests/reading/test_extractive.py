"""The head of start and end: as transformers computes it, and what is made of its logits."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.errors import VisitorError, WeightsError
from core.reading import extractive, rows
from core.reading.extractive import ExtractiveModel, is_extractive
from core.reading.rows import Span
from core.tokenizer import Pieces

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDER = FIXTURES / "bert-qa"
TEXT = "我在上国，他要用时来了。人们不有的一这中，大为个以了们是和有我他来。"


@pytest.fixture(scope="module")
def model():
    return ExtractiveModel(FOLDER)


def test_logits_are_those_of_transformers(model):
    """The padded batch of `fixtures/make_bert_qa.py`; 1e-4 is the bound, 1e-6 the habit."""
    wanted = np.load(FOLDER / "logits.npz")
    logits = model.logits(wanted["ids"], wanted["segments"])
    assert logits.shape == wanted["logits"].shape
    real = wanted["mask"] > 0
    assert np.abs(logits - wanted["logits"])[real].max() < 1e-4
    assert np.abs(wanted["logits"][real]).max() > 0.1


def test_which_folders_are_of_this_kind(tmp_path, tiny_titling_folder):
    assert is_extractive(FOLDER)
    assert not is_extractive(FIXTURES / "bert-gelu")
    assert not is_extractive(tiny_titling_folder)
    assert not is_extractive(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no")
    assert not is_extractive(tmp_path)


def test_the_answer_is_the_best_pair(model):
    """Against the definition: all pairs, one after the other, and the softmax over them."""
    question = "谁在上国？"
    (span,) = model.read([(question, TEXT)])
    q, p = model.tokenizer.encode(question), model.tokenizer.encode(TEXT)
    row = [model.tokenizer.cls, *q.ids, model.tokenizer.sep, *p.ids, model.tokenizer.sep]
    first = len(q) + 2
    segments = [[0] * first + [1] * (len(p) + 1)]
    start, end = model.logits(np.array([row]), np.array(segments))[0].astype(float).T
    scores = {(a, b): start[first + a] + end[first + b] for a in range(len(p)) for b in range(a, min(len(p), a + 30))}
    none = start[0] + end[0]
    best = max(scores, key=scores.get)
    total = np.exp(none) + sum(map(np.exp, scores.values()))
    if none >= scores[best]:
        assert span == Span(0, 0, pytest.approx(np.exp(none) / total, abs=1e-5))
    else:
        assert (span.start, span.end) == (p.spans[best[0]][0], p.spans[best[1]][1])
        assert span.probability == pytest.approx(np.exp(scores[best]) / total, abs=1e-5)


def logits(**values):
    """Logits of `[CLS] question [SEP] passage [SEP]` with a question of one piece and a passage of 40."""
    out = np.full((44, 2), -5.0, np.float32)
    for name, value in values.items():
        kind, place = name.split("_")
        out[int(place), int(kind == "end")] = value
    return out


WINDOW = Pieces(tuple(range(40)), tuple((2 * i, 2 * i + 1) for i in range(40)))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"start_5": 9, "end_7": 9}, (4, 9)),  # pieces 2 to 4 of the passage, which begins at place 3
        ({"start_7": 9, "end_5": 9, "end_8": 0}, (8, 11)),  # not backwards
        ({"start_3": 9, "end_42": 9, "end_4": 0}, (0, 3)),  # not longer than 30 pieces
        ({"start_1": 99, "end_1": 99, "start_9": 1, "end_9": 1}, (12, 13)),  # not in the question
        ({"start_43": 99, "end_43": 99, "start_9": 1, "end_9": 1}, (12, 13)),  # not at the last [SEP]
        ({"start_0": 9, "end_0": 9, "start_9": 8, "end_9": 8}, (0, 0)),  # no answer
        ({"start_0": 9, "end_0": 5, "start_9": 8, "end_9": 8}, (12, 13)),  # both of [CLS] together
    ],
)
def test_pairs(values, wanted):
    span = extractive._best(logits(**values), 3, WINDOW)
    assert (span.start, span.end) == wanted
    assert 0.5 < span.probability <= 1


def test_huge_logits_give_no_nan():
    span = extractive._best(logits(start_5=3e4, end_7=3e4), 3, WINDOW)
    assert span == Span(4, 9, 1.0)


def test_batches_do_not_mix_passages(model, monkeypatch):
    """Passages of all lengths, together and one by one, also where a batch holds a row alone."""
    pairs = [("谁在上国？", TEXT[: 3 * i + 1]) for i in range(len(TEXT) // 3)] + [("我们？", "")]
    alone = [model.read([pair])[0] for pair in pairs]
    monkeypatch.setattr(rows, "PLACES", 100)
    for one, other in zip(alone, model.read(pairs), strict=True):
        assert (one.start, one.end) == (other.start, other.end)
        assert one.probability == pytest.approx(other.probability, abs=1e-4)
    assert alone[-1] == Span(0, 0, 0.0)
    assert model.read([]) == []


@pytest.mark.parametrize("lengths", [[20] * 200 + [300], [5] * 3, [rows.PLACES + 1] * 2, [100, 200, 300] * 50])
def test_batches_keep_their_size(lengths):
    todo = [rows.Asked(i, (), Pieces((1,) * n, ((0, 1),) * n)) for i, n in enumerate(lengths)]
    found = list(rows.together(todo, 3))
    assert sorted(i for some, _ in found for i in some) == list(range(len(todo)))
    for some, length in found:
        assert max(lengths[i] for i in some) + 3 <= length
        assert len(some) == 1 or len(some) * length <= rows.PLACES


def test_a_long_passage_is_read_in_windows(model, monkeypatch):
    """The answer of the surest window, at its place in the passage."""

    def sure_of(character):
        def run(tokens, segments):
            out = np.full((*tokens.shape, 2), -5.0, np.float32)
            out[(tokens == model.tokenizer.encode(character).ids[0]) & (segments == 1)] = 9
            return out

        return run

    text = "我在上国。" * 30 + "他" + "我在上国。" * 30
    monkeypatch.setattr(model, "logits", sure_of("他"))
    (span,) = model.read([("谁？", text)])
    assert text[span.start : span.end] == "他"


@pytest.mark.parametrize(
    ("question", "key"), [("", "no_question"), (" \n\x00", "no_question"), ("谁" * 500, "question_long")]
)
def test_questions_that_cannot_be_asked(model, question, key):
    with pytest.raises(VisitorError) as caught:
        model.read([(question, TEXT)])
    assert caught.value.key == f"reading_{key}"
    assert "{" not in caught.value.sentence("zh")


def _without_head(folder, tensors):
    del tensors["qa_outputs.bias"]


def _three_outputs(folder, tensors):
    tensors["qa_outputs.weight"] = np.zeros((3, 32), np.float32)


def _threshold(folder, tensors):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "reading": {"threshold": "0.5"}}))


def _short(folder, tensors):
    lines = (folder / "vocab.txt").read_text(encoding="utf-8")
    (folder / "vocab.txt").write_text(lines + "甲\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_without_head, "weights_no_tensor"),
        (_three_outputs, "weights_bad_shape"),
        (_threshold, "weights_bad_file"),
        (_short, "weights_vocabulary"),
    ],
)
def test_broken_folders(tmp_path, change, key):
    folder = tmp_path / "broken"
    shutil.copytree(FOLDER, folder)
    tensors = load_file(folder / "model.safetensors")
    change(folder, tensors)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(WeightsError) as caught:
        ExtractiveModel(folder)
    assert caught.value.key == key


def test_a_cased_vocabulary(tmp_path):
    """tokenizer_config.json says whether letters are lowered; nothing there: they are."""
    folder = tmp_path / "cased"
    folder.mkdir()
    assert extractive._lower_case(folder)
    for content, wanted in [('{"do_lower_case": false}', False), ("{}", True), ("[" * 9999, True), ("[]", True)]:
        (folder / "tokenizer_config.json").write_text(content)
        assert extractive._lower_case(folder) is wanted
