"""A visitor's conversation: its turns, the session after each, and what of it their browser keeps.

It lives in a `gr.State` of one visitor, and is let go an hour after the last word, or when all visitors' documents
together become too much (`demo.reading_desk.keep`): then its words alone are left.  The browser keeps words alone,
bounded, and whatever comes back from there is read as something that anybody may have written.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.chat.session import NOTHING, Session
from core.documents import Document
from core.reading.index import Library
from demo import limits, reading_files

GATES = {  # skill → what all visitors' work of that kind waits in
    "matrix": threading.BoundedSemaphore(limits.MATRICES),
    "optimizers": threading.BoundedSemaphore(limits.OPTIMIZERS),
}


@dataclass
class Turn:
    """A message and its answer.

    said: the message, whole.  before, after: the session.  messages: as the chat shows them, the visitor's first.
    words: what was answered, as plain text.  growing: not whole yet.  stopped: nothing that still comes is shown.
    documents: files that came with the message.
    """

    said: str
    before: Session
    after: Session
    messages: list[Any] = field(default_factory=list)
    words: str = ""
    growing: bool = True
    stopped: bool = False
    documents: tuple[Document, ...] = ()

    @property
    def shown(self) -> int:
        """Characters of its messages, HTML and pictures with them."""
        parts = [part["value"] for message in self.messages for part in message["content"]]
        return sum(len(one) if isinstance(one, str) else len(str(one.get("plot", ""))) for one in parts)


@dataclass(eq=False)
class Talk:
    """Turns in their order, and messages that stand above them as words alone.

    earlier: those messages: of an earlier visit, or (cleared) of turns that had to make room for others' documents.
    library: the documents that were asked about last, for every turn that is about them.
    """

    turns: list[Turn] = field(default_factory=list)
    earlier: list[dict[str, str]] = field(default_factory=list)
    cleared: bool = False
    library: Library | None = None
    used: float = 0.0

    @property
    def session(self) -> Session:
        """As the last turn left it."""
        return self.turns[-1].after if self.turns else Session()

    @property
    def characters(self) -> int:
        """Of every document, indexed or not, once each."""
        return sum(len(text) for text in self._texts().values())

    def _texts(self) -> dict[int, str]:
        sessions = [one for turn in self.turns for one in (turn.before, turn.after)]
        held = [session.documents for session in sessions] + [turn.documents for turn in self.turns]
        libraries = [session.library for session in sessions] + [self.library]
        held += [library.documents for library in libraries if library]
        return {id(document.text): document.text for documents in held for document in documents}

    def begin(self, said: str) -> Turn:
        """A new turn at the end; the oldest are let go."""
        turn = Turn(said, self.session, self.session)
        self.turns = [*self.turns[-limits.CHAT_TURNS + 1 :], turn]
        return turn

    def indexed(self, documents: Sequence[Document]) -> Library:
        """The documents' library; made but once as long as the same ones are asked about.

        Raises:
            VisitorError: as `Library.build`.
        """
        library = self.library
        if library is None or library.documents != tuple(documents):
            library = self.library = reading_files.build(documents)
        return library

    @property
    def held(self) -> int:
        """Characters of everything that is held: documents, and answers as they stand on the page."""
        return self.characters + self.shown

    @property
    def shown(self) -> int:
        """Characters of its answers as they stand on the page, HTML and pictures with them."""
        return sum(turn.shown for turn in self.turns)

    @property
    def size(self) -> int:
        """Bytes of arrays: none."""
        return 0

    def shorten(self, most: int = limits.TALK_CHARACTERS) -> bool:
        """Let the oldest turns with their results go, then what was given before the last one, until no more than
        `most` characters are held.

        Returns:
            whether the last answer alone is more: then what came of the work has gone, and words of it must do.
        """
        while len(self.turns) > 1 and self.held > most:
            self.turns = self.turns[1:]
        if not self.turns or self.held <= most:
            return False
        last = self.turns[-1]
        if last.before.documents != last.after.documents:
            last.before = last.before.given(())
        if self.library is not last.after.library:
            self.library = None
        if self.held <= most or last.growing:
            return False
        last.after = dataclasses.replace(last.after, results=NOTHING, reply=None)
        return True

    def clear(self) -> None:
        """Make room for others: words alone stay, and a turn that is still being answered."""
        growing = [turn for turn in self.turns if turn.growing]
        self.turns = [turn for turn in self.turns if not turn.growing]
        self.earlier, self.turns = self.kept(), growing
        self.cleared, self.library = self.cleared or bool(self.earlier), None

    def back(self, turns: int = 1) -> str:
        """Take the last turns back; what was said in the first of them."""
        if not self.turns:
            return ""
        taken = self.turns[-turns:]
        self.turns = self.turns[: -len(taken)]
        return taken[0].said

    def turns_from(self, index: int, above: int) -> int:
        """How many turns are taken back when message number `index` of the page is.

        Args:
            above: how many messages stand above the turns.
        """
        first = above
        for number, turn in enumerate(self.turns):
            first += len(turn.messages)
            if index < first:
                return len(self.turns) - number
        return 1

    def kept(self) -> list[dict[str, str]]:
        """For the browser: the last messages, each cut."""
        words = [*self.earlier]
        for turn in self.turns:
            words.append({"role": "user", "text": turn.said[: limits.CHAT_KEPT_CHARACTERS]})
            words.append({"role": "assistant", "text": turn.words[: limits.CHAT_KEPT_CHARACTERS]})
        return words[-limits.CHAT_KEPT :]


def read_kept(value: object) -> list[dict[str, str]]:
    """What a browser kept, as far as it has that form."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    found = []
    for one in value[-limits.CHAT_KEPT :]:
        if not isinstance(one, Mapping) or one.get("role") not in ("user", "assistant"):
            continue
        text = one.get("text")
        if isinstance(text, str) and text.strip():
            found.append({"role": one["role"], "text": text[: limits.CHAT_KEPT_CHARACTERS]})
    return found
