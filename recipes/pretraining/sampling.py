"""Batches out of a corpus, with NumPy: which windows, and what is hidden in them.

Two objectives take turns.  Masked: whole words (Cui et al. 2019, arXiv:1906.08101) of a window are hidden and have to
be found from both sides, `[CLS] pieces [SEP]`, segment 0.  Prefix: the window is parted, `[CLS] a [SEP] b [SEP]`, and
b is foretold from left to right under the UniLM mask (Dong et al. 2019, arXiv:1905.03197), segment 1; the parting is
often the [SEP] in front of a title.  Windows are cut out of the run of documents without padding; each pass cuts them
elsewhere, orders them anew and masks them anew.

Every shape is fixed by the settings, so that a compiled network meets few of them, and everything is a function of the
seed and the step: nothing has to be kept to go on where a run was stopped.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recipes.pretraining import RecipeError
from recipes.pretraining.corpus import LONGEST, Corpus, Pieces
from recipes.pretraining.schedule import Plan, is_long, is_prefix, steps_before

_ORDER, _HIDE, _MEASURE = range(3)  # what a random number is for: a stream of its own for each


@dataclass(frozen=True)
class Masking:
    """share: of the pieces that are hidden.  only_mask: hide all behind [MASK]; else 80 % so, 10 % behind another
    piece, and 10 % are left to be seen (Devlin et al. 2018, arXiv:1810.04805)."""

    share: float = 0.15
    only_mask: bool = False


@dataclass(frozen=True)
class Order:
    """A batch that is to be built: the first piece of each window (rows,), its length, its objective, its noise."""

    starts: np.ndarray
    length: int
    prefix: bool
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """tokens (rows, length) int32.  seps (rows,) int32: the place of the [SEP] that parts the window, None if masked.
    places (rows, count) int32: where the network is asked.  labels (rows, count) int32: what stands there (masked) or
    behind it (prefix), −100 where nothing is asked."""

    tokens: np.ndarray
    seps: np.ndarray | None
    places: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def asked(self) -> int:
        """How many pieces have to be found."""
        return int((self.labels >= 0).sum())

    def parts(self, rows: int) -> Iterator[Batch]:
        """The batch in parts of at most so many rows: gradient accumulation."""
        for i in range(0, len(self), rows):
            some = slice(i, i + rows)
            seps = None if self.seps is None else self.seps[some]
            yield Batch(self.tokens[some], seps, self.places[some], self.labels[some])


class Sampler:
    """The batches of a run.

    Args:
        corpus: where they come from.
        tokens: pieces of a batch; rows of a window's length, at least one.
        short, long: pieces of a window.
        seed: of the order and of what is hidden.
        masking: of what is trained on, see `Masking`.

    Raises:
        RecipeError: the corpus has not one window of a length.
    """

    def __init__(
        self, corpus: Corpus, tokens: int, short: int, long: int, seed: int, masking: Masking | None = None
    ) -> None:
        self.corpus, self.seed, self.masking = corpus, seed, masking or Masking()
        self.short, self.long = short, long
        self.rows = {length: max(1, tokens // length) for length in (short, long)}
        self.windows = {length: self._windows(length) for length in (short, long)}
        self._ordered = functools.lru_cache(maxsize=4)(self._order)

    def _windows(self, length: int) -> int:
        """Windows of a pass."""
        sizes = np.diff(self.corpus.bounds)
        found = int((sizes // (length - 2) * self.corpus.times).sum())
        if not found:
            raise RecipeError(f"The corpus is too small: no source fills a window of {length} pieces.")
        return found

    def _order(self, length: int, number: int) -> np.ndarray:
        """The first pieces of all windows of a pass, in its order."""
        rng = np.random.default_rng((self.seed, _ORDER, length, number))
        starts = []
        for begin, end, times in zip(self.corpus.bounds, self.corpus.bounds[1:], self.corpus.times, strict=False):
            count = (end - begin) // (length - 2)
            for _ in range(times if count else 0):
                shift = rng.integers(end - begin - count * (length - 2) + 1)
                starts.append(begin + shift + np.arange(count) * (length - 2))
        return rng.permutation(np.concatenate(starts))

    def order(self, plan: Plan, step: int) -> Order:
        """What the batch of a step is built from."""
        short, long = steps_before(plan, step)
        length, before = (self.long, long) if is_long(plan, step) else (self.short, short)
        place = before * self.rows[length] + np.arange(self.rows[length])
        passes, window = np.divmod(place, self.windows[length])
        starts = np.concatenate([self._ordered(length, int(p))[window[passes == p]] for p in np.unique(passes)])
        return Order(starts, length, is_prefix(step), (self.seed, _HIDE, step))

    def passes(self, plan: Plan, step: int) -> float:
        """How often the corpus has been seen before a step."""
        counts = zip((self.short, self.long), steps_before(plan, step), strict=True)
        return sum(count * self.rows[length] / self.windows[length] for length, count in counts)

    def build(self, order: Order) -> Batch:
        """The batch."""
        return self._build(self.corpus.train, order, self.masking)

    def held_out(self, length: int, prefix: bool, rows: int, most: int | None = None) -> Iterator[Batch]:
        """The windows that are measured, in batches of `rows`: always the same ones, with the same pieces hidden.

        They are masked as `Masking` does by itself, whatever the run's own masking is: so figures of runs with other
        settings, and those of `score`, are of one kind.  `most`: windows at most, evenly spaced, so that all sources
        have some.  Of a corpus whose held-out part does not fill a window there is one window that runs round.
        """
        size = len(self.corpus.held)
        windows = max(1, size // (length - 2))
        count = min(windows, most or windows)
        starts = np.arange(count) * windows // count * (length - 2)
        for i in range(0, len(starts), rows):
            order = Order(starts[i : i + rows], length, prefix, (_MEASURE, length, i))
            yield self._build(self.corpus.held, order, Masking())

    def _build(self, pieces: Pieces, order: Order, masking: Masking) -> Batch:
        at = (order.starts[:, None] + np.arange(order.length - 2)) % len(pieces)
        ids, starts = pieces.ids[at].astype(np.int32), pieces.starts[at]
        starts[:, 0] = True  # a word that the window's edge cuts
        rng = np.random.default_rng(order.seed)
        special = self.corpus.special
        if order.prefix:
            return prefixed(ids, starts, special["[CLS]"], special["[SEP]"], rng)
        return masked(ids, starts, self.corpus.ordinary, special, masking, rng)


def masked(
    ids: np.ndarray,
    starts: np.ndarray,
    ordinary: np.ndarray,
    special: dict[str, int],
    masking: Masking,
    rng: np.random.Generator,
) -> Batch:
    """A batch of masked language modelling.

    Args:
        ids: (rows, length − 2) pieces; starts: the same of bool, where words begin.
        ordinary: (vocabulary,) bool, what may be hidden, and stand in for what is.
        special: the ids of [CLS], [SEP] and [MASK].
        masking: how much is hidden and how.
        rng: where the noise comes from.
    """
    rows, length = ids.shape
    budget = max(1, round(masking.share * length))
    # Each word draws a number, and its pieces stand together in the order of these: those of the first words are
    # hidden, up to the word that exceeds the budget, which is hidden whole.
    word = np.cumsum(starts, axis=1) - 1
    key = np.take_along_axis(rng.random((rows, length)), word, axis=1)
    key[~ordinary[ids]] = 2.0
    rank = np.argsort(np.argsort(key, axis=1, kind="stable"), axis=1, kind="stable")
    begun = np.maximum.accumulate(np.where(starts, np.arange(length), 0), axis=1)
    chosen = (np.take_along_axis(rank, begun, axis=1) < budget) & ordinary[ids]
    count = min(length, budget + LONGEST - 1)
    places = np.argsort(~chosen, axis=1, kind="stable")[:, :count]
    asked = np.take_along_axis(chosen, places, axis=1)
    labels = np.where(asked, np.take_along_axis(ids, places, axis=1), -100)
    dice = rng.random((rows, length))
    other = np.flatnonzero(ordinary)[rng.integers(ordinary.sum(), size=(rows, length))]
    hide = chosen if masking.only_mask else chosen & (dice < 0.8)
    given = np.where(hide, special["[MASK]"], ids)
    if not masking.only_mask:
        given = np.where(chosen & (dice >= 0.9), other, given)
    edge = np.ones((rows, 1), np.int32)
    tokens = np.concatenate([edge * special["[CLS]"], given, edge * special["[SEP]"]], axis=1)
    return Batch(*(a.astype(np.int32) if a is not None else None for a in (tokens, None, places + 1, labels)))


def prefixed(ids: np.ndarray, starts: np.ndarray, cls: int, sep: int, rng: np.random.Generator) -> Batch:
    """A batch of prefix language modelling: arguments as of `masked`.

    In half of the windows that have a [SEP] in their middle half the window is parted there; else in front of a word
    of the middle half, by a [SEP] that is put in.
    """
    rows, stream = ids.shape
    length = stream + 2
    place = np.arange(stream)
    middle = (place + 1 >= length // 4) & (place + 1 < length - length // 4)
    draw = rng.random((rows, stream)) + (starts & middle) + 2 * middle
    draw += 4 * ((ids == sep) & middle & (rng.random((rows, 1)) < 0.5))
    at = draw.argmax(axis=1)  # the stream's piece that is, or comes behind, the parting [SEP]
    put_in = np.take_along_axis(ids, at[:, None], axis=1) != sep
    # places behind the parting, from the stream: one further on where a [SEP] was put in
    index = np.arange(length)[None] - 1 - ((np.arange(length)[None] > at[:, None] + 1) & put_in)
    tokens = np.take_along_axis(ids, np.clip(index, 0, stream - 1), axis=1)
    tokens[:, 0] = cls
    tokens[np.arange(rows), at + 1] = sep
    tokens[:, -1:] = np.where(put_in, tokens[:, -1:], sep)  # no piece was put in: the window ends with one of its own
    places = np.broadcast_to(np.arange(length // 4, length - 1), (rows, length - 1 - length // 4))
    labels = np.where(places > at[:, None], tokens[:, length // 4 + 1 :], -100)
    labels[:, -1:] = np.where(put_in, labels[:, -1:], -100)  # that end is none of the text's
    return Batch(*(a.astype(np.int32) for a in (tokens, at + 1, places, labels)))
