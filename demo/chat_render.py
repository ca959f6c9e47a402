"""Replies of the chat as messages of `gr.Chatbot`: sentences, then results by the other tabs' renderers.

A message holds HTML in both languages, of which the reply's own is shown (`wz-says-zh`, `wz-says-en`), and pictures.
What a visitor wrote stands there as text, never as HTML or Markdown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from core.chat.replies import Reply
from core.mathtoys.catenary import Catenary
from core.mathtoys.fit import CatenaryFit
from core.mathtoys.flow import Path
from core.mathtoys.matrix import Identity
from core.mathtoys.rope import SkippingRope
from core.optim.flow import Optimization
from core.reading.results import ReadingResult
from core.titling.task import TitleResult
from core.triples.task import TripleResult
from demo import (
    curves_pictures,
    curves_render,
    limits,
    matrix_pictures,
    matrix_render,
    optimizers_pictures,
    optimizers_render,
    plots,
    reading_render,
    render,
    triples_render,
)
from demo.chat_desk import Talk
from demo.i18n import both, phrase
from demo.theme import html_block

Message = dict[str, Any]
_CARDS_SAY = {"chat_titled", "chat_titles_more", "chat_triples", "chat_triples_none", "chat_answer", "chat_answer_none"}
_POST = re.compile(r"https://kexue\.fm/archives/(\d+)")


# ---- messages ---------------------------------------------------------------------------------------------------
class Messages:
    """Makes messages.  It is made while the page is built: inside of an event Gradio's components are mere changes of
    those on the page, so that what they look like has to be known before."""

    def __init__(self) -> None:
        self._html_like = html_block("", render=False).get_config()
        self._plot_like = gr.Plot(show_label=False, container=False, render=False).get_config()

    def asked(self, text: str, names: list[str], language: str) -> Message:
        """What the visitor said, long texts shortened; the names of their files below."""
        shown = text
        if len(text) > limits.CHAT_SHOWN:
            cut = phrase("chat_shortened", language, characters=f"{len(text):,}")
            shown = text[: limits.CHAT_SHOWN] + cut
        if names:
            shown = f"{shown}\n{phrase('chat_files_read', language, names=', '.join(names))}".strip()
        return self._visitor(shown or "\u2026")

    def answered(self, reply: Reply, language: str) -> Message:
        """A reply: its sentences and cards, its pictures, and what to say next as options."""
        inside = "" if reply.growing else _sentences(reply, language)
        cards = "".join(_card(one, reply) for one in reply.results)
        foot = ""
        if not reply.growing and not _has_figures(reply):
            foot = f'<div class="wz-chat-foot">{_foot(reply)}{_copy(reply.words(language))}</div>'
        html_of_all = f"{inside}{cards}{foot}" or _busy("chat_working")
        content: list[Any] = [self._html(html_of_all, language)]
        if not reply.growing:
            for drawn in (drawn for one in reply.results for drawn in _drawn(one, language)):
                content += [self._plot(drawn), self._html(_SAVES, "")]
        message: Message = {"role": "assistant", "content": content}
        if reply.suggestions and not reply.growing:
            message["options"] = [{"value": text, "label": text} for text in reply.options(language)]
        return message

    def told(self, key: str, busy: bool = False, **values: object) -> Message:
        """One of the page's own sentences, in both languages."""
        inside = _busy(key, **values) if busy else f'<p class="wz-chat-told">{both(key, **values)}</p>'
        return {"role": "assistant", "content": [self._html(inside, "")]}

    def remembered(self, role: str, text: str) -> Message:
        """Words of an earlier visit, or a sentence in the visitor's language."""
        if role == "user":
            return self._visitor(text)
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n"))
        return {"role": "assistant", "content": [self._html(lines, "")]}

    def above(self, talk: Talk) -> list[Message]:
        """What stands above the turns: a greeting, words of before, and why they are words alone."""
        before = [self.remembered(one["role"], one["text"]) for one in talk.earlier]
        why = [self.told("chat_made_room" if talk.cleared else "chat_restored")] if before else []
        return [self.told("chat_hello"), *before, *why]

    def _visitor(self, text: str) -> Message:
        """Gradio would read a text as HTML, even where it renders no Markdown: so it is escaped here."""
        value = f'<div class="wz-chat-said">{html.escape(text)}</div>'
        return {"role": "user", "content": [_component("html", value, {**self._html_like, "value": value})]}

    def _html(self, inside: str, language: str) -> dict[str, Any]:
        says = f" wz-says-{language}" if language else ""
        value = f'<div class="wz-chat-reply{says}">{inside}</div>'
        return _component("html", value, {**self._html_like, "value": value})

    def _plot(self, drawn: Any) -> dict[str, Any]:
        value = (plots.picture(drawn) if isinstance(drawn, go.Figure) else drawn).model_dump()
        return _component("plot", value, {**self._plot_like, "value": value})


