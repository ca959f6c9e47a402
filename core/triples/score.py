"""Scoring a triples model: `python -m core score triples`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import VisitorError
from core.text import clean
from core.triples.data import Sentence, usable_sentences
from core.triples.schema import VALUE

if TYPE_CHECKING:
    from core.triples.task import Extractor, TripleResult

_TOGETHER = 512  # sentences that are sorted by length before they are put into batches
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Scores:
    """Percent, on exact (subject, predicate, object).

    n: sentences.  seconds: spent extracting.  predicates: a row for each, most frequent first, with the number of true
    triples and of found ones.
    """

    precision: float
    recall: float
    f1: float
    n: int
    seconds: float
    predicates: tuple[dict[str, float | str], ...]

    def row(self) -> dict[str, float]:
        """By the names the figures go by, rounded to what they are worth."""
        return {
            "precision": round(self.precision, 2), "recall": round(self.recall, 2), "f1": round(self.f1, 2),
            "n": self.n, "seconds": round(self.seconds, 2),
        }  # fmt: skip

    def details(self) -> tuple[dict[str, float | str], ...]:
        """The rows of the table by predicate."""
        return self.predicates


def key(subject: str, predicate: str, object: str) -> Key:
    """What two triples are equal by: the words, blanks at their ends left out."""
    return clean(subject).strip(), predicate, clean(object).strip()


def true_keys(sentence: Sentence) -> set[Key]:
    """The triples that are held to be right; of DuIE 2.0's slots the object itself."""
    return {key(g.subject, g.predicate, g.slots[VALUE]) for g in sentence.triples}


def measure(pairs: Iterable[tuple[set[Key], set[Key]]], seconds: float = 0.0) -> Scores:
    """Scores of (true, found) pairs, one a sentence, counted over all of them.

    Nothing found and nothing true count as 0, not 100: a model that finds nothing is told so.
    """
    true, found, right, n = Counter(), Counter(), Counter(), 0
    for wanted, given in pairs:
        n += 1
        true.update(p for _, p, _ in wanted)
        found.update(p for _, p, _ in given)
        right.update(p for _, p, _ in wanted & given)
    rows = tuple(
        {"predicate": p, **_percent(right[p], found[p], true[p]), "true": true[p], "found": found[p]}
        for p, _ in sorted((true | found).items(), key=lambda item: (-true[item[0]], item[0]))
    )
    whole = _percent(right.total(), found.total(), true.total(), 15)
    return Scores(**whole, n=n, seconds=seconds, predicates=rows)


def _percent(right: int, found: int, true: int, digits: int = 1) -> dict[str, float]:
    return {
        "precision": round(100 * right / max(1, found), digits),
        "recall": round(100 * right / max(1, true), digits),
        "f1": round(200 * right / max(1, found + true), digits),
    }


def best_threshold(pairs: Sequence[tuple[set[Key], dict[Key, float]]]) -> float:
    """The probability from which to count triples so that F1 over `pairs` (true, found with probability) is largest.

    Between the last triple that is taken in and the first that is not; 0.3 where nothing right was found at all.
    """
    found = sorted(((p, k in true) for true, given in pairs for k, p in given.items()), reverse=True)
    wanted = sum(len(true) for true, _ in pairs)
    right, best, threshold = 0, 0.0, 0.3
    for i, (probability, is_right) in enumerate(found):
        right += is_right
        after = found[i + 1][0] if i + 1 < len(found) else 0.0
        if after < probability and (f1 := 2 * right / (i + 1 + wanted)) > best:
            best, threshold = f1, (probability + after) / 2
    return threshold


def extracted(extractor: Extractor, sentences: Sequence[Sentence]) -> list[dict[Key, float]]:
    """For each sentence what is found in it down to the lowest probability; nothing where it cannot be read."""
    results = extractor.extract_many([sentence.text for sentence in sentences], batch=_TOGETHER)
    return [{} if isinstance(result, VisitorError) else _keys(result) for result in results]


def _keys(result: TripleResult) -> dict[Key, float]:
    return {key(t.subject.text, t.predicate, t.object.text): t.probability for t in result.triples}


def score(extractor: Extractor, sentences: Sequence[Sentence], threshold: float | None = None) -> Scores:
    """Extract from each sentence and hold what counts at `threshold` (None: the tuned one) to what is true."""
    began = time.monotonic()
    found = extracted(extractor, sentences)
    seconds = time.monotonic() - began
    least = extractor.threshold if threshold is None else threshold
    pairs = [(true_keys(s), {k for k, p in f.items() if p >= least}) for s, f in zip(sentences, found, strict=True)]
    return measure(pairs, seconds)


def score_files(
    model: Extractor,
    files: Sequence[Path],
    limit: int | None = None,
    say: Callable[[str], None] = print,
) -> Scores:
    """`score` on the first `limit` sentences of the files; bad rows, and partially labelled ones, are left out.

    Raises:
        VisitorError: a file cannot be read, or there is no fully labelled sentence.
    """
    sentences = usable_sentences(files, limit, say)
    full = [sentence for sentence in sentences if not sentence.partial]
    if len(full) < len(sentences):
        say(f"left out {len(sentences) - len(full):,} partially labelled rows")
    if not full:
        raise VisitorError("no_rows", fields="text, spo_list")
    return score(model, full)
