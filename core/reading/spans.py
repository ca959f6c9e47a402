"""The best answer of a passage, out of the probabilities of its pieces at the mask places.

The post (https://kexue.fm/archives/7148) takes, place by place, the likeliest piece that goes on with an n-gram of the
passage, or [SEP].  What it looks for, a run of the passage and the [SEP] behind it, can be looked for among all of them
at once: there are no more than passage × places.  The score is the post's, the mean of the chosen probabilities.
"""

from __future__ import annotations

import numpy as np


def scores(p: np.ndarray) -> np.ndarray:
    """Mean probability of every answer.

    Args:
        p: (places, n + 1): of the passage's n pieces at each mask place, and of [SEP] in the last column.

    Returns:
        (places, n): at [k, s] that of the k + 1 pieces from s on with [SEP] behind them; -1 where there is no such run.
        With one place there is no room for an answer and its [SEP]: (0, n).
    """
    places, n = p.shape[0], p.shape[1] - 1
    found = np.full((places - 1, n), -1.0)
    total = np.zeros(n)
    for k in range(min(places - 1, n)):
        left = n - k
        total = total[:left] + p[k, k:n]
        found[k, :left] = (total + p[k + 1, n]) / (k + 2)
    return found


def best(p: np.ndarray, attention: np.ndarray | None = None) -> tuple[int, int, float]:
    """The best answer that is one: (first piece, behind its last one, mean probability); (0, 0, p) of [SEP] alone where
    there is no piece.

    Where no answer stands, [SEP] is likely at the first place and every answer improbable: from which probability on
    one counts is left to a threshold, which held-out questions can tune as they cannot tune a comparison.

    Args:
        p: as for `scores`.
        attention: (places, n + 1): where the pointer looks; among equal answers it says which of them is meant.
    """
    found = scores(p)
    if not found.size:
        return 0, 0, float(p[0, -1])
    top = found.max()
    length, first = np.unravel_index(int(found.argmax()), found.shape)
    if attention is not None:
        alike = [int(s) for s in np.flatnonzero(found[length] >= top - 1e-6)]
        steps = np.arange(length + 1)
        first = max(alike, key=lambda s: attention[steps, s + steps].sum())
    return int(first), int(first) + int(length) + 1, float(top)


def greedy(p: np.ndarray, ids: np.ndarray) -> tuple[int, int, float]:
    """The post's way, place by place; it may say that there is no answer: (0, 0, p).

    Args:
        p: as for `scores`.
        ids: (n,): the passage's pieces.
    """
    n = len(ids)
    ends = np.arange(n)  # where the next piece may stand
    chosen: list[float] = []
    run = np.arange(n)
    for place in range(len(p)):
        if not len(ends) or p[place, n] >= p[place, ends].max() or place == len(p) - 1:
            chosen.append(float(p[place, n]))
            break
        piece = ids[ends[int(p[place, ends].argmax())]]
        run = ends[ids[ends] == piece]
        chosen.append(float(p[place, run[0]]))
        ends = run[run + 1 < n] + 1
    length = len(chosen) - 1
    first = int(run[0]) - length + 1 if length else 0
    return first, first + length, float(np.mean(chosen))
