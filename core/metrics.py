"""How near a written title comes to the real one: Rouge-1, -2, -L and BLEU, in percent.

The protocol is CLGE's (and that of bert4keras' examples), so that figures can be compared with published ones:
characters separated by spaces, lower case, the F measure of the `rouge` package, nltk's `sentence_bleu` with smoothing
method 1, each averaged over the pairs.  It does not split Chinese into words, and does not correct what the protocol
does oddly: a full stop divides a title into sentences, and a title of fewer than four characters has no full BLEU.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# `rouge` finds a common subsequence by recursion, one frame a character of either text, and Python allows about 1,000.
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Metrics:
    """Means over `n` pairs, in percent."""

    rouge_1: float
    rouge_2: float
    rouge_l: float
    bleu: float
    n: int


def measure(pairs: Iterable[tuple[str, str]]) -> Metrics:
    """The means over (hypothesis, reference) pairs; a pair with an empty side counts as 0.  No pairs: all 0.

    Of either side the first MOST_CHARACTERS characters count.
    """
    sums, n = [0.0] * 4, 0
    for hypothesis, reference in pairs:
        sums = [total + value for total, value in zip(sums, _of_pair(hypothesis, reference), strict=True)]
        n += 1
    return Metrics(*(100 * total / max(n, 1) for total in sums), n=n)


def rouge_l(pairs: Iterable[tuple[str, str]]) -> float:
    """The mean Rouge-L alone, in percent."""
    values = [_rouge(_spaced(hypothesis), _spaced(reference))[2] for hypothesis, reference in pairs]
    return 100 * sum(values) / max(len(values), 1)


@functools.cache
def _scorer() -> Any:
    from rouge import Rouge

    return Rouge()


@functools.cache
def _bleu() -> Any:
    """nltk's function under the protocol's smoothing; importing it takes a second or two."""
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    return functools.partial(sentence_bleu, smoothing_function=SmoothingFunction().method1)


def _spaced(text: str) -> str:
    return " ".join(text.strip()[:MOST_CHARACTERS]).lower()


def _of_pair(hypothesis: str, reference: str) -> tuple[float, float, float, float]:
    """Rouge-1, -2, -L and BLEU of one pair, 0 to 1."""
    hypothesis, reference = _spaced(hypothesis), _spaced(reference)
    if not hypothesis or not reference:
        return 0.0, 0.0, 0.0, 0.0
    return *_rouge(hypothesis, reference), float(_bleu()([reference.split(" ")], hypothesis.split(" ")))


def _rouge(hypothesis: str, reference: str) -> tuple[float, float, float]:
    # A side without anything but full stops is empty to `rouge`, which raises then.
    if not hypothesis.strip(" .") or not reference.strip(" ."):
        return 0.0, 0.0, 0.0
    (scores,) = _scorer().get_scores(hypothesis, reference)
    return tuple(scores[name]["f"] for name in ("rouge-1", "rouge-2", "rouge-l"))
