"""What a conversation knows: the text or the files given, what was done last, and what came of it.

A session does not change: each turn gives a new one, so that taking a turn back is keeping the old one.  Nothing of it
is shared with another visitor, and nothing is written to disk.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.chat.articles import about
from core.documents import Document
from core.reading.index import Library

NOTHING: Mapping[str, Any] = MappingProxyType({})
MOST = 200_000  # characters of a message
MOST_FILES = 20  # that may come with a message
WORK = ("title", "triples", "answer", "matrix", "rope", "optimizers", "explain")  # skills that a follow-up goes on with


@dataclass(frozen=True)
class Decision:
    """What a message asks for.

    skill: one of `core.chat.skills.SKILLS`.
    arguments: of that skill; read only.
    probability: how sure that is, 0 to 1; 1 where a pattern leaves no doubt.
    alternatives: (skill, probability) of what else it may be, likeliest first.
    text: a text that the message brought; "" for none.
    follows: whether it is the last piece of work once more, with other arguments.
    """

    skill: str
    arguments: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    probability: float = 1.0
    alternatives: tuple[tuple[str, float], ...] = ()
    text: str = ""
    follows: bool = False

    def changed(self, **arguments: Any) -> Decision:
        """The same with some arguments replaced; None takes one away."""
        kept = {key: value for key, value in {**self.arguments, **arguments}.items() if value is not None}
        return dataclasses.replace(self, arguments=MappingProxyType(kept))


def decision(skill: str, probability: float = 1.0, text: str = "", **arguments: Any) -> Decision:
    """A decision with its arguments frozen; those that are None are left out."""
    given = {key: value for key, value in arguments.items() if value is not None}
    return Decision(skill, MappingProxyType(given), probability, (), text)


@dataclass(frozen=True)
class Session:
    """A conversation so far.

    documents: what was given last: a pasted text (one, without a name) or files.  library: them, indexed; made when a
        question is first asked.
    last: the last piece of work.  done: skill → how it was asked for last.  results: skill → what came of it last.
    pending: work that waits for a text.
    referent: whom or what "he", "she", "it" stand for.
    language: "zh" or "en" once the visitor has said so, else "".
    reply: the last piece of work as it was answered, for saying it again.
    """

    documents: tuple[Document, ...] = ()
    library: Library | None = field(default=None, repr=False)
    last: Decision | None = None
    done: Mapping[str, Decision] = field(default_factory=lambda: NOTHING)
    results: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    pending: Decision | None = None
    referent: str = ""
    language: str = ""
    reply: Any = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The text that is worked on: the pasted one, or that of the first file."""
        return self.documents[0].text if self.documents else ""

    def given(self, documents: Sequence[Document]) -> Session:
        """With other documents; what came of the old ones is forgotten."""
        results, done = (
            MappingProxyType({key: value for key, value in some.items() if key in ("matrix", "rope", "optimizers")})
            for some in (self.results, self.done)
        )
        about_them = getattr(self.reply, "text", "") or getattr(self.reply, "library", None)
        return dataclasses.replace(
            self, documents=tuple(documents), library=None, results=results, done=done, referent="",
            reply=None if about_them else self.reply,
        )  # fmt: skip

    def indexed(self, build: Callable[[Sequence[Document]], Library] = Library.build) -> Session:
        """With its documents indexed by `build`.

        Raises:
            VisitorError: nothing to read in them, or too much.
        """
        if self.library is not None:
            return self
        return dataclasses.replace(self, library=build(self.documents))

    def after(self, done: Decision, result: Any = None) -> Session:
        """Once `done` was done, with its result if it had one."""
        if done.skill == "speak":
            return dataclasses.replace(self, language=done.arguments.get("language", ""))
        if done.skill not in WORK:
            return self
        results = dict(self.results) | ({done.skill: result} if result is not None else {})
        asked = dataclasses.replace(done, text="", follows=False)
        referent = self.referent
        if done.skill == "answer" and result is not None:
            everything = "\n".join(document.text for document in self.documents)[:200_000]
            referent = about(done.arguments["question"], result.answer, everything) or referent
        return dataclasses.replace(
            self, last=asked, done=MappingProxyType({**self.done, done.skill: asked}),
            results=MappingProxyType(results), pending=None, referent=referent,
        )  # fmt: skip

    def refused(self, asked: Decision) -> Session:
        """Once `asked` could not be done: follow-ups go on with it, unless it was itself one of work that was done."""
        known = asked.follows and asked.skill in self.done
        return self if known else self.after(asked)

    def waiting(self, pending: Decision | None) -> Session:
        """With work that waits for a text."""
        return dataclasses.replace(self, pending=pending)
