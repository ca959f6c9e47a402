"""How a title takes characters from its article: four heads on top of the same encoder.

Most characters of a title stand in the article.  Each head turns the language model's logits into probabilities in
its own way; which is used is written in the weights' `config.json`.

- `none`: softmax of the logits.
- `prior`: the prior knowledge of the 2018 post (https://kexue.fm/archives/5861): logits ← (y + s⊙χ + t)/2 with
  χ_i = 1 iff piece i occurs in the article, s = exp(log_scale) and t trained.
- `pointer`: a pointer gate (See, Liu & Manning 2017, arXiv:1704.04368): p = g·softmax(y) + (1 − g)·attention over the
  article's pieces.
- `bio`: the author's later BIO-copy (https://kexue.fm/archives/8046): each place also says whether its piece begins (B)
  or continues (I) a piece of the article or is free (O), and decoding is held to that.

Each head has the same two methods: `log_likelihood` for training, `log_probs` for one step of decoding.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core import backend

KINDS = ("none", "prior", "pointer", "bio")
OUTSIDE, BEGIN, INSIDE = range(3)
_TINY = 1e-9
FORBIDDEN = -1e30  # a log-probability that no search follows


class NoCopy:
    """Plain softmax."""

    kind = "none"

    def __init__(self, width: int, vocabulary: int, tensors: dict[str, np.ndarray]) -> None:
        self.tf = backend.load().tf
        self.variables = {}
        rng = np.random.default_rng(0)
        for name, shape in self.shapes(width, vocabulary).items():
            start = rng.normal(0, 0.02, shape) if name.endswith("weight") else np.zeros(shape)
            value = np.asarray(tensors.get(name, start), np.float32)
            self.variables[name] = self.tf.Variable(value, name=name.replace(".", "_"))

    @staticmethod
    def shapes(width: int, vocabulary: int) -> dict[str, tuple[int, ...]]:
        """The tensors the head adds to the weights file, by name."""
        return {}

    def prepare(self, source: Any, source_ids: Any) -> dict[str, Any]:
        """What is computed once an article: source (batch, length, width), source_ids (batch, length), 0 = padding."""
        return {"ids": source_ids, "mask": source_ids > 0}

    def log_likelihood(self, memory: dict, hidden: Any, logits: Any, targets: Any, tags: Any) -> Any:
        """log p of each target piece.  hidden (batch, time, width), logits (…, vocabulary) → (batch, time)."""
        return self._gather(self.tf.nn.log_softmax(logits), targets)

    def log_probs(self, memory: dict, hidden: Any, logits: Any) -> Any:
        """log p of every piece at one step.  hidden (batch, beam, width) → (batch, beam, vocabulary)."""
        return self.tf.nn.log_softmax(logits)

    def constrained(self, memory: dict, hidden: Any, logits: Any, trail: Any) -> tuple[Any, Any]:
        """`log_probs` with what the beam's trail forbids set to nothing, and the tag of the next piece.

        trail (batch, beam, length) of bool: places of the article that the last piece was copied from.
        """
        return self.log_probs(memory, hidden, logits), self.tf.zeros(self.tf.shape(hidden)[:2], self.tf.int32)

    def follow(self, memory: dict, trail: Any, tag: Any, piece: Any) -> Any:
        """The trail after `piece` (batch, beam) was written under `tag`."""
        return trail

    def _gather(self, values: Any, ids: Any) -> Any:
        return self.tf.gather(values, ids, batch_dims=2)


class Prior(NoCopy):
    """ScaleShift over the pieces of the article."""

    kind = "prior"

    @staticmethod
    def shapes(width: int, vocabulary: int) -> dict[str, tuple[int, ...]]:
        return {"copy.log_scale": (vocabulary,), "copy.shift": (vocabulary,)}

    def prepare(self, source: Any, source_ids: Any) -> dict[str, Any]:
        tf, v = self.tf, self.variables
        articles, size = tf.shape(source_ids)[0], v["copy.shift"].shape[0]
        places = tf.reshape(tf.range(articles)[:, None] * size + source_ids, [-1])
        times = tf.math.unsorted_segment_sum(tf.ones_like(places), places, articles * size)
        present = tf.cast((tf.reshape(times, [-1, size]) > 0) & (tf.range(size) > 0), tf.float32)
        bias = tf.exp(v["copy.log_scale"]) * present + v["copy.shift"]
        return {**super().prepare(source, source_ids), "bias": bias[:, None]}

    def log_likelihood(self, memory: dict, hidden: Any, logits: Any, targets: Any, tags: Any) -> Any:
        return self._gather(self.log_probs(memory, hidden, logits), targets)

    def log_probs(self, memory: dict, hidden: Any, logits: Any) -> Any:
        return self.tf.nn.log_softmax((logits + memory["bias"]) / 2)


class Pointer(NoCopy):
    """A gate between writing from the vocabulary and pointing at a place of the article."""

    kind = "pointer"

    @staticmethod
    def shapes(width: int, vocabulary: int) -> dict[str, tuple[int, ...]]:
        return {
            "copy.query.weight": (width, width),
            "copy.key.weight": (width, width),
            "copy.gate.weight": (2 * width, 1),
            "copy.gate.bias": (1,),
        }

    def prepare(self, source: Any, source_ids: Any) -> dict[str, Any]:
        keys = self.tf.matmul(source, self.variables["copy.key.weight"])
        return {**super().prepare(source, source_ids), "source": source, "keys": keys}

    def _point(self, memory: dict, hidden: Any) -> tuple[Any, Any, Any]:
        """Attention over the article (batch, time, length), log of the gate and of its complement (batch, time, 1)."""
        tf, v = self.tf, self.variables
        query = tf.matmul(hidden, v["copy.query.weight"]) / float(hidden.shape[-1]) ** 0.5
        scores = tf.matmul(query, memory["keys"], transpose_b=True)
        attention = tf.nn.softmax(tf.where(memory["mask"][:, None], scores, -1e9))
        both = tf.concat([hidden, tf.matmul(attention, memory["source"])], -1)
        gate = tf.matmul(both, v["copy.gate.weight"]) + v["copy.gate.bias"]
        return attention, tf.math.log_sigmoid(gate), tf.math.log_sigmoid(-gate)

    def log_likelihood(self, memory: dict, hidden: Any, logits: Any, targets: Any, tags: Any) -> Any:
        tf = self.tf
        attention, write, copy = self._point(memory, hidden)
        same = tf.cast(targets[:, :, None] == memory["ids"][:, None], tf.float32)
        copied = tf.math.log(tf.reduce_sum(attention * same, -1) + _TINY) + copy[..., 0]
        written = self._gather(tf.nn.log_softmax(logits), targets) + write[..., 0]
        return tf.reduce_logsumexp(tf.stack([written, copied]), 0)

    def log_probs(self, memory: dict, hidden: Any, logits: Any) -> Any:
        tf = self.tf
        attention, write, copy = self._point(memory, hidden)
        shape = tf.shape(logits)
        rows = tf.range(shape[0] * shape[1])[:, None] * shape[2]
        ids = tf.reshape(tf.repeat(memory["ids"][:, None], shape[1], axis=1), [shape[0] * shape[1], -1])
        flat = tf.math.unsorted_segment_sum(
            tf.reshape(attention, [-1]), tf.reshape(rows + ids, [-1]), shape[0] * shape[1] * shape[2]
        )
        copied = tf.math.log(tf.reshape(flat, shape) + _TINY) + copy
        return tf.reduce_logsumexp(tf.stack([tf.nn.log_softmax(logits) + write, copied]), 0)


class Bio(NoCopy):
    """A tag for each title piece; the tag's loss is added to the language model's."""

    kind = "bio"

    @staticmethod
    def shapes(width: int, vocabulary: int) -> dict[str, tuple[int, ...]]:
        return {"copy.tag.weight": (width, 3), "copy.tag.bias": (3,)}

    def tag_log_probs(self, hidden: Any) -> Any:
        """log p of O, B, I: (…, 3)."""
        v = self.variables
        return self.tf.nn.log_softmax(self.tf.matmul(hidden, v["copy.tag.weight"]) + v["copy.tag.bias"])

    def log_likelihood(self, memory: dict, hidden: Any, logits: Any, targets: Any, tags: Any) -> Any:
        written = super().log_likelihood(memory, hidden, logits, targets, tags)
        return written + self._gather(self.tag_log_probs(hidden), tags)

    def constrained(self, memory: dict, hidden: Any, logits: Any, trail: Any) -> tuple[Any, Any]:
        tf = self.tf
        tag = tf.argmax(self.tag_log_probs(hidden), -1, output_type=tf.int32)
        ahead = tf.pad(trail[..., :-1], [[0, 0], [0, 0], [1, 0]]) & memory["mask"][:, None]
        tag = tf.where((tag == INSIDE) & ~tf.reduce_any(ahead, -1), BEGIN, tag)
        places = tf.where((tag == INSIDE)[..., None], ahead, memory["mask"][:, None])
        shape = tf.shape(logits)
        rows = tf.range(shape[0] * shape[1])[:, None] * shape[2]
        ids = tf.reshape(tf.repeat(memory["ids"][:, None], shape[1], axis=1), [shape[0] * shape[1], -1])
        hits = tf.math.unsorted_segment_sum(
            tf.reshape(tf.cast(places, tf.int32), [-1]), tf.reshape(rows + ids, [-1]), shape[0] * shape[1] * shape[2]
        )
        allowed = tf.reshape(hits > 0, shape) | (tag == OUTSIDE)[..., None]
        return tf.where(allowed, self.log_probs(memory, hidden, logits), FORBIDDEN), tag

    def follow(self, memory: dict, trail: Any, tag: Any, piece: Any) -> Any:
        tf = self.tf
        ahead = tf.pad(trail[..., :-1], [[0, 0], [0, 0], [1, 0]])
        here = (memory["ids"][:, None] == piece[..., None]) & memory["mask"][:, None]
        inside = (tag == INSIDE)[..., None]
        return here & tf.where(inside, ahead, True) & (tag != OUTSIDE)[..., None]


HEADS = {head.kind: head for head in (NoCopy, Prior, Pointer, Bio)}


def tags(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """O, B or I for each piece of `target`, from the longest common subsequence with `source`.

    Both are one-dimensional arrays of ids.  A piece in the subsequence is I if it and the one before it stand side by
    side in both, else B; all others are O.
    """
    n, m = len(target), len(source)
    length = np.zeros((n + 1, m + 1), np.int32)
    for i in range(n - 1, -1, -1):
        match = length[i + 1, 1:] + 1
        row = np.where(source == target[i], match, length[i + 1, :-1])
        length[i, :-1] = np.maximum.accumulate(row[::-1])[::-1]
    out = np.zeros(n, np.int32)
    i = j = 0
    before = (-2, -2)
    while i < n and j < m:
        if source[j] == target[i] and length[i, j] == length[i + 1, j + 1] + 1:
            out[i] = INSIDE if before == (i - 1, j - 1) else BEGIN
            before = (i, j)
            i, j = i + 1, j + 1
        elif length[i + 1, j] >= length[i, j + 1]:
            i += 1
        else:
            j += 1
    return out