def _component(name: str, value: Any, props: dict[str, Any]) -> dict[str, Any]:
    return {"type": "component", "component": name, "value": value, "constructor_args": {}, "props": props}


def _busy(key: str, **values: object) -> str:
    return f'<p class="wz-chat-busy"><span class="wz-spinner" aria-hidden="true"></span>{both(key, **values)}</p>'


_SAVES = (  # below a picture, which assets/chat.js finds for them
    '<div class="wz-saves wz-chat-saves">'
    + "".join(
        f'<button type="button" class="wz-save" data-kind="{kind}">{both(f"save_{kind}")}</button>'
        for kind in ("png", "svg", "csv")
    )
    + "</div>"
)


# ---- what stands in them ----------------------------------------------------------------------------------------
def _sentences(reply: Reply, language: str) -> str:
    lang = "zh-CN" if language == "zh" else "en"
    texts = [one.text(language) for one in reply.sentences if not (reply.results and one.key in _CARDS_SAY)]
    lines = "".join(f"<p>{_linked(line)}</p>" for text in texts for line in text.split("\n"))
    kind = "wz-chat-told wz-chat-wrong" if reply.failed else "wz-chat-told"
    return f'<div class="{kind}" lang="{lang}">{lines}</div>' if lines else ""


def _linked(text: str) -> str:
    """Escaped, and addresses of the posts as links; no other address becomes one."""
    link = r'<a href="https://kexue.fm/archives/\1" target="_blank" rel="noopener">\1</a>'
    return _POST.sub(link, html.escape(text))


def _card(result: Any, reply: Reply) -> str:
    show = _CARDS.get(type(result))
    return show(result, reply) if show else ""


def _titles(result: TitleResult, reply: Reply) -> str:
    card = render.titles(result, growing=reply.growing)
    if reply.growing:
        return card
    return f"{card}<details><summary>{both('chat_source')}</summary>{render.article(reply.text, result)}</details>"


def _triples(result: TripleResult, reply: Reply) -> str:
    inside = triples_render.shown(result) + triples_render.marked(reply.text, result)
    return f'<div class="wz-triples-panes wz-chat-triples">{inside}</div>'


def _reading(result: ReadingResult, reply: Reply) -> str:
    if reply.library is None:
        return ""
    return f'<div class="wz-chat-reading">{reading_render.shown([result], reply.library)}</div>'


_CARDS: dict[type, Callable[[Any, Reply], str]] = {
    TitleResult: _titles,
    TripleResult: _triples,
    ReadingResult: _reading,
    Identity: lambda result, reply: matrix_render.identity(result),
    SkippingRope: lambda result, reply: curves_render.rope(result),
    Catenary: lambda result, reply: curves_render.chain(result),
    CatenaryFit: lambda result, reply: curves_render.fit(result),
    Optimization: lambda result, reply: optimizers_render.table(result),
}
_DRAWINGS: dict[type, Callable[[Any, str], tuple[Any, ...]]] = {
    Path: lambda result, language: (matrix_pictures.path(result, 1.0),),
    SkippingRope: lambda result, language: (curves_pictures.rope(result, language),),
    Catenary: lambda result, language: (curves_pictures.chain(result, language),),
    CatenaryFit: lambda result, language: (curves_pictures.fit(result, language),),
    Optimization: lambda result, language: (
        optimizers_pictures.surface(result, language),
        optimizers_pictures.losses(result, language)[0],
    ),
}


def _drawn(result: Any, language: str) -> tuple[Any, ...]:
    draw = _DRAWINGS.get(type(result))
    return draw(result, language) if draw else ()


def _has_figures(reply: Reply) -> bool:
    """Whether a card says weights and seconds already."""
    return any(isinstance(one, TitleResult | TripleResult | ReadingResult) for one in reply.results)


def _foot(reply: Reply) -> str:
    """Which weights, and how long."""
    if reply.seconds is None:
        return ""
    facts = [
        both("seconds", seconds=f"{reply.seconds:.2f}"),
        html.escape(reply.weights) or both("chat_no_model"),
        html.escape(reply.device),
    ]
    return f'<p class="wz-figures">{"".join(f"<span>{fact}</span>" for fact in facts if fact)}</p>'


def _copy(text: str) -> str:
    done = f'<span class="wz-done">{both("copied")}</span>'
    escaped = html.escape(text, quote=True)
    return f'<button type="button" class="wz-copy" data-copy="{escaped}"><span>{both("copy")}</span>{done}</button>'
