"""A message, and the conversation so far → which skill is wanted, and with what.

Forms come first (a matrix, points, a pasted text), then the classifier, whose probabilities are weighed by what the
conversation holds; who asks for a change of what was done last gets the same work with other arguments.  Where that
leaves doubt, the decision is "ask", and its alternatives are what the visitor may choose from.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from core.chat import patterns
from core.chat.articles import is_question, resolved, split, subject
from core.chat.classifier import ours, trained
from core.chat.follow import FOLLOW, follow
from core.chat.session import MOST, Decision, Session, decision
from core.chat.topics import topic
from core.messages.chat import SUGGESTIONS
from core.text import clean, printable

LEAST = 0.5  # probability from which the likeliest is taken without asking back
APART = 0.18  # and so much more than the second
_SPOKEN = 6.0  # weight of a question that speaks of what the text speaks of
_ASKED = 3  # choices that a question back has at most
_CHOICES = ("title", "triples", "answer", "matrix", "rope", "optimizers", "explain", "help")
_SUGGESTED = {text.lower(): key for key, pair in SUGGESTIONS.items() for text in pair}


def decide(message: str, session: Session = Session(), files: int = 0) -> Decision:  # noqa: B008
    """What a message asks for.

    Args:
        message: any text.
        session: the conversation so far.
        files: how many files came with it.

    Returns:
        a decision, whatever the message is.
    """
    text = clean(printable(message[:MOST] if isinstance(message, str) else "")).strip()
    if not any(c.isalnum() for c in text):
        return decision("files" if files else "empty" if not text else "signs")
    if key := _SUGGESTED.get(text.lower()):
        return _suggested(key, session)
    if (found := patterns.matrix(text)) and len(text) < len(found) + 120:
        return decision("matrix", matrix=found)
    wanted, article = split(text, _likeliest) if len(text) > 14 else (text, "")
    if not wanted:
        waiting = session.pending or decision("text")
        return Decision(waiting.skill, waiting.arguments, 1.0, (), article)
    if not article and _foreign(text):
        return decision("foreign")
    weighed = _weighed(wanted, session, bool(article), files)
    intent, probability = weighed[0]
    if article and intent not in ("title", "triples", "answer"):
        return decision("text", text=article)
    return _decided(wanted, intent, probability, weighed, session, article, files)


def _decided(
    wanted: str, intent: str, probability: float, weighed: tuple[tuple[str, float], ...], session: Session,
    article: str, files: int,
) -> Decision:  # fmt: skip
    if intent in FOLLOW and (found := follow(intent, wanted, session)):
        return Decision(found.skill, found.arguments, probability, follows=True)
    choices = tuple((name, p) for name, p in weighed if name in _CHOICES)
    unsure = probability < LEAST or (len(weighed) > 1 and probability - weighed[1][1] < APART)
    if files and (intent in FOLLOW or unsure):
        return decision("files", probability)
    if intent in FOLLOW or (unsure and not article and choices[0][0] != "help"):
        return Decision("ask", Decision("ask").arguments, probability, choices[:_ASKED])
    asked = session.given(()) if article or files else session
    made = decision(intent, probability, article, **_arguments(intent, wanted, asked))
    return Decision(made.skill, made.arguments, probability, choices[1 : 1 + _ASKED], article)


def _suggested(key: str, session: Session) -> Decision:
    """A suggestion was clicked: what it means is known."""
    skill, _, rest = key.partition("_")
    if skill in FOLLOW:
        found = follow(skill, SUGGESTIONS[key][0], session) or decision("ask")
        return dataclasses.replace(found, follows=True)
    if skill == "about":
        return decision("explain", topic=rest)
    if skill == "tongue":
        return decision("speak", language=rest)
    wording = SUGGESTIONS[key][1]
    return decision(skill, **_arguments(skill, wording, session))


# ---- what is likely ---------------------------------------------------------------------------------------------
def _likeliest(text: str) -> tuple[str, float]:
    return trained().classify(text)[0]


def _weighed(wanted: str, session: Session, article: bool, files: int) -> tuple[tuple[str, float], ...]:
    """The classifier's probabilities, weighed by what there is to talk about."""
    weights = _weights(wanted, session, article, files)
    found = dict(trained().classify(wanted))
    if weights.get("answer") == _SPOKEN and not ours(wanted):  # "what is his main work?" is not about what is done here
        found["answer"] += 0.95 * found["explain"]
        found["explain"] *= 0.05
    told = [(name, p * weights.get(name, 1.0)) for name, p in found.items()]
    total = (sum(p for _, p in told) or 1.0) / max(0.05, min(1.0, 1.5 * trained().known(wanted)))
    return tuple((name, p / total) for name, p in sorted(told, key=lambda one: -one[1]))


