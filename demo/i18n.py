"""The page's words in English and Chinese, one table, and which of the two a visitor reads.

Three ways lead to the visitor, because Gradio translates in the browser, and only what is a label:
labels and buttons are `word(key)`, which the browser translates; text in our own HTML is `both(key)`, two spans of
which the style sheet shows one, so that a switch of language needs no server; messages that the server raises are
`sentence(error, request)`, in the language that the page asks in, else of the visitor's cookie, else of their browser.
"""

from __future__ import annotations

import html

import gradio as gr
from gradio.i18n import I18nData

from core.errors import VisitorError
from core.messages import SENTENCES
from demo.words import PHRASES, WORDS

COOKIE = "wanzhuan_language"  # set by assets/page.js when the visitor switches
QUERY = "wanzhuan_language"  # of what the page asks: shown in another page, it may not have its cookie here


def translations() -> gr.I18n:
    """What the browser translates labels from.  Traditional Chinese browsers read the same Chinese."""
    english = {key: pair[0] for key, pair in WORDS.items()}
    chinese = {key: pair[1] for key, pair in WORDS.items()}
    return gr.I18n(**{"en": english, "zh-CN": chinese, "zh-TW": chinese, "zh": chinese})


def word(key: str) -> I18nData:
    """A label, for the browser to translate.  Raises KeyError for a key that has no words."""
    if key not in WORDS:  # must show when the page is built, not on the page
        raise KeyError(key)
    return I18nData(key)


def phrase(key: str, language: str, **values: object) -> str:
    """A phrase in one language, as plain text."""
    english, chinese = PHRASES[key]
    return (chinese if language == "zh" else english).format(**values)


def spans(english: str, chinese: str) -> str:
    """Both texts as HTML; the style sheet shows the visitor's."""
    return (
        f'<span class="wz-en" lang="en">{html.escape(english)}</span>'
        f'<span class="wz-zh" lang="zh-CN">{html.escape(chinese)}</span>'
    )


def both(key: str, **values: object) -> str:
    """A phrase as HTML in both languages, its values escaped."""
    return spans(phrase(key, "en", **values), phrase(key, "zh", **values))


def notice(told: str | VisitorError) -> str:
    """A notice of `core`, a key of its sentences or an error, as HTML in both languages."""
    if isinstance(told, VisitorError):
        return spans(told.sentence("en"), told.sentence("zh"))
    return spans(*SENTENCES.get(told, (told, told)))


def language_of(request: gr.Request | None) -> str:
    """The visitor's language, "zh" or "en": what they chose on the page, else the first that their browser asks for."""
    if request is None:
        return "en"
    cookies, headers = getattr(request, "cookies", None) or {}, getattr(request, "headers", None) or {}
    query = getattr(request, "query_params", None) or {}
    for chosen in (query.get(QUERY), cookies.get(COOKIE)):
        if chosen in ("zh", "en"):
            return chosen
    asked = []
    for position, part in enumerate(headers.get("accept-language", "").split(",")):
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            asked.append((-float(weight or 1), position, tag.split("-")[0]))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(asked) if tag in ("zh", "en")), "en")


def sentence(error: VisitorError, request: gr.Request | None) -> str:
    """The error's sentence in the visitor's language, as plain text."""
    return error.sentence(language_of(request))


def warn(told: str, request: gr.Request | None) -> None:
    """Show a message on the visitor's page; Gradio would read it as HTML, so it is escaped."""
    gr.Warning(html.escape(told), title=phrase("note", language_of(request)))
