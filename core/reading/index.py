"""Documents cut into passages that overlap, and the passages that a question is likeliest to be answered in.

The search is BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", in Lucene's form) over jieba's
words and single characters, by bm25s.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core import patience
from core.documents import MAX_CHARACTERS, Document
from core.errors import VisitorError
from core.text import clean, sentences, words

__all__ = ["OVERLAP", "PASSAGE", "Document", "Library", "Passage", "passages"]

PASSAGE = 250  # characters of a passage at most: with few Latin words in it, fewer pieces than a reader's window holds
OVERLAP = 80  # characters of whole sentences at a passage's end with which the next one begins, at most
_TOLD = 2_000  # characters between two words about how far it is
_SOFT = re.compile("[\uff0c\u3001\uff1a,:\\s]")  # where a sentence longer than a passage is best cut


@dataclass(frozen=True)
class Passage:
    """Characters `start:end` of document number `source`."""

    source: int
    start: int
    end: int


def passages(text: str, size: int = PASSAGE, overlap: int = OVERLAP) -> Iterator[tuple[int, int]]:
    """The (start, end) of passages of at most `size` characters: whole sentences, the last ones of a passage again at
    the beginning of the next.  A sentence longer than `size` is cut behind a comma or blank, if there is one.

    Args:
        text: any.
        size: at least 2.
        overlap: 0 to size - 1.
    """
    yield from ((some[0][0], some[-1][1]) for some in _grouped(list(_parts(text, size)), size, overlap))


def _parts(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Sentences, or parts of long ones, none longer than `size`."""
    for start, end in sentences(text):
        while end - start > size:
            ways = [m.end() for m in _SOFT.finditer(text, start + size // 2, start + size)]
            cut = ways[-1] if ways else start + size
            if text[start:cut].strip():
                yield start, cut
            start = cut
        if text[start:end].strip():
            yield start, end


def _grouped(parts: Sequence[tuple[int, int]], size: int, overlap: int) -> Iterator[list[tuple[int, int]]]:
    first = 0
    while first < len(parts):
        last = first + 1
        while last < len(parts) and parts[last][1] - parts[first][0] <= size:
            last += 1
        yield list(parts[first:last])
        if last == len(parts):
            return
        # as many again as leave room for the next one: each passage holds something new
        earliest = max(parts[last - 1][1] - overlap, parts[last][1] - size)
        again = range(first + 1, last)
        first = next((i for i in again if parts[i][0] >= earliest), last)


class Library:
    """Documents, their passages and the index of them; it does not change, and threads may share it.

    documents, passages: tuples in order.  characters: of all documents.
    """

    def __init__(self, documents: Sequence[Document], found: Sequence[Passage], index: object | None) -> None:
        self.documents, self.passages, self._index = tuple(documents), tuple(found), index
        self.characters = sum(len(document.text) for document in documents)

    @classmethod
    def build(cls, documents: Sequence[Document], told: Callable[[float, int], None] | None = None) -> Library:
        """Cut and index documents.

        Args:
            documents: at least one with text in it.
            told: called now and then with the share that is done, 0 to 1, and the number of passages so far.
        Raises:
            LateError: the limit of time that this runs in (`core.patience`) is over.
            VisitorError: no text, or more than `MAX_CHARACTERS`.
        """
        total = sum(len(document.text) for document in documents)
        if total > MAX_CHARACTERS:
            raise VisitorError("documents_too_long", most=MAX_CHARACTERS)
        found: list[Passage] = []
        indexed: list[list[str]] = []
        same: dict[str, str] = {}  # one string a word, wherever it stands
        before = last = 0
        for source, document in enumerate(documents):
            text = clean(document.text)
            spoken: dict[tuple[int, int], list[str]] = {}  # of the sentences that two passages share
            for some in _grouped(list(_parts(text, PASSAGE)), PASSAGE, OVERLAP):
                spoken = {span: spoken.get(span) or terms(text[slice(*span)]) for span in some}
                found.append(Passage(source, some[0][0], some[-1][1]))
                indexed.append([same.setdefault(word, word) for of_one in spoken.values() for word in of_one])
                patience.check()
                if told and before + some[-1][1] - last >= _TOLD:
                    last = before + some[-1][1]
                    told(last / total, len(found))
            before += len(document.text)
        if not found:
            raise VisitorError("reading_no_passage")
        index = _index(indexed)
        if told:
            told(1.0, len(found))
        return cls(documents, found, index)

    def text(self, passage: Passage) -> str:
        """The words of a passage, as they stand in its document."""
        return self.documents[passage.source].text[passage.start : passage.end]

    def best(self, question: str, k: int) -> list[tuple[Passage, float | None]]:
        """The `k` passages likeliest to answer, best first, each with its BM25 score (at least 0).

        When there are no more than `k`, all of them in their order, with None: nothing was searched.
        """
        if len(self.passages) <= k:
            return [(passage, None) for passage in self.passages]
        asked = terms(clean(question))
        scores = self._index.get_scores(asked) if asked and self._index else np.zeros(len(self.passages))
        order = np.argsort(-scores, kind="stable")[:k]
        return [(self.passages[i], round(float(scores[i]), 4)) for i in order]


@functools.cache
def _simplifier():
    import opencc

    return opencc.OpenCC("t2s")


def terms(text: str) -> list[str]:
    """What is sought: jieba's words, long ones with the shorter ones in them, and each Chinese character by itself, for
    the names that jieba cuts now one way and now another; in simplified characters and lower case, without marks."""
    plain = _simplifier().convert(unicodedata.normalize("NFKC", text).lower())
    found = [word for word in words(plain) if any(c.isalnum() for c in word)]
    return found + [c for c in plain if "\u4e00" <= c <= "\u9fff"]


def _index(indexed: list[list[str]]) -> object | None:
    """None where no passage has a word, as in a text of dashes."""
    import bm25s

    if not any(indexed):
        return None
    index = bm25s.BM25(method="lucene")
    index.index(indexed, show_progress=False)
    return index
