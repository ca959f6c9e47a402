"""One turn of a conversation: a message, and files that came with it → replies, and the session afterwards.

from core.chat.conversation import turn
for reply, session in turn("画一根跳绳，L=2 D=1", Session(), models): ...
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

from core import patience
from core.chat.articles import resolved
from core.chat.follow import FOLLOW
from core.chat.replies import Reply, said, wrong
from core.chat.router import decide
from core.chat.session import MOST, NOTHING, WORK, Decision, Session
from core.chat.skills import NEEDS_TEXT, SKILLS, Models, need_text, unsure
from core.documents import Document
from core.errors import LateError, VisitorError
from core.reading.index import Library
from core.text import printable

MOST_TURNS = 20  # of a history that is taken up again


def turn(
    message: str, session: Session, models: Models, documents: Sequence[Document] = (), language: str = "en",
    build: Callable[[Sequence[Document]], Library] = Library.build,
    gates: Mapping[str, AbstractContextManager] = NOTHING,
) -> Iterator[tuple[Reply, Session]]:  # fmt: skip
    """Answer a message.

    Args:
        message: any text.
        session: the conversation so far.
        models: who has the models.
        documents: files that came with it, already read.
        language: "zh" or "en", of the page; it decides where "another language" is asked for and not named.
        build: indexes documents when a question is first asked about them.
        gates: skill of the laboratory → what it is worked out in, a semaphore say.

    Yields:
        (reply, session afterwards): replies that grow, the last of them whole; the first says only which skill it will
        be, where that asks a model.  What a visitor did wrong is a reply.
    """
    session = session.given(documents) if documents else session
    if len(message) > MOST:
        yield Reply("text", (said("chat_message_long", most=MOST),), failed=True), session
        return
    decision = decide(message, session, len(documents))
    if decision.skill == "files" and session.pending:
        decision = dataclasses.replace(session.pending, text="")
    yield from _done(decision, printable(message), session, models, language, build, gates)


def _done(
    decision: Decision, message: str, session: Session, models: Models, language: str,
    build: Callable[[Sequence[Document]], Library], gates: Mapping[str, AbstractContextManager],
) -> Iterator[tuple[Reply, Session]]:  # fmt: skip
    if decision.text:
        session = session.given([Document("", decision.text)])
    if decision.skill == "ask":
        yield _back(decision, session), session
        return
    if decision.skill in NEEDS_TEXT and not session.documents:
        yield need_text(session, decision.skill), session.waiting(decision)
        return
    if decision.skill == "speak":
        decision = _tongue(decision, session, language)
    arguments = decision.arguments
    if decision.skill == "answer" and resolved(message, "\0") != message and not decision.text:
        arguments = MappingProxyType({**arguments, "asked": message})
    began = time.monotonic()
    try:
        if decision.skill in NEEDS_TEXT:
            yield Reply(decision.skill, growing=True), session
        if decision.skill == "answer":
            session = session.indexed(build)
        reply: Reply | None = None
        replies = SKILLS[decision.skill](session, arguments, models)
        if gate := gates.get(decision.skill):
            with gate:  # not while somebody looks at the reply
                replies = iter(list(replies))
        for reply in replies:
            if not reply.growing and reply.seconds is None:
                reply = dataclasses.replace(reply, seconds=round(time.monotonic() - began, 3))
            yield reply, session if reply.growing else _after(session, decision, reply)
        if reply is None:
            raise VisitorError("title_none")
    except LateError:  # nobody waits for a reply any more
        raise
    except VisitorError as error:
        yield Reply(decision.skill, (wrong(error),), failed=True), session.refused(decision)


def _after(session: Session, decision: Decision, reply: Reply) -> Session:
    after = session.after(decision, reply.results[0] if reply.results else None)
    return dataclasses.replace(after, reply=reply) if decision.skill in WORK else after


def _back(decision: Decision, session: Session) -> Reply:
    likely = decision.alternatives
    if not likely and session.last is None:
        return Reply("ask", (said("chat_nothing_before"),), suggestions=("help_all",))
    return unsure(likely)


def _tongue(decision: Decision, session: Session, language: str) -> Decision:
    """The language asked for; where it is not named, the other one."""
    asked = decision.arguments.get("language", "other")
    if asked == "other":
        asked = "en" if (session.language or language) == "zh" else "zh"
    return decision.changed(language=asked)


def replayed(history: Sequence[Any]) -> Session:
    """The session of a conversation of which only the words are left: what was asked for, without its results.

    Args:
        history: mappings with "role" and "content"; those that are no message of a user are passed over.
    """
    session = Session()
    said_by_user = [
        one["content"]
        for one in history
        if isinstance(one, Mapping) and one.get("role") == "user" and isinstance(one.get("content"), str)
    ]
    for message in said_by_user[-MOST_TURNS:]:
        patience.check()
        decision = decide(message[:MOST], session)
        if decision.text:
            session = session.given([Document("", decision.text)])
        if decision.skill in NEEDS_TEXT and not session.documents:
            session = session.waiting(decision)
        elif decision.skill in SKILLS and decision.skill not in FOLLOW:
            session = session.after(_tongue(decision, session, "en") if decision.skill == "speak" else decision)
    return session
