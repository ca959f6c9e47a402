"""Beam search and sampling with a key-value cache, in one compiled loop.

A batch of articles of different lengths is decoded together; padding is hidden, so that an article gets the title it
would get alone.  The loop can be run in pieces (`Decoder.advance`): that is how a title is shown while it grows.

Rules beside the search itself: a least and a greatest length, no n-gram twice, pieces that are never written, and
division of a hypothesis' log-probability by length**penalty (Wu et al. 2016, arXiv:1609.08144, without their 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import backend
from core.cached_bert import CachedBert

_NEVER = -1e30
_EMPTY = -1


@dataclass(frozen=True)
class Rules:
    """How to search.

    method: "beam"; "sample"; or "shrinking", the beam search of bert4keras' `AutoRegressiveDecoder`, in which a
        hypothesis that ends without being the best is dropped and its place in the beam is lost.
    width: beams, or samples.
    shortest, longest: pieces of a title; the end counts as one.
    penalty: exponent of the length; 0 compares plain log-probabilities.
    no_repeat: no n-gram of so many pieces twice; 0 allows all.
    temperature, top_k (0: off), top_p (1: off): for sampling.
    seed: for sampling; a title depends on its article and the seed, not on what else is in the batch.
    """

    method: str = "beam"
    width: int = 3
    shortest: int = 2
    longest: int = 40
    penalty: float = 1.0
    no_repeat: int = 3
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Hypothesis:
    """One written sequence: its pieces without the end, the mean log-probability of a piece, and whether it ended."""

    pieces: tuple[int, ...]
    score: float
    finished: bool


class Decoder:
    """Decodes with one transformer and one copy head; keep one for all requests, its graphs are traced once.

    Args:
        bert: the cached transformer.
        head: a copy head of `core.titling.copying`, or anything with its `prepare`, `constrained`, `follow`.
        end: id of [SEP].
        banned: ids that are never written ([PAD], [CLS], [MASK] and the like).
    """

    def __init__(self, bert: CachedBert, head: Any, end: int, banned: Sequence[int]) -> None:
        self.tf = tf = backend.load().tf
        self.bert, self.head, self.end = bert, head, end
        mask = np.zeros(bert.vocabulary, np.float32)
        mask[list(banned)] = _NEVER
        self._banned = tf.constant(mask)
        ids = tf.TensorSpec([None, None], tf.int32)
        self._read = tf.function(self._read_graph, input_signature=[ids], autograph=False)
        self._advance: dict[str, Any] = {}

    # ---- from outside -------------------------------------------------------------------------------------------
    def start(self, sources: Sequence[Sequence[int]], rules: Rules) -> tuple[Any, Any]:
        """Read a batch of `[CLS] article [SEP]`; returns the memory and the state that `advance` carries on."""
        tf = self.tf
        tokens = np.zeros((len(sources), max(map(len, sources))), np.int32)
        for row, source in zip(tokens, sources, strict=True):
            row[: len(source)] = source
        hidden, memory = self._read(tf.constant(tokens))
        return memory, self._first_state(hidden, tokens, rules)

    def advance(self, memory: Any, state: Any, rules: Rules, until: int | None = None) -> Any:
        """Write on until `until` pieces are written, or all titles have ended, or `rules.longest` is reached."""
        if rules.method not in self._advance:
            self._advance[rules.method] = self._trace(rules.method, memory, state)
        until = rules.longest if until is None else min(until, rules.longest)
        return self._advance[rules.method](memory, state, self._scalars(rules, until))

    def is_done(self, state: Any, rules: Rules) -> bool:
        """Whether nothing is left to write."""
        return bool(self.tf.reduce_all(state["done"])) or int(state["written"]) >= rules.longest

    def results(self, state: Any, rules: Rules) -> list[list[Hypothesis]]:
        """For each article its hypotheses so far, the ended ones before those that have not, best first."""
        arrays = {k: state[k].numpy() for k in ("ended", "ended_scores", "live", "live_scores")}
        written, out = int(state["written"]), []
        for b in range(len(arrays["live"])):
            ended = [
                Hypothesis(tuple(int(p) for p in row if p not in (_EMPTY, self.end)), float(score), True)
                for row, score in zip(arrays["ended"][b], arrays["ended_scores"][b], strict=True)
                if score > _NEVER / 2
            ]
            live = [
                Hypothesis(tuple(int(p) for p in row[:written]), float(score) / max(written, 1) ** rules.penalty, False)
                for row, score in zip(arrays["live"][b], arrays["live_scores"][b], strict=True)
                if score > _NEVER / 2 and written
            ]
            order = [sorted(group, key=lambda h: -h.score) for group in (ended, live)]
            out.append([*order[0], *order[1]])
        return out

    def decode(self, sources: Sequence[Sequence[int]], rules: Rules) -> list[list[Hypothesis]]:
        """All at once: for each article its hypotheses, best first."""
        memory, state = self.start(sources, rules)
        return self.results(self.advance(memory, state, rules), rules)

    # ---- graphs -------------------------------------------------------------------------------------------------
    def _read_graph(self, tokens: Any) -> tuple[Any, Any]:
        tf = self.tf
        hidden, memory = self.bert.read(tokens)
        lengths = tf.reduce_sum(tf.cast(tokens > 0, tf.int32), -1)
        last = tf.gather(hidden, lengths - 1, batch_dims=1)
        return last, {**memory, "lengths": lengths, "copy": self.head.prepare(hidden, tokens)}

    def _first_state(self, hidden: Any, tokens: np.ndarray, rules: Rules) -> dict[str, Any]:
        """hidden (B, width): what foretells the first piece."""
        tf, b, k = self.tf, len(tokens), rules.width
        slots = np.full((b, k, rules.longest), _EMPTY, np.int32)
        cache = np.zeros((b, k, self.bert.depth, self.bert.heads, 0, self.bert.head_width), np.float32)
        scores = np.full((b, k), 0.0 if rules.method == "sample" else _NEVER, np.float32)
        scores[:, 0] = 0.0  # all beams are alike before the first piece: one of them starts
        draws = np.random.default_rng(rules.seed).random((1, k, rules.longest), np.float32)
        state = {
            "live": slots,
            "live_scores": scores,
            "ended": slots,
            "ended_scores": np.full((b, k), _NEVER, np.float32),
            "keys": cache,
            "values": cache,
            "trail": np.zeros((b, k, tokens.shape[1]), bool),
            "draws": np.repeat(draws, b, 0),
            "places": np.full(b, k, np.int32),
            "done": np.zeros(b, bool),
            "written": np.int32(0),
        }
        state = {name: tf.constant(value) for name, value in state.items()}
        return {**state, "hidden": tf.repeat(hidden[:, None], k, axis=1)}

    def _specs(self, memory: Any, state: Any) -> tuple[Any, Any]:
        """Any batch, number of beams and length; only the model's own sizes are fixed: one trace serves all."""
        tf, bert = self.tf, self.bert

        def free(tensor: Any) -> Any:  # all that a copy head keeps, and most of the state
            last = [tensor.shape[-1]] if tensor.shape.rank == 3 and tensor.dtype == tf.float32 else [None]
            shape = [None] * (tensor.shape.rank - 1) + last if tensor.shape.rank else []
            return tf.TensorSpec(shape, tensor.dtype)

        by_head = tf.TensorSpec([None, bert.heads, None, bert.head_width])
        cache = tf.TensorSpec([None, None, bert.depth, bert.heads, None, bert.head_width])
        memory = {
            "keys": [by_head] * bert.depth,
            "values": [by_head] * bert.depth,
            "bias": tf.TensorSpec([None, 1, 1, None]),
            "projections": tf.nest.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), memory["projections"]),
            "lengths": free(memory["lengths"]),
            "copy": tf.nest.map_structure(free, memory["copy"]),
        }
        state = {**{name: free(t) for name, t in state.items()}, "keys": cache, "values": cache}
        state["draws"] = tf.TensorSpec([None, None, None])
        return memory, state

    @staticmethod
    def _scalars(rules: Rules, until: int) -> dict[str, np.generic]:
        return {
            "until": np.int32(until),
            "shortest": np.int32(rules.shortest),
            "no_repeat": np.int32(rules.no_repeat),
            "penalty": np.float32(rules.penalty),
            "temperature": np.float32(max(rules.temperature, 1e-3)),
            "top_k": np.int32(rules.top_k),
            "top_p": np.float32(rules.top_p),
        }

    def _trace(self, method: str, memory: Any, state: Any) -> Any:
        tf = self.tf
        specs = self._specs(memory, state)
        choose = {"beam": self._beam, "sample": self._sample, "shrinking": self._shrinking}[method]

        def loop(memory: Any, state: Any, rules: Any) -> Any:
            def unfinished(state: Any) -> Any:
                return (state["written"] < rules["until"]) & ~tf.reduce_all(state["done"])

            def write(state: Any) -> list[Any]:
                return [self._write(choose, memory, state, rules)]

            shapes = tf.nest.map_structure(lambda spec: spec.shape, specs[1])
            return tf.while_loop(unfinished, write, [state], shape_invariants=[shapes])[0]

        scalars = {k: tf.TensorSpec([], v.dtype) for k, v in self._scalars(Rules(), 0).items()}
        return tf.function(loop, input_signature=[*specs, scalars], autograph=False)

    def _write(self, choose: Any, memory: Any, state: Any, rules: Any) -> Any:
        """One piece for every beam of every article."""
        tf = self.tf
        written = state["written"]
        logits = self.bert.logits(state["hidden"])
        log_p, tag = self.head.constrained(memory["copy"], state["hidden"], logits, state["trail"])
        log_p += self._banned
        end = tf.one_hot(self.end, self.bert.vocabulary)
        log_p += tf.where(written < rules["shortest"], _NEVER, 0.0) * end
        log_p = tf.where(self._repeats(state["live"], written, rules["no_repeat"]), _NEVER, log_p)
        state, parent, piece = choose(state, log_p, rules)

        place = memory["lengths"][:, None] + tf.fill(tf.shape(piece), written)
        keys, values, trail, tag = (
            tf.gather(x, parent, batch_dims=1) for x in (state["keys"], state["values"], state["trail"], tag)
        )
        hidden, keys, values = self.bert.step(piece, place, memory, keys, values)
        trail = self.head.follow(memory["copy"], trail, tag, piece)
        return {**state, "hidden": hidden, "keys": keys, "values": values, "trail": trail, "written": written + 1}

    def _repeats(self, live: Any, written: Any, n: Any) -> Any:
        """Which pieces would complete an n-gram that the beam already holds: (B, K, vocabulary) of bool."""
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
        rows = tf.range(shape[0] * shape[1])[:, None] * self.bert.vocabulary
        flat = tf.reshape(rows + tf.reshape(tf.maximum(live, 0), [-1, slots]), [-1])
        size = shape[0] * shape[1] * self.bert.vocabulary
        hits = tf.math.unsorted_segment_sum(tf.reshape(tf.cast(same, tf.int32), [-1]), flat, size)
        return tf.reshape(hits > 0, [shape[0], shape[1], self.bert.vocabulary])

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
        return scores, index // self.bert.vocabulary, index % self.bert.vocabulary

    def _beam(self, state: Any, log_p: Any, rules: Any) -> tuple[Any, Any, Any]:
        """Twice as many candidates as beams, so that ended ones never leave a beam empty."""
        tf = self.tf
        width = tf.shape(state["live_scores"])[1]
        length = tf.cast(state["written"] + 1, tf.float32) ** rules["penalty"]
        scores, parent, piece = self._candidates(state, log_p, 2 * width)
        rows = self._extended(state["live"], parent, piece, state["written"])
        is_end = piece == self.end

        pool = tf.concat([state["ended_scores"], tf.where(is_end, scores / length, _NEVER)], 1)
        ended_scores, index = tf.math.top_k(pool, width)
        ended = tf.gather(tf.concat([state["ended"], rows], 1), index, batch_dims=1)
        before = state["done"][:, None]
        ended_scores = tf.where(before, state["ended_scores"], ended_scores)
        ended = tf.where(before[..., None], state["ended"], ended)

        live_scores, index = tf.math.top_k(tf.where(is_end, _NEVER, scores), width)
        live, parent, piece = (tf.gather(x, index, batch_dims=1) for x in (rows, parent, piece))
        worst = tf.reduce_min(ended_scores, 1)
        done = state["done"] | ((worst > _NEVER / 2) & (live_scores[:, 0] / length <= worst))
        new = {"live": live, "live_scores": live_scores, "ended": ended, "ended_scores": ended_scores, "done": done}
        return {**state, **new}, parent, piece

    def _sample(self, state: Any, log_p: Any, rules: Any) -> tuple[Any, Any, Any]:
        """Each beam on its own; pieces by the inverse of the cumulated probability at a number drawn beforehand."""
        tf = self.tf
        sorted_p, order = tf.math.top_k(log_p / rules["temperature"], self.bert.vocabulary)
        p = tf.nn.softmax(sorted_p)
        above = tf.cumsum(p, axis=-1, exclusive=True)
        rank = tf.range(self.bert.vocabulary)
        kept = ((rules["top_k"] <= 0) | (rank < rules["top_k"])) & (above < rules["top_p"]) | (rank == 0)
        p = tf.where(kept, p, 0.0)
        cumulated = tf.cumsum(p, axis=-1)
        draw = tf.gather(state["draws"], state["written"], axis=2)[..., None] * cumulated[..., -1:]
        at = tf.minimum(tf.reduce_sum(tf.cast(cumulated <= draw, tf.int32), -1), tf.reduce_sum(tf.cast(kept, tf.int32), -1) - 1)
        piece = tf.gather(order, at, batch_dims=2)
        parent = tf.zeros_like(piece) + tf.range(tf.shape(piece)[1])

        scores = state["live_scores"] + tf.gather(log_p, piece, batch_dims=2)
        live = self._extended(state["live"], parent, piece, state["written"])
        ends = (piece == self.end) & (state["live_scores"] > _NEVER / 2)
        length = tf.cast(state["written"] + 1, tf.float32) ** rules["penalty"]
        ended_scores = tf.where(ends, scores / length, state["ended_scores"])
        ended = tf.where(ends[..., None], live, state["ended"])
        live_scores = tf.where(ends, _NEVER, scores)
        done = tf.reduce_all(ended_scores > _NEVER / 2, 1)
        new = {"live": live, "live_scores": live_scores, "ended": ended, "ended_scores": ended_scores, "done": done}
        return {**state, **new}, parent, piece

    def _shrinking(self, state: Any, log_p: Any, rules: Any) -> tuple[Any, Any, Any]:
        """The rule of bert4keras' `AutoRegressiveDecoder.beam_search` (see `Rules.method`); no length penalty."""
        tf = self.tf
        width = tf.shape(state["live_scores"])[1]
        scores, parent, piece = self._candidates(state, log_p, width)
        scores = tf.where(tf.range(width)[None] < state["places"][:, None], scores, _NEVER)
        live = self._extended(state["live"], parent, piece, state["written"])
        ends = (piece == self.end) & (scores > _NEVER / 2)
        best = ends[:, :1] & ~state["done"][:, None] & (tf.range(width) == 0)[None]
        ended_scores = tf.where(best, scores, state["ended_scores"])
        ended = tf.where(best[..., None], live, state["ended"])
        places = state["places"] - tf.reduce_sum(tf.cast(ends, tf.int32), 1)
        live_scores = tf.where(ends, _NEVER, scores)
        done = state["done"] | ends[:, 0]
        new = {"live": live, "live_scores": live_scores, "ended": ended, "ended_scores": ended_scores, "done": done}
        return {**state, **new, "places": places}, parent, piece
