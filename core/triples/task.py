"""Text in, triples out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import backend, batch_sizes, patience
from core.errors import VisitorError, WeightsError
from core.text import clean, is_mostly_chinese
from core.tokenizer import Pieces
from core.triples.model import OBJECT_POWER, SUBJECT_POWER, TriplesModel
from core.triples.schema import VALUE
from core.triples.spans import Found, spans, windows

MAX_CHARACTERS = 100_000
FLOOR = 0.05  # triples less probable than this are not kept in a result
CANDIDATE = 0.1  # less probable starts and ends of subjects and objects are not looked at
_MOST_SUBJECTS = 32  # of a window: a model that has learned little sees subjects everywhere
_ROOM = 126  # pieces of a window of a long text: the post's 128 with [CLS] and [SEP]
_PLACES = 4096  # places of an encoder's batch
_ANSWERS = 1 << 14  # places of a batch of questions for objects
_LENGTHS = 32  # lengths of batches are multiples of this, so that few graphs are traced
_TEXTS = 64  # texts read together


@dataclass(frozen=True)
class Mention:
    """Words of the text: `text == original[start:end]`, and their type by the schema (such as "人物")."""

    text: str
    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Slot:
    """A further value of a triple, as DuIE 2.0 has them: `name` such as "inWork", the words, and a probability."""

    name: str
    value: Mention
    probability: float


@dataclass(frozen=True)
class Triple:
    """Subject, predicate, object.

    probability: P(s)·P(p, o | s), in (0, 1].  slots: further values that belong to it, mostly none.
    """

    subject: Mention
    predicate: str
    object: Mention
    probability: float
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class TripleResult:
    """Triples in the order in which their subjects and objects stand in the text, and how they came about.

    triples: *all* down to the probability `FLOOR`, so that another threshold needs no further run of the model:
        `above(t)` gives those that count at t.  Equal triples are one, the most probable
        (of equally probable ones the first).
    threshold: from which probability triples count: the one that was asked for, else the one tuned on held-out data.
    tuned: the tuned one.  predicates: the schema's, in its order.
    characters: of the text.  windows: how many the text was read in.
    weights, device: what answered, and where.  seconds: from question to answer.
    notice: a key of `core.messages.SENTENCES` that the reader should see, or None.
    """

    triples: tuple[Triple, ...]
    threshold: float
    tuned: float
    predicates: tuple[str, ...]
    characters: int
    windows: int
    weights: str
    device: str
    seconds: float
    notice: str | None

    def above(self, threshold: float | None = None) -> tuple[Triple, ...]:
        """The triples whose probability is at least `threshold`; None: the result's own."""
        least = self.threshold if threshold is None else threshold
        return tuple(t for t in self.triples if t.probability >= least)


@dataclass(frozen=True)
class Extraction:
    """How triples are chosen.

    threshold: probability from which a triple counts, `FLOOR` to 1; None: the one tuned on held-out data, which is
    stored with the weights.
    """

    threshold: float | None = None

    def checked(self) -> Extraction:
        """Itself.

        Raises:
            VisitorError: the threshold is no number of its range.
        """
        value = self.threshold
        if value is not None and (not isinstance(value, int | float) or not FLOOR <= value <= 1):
            raise VisitorError("out_of_range", name="threshold", least=FLOOR, most=1)
        return self


@dataclass(frozen=True)
class _Window:
    """Part of a text: which text, and its pieces."""

    text: int
    pieces: Pieces


