"""One step of a search: from log-probabilities to the pieces that are written next.

Each way of searching is a method `(state, log_p, rules) → (state, parent, piece)`: from the state of all beams (see
`core.decoding`) and log_p (B, K, vocabulary), the beam that each new beam continues and the piece it continues with,
both (B, K).  Everything is a tensor; nothing here knows a model.
"""

from __future__ import annotations

from typing import Any

from core import backend

NEVER = -1e30  # a score that nothing falls below


class Search:
    """The ways of searching over one vocabulary.

    Args:
        vocabulary: its size.
        end: id of the piece that ends a sequence.
    """

    def __init__(self, vocabulary: int, end: int) -> None:
        self.tf = backend.load().tf
        self.vocabulary, self.end = vocabulary, end

    def without_repeats(self, log_p: Any, live: Any, written: Any, n: Any) -> Any:
        """log_p (B, K, vocabulary) with `NEVER` for the pieces that complete an n-gram which the beam already holds."""
        tf = self.tf
        shape = tf.shape(live)
        slots = shape[2]
        at = tf.range(slots)
        same = tf.fill(shape, True)  # same[…, i]: the n − 1 pieces before place i are the last n − 1 written

        def compare(back: Any, same: Any) -> Any:
            last = tf.gather(live, tf.maximum(written - back, 0), axis=2)[..., None]
            before = tf.roll(live, back, axis=2)
            return back + 1, same & (before == last) & (at >= back)

        _, same = tf.while_loop(lambda back, _: back < n, compare, [1, same])
        same &= (at < written) & (n > 0) & (written >= n - 1)
        rows = tf.range(shape[0] * shape[1])[:, None] * self.vocabulary
        flat = tf.reshape(rows + tf.reshape(tf.maximum(live, 0), [-1, slots]), [-1, 1])
        most = tf.reshape(tf.where(same, NEVER, -NEVER), [-1])
        return tf.reshape(tf.tensor_scatter_nd_min(tf.reshape(log_p, [-1]), flat, most), tf.shape(log_p))

    def _extended(self, live: Any, parent: Any, piece: Any, written: Any) -> Any:
        """The rows `parent` of `live` with `piece` in slot `written`."""
        tf = self.tf
        rows = tf.gather(live, parent, batch_dims=1)
        return tf.where(tf.range(tf.shape(live)[2]) == written, piece[..., None], rows)

    def _candidates(self, state: Any, log_p: Any, count: Any) -> tuple[Any, Any, Any]:
        """The best continuations over all beams: scores, parents, pieces, each (B, count)."""
        tf = self.tf
        total = state["live_scores"][..., None] + log_p
        flat = tf.reshape(total, [tf.shape(total)[0], -1])
        scores, index = tf.math.top_k(flat, count)
        return scores, index // self.vocabulary, index % self.vocabulary

    def beam(self, state: Any, log_p: Any, rules: Any) -> tuple[Any, Any, Any]:
        """Twice as many candidates as beams, so that ended ones never leave a beam empty."""
        tf = self.tf
        width = tf.shape(state["live_scores"])[1]
        length = tf.cast(state["written"] + 1, tf.float32) ** rules["penalty"]
        scores, parent, piece = self._candidates(state, log_p, 2 * width)
        rows = self._extended(state["live"], parent, piece, state["written"])
        is_end = piece == self.end

        pool = tf.concat([state["ended_scores"], tf.where(is_end, scores / length, NEVER)], 1)
        ended_scores, index = tf.math.top_k(pool, width)
        ended = tf.gather(tf.concat([state["ended"], rows], 1), index, batch_dims=1)
        before = state["done"][:, None]
        ended_scores = tf.where(before, state["ended_scores"], ended_scores)
        ended = tf.where(before[..., None], state["ended"], ended)

        live_scores, index = tf.math.top_k(tf.where(is_end, NEVER, scores), width)
        live, parent, piece = (tf.gather(x, index, batch_dims=1) for x in (rows, parent, piece))
        worst = tf.reduce_min(ended_scores, 1)
        done = state["done"] | ((worst > NEVER / 2) & (live_scores[:, 0] / length <= worst))
        new = {"live": live, "live_scores": live_scores, "ended": ended, "ended_scores": ended_scores, "done": done}
        return {**state, **new}, parent, piece

    def sample(self, state: Any, log_p: Any, rules: Any) -> tuple[Any, Any, Any]:
        """Each beam on its own; pieces by the inverse of the cumulated probability at a number drawn beforehand."""
        tf = self.tf
        sorted_p, order = tf.math.top_k(log_p / rules["temperature"], self.vocabulary)
        p = tf.nn.softmax(sorted_p)
        above = tf.cumsum(p, axis=-1, exclusive=True)
        rank = tf.range(self.vocabulary)
        kept = ((rules["top_k"] <= 0) | (rank < rules["top_k"])) & (above < rules["top_p"]) | (rank == 0)
        p = tf.where(kept, p, 0.0)
        cumulated = tf.cumsum(p, axis=-1)
        draw = tf.gather(state["draws"], state["written"], axis=2)[..., None] * cumulated[..., -1:]
        at = tf.minimum(
            tf.reduce_sum(tf.cast(cumulated <= draw, tf.int32), -1), tf.reduce_sum(tf.cast(kept, tf.int32), -1) - 1
        )
        piece = tf.gather(order, at, batch_dims=2)
        parent = tf.zeros_like(piece) + tf.range(tf.shape(piece)[1])

        scores = state["live_scores"] + tf.gather(log_p, piece, batch_dims=2)
        live = self._extended(state["live"], parent, piece, state["written"])
        ends = (piece == self.end) & (state["live_scores"] > NEVER / 2)
        length = tf.cast(state["written"] + 1, tf.float32) ** rules["penalty"]
        ended_scores = tf.where(ends, scores / length, state["ended_scores"])
        ended = tf.where(ends[..., None], live, state["ended"])
        live_scores = tf.where(ends, NEVER, scores)
        done = tf.reduce_all(ended_scores > NEVER / 2, 1)
        new = {"live": live, "live_scores": live_scores, "ended": ended, "ended_scores": ended_scores, "done": done}
        return {**state, **new}, parent, piece

    def shrinking(self, state: Any, log_p: Any, rules: Any) -> tuple[Any, Any, Any]:
        """The rule of bert4keras' `AutoRegressiveDecoder.beam_search` (see `Rules.method`); no length penalty."""
        tf = self.tf
        width = tf.shape(state["live_scores"])[1]
        scores, parent, piece = self._candidates(state, log_p, width)
        scores = tf.where(tf.range(width)[None] < state["places"][:, None], scores, NEVER)
        live = self._extended(state["live"], parent, piece, state["written"])
        ends = (piece == self.end) & (scores > NEVER / 2)
        best = ends[:, :1] & ~state["done"][:, None] & (tf.range(width) == 0)[None]
        ended_scores = tf.where(best, scores, state["ended_scores"])
        ended = tf.where(best[..., None], live, state["ended"])
        places = state["places"] - tf.reduce_sum(tf.cast(ends, tf.int32), 1)
        live_scores = tf.where(ends, NEVER, scores)
        done = state["done"] | ends[:, 0]
        new = {"live": live, "live_scores": live_scores, "ended": ended, "ended_scores": ended_scores, "done": done}
        return {**state, **new, "places": places}, parent, piece
