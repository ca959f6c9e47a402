"""A service without models, for tests of the page: its titles are made from the article's first sentence, its triples
from sentences of the form subject、predicate、object."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence

from core.errors import VisitorError
from core.service import State
from core.text import lead
from core.titling.surface import Span
from core.titling.task import MAX_CHARACTERS, Decoding, Title, TitleResult
from core.triples import task as triples
from core.triples.task import Extraction, Mention, Slot, Triple, TripleResult

READ = 500  # characters of an article that the fake reads


class FakeTitler:
    """Titles are the first sentence, shorter each time, after one character that stands in no article."""

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
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
            time.sleep(self.pause)
            titles = []
            for number in range(int(decoding.count)):
                part = first[: max(1, min(length, len(first) - 2 * number))]
                spans = (Span(1, 1 + len(part), place, place + len(part)),)
                titles.append(Title(f"※{part}", -0.25 * (number + 1), spans))
            yield TitleResult(tuple(titles), len(text), min(READ, len(text)), "fake:titling", "CPU", 0.125, None)


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
            except VisitorError as error:
                yield error

    def _found(self, text: str) -> Iterator[Triple]:
        for match in re.finditer(r"[^;\n]+", text):
            parts, place = match[0].split(","), match.start()
            if len(parts) < 4:
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


class FakeService:
    """Says what the real one says; `stage` can be set, and `ready()` lets those who wait go on."""

    def __init__(self, stage: str = "ready", pause: float = 0.0, notice: VisitorError | None = None) -> None:
        self.stage, self.notice, self.error = stage, notice, None
        self.fake = FakeTitler(pause)
        self.extractor = FakeExtractor(pause)
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

    def model(self, task: str, seconds: float | None = None) -> FakeTitler | FakeExtractor:
        self.waited_for.set()
        self._ready.wait(20)
        if self.error:
            raise self.error
        return {"titling": self.fake, "triples": self.extractor}[task]

    def titler(self, seconds: float | None = None) -> FakeTitler:
        return self.model("titling", seconds)
