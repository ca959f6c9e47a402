"""In which language to answer: the one asked for, else that of the message, else the page's."""

from __future__ import annotations

import re

from core.chat import patterns
from core.chat.session import Session
from core.mathtoys.generators import KINDS

_SEEN = 400  # characters of a message that are looked at
_INSTRUCTION = 60  # characters of what may be asked before or after a text
_TAGS = re.compile(r"<[^<>]*>?|(?:https?|file)://\S*|(?:\.\./)+\S*|(?<!\w)/\w\S*|`[^`]*`")  # markup, addresses, paths
_NAMES = re.compile(  # of methods, surfaces, matrices and parameters: the same in every language
    "|".join(
        (
            *patterns.SURFACES.values(),
            *patterns.METHODS.values(),
            rf"(?<![a-z])(?:{'|'.join(KINDS)})\s*\(",
            r"(?<![a-z])(?:det|exp|tr|sin|cos|sqrt|lr|pdf|docx|txt|spo)(?![a-z])",
            r"[a-z_.]+\([^()]*\)",  # of code
            r"[a-z_]*\d[\w.]*|(?<![a-z])[a-z](?![a-z])",
        )
    )
)
_PARTICLES = re.compile(
    "[的了吗呢吧么把给用让请帮我你您是在和与跟从到谁哪几查画算写取抽说再换改跑比做看想要能会]|什么|怎"
)
_ENGLISH = re.compile(
    r"\b(?:the|an?|is|are|was|were|does?|did|who|whom|whose|what|when|where|which|why|how|of|in|on|at|by|to|for|with"
    r"|from|and|it|its|his|her|their|this|that|me|my|i|you|your|please|can|write|give|find|extract|show|draw|tell)\b"
)


def language_of(message: str, session: Session, page: str) -> str:
    """In which language to answer.

    Args:
        message: what was said; of a long one the instruction before or after its text decides.
        session: the conversation so far; a language that was asked for in it goes first.
        page: "zh" or "en", where the message does not decide: numbers, names of methods, other languages.
    """
    return session.language or _told(_instruction(message)) or _told(message[:_SEEN]) or page


def _instruction(message: str) -> str:
    """The line, or the part before a colon, in which something is asked of a text; "" where the message has none."""
    lines = message.strip().split("\n")
    if len(message) <= _INSTRUCTION and len(lines) == 1:
        return message
    head = re.split("[:\uff1a]", lines[0], maxsplit=1)[0]
    if len(head) <= _INSTRUCTION and (len(lines) > 1 or head != lines[0]):
        return head
    return lines[-1] if len(lines) > 1 and len(lines[-1]) <= _INSTRUCTION else ""


def _told(text: str) -> str:
    """ "zh", "en", or "" where the text does not decide."""
    text = _NAMES.sub(" ", _TAGS.sub(" ", patterns.plain(text)))
    letters = [c for c in text if c.isalpha()]
    chinese = sum("\u3400" <= c <= "\u9fff" for c in letters)
    latin = sum(c < "\u0250" for c in letters)
    if any("\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7a3" for c in letters):  # kana, hangul
        return ""
    particles, english = len(_PARTICLES.findall(text)), len(_ENGLISH.findall(text))
    if chinese and (particles > english or (particles == english and chinese * 4 >= len(letters))):
        return "zh"
    return "en" if latin >= 3 and latin * 2 >= len(letters) else ""
