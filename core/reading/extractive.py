"""BERT with a start and an end: the head of transformers' `BertForQuestionAnswering`, read by bert4keras.

Devlin et al. 2019 (arXiv:1810.04805, section 4.3): `[CLS] question [SEP] passage [SEP]`, segments 0 and 1; a place's
two logits say how well an answer starts and ends there; the answer is the best pair, start not behind end; the pair at
[CLS] stands for "no answer".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core import backend, bert
from core.errors import WeightsError
from core.reading import rows
from core.reading.rows import Asked, Span
from core.tokenizer import Pieces, Tokenizer

HEAD = ("qa_outputs.weight", "qa_outputs.bias")
MASK_HEAD = "cls.predictions."  # tensors of a masked language model's head
THRESHOLD = 0.0  # for weights that state none: the pair at [CLS] alone decides
LONGEST = 30  # pieces of an answer, as in the scripts of SQuAD
_QUESTION = 64  # pieces of a question, or less where the model is short
_WINDOW = 384  # pieces of a row, SQuAD's too


def is_extractive(folder: Path) -> bool:
    """Whether a weights folder holds a head of start and end, and none of a masked language model.  Only the names in
    the file are read; False where there is no such file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / bert.WEIGHTS, framework="np") as file:
            names = set(file.keys())
    except (SafetensorError, OSError):
        return False
    return HEAD[0] in names and not any(name.startswith(MASK_HEAD) for name in names)


class ExtractiveModel:
    """One model, shared by callers in any number of threads.

    Args:
        folder: a weights folder with `qa_outputs.weight` (2, width) and `qa_outputs.bias` (2,).

    Raises:
        WeightsError: the folder does not hold such a model.
    """

    methods = ("spans",)

    def __init__(self, folder: Path) -> None:
        self.config = bert.read_config(folder)
        self._stored = self._threshold(folder)
        tensors = bert.read_tensors(folder)
        self.tokenizer = Tokenizer(folder / bert.VOCAB, _lower_case(folder))
        if len(self.tokenizer) > self.config["vocab_size"]:
            raise WeightsError("weights_vocabulary", name=folder.name)
        for name, shape in zip(HEAD, ((2, self.config["hidden_size"]), (2,)), strict=True):
            if name not in tensors:
                raise WeightsError("weights_no_tensor", name=folder.name, tensor=name)
            if tensors[name].shape != shape:
                raise WeightsError("weights_bad_shape", name=folder.name)
        self.max_length = min(_WINDOW, self.config.get("max_position_embeddings", 512))
        self.max_question = min(_QUESTION, self.max_length // 3)
        if self.max_question < 1:
            raise WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG)
        self.transformer = bert.build_from_tensors(self.config, tensors, "encoder", False, 0.0, folder.name)
        tf = backend.load().tf
        encoder = self.transformer.model
        kernel, bias = tf.constant(tensors[HEAD[0]].T), tf.constant(tensors[HEAD[1]])
        ids = tf.TensorSpec((None, None), tf.int32)

        # autograph has nothing to do here, and would read this file again when the graph is traced
        @tf.function(input_signature=[ids, ids], autograph=False)
        def run(tokens, segments):
            return tf.tensordot(tf.cast(encoder([tokens, segments]), tf.float32), kernel, 1) + bias

        self._run = run

    def threshold(self, method: str = "spans") -> float:
        """The probability from which an answer counts, as stored with the weights."""
        return self._stored

    def _threshold(self, folder: Path) -> float:
        """The `threshold` of the section `reading` in config.json, if there is one."""
        settings = self.config.get("reading", {})
        value = settings.get("threshold", THRESHOLD) if isinstance(settings, dict) else None
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG)
        return float(value)

    def logits(self, tokens: np.ndarray, segments: np.ndarray) -> np.ndarray:
        """(batch, length) ids and segments, 0 = padding → (batch, length, 2) float32: start, end."""
        return self._run(np.asarray(tokens, np.int32), np.asarray(segments, np.int32)).numpy()

    def read(self, pairs: Sequence[tuple[str, str]], method: str = "spans", with_places: bool = True) -> list[Span]:
        """The best answer to each question in its passage, in their order; rows of like length in one batch.

        A passage longer than a window is read in several that overlap; the most probable answer of them is taken.

        Args:
            pairs: of question and passage.
            method: "spans", the only one.
            with_places: nothing here: there are no mask places.

        Raises:
            VisitorError: a question is empty or too long.
        """
        todo = rows.cut(pairs, self.tokenizer, self.max_question, self.max_length - self.max_question - 3)
        return rows.best(len(pairs), todo, 3, self._rows)

    def _rows(self, some: list[Asked], length: int) -> list[Span]:
        tokens, segments = (np.zeros((len(some), length), np.int32) for _ in range(2))
        for i, row in enumerate(some):
            line = (self.tokenizer.cls, *row.question, self.tokenizer.sep, *row.window.ids, self.tokenizer.sep)
            tokens[i, : len(line)] = line
            segments[i, len(row.question) + 2 : len(line)] = 1
        logits = self.logits(tokens, segments)
        return [_best(one, len(row.question) + 2, row.window) for row, one in zip(some, logits, strict=True)]


def _best(logits: np.ndarray, first: int, window: Pieces) -> Span:
    """The likeliest pair; logits (length, 2), the window's pieces begin at `first`."""
    n = len(window)
    start, end = logits[first : first + n].astype(np.float64).T
    scores = start[:, None] + end[None, :]
    scores[~_possible(n)] = -np.inf
    none = float(logits[0].astype(np.float64).sum())
    top = max(none, float(scores.max()))
    total = np.exp(none - top) + np.exp(scores - top).sum()
    a, b = np.unravel_index(int(scores.argmax()), scores.shape)
    if none >= scores[a, b]:
        return Span(0, 0, float(np.exp(none - top) / total))
    return Span(window.spans[a][0], window.spans[b][1], float(np.exp(scores[a, b] - top) / total))


def _possible(n: int) -> np.ndarray:
    """(n, n): whether an answer may start at the row's place and end at the column's."""
    apart = np.arange(n)[None, :] - np.arange(n)[:, None]
    return (apart >= 0) & (apart < LONGEST)


def _lower_case(folder: Path) -> bool:
    """What tokenizer_config.json says, if it is there."""
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return True
    return not isinstance(settings, dict) or settings.get("do_lower_case", True) is not False