def _weights(wanted: str, session: Session, article: bool, files: int) -> Mapping[str, float]:
    last = session.last.skill if session.last else ""
    weights = dict.fromkeys(FOLLOW, 1.0 if last else 0.05)
    weights["speak"] = 1.0
    if last:
        weights |= {name: 1.5 if last in fits else 0.4 for name, fits in FOLLOW.items() if fits}
    has_text = bool(session.documents) or article or bool(files)
    if not has_text:
        weights["answer"] = 0.6
    elif is_question(wanted):
        text = "\n".join(document.text for document in session.documents)[:100_000]
        spoken = subject(wanted, text) or (session.referent and resolved(wanted, "\0") != wanted)
        weights["answer"] = _SPOKEN if spoken else 1.5
        weights["other"] = 0.2 if spoken else 0.7
    return weights


def _foreign(text: str) -> bool:
    """Whether it is in neither Chinese nor a Latin script."""
    letters = [c for c in text[:500] if c.isalpha()]
    known = sum("\u3400" <= c <= "\u9fff" or c < "\u0250" or "\u0370" <= c <= "\u03ff" for c in letters)
    kana = sum("\u3040" <= c <= "\u30ff" for c in letters)
    return bool(letters) and (known * 2 < len(letters) or kana * 5 > len(letters))


# ---- with what --------------------------------------------------------------------------------------------------
def _arguments(skill: str, wanted: str, session: Session) -> dict:
    if skill == "title":
        return patterns.titles(wanted)
    if skill == "triples":
        return {"threshold": patterns.threshold(wanted)}
    if skill == "answer":
        return {"question": resolved(_question(wanted), session.referent)}
    if skill == "matrix":
        return {"matrix": patterns.matrix(wanted) or patterns.unread(wanted)}  # what is none is told when it is read
    if skill == "rope":
        found = patterns.rope(wanted)
        kind = "fit" if "points" in found else "chain" if patterns.chain(wanted) or "sag" in found else "rope"
        return {"kind": kind, **found}
    if skill == "optimizers":
        return patterns.optimizers(wanted)
    if skill == "explain":
        return {"topic": topic(wanted, session.last.skill if session.last else "")}
    if skill == "speak":
        return {"language": patterns.tongue(wanted)}
    return {"meddle": True} if skill == "other" and _MEDDLES.search(wanted.lower()) else {}


_MEDDLES = re.compile(
    r"执行|运行|删除|密码|密钥|服务器|硬盘|提示词|指令|规则|访问|下载|打开|import|exec|eval|sudo|rm -|passw|\.\./"
    r"|/etc|file:|https?:|gradio_api|prompt|instruction|ignore|server|disk|delete|fetch|download|script|environment|secret|root"
)


_ANNOUNCED = re.compile("^.{0,14}(?:回答|问题|answer|question)[^:\uff1a]{0,12}[:\uff1a]\\s*", re.I)


def _question(wanted: str) -> str:
    """Without "answer my question:" before it."""
    return _ANNOUNCED.sub("", wanted) or wanted
