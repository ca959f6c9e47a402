"""The skills of the language tasks and of talk: (session, arguments, models) → replies, the last of them whole.

`core.chat.laboratory` has those that need no model, `core.chat.conversation` picks one by the router's decision.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from core.chat import laboratory
from core.chat.replies import Reply, Said, said
from core.chat.session import MOST, MOST_FILES, Session
from core.documents import KINDS
from core.messages.chat import CHOICES
from core.reading.results import Asking, ReadingResult
from core.reading.votes import decided
from core.titling.task import MAX_TITLES, Decoding, TitleResult
from core.triples.task import Extraction, TripleResult

WAIT = 600.0  # seconds that a model may take to load
_NAMED = 6  # triples, titles or files that a sentence names


class Models(Protocol):
    """What skills ask for models: `core.service.Service`, or a stand-in."""

    def model(self, task: str, seconds: float | None = None) -> Any:
        """The model of "titling", "triples" or "reading"."""


Skill = Callable[[Session, Mapping[str, Any], Models], Iterator[Reply]]


# ---- language tasks ---------------------------------------------------------------------------------------------
def title(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """Titles of the session's text, while they grow.  Arguments: fields of `Decoding`.

    Where a length is asked for, as many beams as there may be: of the usual three all may be cut by it, in the middle
    of a word, while a wider search finds titles that end within it.
    """
    titler = models.model("titling", WAIT)
    wider = {"beams": MAX_TITLES} if "max_length" in arguments else {}
    result: TitleResult | None = None
    for result in titler.stream(session.text, Decoding(**wider | arguments)):
        yield Reply("title", (), (result,), session.text, growing=True)
    if result is None:
        return
    best, *others = [one.text for one in result.titles]
    sentences = [*_first_file(session), said("chat_titled", title=best)]
    if others:
        sentences.append(said("chat_titles_more", titles=" / ".join(others[:_NAMED])))
    suggestions = ("shorter_title", "another_one", "triples_find", "invite_question")
    yield _model_reply("title", sentences, result, session.text, suggestions)


def triples(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """Triples of the session's text.  Another threshold needs no further run of the model.  Argument: threshold."""
    before: TripleResult | None = session.results.get("triples")
    threshold = arguments.get("threshold")
    sentences = list(_first_file(session))
    if before is not None and threshold is not None:
        result = dataclasses.replace(before, threshold=Extraction(threshold).checked().threshold)
        sentences.append(said("chat_no_run"))
    else:
        result = models.model("triples", WAIT).extract(session.text, Extraction(threshold))
    found = sorted(result.above(), key=lambda one: -one.probability)
    some = "; ".join(f"{t.subject.text} — {t.predicate} → {t.object.text}" for t in found[:_NAMED])
    values = {"count": len(found), "threshold": f"{result.threshold:.2f}"}
    told = said("chat_triples", some=some + (" …" if len(found) > _NAMED else ""), **values)
    sentences.insert(len(_first_file(session)), told if found else said("chat_triples_none", **values))
    suggestions = ("lower_threshold", "raise_threshold", "title_write") if found else ("lower_threshold", "title_write")
    yield _model_reply("triples", sentences, result, session.text, (*suggestions, "about_triples"))


