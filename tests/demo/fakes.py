"""A service without models, for tests of the page: its titles are made from the article's first sentence, its triples
from sentences of the form subject、predicate、object, its answers from passages that say them in brackets."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence

from core import patience
from core.documents import Document
from core.errors import LateError, VisitorError
from core.reading.index import Library
from core.reading.results import Asking, Candidate, Guess, PassageRead, Place, ReadingResult
from core.reading.votes import decided, evidence
from core.service import State
from core.text import lead
from core.titling.surface import Span
from core.titling.task import MAX_CHARACTERS, Decoding, Title, TitleResult
from core.triples import task as triples
from core.triples.task import Extraction, Mention, Slot, Triple, TripleResult

READ = 500  # characters of an article that the fake reads


class FakeTitler:
    """Titles are the first sentence, shorter each time, after one character that stands in no article."""

    def __init__(self, pause: float = 0.0, kind: str = "titling") -> None:
        self.pause, self.kind = pause, kind
        self.asked: list[tuple[str, Decoding]] = []

    def title(self, text: str, decoding: Decoding = Decoding()) -> TitleResult:  # noqa: B008
        return list(self.stream(text, decoding))[-1]

    def stream(self, text: str, decoding: Decoding = Decoding()) -> Iterator[TitleResult]:  # noqa: B008
        self.asked.append((text, decoding))
        decoding.rules()
        if len(text) > MAX_CHARACTERS:
            raise VisitorError("text_too_long", characters=len(text), most=MAX_CHARACTERS)
        first = lead(text)[: decoding.max_length - 1]
        if not first:
            raise VisitorError("text_empty")
        if first.startswith("BUG"):
            raise RuntimeError("a bug")
        place = text.index(first)
        for length in (1, 4, 8, len(first)):
            patience.check()
            time.sleep(self.pause)
            titles = []
            for number in range(int(decoding.count)):
                part = first[: max(1, min(length, len(first) - 2 * number))]
                spans = (Span(1, 1 + len(part), place, place + len(part)),)
                titles.append(Title(f"※{part}", -0.25 * (number + 1), spans))
            yield TitleResult(tuple(titles), len(text), min(READ, len(text)), f"fake:{self.kind}", "CPU", 0.125, None)


class FakeExtractor:
    """Reads statements: "subject|type, predicate, object|type, probability" between semicolons or line ends; a fifth
    part "name=words" is a slot as probable as its triple."""

    predicates = ("导演", "主演", "祖籍")
    tuned = 0.5

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self.asked: list[tuple[str, Extraction]] = []

    def extract(self, text: str, settings: Extraction = Extraction()) -> TripleResult:  # noqa: B008
        self.asked.append((text, settings))
        patience.check()
        time.sleep(self.pause)
        threshold = self.tuned if settings.checked().threshold is None else settings.threshold
        if not text.strip():
            raise VisitorError("text_empty")
        if len(text) > triples.MAX_CHARACTERS:
            raise VisitorError("text_too_long", characters=len(text), most=triples.MAX_CHARACTERS)
        if text.startswith("BUG"):
            raise RuntimeError("a bug")
        found = tuple(self._found(text))
        windows = 1 + len(text) // 1000
        known = self.predicates
        return TripleResult(found, threshold, self.tuned, known, len(text), windows, "fake:triples", "CPU", 0.125, None)

    def extract_many(
        self,
        texts: Sequence[str],
        settings: Extraction = Extraction(),  # noqa: B008
        batch: int = 32,
    ) -> Iterator[TripleResult | VisitorError]:
        settings.checked()
        for text in texts:
            try:
                yield self.extract(text, settings)
            except LateError:  # as the model: it ends all of them
                raise
            except VisitorError as error:
                yield error

    def _found(self, text: str) -> Iterator[Triple]:
        for match in re.finditer(r"[^;\n]+", text):
            parts, place = match[0].split(","), match.start()
            if len(parts) < 4 or not re.fullmatch(r"[01](\.\d+)?", parts[3]):
                continue
            starts = [place + sum(len(part) + 1 for part in parts[:n]) for n in range(len(parts))]
            subject, target = (self._mention(parts[n], starts[n]) for n in (0, 2))
            slots = ()
            for part, start in zip(parts[4:], starts[4:], strict=True):
                name, _, words = part.partition("=")
                value = Mention(words, start + len(name) + 1, start + len(part), "Text")
                slots = (*slots, Slot(name, value, float(parts[3])))
            yield Triple(subject, parts[1], target, float(parts[3]), slots)

    @staticmethod
    def _mention(part: str, start: int) -> Mention:
        words, _, kind = part.partition("|")
        return Mention(words, start, start + len(words), kind)


class FakeReader:
    """Reads answers that a passage holds as "[answer|probability]"; asked "哪年", the year of the sentence in which the
    question's number stands.  A question has at most 30 characters."""

    def __init__(self, pause: float = 0.0, methods: tuple[str, ...] = ("masks", "seq2seq")) -> None:
        self.pause, self.methods = pause, methods
        self.asked: list[tuple[str, Library | str | Sequence[Document], Asking]] = []

    def threshold(self, method: str | None = None) -> float:
        return 0.4 if method == "seq2seq" else 0.3

    def check(self, question: str, asking: Asking = Asking()) -> None:  # noqa: B008
        method = asking.checked().method or self.methods[0]
        if method not in self.methods:
            raise VisitorError("reading_method", method=method, choices=", ".join(self.methods))
        if len(question) > 30:
            raise VisitorError("reading_question_long", pieces=len(question), most=30)

    def answer(
        self,
        question: str,
        sources: Library | str | Sequence[Document],
        asking: Asking = Asking(),  # noqa: B008
    ) -> ReadingResult:
        self.asked.append((question, sources, asking))
        patience.check()
        time.sleep(self.pause)
        self.check(question, asking)
        method = asking.method or self.methods[0]
        if question.startswith("BUG"):
            raise RuntimeError("a bug")
        library = sources if isinstance(sources, Library) else Library.build(sources)
        best = library.best(question, asking.passages)
        read = tuple(PassageRead(p.source, p.start, p.end, relevance) for p, relevance in best)
        found = tuple(
            self._candidate(number, question, library.text(p), p.start, method) for number, (p, _) in enumerate(best)
        )
        names = tuple(document.name for document in library.documents)
        threshold = self.threshold(method) if asking.threshold is None else asking.threshold
        return decided(
            ReadingResult(
                "", 0.0, 0.0, (), found, read, names, question, threshold, method, library.characters, "fake:reading",
                "CPU", 0.125 if method == "masks" else 0.5,
            ),
            threshold,
        )  # fmt: skip

    def _candidate(self, number: int, question: str, text: str, shift: int, method: str) -> Candidate:
        asked = re.search(r"\d+", question)
        pattern = rf"第{asked[0]}号\D*(\d{{4}}年)" if "哪年" in question and asked else r"\[([^|\]]+)\|([\d.]+)\]"
        match = re.search(pattern, text)
        if not match:
            return Candidate("", 0.125, number, 0, 0, 0, 0, self._places("", 0.125) if method == "masks" else ())
        probability = float(match[2]) if match.re.groups == 2 else 0.875
        start, end = match.span(1)
        around = (place + shift for place in evidence(text, start, end))
        places = self._places(match[1], probability) if method == "masks" else ()
        return Candidate(match[1], probability, number, start + shift, end + shift, *around, places)

    @staticmethod
    def _places(text: str, probability: float) -> tuple[Place, ...]:
        """Each character first at its place, but the second one, which stands at no place among the guesses."""
        rest = (Guess("##ing", 0.05), Guess("[UNK]", 0.01))
        found = [Place((Guess(c, probability), *rest), text[1] if n == 1 else c) for n, c in enumerate(text)]
        if len(found) > 1:
            found[1] = Place((Guess("错", probability), *rest), text[1])
        return (*found, Place((Guess("[SEP]", probability), *rest), "[SEP]"))


