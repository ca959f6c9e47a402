"""BERT with a start and an end: the head of transformers' `BertForQuestionAnswering`, read by bert4keras.

Devlin et al. 2019 (arXiv:1810.04805, section 4.3): `[CLS] question [SEP] passage [SEP]`, segments 0 and 1; a place's
two logits say how well an answer starts and ends there; the answer is the best pair, start not behind end; the pair at
[CLS] stands for "no answer".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import backend, bert
from core.errors import VisitorError, WeightsError
from core.reading.batches import LENGTHS, sentence_starts, windows
from core.text import clean
from core.tokenizer import Pieces, Tokenizer

HEAD = ("qa_outputs.weight", "qa_outputs.bias")
MASK_HEAD = "cls.predictions."  # tensors of a masked language model's head
THRESHOLD = 0.0  # for weights that state none: the pair at [CLS] alone decides
LONGEST = 30  # pieces of an answer, as in the scripts of SQuAD
_QUESTION = 64  # pieces of a question, or less where the model is short
_WINDOW = 384  # pieces of a row, SQuAD's too
_PLACES = 8192  # places of a batch


@dataclass(frozen=True)
class Span:
    """The best answer of one passage: characters `start:end` of it, 0 and 0 for none.

    probability: of the pair among all pairs of the window that are possible, and "no answer"; in [0, 1].
    """

    start: int
    end: int
    probability: float


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

    def __init__(self, folder: Path) -> None:
        self.config = bert.read_config(folder)
        self.threshold = self._threshold(folder)
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
            return tf.tensordot(encoder([tokens, segments]), kernel, 1) + bias

        self._run = run

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

    def question(self, text: str) -> tuple[int, ...]:
        """The pieces of a question.

        Raises:
            VisitorError: it has none, or more than the model reads.
        """
        ids = self.tokenizer.encode(clean(text)).ids
        if not ids:
            raise VisitorError("reading_no_question")
        if len(ids) > self.max_question:
            raise VisitorError("reading_question_long", pieces=len(ids), most=self.max_question)
        return ids

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Span]:
        """The best answer to each question in its passage, in their order; rows of like length in one batch.

        A passage longer than a window is read in several that overlap; the most probable answer of them is taken.

        Args:
            pairs: of question and passage.
        Raises:
            VisitorError: a question is empty or too long.
        """
        asked = {text: self.question(text) for text in {q for q, _ in pairs}}
        cut: dict[str, list[Pieces]] = {}
        rows: list[tuple[int, tuple[int, ...], Pieces]] = []
        for i, (question, passage) in enumerate(pairs):
            if passage not in cut:
                cut[passage] = list(self._windows(passage))
            rows += [(i, asked[question], window) for window in cut[passage]]
        best: list[Span] = [Span(0, 0, 0.0)] * len(pairs)
        for (i, _, _), span in zip(rows, self._rows(rows), strict=True):
            best[i] = max(best[i], span, key=lambda s: (s.end > s.start, s.probability))
        return best

    def _windows(self, passage: str) -> Iterator[Pieces]:
        text = clean(passage)
        pieces = self.tokenizer.encode(text)
        room = self.max_length - self.max_question - 3
        for first, last in windows(sentence_starts(text, pieces), len(pieces), room):
            if last > first:
                yield pieces[first:last]

    def _rows(self, rows: Sequence[tuple[int, tuple[int, ...], Pieces]]) -> list[Span]:
        spans: list[Span] = [Span(0, 0, 0.0)] * len(rows)
        todo = sorted(range(len(rows)), key=lambda r: len(rows[r][1]) + len(rows[r][2]))
        while todo:
            size = next((i for i, r in enumerate(todo, 1) if (i + 1) * self._length(rows[r]) > _PLACES), len(todo))
            some, todo = todo[:size], todo[size:]
            length = self._length(rows[some[-1]])
            tokens, segments = (np.zeros((len(some), length), np.int32) for _ in range(2))
            for i, r in enumerate(some):
                _, question, window = rows[r]
                row = (self.tokenizer.cls, *question, self.tokenizer.sep, *window.ids, self.tokenizer.sep)
                tokens[i, : len(row)] = row
                segments[i, len(question) + 2 : len(row)] = 1
            for r, logits in zip(some, self.logits(tokens, segments), strict=True):
                spans[r] = _best(logits, len(rows[r][1]) + 2, rows[r][2])
        return spans

    @staticmethod
    def _length(row: tuple[int, tuple[int, ...], Pieces]) -> int:
        return -(-(len(row[1]) + len(row[2]) + 3) // LENGTHS) * LENGTHS


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
