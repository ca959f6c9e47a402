"""Questions and documents in, answers out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from core import backend, bert
from core.documents import Document
from core.errors import VisitorError, WeightsError
from core.reading.extractive import ExtractiveModel, is_extractive
from core.reading.index import Library, Passage
from core.reading.model import ReadingModel
from core.reading.results import Asking, Candidate, Guess, PassageRead, Place, ReadingResult, Vote
from core.reading.rows import Span, question_ids
from core.reading.votes import decided, evidence
from core.text import is_mostly_chinese, printable

__all__ = ["Asking", "Candidate", "Guess", "PassageRead", "Place", "Reader", "ReadingResult", "Vote"]


class Reader:
    """One model, shared by callers in any number of threads.

    It reads weights of this project, whose mask places hold the answer (methods "masks" and "seq2seq"), and weights
    with a head of start and end (`BertForQuestionAnswering`, as question answering models of the Hub have it; method
    "spans").

    Args:
        folder: such weights.
        weights: the name under which results say who answered; the folder's own when empty.

    Raises:
        WeightsError: the folder does not hold a model that answers questions.
    """

    def __init__(self, folder: Path, weights: str = "") -> None:
        self.weights = weights or f"folder:{folder.name}"
        kind: type[ExtractiveModel] | type[ReadingModel] = ExtractiveModel if is_extractive(folder) else ReadingModel
        if kind is ReadingModel and "reading" not in bert.read_config(folder):
            raise WeightsError("weights_no_task", name=self.weights, task="reading")
        with backend.precision(backend.serving_precision()):
            self._model = kind(folder)
        self.device = backend.device_name()

    @classmethod
    def of(cls, model: ReadingModel) -> Reader:
        """A reader around a model that is being trained: it always answers with the weights of the moment."""
        reader = cls.__new__(cls)
        reader.weights, reader.device, reader._model = "training", backend.device_name(), model
        return reader

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways in which these weights answer, the usual one first."""
        return self._model.methods

    def threshold(self, method: str | None = None) -> float:
        """The probability from which a candidate counts, as stored with the weights; None: of the usual method."""
        return self._model.threshold(method or self.methods[0])

    def answer(
        self,
        question: str,
        sources: Library | str | Sequence[Document],
        asking: Asking = Asking(),  # noqa: B008
    ) -> ReadingResult:
        """The answer to one question.

        Args:
            question: up to 64 word pieces.
            sources: a pasted text; documents; or their `Library`, which is indexed once for many questions.
            asking: how many passages of the sources are read, and which candidates count.

        Raises:
            VisitorError: no or too long a question, nothing or too much to read, or a value out of range.
        """
        began = time.monotonic()
        self.check(question, asking)  # a wrong question is told before anything is indexed
        if isinstance(sources, str):
            sources = [Document("", printable(sources))]
        library = sources if isinstance(sources, Library) else Library.build(sources)
        best = library.best(question, asking.passages)
        texts = [library.text(passage) for passage, _ in best]
        names = tuple(document.name for document in library.documents)
        return self._result(question, best, texts, names, library.characters, asking, began)

    def answer_many(
        self,
        asked: Sequence[tuple[str, str]],
        asking: Asking = Asking(),  # noqa: B008
    ) -> Iterator[ReadingResult | VisitorError]:
        """The answers to many (question, text), in their order, as `answer` gives them but without what the mask places
        say; an error in the place of one that cannot be asked.  The passages of all are read together."""
        began, method = time.monotonic(), asking.method or self.methods[0]
        found: list[tuple[Library, list[tuple[Passage, float | None]], list[str]] | VisitorError] = []
        for question, text in asked:
            try:
                self.check(question, asking)
                library = Library.build([Document("", printable(text))])
            except VisitorError as error:
                found.append(error)
                continue
            best = library.best(question, asking.passages)
            found.append((library, best, [library.text(passage) for passage, _ in best]))
        pairs = [
            (printable(question), text)
            for (question, _), one in zip(asked, found, strict=True)
            if not isinstance(one, VisitorError)
            for text in one[2]
        ]
        spans = self._model.read(pairs, method, False) if pairs else []
        first = 0
        for (question, _), one in zip(asked, found, strict=True):
            if isinstance(one, VisitorError):
                yield one
                continue
            library, best, texts = one
            some, first = spans[first : first + len(texts)], first + len(texts)
            yield self._decided(question, best, texts, some, ("",), library.characters, asking, began)

    def answer_passages(
        self,
        question: str,
        passages: Sequence[str],
        asking: Asking = Asking(),  # noqa: B008
        with_places: bool = True,
    ) -> ReadingResult:
        """The answer to one question from passages that were found elsewhere: all are read, each is a source.

        with_places: also tell what the mask places say; who only counts answers needs it not.

        Raises:
            VisitorError: as `answer`.
        """
        began = time.monotonic()
        self._check(asking)
        if not any(text.strip() for text in passages):
            raise VisitorError("reading_no_passage")
        best = [(Passage(i, 0, len(text)), None) for i, text in enumerate(passages)]
        characters = sum(map(len, passages))
        return self._result(question, best, passages, ("",) * len(best), characters, asking, began, with_places)

    def warm_up(self) -> None:
        """Trace the graphs, so that no visitor waits for it."""
        text = "\u300a\u7ea2\u697c\u68a6\u300b\u7684\u4f5c\u8005\u662f\u66f9\u96ea\u82b9\u3002"
        for method in self.methods:
            self.answer("\u8c01\u5199\u7684\uff1f", text, Asking(method=method))

    def check(self, question: str, asking: Asking = Asking()) -> None:  # noqa: B008
        """See that a question can be asked so, before its documents are read.

        Raises:
            VisitorError: no or too long a question, or a value out of range.
        """
        self._check(asking)
        question_ids(printable(question), self._model.tokenizer, self._model.max_question)

    def _check(self, asking: Asking) -> None:
        if asking.checked().method not in (None, *self.methods):
            raise VisitorError("reading_method", method=asking.method, choices=", ".join(self.methods))

    def _result(
        self, question: str, best: Sequence[tuple[Passage, float | None]], texts: Sequence[str],
        names: tuple[str, ...], characters: int, asking: Asking, began: float, with_places: bool = True,
    ) -> ReadingResult:  # fmt: skip
        method = asking.method or self.methods[0]
        spans = self._model.read([(printable(question), text) for text in texts], method, with_places)
        return self._decided(question, best, texts, spans, names, characters, asking, began)

    def _decided(
        self, question: str, best: Sequence[tuple[Passage, float | None]], texts: Sequence[str],
        spans: Sequence[Span], names: tuple[str, ...], characters: int, asking: Asking, began: float,
    ) -> ReadingResult:  # fmt: skip
        """The result of what the model found in each passage."""
        method = asking.method or self.methods[0]
        read = tuple(PassageRead(p.source, p.start, p.end, relevance) for p, relevance in best)
        candidates = tuple(map(_candidate, range(len(spans)), spans, texts, read))
        threshold = self.threshold(method) if asking.threshold is None else float(asking.threshold)
        result = ReadingResult(
            answer="", probability=0.0, score=0.0, votes=(), candidates=candidates, passages=read, sources=names,
            question=question, threshold=threshold, method=method, characters=characters, weights=self.weights,
            device=self.device, seconds=0.0,
            notice=None if is_mostly_chinese("".join(texts)) else "reading_not_chinese",
        )  # fmt: skip
        return dataclasses.replace(decided(result, threshold), seconds=round(time.monotonic() - began, 3))


def _candidate(number: int, span: Span, text: str, passage: PassageRead) -> Candidate:
    """A span of a passage, its places those of the source."""
    if span.end <= span.start:
        return Candidate("", round(span.probability, 6), number, 0, 0, 0, 0, span.places)
    around = (place + passage.start for place in evidence(text, span.start, span.end))
    places = (span.start + passage.start, span.end + passage.start)
    return Candidate(text[span.start : span.end], round(span.probability, 6), number, *places, *around, span.places)
