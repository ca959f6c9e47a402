"""BERT whose mask places hold the answer: https://kexue.fm/archives/7148, built by bert4keras.

`[CLS] [MASK]×places [SEP] question [SEP] passage [SEP]`, and at each mask the masked language model's head says which
piece of the answer stands there, [SEP] behind the last one: all of them in one pass.  Ours is the pointer gate beside
the head (See, Liu & Manning 2017, arXiv:1704.04368): a mask may also point at a piece of the passage, which a small
model learns far sooner than to name it.

The same weights answer seq2seq, the way that the post compares with: under the UniLM mask the answer is written piece
by piece behind `[CLS] question [SEP] passage [SEP]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core import backend, bert
from core.cached_bert import CachedBert
from core.decoding import Decoder, Rules
from core.errors import VisitorError, WeightsError
from core.reading import rows, spans
from core.reading.batches import Sizes
from core.reading.pointing import HeldPointer
from core.reading.results import Guess, Place
from core.reading.rows import Asked, Span
from core.tokenizer import Tokenizer

POSITIONS = 0.5  # weight of the loss of where the pointer looks
GUESSES = 5  # pieces a mask place
_BEAMS = 3
_TINY = 1e-9
METHODS = ("masks", "seq2seq")


class ReadingModel:
    """The bert4keras transformer, its pointer and its tokenizer; shared by callers in any number of threads.

    Args:
        folder: a weights folder; without a `reading` section in its config.json it is a base to train from.
        sizes: mask places, pieces of a question and of a window; None: what the folder says.
        dropout: rate while training.

    Raises:
        WeightsError: the folder does not hold such a model.
        VisitorError: the sizes do not fit into the model.
    """

    methods = METHODS

    def __init__(self, folder: Path, sizes: Sizes | None = None, dropout: float = 0.0) -> None:
        self.config = bert.read_config(folder)
        settings = self._settings(folder)
        tensors = bert.read_tensors(folder)
        self.tokenizer = Tokenizer(folder / bert.VOCAB)
        if len(self.tokenizer) != self.config["vocab_size"]:
            raise WeightsError("weights_vocabulary", name=folder.name)
        usual = Sizes()
        self.sizes = sizes or Sizes(*(settings.get(n, getattr(usual, n)) for n in ("places", "question", "passage")))
        self._check_sizes()
        self.max_question = self.sizes.question
        self.thresholds: dict[str, float] = {m: float(settings.get("thresholds", {}).get(m, 0.0)) for m in METHODS}
        self.transformer = bert.build_from_tensors(self.config, tensors, "unilm", True, dropout, folder.name)
        last = f"Transformer-{self.config['num_hidden_layers'] - 1}-FeedForward-Norm"
        keras = backend.load().keras
        self.encoder = keras.Model(self.transformer.model.inputs, self.transformer.layers[last].output)
        shapes = HeldPointer.shapes(self.config["hidden_size"], self.config["vocab_size"])
        for name, shape in shapes.items():
            if name in tensors and tensors[name].shape != shape:
                raise WeightsError("weights_bad_shape", name=folder.name)
            if name not in tensors and settings:
                raise WeightsError("weights_no_tensor", name=folder.name, tensor=name)
        t = self.tokenizer
        self.head = HeldPointer(self.config["hidden_size"], self.config["vocab_size"], tensors, t.sep)
        banned = [i for i in range(len(t)) if t.is_special(i) and i not in (t.sep, t.unk)]
        self._decoder = Decoder(CachedBert(self.transformer, self.config), self.head, t.sep, banned)
        tf = backend.load().tf
        specs = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)]
        self._look = tf.function(self._look_graph, input_signature=specs, autograph=False)

    def _settings(self, folder: Path) -> dict[str, Any]:
        """The `reading` section of config.json; empty for a base."""
        settings = self.config.get("reading", {})
        bad = WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG)
        if not isinstance(settings, dict):
            raise bad
        if any(type(settings.get(name, 1)) is not int for name in ("places", "question", "passage")):
            raise bad
        thresholds = settings.get("thresholds", {})
        if not isinstance(thresholds, dict) or any(
            type(value) not in (int, float) or not 0 <= value <= 1 for value in thresholds.values()
        ):
            raise bad
        return settings

    def _check_sizes(self) -> None:
        room = self.config.get("max_position_embeddings", 512) - 4
        for name, least in (("places", 2), ("question", 1), ("passage", 2)):
            most = room - sum((self.sizes.places, self.sizes.question, self.sizes.passage)) + getattr(self.sizes, name)
            if not least <= getattr(self.sizes, name) <= most:
                raise VisitorError("out_of_range", name=name, least=least, most=most)

    # ---- training ------------------------------------------------------------------------------------------------
    @property
    def variables(self) -> list[Any]:
        """Everything that is trained."""
        return [*self.transformer.model.trainable_variables, *self.head.variables.values()]

    def logits(self, hidden: Any) -> Any:
        """The masked language model's head alone: (batch, time, width) → (batch, time, vocabulary)."""
        layers = self.transformer.layers
        x = layers["MLM-Norm"](layers["MLM-Dense"](hidden))
        x = layers["MLM-Bias"](layers["Embedding-Token"](x, mode="dense"))
        return backend.load().tf.cast(x, "float32")

    def masks_loss(self, tokens: Any, first: Any, starts: Any, targets: Any, training: bool) -> tuple[Any, Any]:
        """Sum over the rows, and how many there are; the arrays are those of `batches.collate`.

        A row's loss is the mean over its pieces of -log p, and half the mean over the answer's of -log of the
        attention that the pointer gives the places where the answer is known to stand.
        """
        tf = backend.load().tf
        hidden = tf.cast(self.encoder([tokens, tf.zeros_like(tokens)], training=training), tf.float32)
        asked = hidden[:, 1 : 1 + tf.shape(targets)[1]]
        place = tf.range(tf.shape(tokens)[1])
        memory = self.head.prepare(hidden, tf.where(place[None] >= first[:, None], tokens, 0))
        likely = self.head.log_likelihood(memory, asked, self.logits(asked), targets, None)
        real = tf.cast(targets > 0, tf.float32)
        loss = -tf.reduce_sum(likely * real, 1) / tf.reduce_sum(real, 1)
        attention, _, _ = self.head._point(memory, asked)
        known = starts[:, None] + tf.range(tf.shape(targets)[1])[None, :, None]  # (rows, pieces, starts)
        at = tf.gather(attention, tf.clip_by_value(known, 0, tf.shape(tokens)[1] - 1), batch_dims=2)
        found = tf.reduce_sum(at * tf.cast(starts >= 0, tf.float32)[:, None], 2)
        answer = tf.pad(real[:, 1:], [[0, 0], [0, 1]])  # without the [SEP] behind it
        missed = -tf.reduce_sum(tf.math.log(found + _TINY) * answer, 1)
        loss += POSITIONS * missed / tf.maximum(tf.reduce_sum(answer, 1), 1.0)
        return tf.reduce_sum(loss), tf.cast(tf.shape(tokens)[0], tf.float32)

    def seq2seq_loss(self, tokens: Any, segments: Any, sources: Any, targets: Any, training: bool) -> tuple[Any, Any]:
        """The same of rows to be written; the arrays are those of `batches.collate_seq2seq`."""
        tf = backend.load().tf
        hidden = tf.cast(self.encoder([tokens, segments], training=training), tf.float32)
        place = sources[:, None] - 1 + tf.range(tf.shape(targets)[1])[None]
        asked = tf.gather(hidden, tf.minimum(place, tf.shape(tokens)[1] - 1), batch_dims=1)
        memory = self.head.prepare(hidden, tokens * (1 - segments))
        likely = self.head.log_likelihood(memory, asked, self.logits(asked), targets, None)
        real = tf.cast(targets > 0, tf.float32)
        loss = -tf.reduce_sum(likely * real, 1) / tf.reduce_sum(real, 1)
        return tf.reduce_sum(loss), tf.cast(tf.shape(tokens)[0], tf.float32)

    def save(self, folder: Path) -> None:
        """Write the weights folder: everything needed to load the model again."""
        tensors = bert.tensors_from_model(self.transformer)
        tensors |= {name: v.numpy() for name, v in self.head.variables.items()}
        sizes = {name: getattr(self.sizes, name) for name in ("places", "question", "passage")}
        config = {**self.config, "reading": {"copy": "pointer", **sizes, "thresholds": self.thresholds}}
        bert.write_folder(folder, config, self.tokenizer.vocabulary_text, tensors)

    # ---- reading -------------------------------------------------------------------------------------------------
    def threshold(self, method: str) -> float:
        """The probability from which an answer counts, as stored with the weights."""
        return self.thresholds[method]

    def read(self, pairs: Sequence[tuple[str, str]], method: str, with_places: bool = True) -> list[Span]:
        """The best answer to each question in its passage, in their order; rows of like length in one batch.

        A passage longer than a window is read in several that overlap.

        Args:
            pairs: of question and passage.
            method: "masks", or "seq2seq".
            with_places: also what the mask places say.

        Raises:
            VisitorError: a question is empty or too long.
        """
        todo = rows.cut(pairs, self.tokenizer, self.max_question, self.sizes.passage)
        if method == "seq2seq":
            return rows.best(len(pairs), todo, 3, lambda some, _: self._written(some))
        return rows.best(
            len(pairs), todo, self.sizes.places + 4, lambda some, length: self._read_off(some, length, with_places)
        )

    def _read_off(self, some: list[Asked], length: int, with_places: bool) -> list[Span]:
        t = self.tokenizer
        tokens, first = np.zeros((len(some), length), np.int32), np.zeros(len(some), np.int32)
        for i, row in enumerate(some):
            head = [t.cls, *[t.mask] * self.sizes.places, t.sep, *row.question, t.sep]
            line = [*head, *row.window.ids, t.sep]
            tokens[i, : len(line)], first[i] = line, len(head)
        p, attention, values, pieces = (x.numpy() for x in self._look(tokens, first))
        found = []
        for i, row in enumerate(some):
            part = slice(first[i], first[i] + len(row.window) + 1)
            a, b, probability = spans.best(p[i, :, part].astype(np.float64), attention[i, :, part])
            places = self._places(row, p[i, :, part], values[i], pieces[i], a, b) if with_places else ()
            ends = (row.window.spans[a][0], row.window.spans[b - 1][1]) if b > a else (0, 0)
            found.append(Span(*ends, min(1.0, probability), places))
        return found

    def _look_graph(self, tokens: Any, first: Any) -> tuple[Any, ...]:
        """p and attention over the row (batch, places, length), and of the written part alone the best pieces."""
        tf = backend.load().tf
        hidden = self.encoder([tokens, tf.zeros_like(tokens)], training=False)
        asked = hidden[:, 1 : 1 + self.sizes.places]
        there = tf.range(tf.shape(tokens)[1])[None] >= first[:, None]
        memory = self.head.prepare(hidden, tf.where(there, tokens, 0))
        p, written, attention = self.head.probabilities(memory, asked, self.logits(asked))
        values, pieces = tf.math.top_k(written, GUESSES)
        return p, attention, values, pieces

    def _places(
        self, row: Asked, p: np.ndarray, values: np.ndarray, pieces: np.ndarray, first: int, last: int
    ) -> tuple[Place, ...]:
        """What each mask place up to the answer's end would say if nothing held it to the passage."""
        ids, found = [*row.window.ids, self.tokenizer.sep], []
        for place in range(last - first + 1):
            chances = {int(piece): float(value) for piece, value in zip(pieces[place], values[place], strict=True)}
            top = np.argpartition(-p[place], min(8 * GUESSES, len(ids)) - 1)[: 8 * GUESSES]
            chances |= {ids[j]: float(p[place, j]) for j in top}
            # a piece of the passage may stand among the written ones with its smaller part only
            chances |= {ids[j]: float(p[place, j]) for j in range(len(ids)) if ids[j] in chances}
            best = sorted(chances, key=lambda piece: -chances[piece])[:GUESSES]
            chosen = ids[first + place] if first + place < last else self.tokenizer.sep
            guesses = tuple(Guess(self.tokenizer.pieces[i], round(min(1.0, chances[i]), 6)) for i in best)
            found.append(Place(guesses, self.tokenizer.pieces[chosen]))
        return tuple(found)

    def _written(self, some: list[Asked]) -> list[Span]:
        """By beam search among answers that are ones; the probability is the geometric mean of the pieces'."""
        t = self.tokenizer
        sources = [(t.cls, *row.question, t.sep, *row.window.ids, t.sep) for row in some]
        rules = Rules(width=_BEAMS, shortest=1, longest=self.sizes.places, penalty=0.0, no_repeat=0)
        found = []
        for row, hypotheses in zip(some, self._decoder.decode(sources, rules), strict=True):
            ended = [h for h in hypotheses if h.finished and h.pieces]
            first = _place_of(ended[0].pieces, row.window.ids) if ended else None
            if first is None:
                found.append(Span(0, 0, 0.0))
                continue
            last = first + len(ended[0].pieces)
            probability = float(np.exp(ended[0].score / (last - first + 1)))
            found.append(Span(row.window.spans[first][0], row.window.spans[last - 1][1], min(1.0, probability)))
        return found


def _place_of(pieces: tuple[int, ...], ids: tuple[int, ...]) -> int | None:
    """Where `pieces` stand in `ids` first."""
    n = len(pieces)
    return next((i for i in range(len(ids) - n + 1) if ids[i : i + n] == pieces), None)