class Extractor:
    """One model, shared by callers in any number of threads.

    Args:
        folder: triples weights.
        weights: the name under which results say who answered; the folder's own when empty.

    Raises:
        WeightsError: the folder does not hold a triples model.
    """

    def __init__(self, folder: Path, weights: str = "") -> None:
        with backend.precision(backend.serving_precision()):
            model = TriplesModel(folder)
        if "triples" not in model.config:
            raise WeightsError("weights_no_task", name=weights or folder.name, task="triples")
        self.weights = weights or f"folder:{folder.name}"
        self._attach(model)

    def _attach(self, model: TriplesModel) -> None:
        self._model, self.tokenizer, self.schema = model, model.tokenizer, model.schema
        self.predicates, self._mark_ids = model.schema.names, model.mark_ids
        self.device = backend.device_name()
        tf = backend.load().tf
        ids = tf.TensorSpec((None, None), tf.int32)
        floats = tf.TensorSpec((None, None, model.config["hidden_size"]), tf.float32)

        # autograph has nothing to do here, and would read this file again when the graph is traced
        @tf.function(input_signature=[ids], autograph=False)
        def subjects(tokens):
            output, before = model.encode(tokens)
            return tf.sigmoid(model.subject_logits(output)) ** SUBJECT_POWER, before

        @tf.function(input_signature=[floats, ids], autograph=False)
        def objects(before, asked):
            return tf.sigmoid(model.object_logits(before, asked)) ** OBJECT_POWER

        self._subjects, self._objects = subjects, objects

    @classmethod
    def of(cls, model: TriplesModel) -> Extractor:
        """An extractor around a model that is being trained: it always reads with the weights of the moment."""
        extractor = cls.__new__(cls)
        extractor.weights = "training"
        extractor._attach(model)
        return extractor

    @property
    def threshold(self) -> float:
        """The one tuned on held-out data, as stored with the weights."""
        return self._model.threshold

    # ---- from outside -------------------------------------------------------------------------------------------
    def extract(self, text: str, settings: Extraction = Extraction()) -> TripleResult:
        """The triples of one text.

        Raises:
            VisitorError: no text, too long a text, or a value out of range.
        """
        result = next(self.extract_many([text], settings))
        if isinstance(result, VisitorError):
            raise result
        return result

    def extract_many(
        self, texts: Sequence[str], settings: Extraction = Extraction(), batch: int = _TEXTS
    ) -> Iterator[TripleResult | VisitorError]:
        """The triples of many texts, in their order; an error in the place of a text that has none to read."""
        settings.checked()
        for first in range(0, len(texts), batch):
            began = time.monotonic()
            some = [self._windows(text) for text in texts[first : first + batch]]
            flat = [_Window(i, w) for i, found in enumerate(some) if not isinstance(found, VisitorError) for w in found]
            found = self._read(flat, texts[first : first + batch])
            for i, (text, one) in enumerate(zip(texts[first : first + batch], some, strict=True)):
                if isinstance(one, VisitorError):
                    yield one
                    continue
                yield self._result(text, found.get(i, []), len(one), settings, time.monotonic() - began)

    def warm_up(self) -> None:
        """Trace the graphs, so that no visitor waits for it."""
        self.extract("\u300a\u7ea2\u697c\u68a6\u300b\u7684\u4f5c\u8005\u662f\u66f9\u96ea\u82b9\u3002")

    # ---- reading ------------------------------------------------------------------------------------------------
    def _windows(self, text: str) -> list[Pieces] | VisitorError:
        if len(text) > MAX_CHARACTERS:
            return VisitorError("text_too_long", characters=len(text), most=MAX_CHARACTERS)
        whole = self._model.max_length - 2
        found = windows(clean(text), self.tokenizer, whole, min(_ROOM, whole))
        return found or VisitorError("text_empty")

    def _read(self, todo: list[_Window], texts: Sequence[str]) -> dict[int, list[Triple]]:
        """Text number → its triples: windows of like length in one batch, the subjects of all of them in a second."""
        found: dict[int, list[Triple]] = {}
        todo = sorted(todo, key=lambda w: len(w.pieces))
        while todo:
            patience.check()
            length = -(-(len(todo[0].pieces) + 2) // _LENGTHS) * _LENGTHS
            size = max(1, _PLACES // length)
            some = [w for w in todo[:size] if len(w.pieces) + 2 <= length]
            todo = todo[len(some) :]
            for window, triples in zip(some, self._batch(some, length, texts), strict=True):
                found.setdefault(window.text, []).extend(triples)
        return found

    def _batch(self, some: list[_Window], length: int, texts: Sequence[str]) -> list[list[Triple]]:
        batch_sizes.note("triples", len(some))
        tokens = np.zeros((len(some), length), np.int32)
        for row, window in zip(tokens, some, strict=True):
            row[: len(window.pieces) + 2] = (self.tokenizer.cls, *window.pieces.ids, self.tokenizer.sep)
        chances, before = self._subjects(tokens)
        chances = chances.numpy()
        asked = []  # (window, subject)
        for i, window in enumerate(some):
            inner = chances[i, 1 : len(window.pieces) + 1]  # [CLS] and [SEP] are no words
            ways = spans(inner[:, 0], inner[:, 1], CANDIDATE, self._marks(window.pieces))
            likeliest = sorted(ways, key=lambda s: -s.probability)
            asked += [(i, found) for found in likeliest[:_MOST_SUBJECTS]]
        triples: list[list[Triple]] = [[] for _ in some]
        step = max(1, _ANSWERS // length)
        for first in range(0, len(asked), step):
            part = asked[first : first + step]
            rows = np.array([(i, s.first + 1, s.last + 1) for i, s in part], np.int32)
            answers = self._objects(before, rows).numpy()
            for (i, subject), answer in zip(part, answers, strict=True):
                window = some[i]
                inner = answer[1 : len(window.pieces) + 1]
                triples[i] += self._triples(texts[window.text], window.pieces, subject, inner)
        return triples

    def _marks(self, pieces: Pieces) -> np.ndarray:
        """Which pieces are marks that no mention crosses."""
        return np.isin(pieces.ids, self._mark_ids)

    def _triples(self, text: str, pieces: Pieces, subject: Found, answer: np.ndarray) -> Iterator[Triple]:
        """The triples of one subject; answer: (pieces, 2·labels) probabilities."""
        columns = np.flatnonzero((answer[:, ::2].max(0) >= CANDIDATE) & (answer[:, 1::2].max(0) >= CANDIDATE))
        labels = self.schema.labels
        kinds = {p.name: p for p in self.schema.predicates}
        by_predicate: dict[str, dict[str, list[Found]]] = {}
        marks = self._marks(pieces)
        for column in columns:
            predicate, slot = labels[column]
            ways = spans(answer[:, 2 * column], answer[:, 2 * column + 1], CANDIDATE, marks)
            by_predicate.setdefault(predicate, {})[slot] = ways
        for predicate, slots in by_predicate.items():
            kind = kinds[predicate]
            objects = [o for o in slots.get(VALUE, ()) if o.probability * subject.probability >= FLOOR]
            further = {o: [] for o in objects}
            for slot, ways in slots.items():
                if slot == VALUE or not objects:
                    continue
                for way in ways:  # a further value goes to the object next to it
                    if way.probability * subject.probability >= FLOOR:
                        nearest = min(objects, key=lambda o: abs(o.first - way.first))
                        value = _mention(text, pieces, way, kind.object_types[slot])
                        further[nearest].append(Slot(slot, value, _product(subject, way)))
            for o in objects:
                yield Triple(
                    _mention(text, pieces, subject, kind.subject_type),
                    predicate,
                    _mention(text, pieces, o, kind.object_types[VALUE]),
                    _product(subject, o),
                    tuple(further[o]),
                )

    def _result(
        self, text: str, triples: list[Triple], count: int, settings: Extraction, seconds: float
    ) -> TripleResult:
        best: dict[tuple[str, str, str], Triple] = {}
        for triple in sorted(triples, key=lambda t: (-t.probability, t.subject.start, t.object.start)):
            best.setdefault((triple.subject.text, triple.predicate, triple.object.text), triple)
        ordered = sorted(best.values(), key=lambda t: (t.subject.start, t.object.start, t.predicate))
        threshold = self.threshold if settings.threshold is None else float(settings.threshold)
        notice = None if is_mostly_chinese(text) else "triples_not_chinese"
        return TripleResult(
            tuple(ordered), threshold, self.threshold, self.predicates, len(text), count, self.weights, self.device,
            round(seconds, 3), notice,
        )  # fmt: skip


def _mention(text: str, pieces: Pieces, span: Found, kind: str) -> Mention:
    """Cut from the original, by the places of the pieces in it."""
    start, end = pieces.spans[span.first][0], pieces.spans[span.last][1]
    return Mention(text[start:end], start, end, kind)


def _product(subject: Found, other: Found) -> float:
    """P(s)·P(p, o | s)."""
    return round(max(subject.probability * other.probability, 1e-4), 4)
