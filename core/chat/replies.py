"""What the chat answers: sentences by key, results of `core`, what to say next, which weights and how long."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.errors import VisitorError
from core.messages import told
from core.messages.chat import SUGGESTIONS
from core.reading.index import Library


@dataclass(frozen=True)
class Said:
    """A sentence: a key of `core.messages.SENTENCES` and what its places are filled with."""

    key: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, language: str) -> str:
        """In "zh" or "en"."""
        return told(self.key, self.values, language == "zh")


def said(key: str, **values: Any) -> Said:
    """A sentence with its values frozen."""
    return Said(key, MappingProxyType(values))


def wrong(error: VisitorError) -> Said:
    """An error's sentence."""
    return said(error.key, **error.values)


@dataclass(frozen=True)
class Reply:
    """One answer.

    skill: which one answered.  sentences: in words.
    results: dataclasses of `core`, such as TitleResult; what else they were made from is in `text`: what the visitor
        gave and the places of a result refer to.
    library: the documents that a ReadingResult refers to.
    suggestions: keys of `core.messages.chat.SUGGESTIONS`.
    weights, device: what answered; "" where it was computed without weights.  seconds: it took; None: nothing was
        worked out.
    growing: a fuller one comes.  failed: the sentences say what went wrong.
    """

    skill: str
    sentences: tuple[Said, ...] = ()
    results: tuple[Any, ...] = ()
    text: str = field(default="", repr=False)
    library: Library | None = field(default=None, repr=False)
    suggestions: tuple[str, ...] = ()
    weights: str = ""
    device: str = ""
    seconds: float | None = None
    growing: bool = False
    failed: bool = False

    def words(self, language: str) -> str:
        """The sentences as plain text."""
        return "\n".join(sentence.text(language) for sentence in self.sentences)

    def options(self, language: str) -> tuple[str, ...]:
        """The suggestions as they are said."""
        return tuple(SUGGESTIONS[key][language == "zh"] for key in self.suggestions)

    def data(self, language: str) -> dict[str, Any]:
        """The reply as JSON has it; numbers that are not finite are None."""
        return {
            "skill": self.skill,
            "text": self.words(language),
            "data": [{"type": type(one).__name__, **plain(dataclasses.asdict(one))} for one in self.results],
            "suggestions": list(self.options(language)),
            "weights": self.weights,
            "device": self.device,
            "seconds": self.seconds,
            "failed": self.failed,
        }


def plain(value: Any) -> Any:
    """Lists, strings and finite numbers of what a dataclass held; complex numbers as [re, im]."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items() if key != "landscape"}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
