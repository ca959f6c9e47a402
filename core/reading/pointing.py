"""The pointer gate of `core/titling/copying.py`, as reading uses it: asked at the places of a passage and, for seq2seq,
held to what stands there."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.search import NEVER
from core.titling.copying import Pointer


class HeldPointer(Pointer):
    """Pieces are written in the order in which they stand in the passage, or the answer ends.

    Args:
        width, vocabulary, tensors: as for every copy head.
        end: id of [SEP], which parts question and passage too.
    """

    def __init__(self, width: int, vocabulary: int, tensors: dict[str, np.ndarray], end: int) -> None:
        super().__init__(width, vocabulary, tensors)
        self.end = end

    def probabilities(self, memory: dict, hidden: Any, logits: Any) -> tuple[Any, Any, Any]:
        """At each asked place, p of the piece at each place of the source.

        Args:
            memory: of `prepare`, its ids those of the passage and the [SEP] behind it, 0 elsewhere.
            hidden: (batch, asked, width).  logits: (batch, asked, vocabulary).

        Returns:
            p (batch, asked, length), 0 where the source has no piece; the part of it that is written rather than
            pointed at, over the vocabulary (batch, asked, vocabulary); the pointer's attention (batch, asked, length).
        """
        tf = self.tf
        attention, write, copy = self._point(memory, hidden)
        ids, mask = memory["ids"], tf.cast(memory["mask"], tf.float32)
        written = tf.nn.softmax(logits) * tf.exp(write)
        same = tf.cast(ids[:, :, None] == ids[:, None], tf.float32) * mask[:, :, None] * mask[:, None]
        rows = tf.repeat(ids[:, None], tf.shape(hidden)[1], axis=1)
        p = tf.gather(written, rows, batch_dims=2) + tf.matmul(attention, same) * tf.exp(copy)
        return p * mask[:, None], written, attention

    def constrained(self, memory: dict, hidden: Any, logits: Any, trail: Any) -> tuple[Any, Any]:
        """`log_probs` of the pieces that go on with the passage; a beam that has written nothing starts anywhere."""
        tf = self.tf
        places = self._ahead(memory, trail)
        shape = tf.shape(logits)
        rows = tf.range(shape[0] * shape[1])[:, None] * shape[2]
        ids = tf.reshape(tf.repeat(memory["ids"][:, None], shape[1], axis=1), [shape[0] * shape[1], -1])
        hits = tf.math.unsorted_segment_sum(
            tf.reshape(tf.cast(places, tf.int32), [-1]), tf.reshape(rows + ids, [-1]), shape[0] * shape[1] * shape[2]
        )
        allowed = (tf.reshape(hits, shape) > 0) | (tf.range(shape[2]) == self.end)
        log_p = tf.where(allowed, self.log_probs(memory, hidden, logits), NEVER)
        return log_p, tf.zeros(shape[:2], tf.int32)

    def follow(self, memory: dict, trail: Any, tag: Any, piece: Any) -> Any:
        """The places of the passage at which what was written so far ends."""
        return self._ahead(memory, trail) & (memory["ids"][:, None] == piece[..., None])

    def _ahead(self, memory: dict, trail: Any) -> Any:
        """Where the next piece may stand: behind the trail, or anywhere in the passage where there is none."""
        tf = self.tf
        ends = tf.cast(memory["ids"] == self.end, tf.int32)
        passage = (tf.cumsum(ends, -1, exclusive=True) == 1) & (ends == 0) & memory["mask"]
        ahead = tf.pad(trail[..., :-1], [[0, 0], [0, 0], [1, 0]])
        return tf.where(tf.reduce_any(trail, -1, keepdims=True), ahead, True) & passage[:, None]
