"""Text in, titles out."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core import backend, batch_sizes, patience
from core.cached_bert import CachedBert
from core.decoding import Decoder, Hypothesis, Rules
from core.errors import VisitorError, WeightsError
from core.text import Reading, clean, is_mostly_chinese, keywords, select
from core.titling.model import TitlingModel
from core.titling.seq2seq import Seq2SeqModel
from core.titling.seq2seq_config import is_seq2seq
from core.titling.surface import Span, surface

MODELS = ("unilm", "seq2seq")  # the usual one first
MAX_CHARACTERS = 1_000_000
MAX_TITLES = 8
_STRIDE = 2  # pieces between two looks at a title that grows
_PATIENCE = 300.0  # seconds that a caller waits for the next answer
_BATCH = 16  # articles decoded together


def kind_of(folder: Path) -> str:
    """Which of MODELS a weights folder holds."""
    return "seq2seq" if is_seq2seq(folder) else "unilm"


@dataclass(frozen=True)
class Title:
    """A title, its score (log-probability divided by length**penalty, ≤ 0) and what of it stands in the article."""

    text: str
    score: float
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class TitleResult:
    """Titles, best first, and how they came about.

    characters, characters_read: of the article, and how many of them the model read.
    weights, device: what answered, and where.  seconds: from question to answer.
    notice: a key of `core.messages.SENTENCES` that the reader should see, or None.
    """

    titles: tuple[Title, ...]
    characters: int
    characters_read: int
    weights: str
    device: str
    seconds: float
    notice: str | None


@dataclass(frozen=True)
class Decoding:
    """How titles are written.

    count: titles wanted, 1 to 8.  method: "beam" or "sample".  beams: 1 to 8.  temperature, top_k (0: off), top_p,
    seed: for sampling.  min_length, max_length: in pieces (a Chinese character is one).  length_penalty: exponent of
    the length that a score is divided by.  no_repeat: no n-gram of so many pieces twice; 0 allows all.
    """

    count: int = 3
    method: str = "beam"
    beams: int = 3
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 0.9
    min_length: int = 2
    max_length: int = 40
    length_penalty: float = 1.0
    no_repeat: int = 3
    seed: int = 0

    def rules(self) -> Rules:
        """The same for `core.decoding`.

        Raises:
            VisitorError: a value is out of its range; the sentence names it.
        """
        ranges = {
            "count": (1, MAX_TITLES), "beams": (1, MAX_TITLES), "temperature": (0.05, 5), "top_k": (0, 1 << 20),
            "top_p": (0.01, 1), "min_length": (1, 60), "max_length": (2, 64), "length_penalty": (0, 3),
            "no_repeat": (0, 10), "seed": (0, (1 << 31) - 1),
        }  # fmt: skip
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or not least <= value <= most:
                raise VisitorError("out_of_range", name=name, least=least, most=most)
        if self.method not in ("beam", "sample"):
            raise VisitorError("bad_choice", name="method", choices="beam, sample")
        width = self.count if self.method == "sample" else max(self.beams, self.count)
        return Rules(
            self.method, int(width), min(int(self.min_length), int(self.max_length) - 1), int(self.max_length),
            float(self.length_penalty), int(self.no_repeat), float(self.temperature), int(self.top_k),
            float(self.top_p), int(self.seed),
        )  # fmt: skip


@dataclass
class _Request:
    """One article on its way through the worker; `answers` carries results, the last of them or an error ends it."""

    source: tuple[int, ...]
    rules: Rules
    answers: queue.SimpleQueue
    growing: bool
    cancelled: bool = False


class Titler:
    """One model, a BERT or that of 2018: `model` says which of MODELS.  Callers in any number of threads share it, and
    those who come together are decoded together.

    Args:
        folder: titling weights.
        weights: the name under which results say who answered; the folder's own when empty.

    Raises:
        WeightsError: the folder does not hold a titling model.
    """

    def __init__(self, folder: Path, weights: str = "") -> None:
        with backend.precision(backend.serving_precision()):
            model = Seq2SeqModel(folder) if kind_of(folder) == "seq2seq" else TitlingModel(folder)
        if "titling" not in model.config:
            raise WeightsError("weights_no_task", name=weights or folder.name, task="titling")
        self.weights = weights or f"folder:{folder.name}"
        self._attach(model)
        self.device = backend.device_name()

    def _attach(self, model: TitlingModel | Seq2SeqModel) -> None:
        t = model.tokenizer
        self.model = "unilm" if isinstance(model, TitlingModel) else "seq2seq"
        network = CachedBert(model.transformer, model.config) if isinstance(model, TitlingModel) else model
        self.tokenizer, self.max_source = t, model.max_source
        banned = [
            i for i in range(len(t)) if t.is_special(i) and i != t.sep and (i != t.unk or model.copy != "pointer")
        ]
        self._decoder = Decoder(network, model.head, t.sep, banned)
        self._waiting: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._starting = threading.Lock()

    @classmethod
    def of(cls, model: TitlingModel | Seq2SeqModel) -> Titler:
        """A titler around a model that is being trained: it always writes with the weights of the moment."""
        titler = cls.__new__(cls)
        titler.weights, titler.device = "training", backend.device_name()
        titler._attach(model)
        return titler

    # ---- from outside -------------------------------------------------------------------------------------------
    def title(self, text: str, decoding: Decoding = Decoding()) -> TitleResult:
        """Titles of one article.

        Raises:
            VisitorError: no text, too long a text, a value out of range, or nothing that could be a title.
        """
        *_, last = self._answers(text, decoding, growing=False)
        return last

    def stream(self, text: str, decoding: Decoding = Decoding()) -> Iterator[TitleResult]:
        """The same while it grows: each result is longer than the one before, the last is final."""
        yield from self._answers(text, decoding, growing=True)

    def title_many(
        self,
        texts: Sequence[str],
        decoding: Decoding = Decoding(),
        batch: int = _BATCH,
    ) -> Iterator[TitleResult | VisitorError]:
        """Titles of many articles in their order; an error in the place of an article that has none."""
        rules = decoding.rules()
        for first in range(0, len(texts), batch):
            began = time.monotonic()
            some = texts[first : first + batch]
            readings = [self._try_read(text) for text in some]
            sources = [self._source(r) for r in readings if isinstance(r, Reading)]
            if sources:
                batch_sizes.note("titling", len(sources))
            found = iter(self._decoder.decode(sources, rules) if sources else [])
            for text, reading in zip(some, readings, strict=True):
                if isinstance(reading, VisitorError):
                    yield reading
                    continue
                result = self._result(text, reading, next(found), decoding, began)
                yield result if result.titles else VisitorError("title_none")

    def warm_up(self) -> None:
        """Trace the graphs of both methods, so that no visitor waits for it (a few seconds)."""
        text = "今天天气很好。"
        keywords(text)  # jieba reads its dictionary
        self.title(text)
        self.title(text, Decoding(method="sample"))

    # ---- one request --------------------------------------------------------------------------------------------
    def _read(self, text: str) -> Reading:
        if len(text) > MAX_CHARACTERS:
            raise VisitorError("text_too_long", characters=len(text), most=MAX_CHARACTERS)
        reading = select(clean(text), self.tokenizer, self.max_source - 2)
        if not len(reading.pieces):
            raise VisitorError("text_empty")
        return reading

    def _try_read(self, text: str) -> Reading | VisitorError:
        try:
            return self._read(text)
        except VisitorError as error:
            return error

    def _source(self, reading: Reading) -> tuple[int, ...]:
        return (self.tokenizer.cls, *reading.pieces.ids, self.tokenizer.sep)

    def _answers(self, text: str, decoding: Decoding, growing: bool) -> Iterator[TitleResult]:
        began = time.monotonic()
        rules, reading = decoding.rules(), self._read(text)
        request = _Request(self._source(reading), rules, queue.SimpleQueue(), growing)
        self._waiting.put(request)
        self._start_worker()
        try:
            last = False
            while not last:
                try:
                    answer = request.answers.get(timeout=patience.left(_PATIENCE))
                except queue.Empty:
                    patience.check()
                    raise VisitorError("too_busy") from None
                if isinstance(answer, BaseException):
                    raise answer
                hypotheses, last = answer
                result = self._result(text, reading, hypotheses, decoding, began)
                if last and not result.titles:
                    raise VisitorError("title_none")
                if result.titles:
                    yield result
        finally:
            request.cancelled = True  # a visitor who left is not waited for

    def _result(
        self, text: str, reading: Reading, hypotheses: list[Hypothesis], decoding: Decoding, began: float
    ) -> TitleResult:
        restyle = self.tokenizer.traditional if self.tokenizer.is_traditional(text) else str
        titles: dict[str, Title] = {}
        for hypothesis in hypotheses:
            written, spans = surface(hypothesis.pieces, reading, text, self.tokenizer, restyle)
            if written.strip() and written not in titles:
                titles[written] = Title(written, round(hypothesis.score, 4), spans)
        notice = None if is_mostly_chinese(text) else "not_chinese"
        best = tuple(titles.values())[: int(decoding.count)]
        seconds = round(time.monotonic() - began, 3)
        return TitleResult(best, len(text), reading.characters, self.weights, self.device, seconds, notice)

    # ---- the worker ---------------------------------------------------------------------------------------------
    def _start_worker(self) -> None:
        with self._starting:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="titling", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        backlog: list[_Request] = []
        while True:
            if not backlog:
                backlog.append(self._waiting.get())
            while not self._waiting.empty():
                backlog.append(self._waiting.get())
            backlog = [r for r in backlog if not r.cancelled]
            together = [r for r in backlog if r.rules == backlog[0].rules][:_BATCH]
            backlog = [r for r in backlog if r not in together]
            if together:
                self._serve(together)

    def _serve(self, requests: list[_Request]) -> None:
        """Answer each of them, by titles or by what went wrong; whatever that is, the worker goes on."""
        try:
            self._write([r for r in requests if not r.cancelled])
        except BaseException as error:
            if len(requests) > 1:  # once more, each alone: whom it is not about never hears of it
                for request in requests:
                    self._serve([request])
                return
            if not isinstance(error, Exception):  # ends no thread but its own: the caller's is not to end by it
                error, before = RuntimeError("the worker was to end"), error
                error.__cause__ = before
            requests[0].answers.put(error)

    def _write(self, requests: list[_Request]) -> None:
        if not requests:
            return
        batch_sizes.note("titling", len(requests))
        rules, written = requests[0].rules, 0
        stride = _STRIDE if any(r.growing for r in requests) else rules.longest
        memory, state = self._decoder.start([r.source for r in requests], rules)
        done = False
        while not done and not all(r.cancelled for r in requests):
            written += stride
            state = self._decoder.advance(memory, state, rules, written)
            done = self._decoder.is_done(state, rules)
            for request, hypotheses in zip(requests, self._decoder.results(state, rules), strict=True):
                if done or request.growing:
                    request.answers.put((hypotheses, done))