def answer(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """The answer to a question about the session's documents.  Arguments: question, threshold."""
    sources = session.indexed().library
    before: ReadingResult | None = session.results.get("answer")
    threshold, told = arguments.get("threshold"), []
    if before is not None and threshold is not None and before.question == arguments["question"]:
        result = decided(before, threshold)
        told = [said("chat_no_run")]
    else:
        result = models.model("reading", WAIT).answer(arguments["question"], sources, Asking(threshold))
    if result.answer:
        sentences = [said("chat_answer", answer=result.answer, probability=f"{result.probability:.2f}")]
        suggestions = ("title_write", "triples_find", "about_reading")
    else:
        sentences = [said("chat_answer_none", threshold=f"{result.threshold:.2f}")]
        suggestions = ("lower_threshold", "title_write", "triples_find")
    sentences += told
    if arguments.get("asked", arguments["question"]) != arguments["question"]:
        sentences.insert(0, said("chat_question", question=arguments["question"]))
    yield dataclasses.replace(_model_reply("answer", sentences, result, "", suggestions), library=sources)


def _model_reply(skill: str, sentences: list[Said], result: Any, text: str, suggestions: tuple[str, ...]) -> Reply:
    return Reply(
        skill, tuple(sentences), (result,), text, suggestions=suggestions, weights=result.weights,
        device=result.device, seconds=result.seconds,
    )  # fmt: skip


def _first_file(session: Session) -> tuple[Said, ...]:
    several = len(session.documents) > 1
    return (said("chat_first_file", name=session.documents[0].name),) if several else ()


# ---- talk -------------------------------------------------------------------------------------------------------
def explain(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """What is behind something.  Argument: topic, of `core.chat.topics.TOPICS`."""
    topic = arguments.get("topic", "chat")
    other = {"titles": "about_triples", "triples": "about_reading", "reading": "about_matrix", "matrix": "about_ropes",
             "ropes": "about_optimizers", "optimizers": "about_posts"}.get(topic, "about_titles")  # fmt: skip
    work = {"matrix": "matrix_try", "ropes": "rope_try", "optimizers": "optimizers_try"}.get(topic, "help_all")
    yield Reply("explain", (said(f"chat_about_{topic}"),), suggestions=(other, work))


def guide(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """What can be done here."""
    formats = said("chat_formats", kinds=" ".join(KINDS), files=MOST_FILES, characters=MOST)
    suggestions = ("matrix_try", "rope_try", "optimizers_try", "about_chat")
    yield Reply("help", (said("chat_help"), formats), suggestions=suggestions)


def _sentence(key: str, *suggestions: str) -> Skill:
    def skill(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
        yield Reply(key.removeprefix("chat_"), (said(key),), suggestions=suggestions)

    return skill


def speak(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """From now on in the other language, and the last answer once more in it."""
    last: Reply | None = session.reply
    if last is None:
        yield Reply("speak", (said("chat_speak"),), suggestions=("help_all",))
    else:
        yield dataclasses.replace(last, skill="speak", sentences=(said("chat_speak"), *last.sentences))


def other(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """What is not offered here."""
    key = "chat_orders" if arguments.get("meddle") else "chat_other"
    yield Reply("other", (said(key),), suggestions=("help_all", "about_chat"))


def need_text(session: Session, skill: str) -> Reply:
    """Asks for the text that a skill works on."""
    return Reply(skill, (said("chat_need_text"),))


def got_text(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """A text or files were given, and nothing was said of what to do."""
    characters = sum(len(document.text) for document in session.documents)
    names = [document.name for document in session.documents if document.name]
    told = said("chat_got_text", characters=characters)
    if names:
        shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        told = said("chat_got_files", names=shown, characters=characters)
    yield Reply("text", (told,), suggestions=("title_write", "triples_find", "invite_question"))


def unsure(alternatives: tuple[tuple[str, float], ...]) -> Reply:
    """Asks back."""
    choices = [CHOICES[name] for name, _ in alternatives if name in CHOICES] or ["help_all", "title_write"]
    return Reply("ask", (said("chat_unsure"),), suggestions=tuple(dict.fromkeys(choices)))


SKILLS: dict[str, Skill] = {
    "title": title,
    "triples": triples,
    "answer": answer,
    "matrix": laboratory.matrix,
    "rope": laboratory.rope,
    "optimizers": laboratory.optimizers,
    "explain": explain,
    "help": guide,
    "text": got_text,
    "files": got_text,
    "other": other,
    "invite": _sentence("chat_invite"),
    "thanks": _sentence("chat_thanks", "help_all", "about_posts"),
    "empty": _sentence("chat_empty", "help_all"),
    "signs": _sentence("chat_signs", "help_all"),
    "foreign": _sentence("chat_foreign", "help_all", "tongue_en", "tongue_zh"),
    "speak": speak,
}
NEEDS_TEXT = {"title", "triples", "answer"}
TASKS = {"title": "titling", "triples": "triples", "answer": "reading"}  # skill → the task whose model it asks