class FakeService:
    """Says what the real one says; `stage` can be set, and `ready()` lets those who wait go on."""

    def __init__(
        self,
        stage: str = "ready",
        pause: float = 0.0,
        notice: VisitorError | None = None,
        further: bool = False,
        usual: str = "unilm",
    ) -> None:
        self.usual = usual
        self.stage, self.notice, self.error, self.further = stage, notice, None, further
        self.fake, self.older = FakeTitler(pause), FakeTitler(pause, "seq2seq")
        self.extractor = FakeExtractor(pause)
        self.reader = FakeReader(pause)
        self._ready = threading.Event()
        self.waited_for = threading.Event()
        if stage == "ready":
            self._ready.set()

    def state(self, task: str) -> State:
        device = "CPU" if self.stage == "ready" else ""
        return State(self.stage, f"fake:{task}", device, self.notice, self.error)

    def start_loading(self) -> None: ...

    def ready(self) -> None:
        self.stage = "ready"
        self._ready.set()

    def fail(self, error: VisitorError) -> None:
        self.stage, self.error = "failed", error
        self._ready.set()

    def model(self, task: str, seconds: float | None = None) -> FakeTitler | FakeExtractor | FakeReader:
        self.waited_for.set()
        self._ready.wait(20)
        if self.error:
            raise self.error
        answering = {"titling": self.fake, "triples": self.extractor, "reading": self.reader}
        return {**answering, "titling-seq2seq": self.older}[task]

    def kinds(self, task: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self.usual, *(["seq2seq"] if self.further else [])]))

    def name_of(self, task: str, model: str | None = None, seconds: float | None = None) -> str:
        kinds = self.kinds(task)
        if model is not None and model not in kinds:
            raise VisitorError("model_not_here", model=model, choices=", ".join(kinds))
        return task if model in (None, kinds[0]) else "titling-seq2seq"

    def titler(self, seconds: float | None = None, model: str | None = None) -> FakeTitler:
        return self.model(self.name_of("titling", model, seconds), seconds)
