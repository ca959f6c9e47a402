"""Scoring a titling model: `python -m core score titling`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import metrics
from core.errors import VisitorError
from core.text import lead
from core.titling.data import Pair, usable_pairs

if TYPE_CHECKING:
    from core.titling.task import Decoding, Titler


@dataclass(frozen=True)
class Scores:
    """Percent, by the protocol of `core.metrics`.

    lead_rouge_l: what the article's first sentence would get as its title.  n: pairs.  seconds: spent writing titles.
    """

    rouge_1: float
    rouge_2: float
    rouge_l: float
    bleu: float
    lead_rouge_l: float
    n: int
    seconds: float

    def row(self) -> dict[str, float]:
        """By the names the figures go by, rounded to what they are worth."""
        return {name.replace("_", "-"): round(value, 2) for name, value in asdict(self).items()}


def score(
    titler: Titler,
    pairs: Sequence[Pair],
    decoding: Decoding | None = None,
    say: Callable[[str], None] | None = None,
) -> Scores:
    """Write a title for each article and hold it to the real one; an article that gets none counts as 0.

    Args:
        titler: who writes.
        pairs: articles and their titles.
        decoding: how titles are written; of each article the best one counts.  None: beam search, three beams.
        say: told now and then how far it is.
    """
    from core.titling.task import Decoding

    began = time.monotonic()
    written: list[str] = []
    for result in titler.title_many([pair.text for pair in pairs], decoding or Decoding(count=1)):
        written.append("" if isinstance(result, VisitorError) else result.titles[0].text)
        if say and len(written) % 100 == 0:
            say(f"{len(written):,} of {len(pairs):,} articles, {time.monotonic() - began:.0f} s")
    seconds = time.monotonic() - began
    titles = [pair.title for pair in pairs]
    found = metrics.measure(zip(written, titles, strict=True))
    baseline = metrics.rouge_l((lead(pair.text), pair.title) for pair in pairs)
    return Scores(found.rouge_1, found.rouge_2, found.rouge_l, found.bleu, baseline, found.n, seconds)


def score_files(
    model: Titler,
    files: Sequence[Path],
    limit: int | None = None,
    say: Callable[[str], None] = print,
) -> Scores:
    """`score` on the first `limit` pairs of the files; bad rows are named and left out.

    Raises:
        VisitorError: a file cannot be read, or there is no pair at all.
    """
    return score(model, usable_pairs(files, limit, say), say=say)
