"""A titler that needs no model: its title is the text's beginning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.errors import VisitorError
from core.titling import task
from core.titling.task import Title, TitleResult


class Beginnings:
    """Titles are the first four characters; texts with 无 have none, and 坏 breaks it."""

    model, weights, device = "unilm", "fake", "CPU"
    asked: list[list[str]] = []

    def __init__(self, folder, weights) -> None:
        type(self).asked = []

    def title_many(self, texts, decoding, batch) -> Iterator[TitleResult | VisitorError]:
        self.asked.append(list(texts))
        for text in texts:
            if "坏" in text:
                raise RuntimeError("a bug")
            if "无" in text:
                yield VisitorError("title_none")
            else:
                title = Title(text[:4], -0.5, ())
                yield TitleResult((title,) * decoding.count, len(text), len(text), "fake", "CPU", 0.1, None)


@pytest.fixture
def beginnings(monkeypatch) -> type[Beginnings]:
    """The titling model of this test."""
    monkeypatch.setattr(task, "Titler", Beginnings)
    return Beginnings
