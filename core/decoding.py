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
from core.search import NEVER, Search

_EMPTY = -1


@dataclass(frozen=True)
class Rules:
    """How to search.

    method: "beam"; "sample"; or "shrinking", the beam search of bert4keras' `AutoRegressiveDecoder`, in which a
        hypothesis that ends without being the best is dropped and its place in the beam is lost.
    width: beams, or samples.
    shortest: pieces of a title before its end may come.  longest: pieces, the end among them.
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
    """Decodes with one network and one copy head; keep one for all requests, its graphs are traced once.

    Args:
        network: a `core.cached_bert.CachedBert`, or anything with its `read`, `first`, `step`, `reorder`, `logits` and
            `specs`; what it carries from step to step are two tensors, here called keys and values.
        head: a copy head of `core.titling.copying`, or anything with its `prepare`, `constrained`, `follow`.
        end: id of [SEP].
        banned: ids that are never written ([PAD], [CLS], [MASK] and the like).
    """

    def __init__(self, network: Any, head: Any, end: int, banned: Sequence[int]) -> None:
        self.tf = tf = backend.load().tf
        self.network, self.head, self.end = network, head, end
        self._search = Search(network.vocabulary, end)
        mask = np.zeros(network.vocabulary, np.float32)
        mask[list(banned)] = NEVER
        self._banned = tf.constant(mask)
        ids = tf.TensorSpec([None, None], tf.int32)
        self._read = tf.function(self._read_graph, input_signature=[ids, tf.TensorSpec([], tf.int32)], autograph=False)
        self._advance: dict[str, Any] = {}

    # ---- from outside -------------------------------------------------------------------------------------------
    def start(self, sources: Sequence[Sequence[int]], rules: Rules) -> tuple[Any, Any]:
        """Read a batch of `[CLS] article [SEP]`; returns the memory and the state that `advance` carries on."""
        tf = self.tf
        tokens = np.zeros((len(sources), max(map(len, sources))), np.int32)
        for row, source in zip(tokens, sources, strict=True):
            row[: len(source)] = source
        first, memory = self._read(tf.constant(tokens), rules.width)
        return memory, self._first_state(first, tokens, rules)

    def advance(self, memory: Any, state: Any, rules: Rules, until: int | None = None) -> Any:
        """Write on until `until` pieces are written, or all titles have ended, or `rules.longest` is reached."""
        tf = self.tf
        if rules.method not in self._advance:
            self._advance[rules.method] = self._trace(rules.method, memory, state)
        until = rules.longest if until is None else min(until, rules.longest)
        # one operation after the other: the hundreds of small ones of a step cost more to hand out than to do
        with tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR"):
            return self._advance[rules.method](memory, state, self._scalars(rules, until))

    def is_done(self, state: Any, rules: Rules) -> bool:
        """Whether nothing is left to write."""
        return bool(self.tf.reduce_all(state["done"])) or int(state["written"]) >= rules.longest

    def results(self, state: Any, rules: Rules) -> list[list[Hypothesis]]:
        """For each article its hypotheses so far, the ended ones before those that have not, best first."""
        arrays = {k: state[k].numpy() for k in ("ended", "ended_scores", "live", "live_scores", "done")}
        written, out = int(state["written"]), []
        for b in range(len(arrays["live"])):
            ended = [
                Hypothesis(tuple(int(p) for p in row if p not in (_EMPTY, self.end)), float(score), True)
                for row, score in zip(arrays["ended"][b], arrays["ended_scores"][b], strict=True)
                if score > NEVER / 2
            ]
            live = [
                Hypothesis(tuple(int(p) for p in row[:written]), float(score) / max(written, 1) ** rules.penalty, False)
                for row, score in zip(arrays["live"][b], arrays["live_scores"][b], strict=True)
                if score > NEVER / 2 and written and not arrays["done"][b]  # what is done may have been written on
            ]
            order = [sorted(group, key=lambda h: -h.score) for group in (ended, live)]
            out.append([*order[0], *order[1]])
        return out

    def decode(self, sources: Sequence[Sequence[int]], rules: Rules) -> list[list[Hypothesis]]:
        """All at once: for each article its hypotheses, best first."""
        memory, state = self.start(sources, rules)
        return self.results(self.advance(memory, state, rules), rules)

    # ---- graphs -------------------------------------------------------------------------------------------------
    def _read_graph(self, tokens: Any, width: Any) -> tuple[dict[str, Any], Any]:
        """What the articles leave to the first state, the same for `width` beams, and the memory."""
        tf = self.tf
        hidden, memory = self.network.read(tokens)
        lengths = tf.reduce_sum(tf.cast(tokens > 0, tf.int32), -1)
        first, keys, values = self.network.first(hidden, memory, lengths)
        beams = tf.zeros(tf.stack([tf.shape(tokens)[0], width]), tf.int32)
        state = {name: self.network.reorder(one, beams) for name, one in (("keys", keys), ("values", values))}
        state["hidden"] = tf.repeat(first[:, None], width, axis=1)
        return state, {**memory, "lengths": lengths, "copy": self.head.prepare(hidden, tokens)}

    def _first_state(self, first: dict[str, Any], tokens: np.ndarray, rules: Rules) -> dict[str, Any]:
        """first: keys, values, and what foretells the first piece, hidden (B, K, width)."""
        tf, b, k = self.tf, len(tokens), rules.width
        slots = np.full((b, k, rules.longest), _EMPTY, np.int32)
        scores = np.full((b, k), 0.0 if rules.method == "sample" else NEVER, np.float32)
        scores[:, 0] = 0.0  # all beams are alike before the first piece: one of them starts
        draws = np.random.default_rng(rules.seed).random((1, k, rules.longest), np.float32)
        state = {
            "live": slots,
            "live_scores": scores,
            "ended": slots,
            "ended_scores": np.full((b, k), NEVER, np.float32),
            "trail": np.zeros((b, k, tokens.shape[1]), bool),
            "draws": np.repeat(draws, b, 0),
            "places": np.full(b, k, np.int32),
            "done": np.zeros(b, bool),
            "written": np.int32(0),
        }
        return {**{name: tf.constant(value) for name, value in state.items()}, **first}

    def _specs(self, memory: Any, state: Any) -> tuple[Any, Any]:
        """Any batch, number of beams and length; only the model's own sizes are fixed: one trace serves all."""
        tf = self.tf

        def free(tensor: Any) -> Any:  # all that a copy head keeps, and most of the state
            last = [tensor.shape[-1]] if tensor.shape.rank == 3 and tensor.dtype == tf.float32 else [None]
            shape = [None] * (tensor.shape.rank - 1) + last if tensor.shape.rank else []
            return tf.TensorSpec(shape, tensor.dtype)

        fixed, cache = self.network.specs(memory)
        copy = tf.nest.map_structure(free, memory["copy"])
        memory = {**fixed, "lengths": free(memory["lengths"]), "copy": copy}
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
        choose = getattr(self._search, method)

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
        logits = self.network.logits(state["hidden"], memory)
        log_p, tag = self.head.constrained(memory["copy"], state["hidden"], logits, state["trail"])
        too_short = tf.where(written < rules["shortest"], NEVER, 0.0) * tf.one_hot(self.end, self.network.vocabulary)
        log_p += self._banned + too_short
        log_p = self._search.without_repeats(log_p, state["live"], written, rules["no_repeat"])
        state, parent, piece = choose(state, log_p, rules)

        place = memory["lengths"][:, None] + tf.fill(tf.shape(piece), written)
        keys, values = (self.network.reorder(state[name], parent) for name in ("keys", "values"))
        trail, tag = (tf.gather(x, parent, batch_dims=1) for x in (state["trail"], tag))
        hidden, keys, values = self.network.step(piece, place, memory, keys, values)
        trail = self.head.follow(memory["copy"], trail, tag, piece)
        return {**state, "hidden": hidden, "keys": keys, "values": values, "trail": trail, "written": written + 1}
