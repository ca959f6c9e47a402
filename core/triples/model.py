"""BERT with two pointers: sigmoids for subjects, and, given one, sigmoids for its objects.

Built by bert4keras; method of https://kexue.fm/archives/7161: P(s, p, o) = P(s) · P(p, o | s).  Two sigmoids a place
say whether a subject starts or ends there.  The encoder's vectors at a subject's start and end, side by side, are the
condition of a layer norm, and 2·P sigmoids a place say where its objects start and end, for each of P labels.
Against imbalance p stands for sigmoid(x)² (subjects) and sigmoid(x)⁴ (objects).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core import backend, bert
from core.errors import VisitorError, WeightsError
from core.tokenizer import Tokenizer
from core.triples.schema import Schema, read_beside

SUBJECT_POWER, OBJECT_POWER = 2, 4
THRESHOLD = 0.3  # for weights that have not been tuned
FIRST_BIAS = -2.0
_MOST_MARKS = 100
_SMALLEST = 1e-7  # as Keras' epsilon


class TriplesModel:
    """The bert4keras transformer, the two heads and the tokenizer.

    Args:
        folder: a weights folder; without a `triples` section in its config.json it is a base to train from.
        schema: what the heads are for; None takes the one beside the weights.
        max_length: pieces of [CLS] sentence [SEP] that are read; None takes what the folder says.
        dropout: rate while training.
        seed: of the heads, where the folder has none that fit the schema.

    Raises:
        WeightsError: the folder does not hold such a model.
        VisitorError: max_length does not fit the encoder.
    """

    def __init__(
        self,
        folder: Path,
        schema: Schema | None = None,
        max_length: int | None = None,
        dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.config = bert.read_config(folder)
        settings = self._settings(folder)
        tensors = bert.read_tensors(folder)
        self.tokenizer = Tokenizer(folder / bert.VOCAB)
        if len(self.tokenizer) != self.config["vocab_size"]:
            raise WeightsError("weights_vocabulary", name=folder.name)
        own = read_beside(folder) if settings else None
        self.schema = schema or own
        if self.schema is None:
            raise WeightsError("weights_no_task", name=folder.name, task="triples")
        self.threshold = float(settings.get("threshold", THRESHOLD))
        self.marks: str = settings.get("marks", "")  # characters that no mention crosses
        self.max_length = max_length or settings.get("max_length", 256)
        most = self.config.get("max_position_embeddings", 512)
        if not 8 <= self.max_length <= most:
            raise VisitorError("out_of_range", name="max_length", least=8, most=most)
        self.transformer = bert.build_from_tensors(self.config, tensors, "encoder", False, dropout, folder.name)
        self._build(dropout)
        if settings and own.labels == self.schema.labels:
            self._load_heads(tensors, folder)
        else:
            self._start_heads(seed)

    def _settings(self, folder: Path) -> dict[str, Any]:
        """The `triples` section of config.json; empty for a base.

        Raises:
            WeightsError: its values are not what they must be.
        """
        settings = self.config.get("triples", {})
        fits = isinstance(settings, dict) and type(settings.get("max_length", 256)) is int
        threshold = settings.get("threshold", THRESHOLD) if fits else None
        fits = fits and isinstance(settings.get("marks", ""), str) and len(settings.get("marks", "")) <= _MOST_MARKS
        if not fits or type(threshold) not in (int, float) or not 0 < threshold <= 1:
            raise WeightsError("weights_bad_file", name=folder.name, file=bert.CONFIG)
        return settings

    # ---- the heads ----------------------------------------------------------------------------------------------
    def _build(self, dropout: float) -> None:
        b = backend.load()
        width = self.config["hidden_size"]
        last = f"Transformer-{self.config['num_hidden_layers'] - 1}-FeedForward"
        layers = self.transformer.layers
        # the norm's own input too: the conditional norm takes its place for the objects
        outputs = [layers[f"{last}-Norm"].output, layers[f"{last}-Norm"].input]
        self.encoder = b.keras.Model(self.transformer.model.inputs, outputs)
        self._last_norm = layers[f"{last}-Norm"]
        self.norm = b.layers.LayerNormalization(conditional=True, name="Object-Norm")
        self.norm.build([(None, None, width), (None, 2 * width)])
        for dense in (self.norm.beta_dense, self.norm.gamma_dense):  # bert4keras leaves these to the first call
            dense.build((None, 2 * width))
        self.subject = b.keras.layers.Dense(2, name="Subject")
        self.subject.build((None, None, width))
        self.object = b.keras.layers.Dense(2 * len(self.schema.labels), name="Object")
        self.object.build((None, None, width))

    def _heads(self) -> dict[str, Any]:
        """The heads' variables by their names in the weights file."""
        return {
            "triples.subject.weight": self.subject.kernel,
            "triples.subject.bias": self.subject.bias,
            "triples.norm.beta": self.norm.beta,
            "triples.norm.gamma": self.norm.gamma,
            "triples.norm.beta_of_subject": self.norm.beta_dense.kernel,
            "triples.norm.gamma_of_subject": self.norm.gamma_dense.kernel,
            "triples.object.weight": self.object.kernel,
            "triples.object.bias": self.object.bias,
        }

    def _start_heads(self, seed: int) -> None:
        """Small random kernels; the conditional norm starts as the encoder's own last norm, its condition at zero.

        Biases start where few places are taken for a start or an end, as few are (the post leaves them at zero, and so
        for the powers alone to bring the first probabilities down).
        """
        rng = np.random.default_rng(seed)
        for layer in (self.subject, self.object):
            layer.kernel.assign(rng.normal(0, 0.02, layer.kernel.shape).astype(np.float32))
            layer.bias.assign(np.full(layer.bias.shape, FIRST_BIAS, np.float32))
        self.norm.beta.assign(self._last_norm.beta)
        self.norm.gamma.assign(self._last_norm.gamma)
        for dense in (self.norm.beta_dense, self.norm.gamma_dense):
            dense.kernel.assign(np.zeros(dense.kernel.shape, np.float32))

    def _load_heads(self, tensors: dict[str, np.ndarray], folder: Path) -> None:
        for name, variable in self._heads().items():
            if name not in tensors:
                raise WeightsError("weights_no_tensor", name=folder.name, tensor=name)
            if tuple(tensors[name].shape) != tuple(variable.shape):
                raise WeightsError("weights_bad_shape", name=folder.name)
            variable.assign(tensors[name])

    @property
    def mark_ids(self) -> list[int]:
        """The pieces of `marks`."""
        return sorted(set(self.tokenizer.encode(self.marks).ids) - {self.tokenizer.unk})

    @property
    def variables(self) -> list[Any]:
        """Everything that is trained."""
        return [*self.transformer.model.trainable_variables, *self._heads().values()]

    # ---- numbers ------------------------------------------------------------------------------------------------
    def encode(self, tokens: Any, training: bool = False) -> tuple[Any, Any]:
        """(batch, length) → the encoder's output and the last norm's input, each (batch, length, width)."""
        tf = backend.load().tf
        output, before = self.encoder([tokens, tf.zeros_like(tokens)], training=training)
        return tf.cast(output, tf.float32), tf.cast(before, tf.float32)

    def subject_logits(self, output: Any) -> Any:
        """(batch, length, width) → (batch, length, 2): x of the start's and the end's sigmoid(x)²."""
        return backend.load().tf.cast(self.subject(output), "float32")

    def object_logits(self, before: Any, subjects: Any) -> Any:
        """The objects of `subjects`, (asked, 3) rows of sentence, start, end → (asked, length, 2·labels)."""
        tf = backend.load().tf
        ends = tf.stack([subjects[:, :1], subjects[:, :1]], 1)  # (asked, 2, 1)
        ends = tf.concat([ends, subjects[:, 1:, None]], 2)
        condition = tf.reshape(tf.gather_nd(before, ends), [-1, 2 * self.config["hidden_size"]])
        logits = self.object(self.norm([tf.gather(before, subjects[:, 0]), condition]))
        return tf.cast(logits, tf.float32)

    def loss(
        self, tokens: Any, subject_labels: Any, subject_weights: Any, subjects: Any, positives: Any, ignored: Any,
        columns: Any, weights: Any, training: bool = True,
    ) -> tuple[Any, Any]:  # fmt: skip
        """The post's loss of a batch, times its sentences, and their number (arrays as in `data.Batch`).

        Cross-entropy of sigmoid(x)ⁿ; of a place, the mean over start and end, for objects summed over the labels; then
        the mean over the places (all sentences' for subjects, all questions' for objects), and the sum of both.
        """
        tf = backend.load().tf
        output, before = self.encode(tokens, training)
        real = tf.cast(tokens > 0, tf.float32)
        entropy = cross_entropy(self.subject_logits(output), subject_labels, SUBJECT_POWER) * subject_weights
        seen = tf.cast(tf.reduce_any(subject_weights > 0, -1), tf.float32)
        subject_loss = tf.reduce_sum(tf.reduce_mean(entropy, -1)) / tf.maximum(tf.reduce_sum(seen), 1.0)

        logits = self.object_logits(before, subjects)
        shape = tf.shape(logits)
        labels = tf.scatter_nd(positives, tf.ones(tf.shape(positives)[:1]), shape)
        counted = 1.0 - tf.minimum(tf.scatter_nd(ignored, tf.ones(tf.shape(ignored)[:1]), shape), 1.0)
        own = tf.range(shape[2])[None] // 2 == columns[:, None]  # (asked, columns)
        taught = tf.cast((columns < 0)[:, None] | own, tf.float32)
        asked = tf.gather(real, subjects[:, 0]) * weights[:, None]  # (asked, length)
        entropy = cross_entropy(logits, labels, OBJECT_POWER) * counted * taught[:, None] * asked[:, :, None]
        object_loss = 0.5 * tf.reduce_sum(entropy) / tf.maximum(tf.reduce_sum(asked), 1.0)
        count = tf.cast(tf.shape(tokens)[0], tf.float32)
        return (subject_loss + object_loss) * count, count

    def save(self, folder: Path) -> None:
        """Write the weights folder, the schema and the threshold in it: everything needed to load the model again."""
        tensors = bert.tensors_from_model(self.transformer)
        tensors |= {name: v.numpy() for name, v in self._heads().items()}
        settings = {"max_length": self.max_length, "threshold": self.threshold, "marks": self.marks}
        config = {**self.config, "triples": settings}
        bert.write_folder(folder, config, self.tokenizer.vocabulary_text, tensors)
        self.schema.write(folder)


def cross_entropy(logits: Any, labels: Any, power: int) -> Any:
    """−log of p = sigmoid(x)ⁿ where the label is 1, −log(1 − p) where it is 0; safe for any x."""
    tf = backend.load().tf
    log_p = power * tf.math.log_sigmoid(logits)
    log_not = tf.math.log(tf.maximum(-tf.math.expm1(log_p), _SMALLEST))
    return -(labels * log_p + (1.0 - labels) * log_not)
