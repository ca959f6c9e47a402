"""What one visitor has open in the tab 阅读问答, and the memory that all of them may take together.

A desk lives in a `gr.State`, so it is its visitor's alone, goes an hour after the last question, and is never on disk.
Memory is one for all, conversations of the chat too: when what lies there becomes too much, the desks and the
conversations that were used longest ago are cleared.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.documents import Document
from core.errors import VisitorError
from core.reading.index import Library
from core.reading.results import ReadingResult
from demo import limits


@dataclass(frozen=True)
class Answered:
    """The last question's results, one a way of reading, and what they were read in; more: another way is at work."""

    results: tuple[ReadingResult, ...]
    library: Library
    more: bool = False


class Desk:
    """files: what the opened files became, None without any.  pasted: the same of the text that was asked last.

    answered: None before the first question, and while one is read.  cleared: whether files had to make room for
    others'.  Several events of one visitor may be at work on it at once: each question has a number, and what an older
    one finds is not kept.  closings: how often the visitor has put the files away; what was begun before is not kept.
    """

    def __init__(self) -> None:
        self.files: Library | None = None
        self.pasted: Library | None = None
        self.answered: Answered | None = None
        self.cleared = False
        self.used = 0.0
        self.closings = 0
        self.refused: list[tuple[str, VisitorError]] = []  # files that were not opened, of the uploads at work
        self._opening = 0  # uploads at work
        self._asked = 0  # questions so far
        self._reading = 0  # the number of the one that is read; 0: none

    @property
    def documents(self) -> tuple[Document, ...]:
        """The opened files' texts."""
        return self.files.documents if self.files else ()

    @property
    def characters(self) -> int:
        """Of everything that lies here."""
        answered = self.answered.library if self.answered else None
        return sum(library.characters for library in {self.files, self.pasted, answered} if library)

    @property
    def shown(self) -> int:
        """Nothing is kept of how answers look."""
        return 0

    @property
    def size(self) -> int:
        """Bytes of arrays: none."""
        return 0

    def opened(self) -> Library:
        """What the files became.

        Raises:
            VisitorError: there is none, or it had to make room.
        """
        if self.files is None:
            raise VisitorError("reading_cleared" if self.cleared else "reading_no_passage")
        return self.files

    # ---- questions ----------------------------------------------------------------------------------------------
    def asks(self) -> int:
        """A question begins: its number.  The answer before it goes, as it does on the page."""
        with _lock:
            self._asked += 1
            self._reading, self.answered = self._asked, None
            return self._asked

    def newest(self, number: int) -> bool:
        """Whether nothing was asked after this question."""
        return self._asked == number

    def ended(self, number: int) -> None:
        """This question is read no longer."""
        with _lock:
            if self._reading == number:
                self._reading = 0

    @property
    def reading(self) -> bool:
        """Whether a question is read."""
        return self._reading != 0

    def answer(self, number: int, answered: Answered, closings: int) -> None:
        """Keep what this question found, unless a newer one was asked, or it was found in files that were put away
        since: then there were fewer `closings`."""
        with _lock:
            if self.newest(number) and (closings == self.closings or answered.library is self.pasted):
                self.answered = answered

    def decide(self, before: Answered, after: Answered) -> bool:
        """Put the same answer with another threshold in its place; False if another one stands there by now."""
        with _lock:
            if self.answered is not before:
                return False
            self.answered = after
            return True

    # ---- files --------------------------------------------------------------------------------------------------
    def missing(self, listed: bool) -> bool:
        """Whether the page lists files that are not here: they had to make room, or all that the visitor had has ended
        and this is a new desk.  From then on the desk says so."""
        if listed and self.files is None and not self.closings:
            self.cleared = True
        return listed and self.cleared

    @contextlib.contextmanager
    def opening(self) -> Iterator[None]:
        """Inside, an upload is at work: one of several, maybe, whose refused files stand on the shelf together."""
        with _lock:
            if not self._opening:
                self.refused = []
            self._opening += 1
        try:
            yield
        finally:
            with _lock:
                self._opening -= 1

    def open_files(self, library: Library, before: Library | None, closings: int) -> bool:
        """Put the opened files in the place of `before`, which they hold as well; False if they were put away or
        others were opened meanwhile.  Files that had to make room meanwhile are there again."""
        with _lock:
            if closings != self.closings or (self.files is not before and self.files is not None):
                return False
            self.files, self.cleared = library, False
            return True

    def close_files(self) -> None:
        """Put the files away, and what was answered from them."""
        with _lock:
            self.closings += 1
            if self.answered and self.answered.library is not self.pasted:
                self.answered = None
            self.files, self.cleared, self.refused = None, False, []

    def clear(self) -> None:
        """Make room for others."""
        self.cleared = self.cleared or self.files is not None
        self.files = self.pasted = self.answered = None


class Kept(Protocol):
    """What counts: a desk, a conversation, a matrix that was opened."""

    used: float

    @property
    def characters(self) -> int:
        """Of every text that it holds."""

    @property
    def shown(self) -> int:
        """Characters of answers as they stand on the page, HTML and pictures."""

    @property
    def size(self) -> int:
        """Bytes of arrays and pictures."""

    def clear(self) -> None:
        """Make room for others."""


_desks: weakref.WeakSet[Kept] = weakref.WeakSet()
_lock = threading.Lock()


def keep(
    desk: Kept, most: int = limits.DESK_CHARACTERS, shown: int = limits.TALKS_SHOWN, size: int = limits.HELD_BYTES
) -> None:
    """Note that this desk was used just now, and clear others, longest unused first, until all hold no more than `most`
    characters of texts together, no more than `shown` of answers, and no more than `size` bytes of arrays."""
    bounds = (most, shown, size)
    with _lock:
        desk.used = time.monotonic()
        _desks.add(desk)
        others: Sequence[Kept] = sorted((one for one in _desks if one is not desk), key=lambda one: one.used)
        found = {id(one): _takes(one) for one in (desk, *others)}
        together = [sum(some) for some in zip(*found.values(), strict=True)]
        for one in others:
            over = [i for i, bound in enumerate(bounds) if together[i] > bound]
            if not over:
                return
            before = found[id(one)]
            if any(before[i] for i in over):
                one.clear()
                after = _takes(one)  # what is still being worked on
                together = [whole - was + now for whole, was, now in zip(together, before, after, strict=True)]


def _takes(one: Kept) -> tuple[int, int, int]:
    return one.characters, one.shown, one.size
