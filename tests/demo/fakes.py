"""A service without a model, for tests of the page: its titles are made from the article's first sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from core.errors import VisitorError
from core.service import State
from core.text import lead
from core.titling.surface import Span
from core.titling.task import MAX_CHARACTERS, Decoding, Title, TitleResult

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


class FakeService:
    """Says what the real one says; `stage` can be set, and `ready()` lets those who wait go on."""

    def __init__(self, stage: str = "ready", pause: float = 0.0, notice: VisitorError | None = None) -> None:
        self.stage, self.notice, self.error = stage, notice, None
        self.fake = FakeTitler(pause)
        self._ready = threading.Event()
        self.waited_for = threading.Event()
        if stage == "ready":
            self._ready.set()

    def state(self, task: str) -> State:
        device = "CPU" if self.stage == "ready" else ""
        return State(self.stage, "fake:titling", device, self.notice, self.error)

    def start_loading(self) -> None: ...

    def ready(self) -> None:
        self.stage = "ready"
        self._ready.set()

    def fail(self, error: VisitorError) -> None:
        self.stage, self.error = "failed", error
        self._ready.set()

    def titler(self, seconds: float | None = None) -> FakeTitler:
        self.waited_for.set()
        self._ready.wait(20)
        if self.error:
            raise self.error
        return self.fake
