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
from pathlib import Path
from typing import Any

import gradio as gr

from core.chat.replies import Reply
from core.chat.session import NOTHING, Session
from core.documents import Document, read_documents
from core.errors import VisitorError
from core.patience import Limit
from core.reading.index import Library
from demo import limits, reading_files
from demo.uploads import discard, opening

GATES = {  # skill → what all visitors' work of that kind waits in
    "matrix": threading.BoundedSemaphore(limits.MATRICES),
    "optimizers": threading.BoundedSemaphore(limits.OPTIMIZERS),
}


@dataclass(eq=False)
class Turn:
    """A message and its answer.

    said: the message, whole.  before, after: the session.  messages: as the chat shows them, the visitor's first.
    words: what was answered, as plain text.  growing: not whole yet.  part: as much of its results as stands there.
    stopped: nothing that still comes is shown, for the visitor stopped it or took it back.  ended: nothing comes any
    more.  files: where those that came with the message lay.  documents: what was read from them.
    """

    said: str
    before: Session
    after: Session
    messages: list[Any] = field(default_factory=list)
    words: str = ""
    growing: bool = True
    part: Reply | None = None
    stopped: bool = False
    files: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    ended: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """What is still worked out for it counts no more."""
        self.growing, self.stopped = False, True

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
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)  # several may be answered at once

    @property
    def growing(self) -> list[Turn]:
        """Turns that are still being answered, or wait for it."""
        return [turn for turn in self.turns if turn.growing]

    def has(self, said: str, files: tuple[str, ...]) -> bool:
        """Whether this very message was sent before: its files are being read, or have been and are gone."""
        twins = [turn for turn in self.turns if turn.said == said and turn.files == files]
        return any(turn.growing for turn in twins) or bool(twins and not any(Path(path).exists() for path in files))

    def ahead(self, turn: Turn) -> Turn | None:
        """The turn before this one."""
        turns = self.turns
        place = turns.index(turn) if turn in turns else 0
        return turns[place - 1] if place else None

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
        with self.lock:
            turn = Turn(said, self.session, self.session)
            self.turns = [*self.turns[-limits.CHAT_TURNS + 1 :], turn]
        return turn

    def drop(self, turn: Turn) -> None:
        """As if it had never begun."""
        turn.stop()
        with self.lock:
            self.turns = [one for one in self.turns if one is not turn]

    def indexed(self, documents: Sequence[Document], turn: Turn) -> Library:
        """The documents' library; made but once as long as the same ones are asked about.

        Args:
            turn: who asks; where it has been taken back meanwhile, the library is not kept.

        Raises:
            VisitorError: as `Library.build`.
        """
        library = self.library
        if library is None or library.documents != tuple(documents):
            library = reading_files.build(documents)
            with self.lock:
                if turn in self.turns:
                    self.library = library
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
            with self.lock:
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
        with self.lock:
            growing = self.growing
            self.turns = [turn for turn in self.turns if not turn.growing]
            self.earlier, self.turns = self.kept(), growing
            self.cleared, self.library = self.cleared or bool(self.earlier), None

    def forget(self) -> None:
        """Nothing is left, nor comes back with an answer that is still being worked out."""
        with self.lock:
            for turn in self.turns:
                turn.stop()
            self.turns, self.earlier, self.cleared, self.library = [], [], False, None

    def back(self, turns: int = 1) -> str:
        """Take the last turns back; what was said in the first of them."""
        with self.lock:
            if not self.turns:
                return ""
            taken = self.turns[-turns:]
            self.turns = self.turns[: -len(taken)]
        for turn in taken:
            turn.stop()
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


def read_files(files: Sequence[str], request: gr.Request | None = None) -> list[Document]:
    """The texts of uploaded files, which are then deleted.

    Raises:
        VisitorError: there are too many, or one that cannot be read, or they take too long.
    """
    paths = [Path(path) for path in files]
    try:
        if len(paths) > limits.CHAT_FILES:
            raise VisitorError("too_many_documents", most=limits.CHAT_FILES)
        with opening(request, Limit(limits.OPEN_SECONDS)):
            return read_documents(paths, [path.name for path in paths])
    finally:
        discard(paths)


def never_said(value: Any, *_: Any) -> None:
    """A message that is never said needs no files any more.  value: of the box; of other events something else."""
    if isinstance(value, dict):
        discard(value.get("files") or ())


def known(talk: Talk | None, kept: object) -> Talk:
    """The conversation; where the server has let it go, the words that the browser kept of it."""
    return Talk(earlier=read_kept(kept)) if talk is None else talk


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
