"""Results of `core` as HTML: every text that a visitor gave or a model wrote is escaped here.

Which characters of an article are marked depends on the title one points at, so the article is cut at every edge of
every title's spans and each piece says which titles use it (`data-t="0 2"`); the style sheet marks those of the title
shown (`data-shown="0"`), and `assets/page.js` moves that number.
"""

from __future__ import annotations

import html
import itertools
from collections import Counter
from collections.abc import Sequence

from core.titling.task import Title, TitleResult
from demo import i18n
from demo.i18n import both, notice, phrase
from demo.limits import SHOWN_CHARACTERS
from demo.words import WORDS


def runs(length: int, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    """Cut 0..length into (start, end, covered by one of `spans`), in order and without empty ones."""
    return [(start, end, bool(owners)) for start, end, owners in layers(length, [spans])]


def layers(length: int, groups: Sequence[Sequence[tuple[int, int]]]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Cut 0..length into (start, end, which of `groups` cover it), in order and without empty ones."""
    edges: dict[int, list[tuple[int, int]]] = {0: [], length: []}
    for owner, spans in enumerate(groups):
        for start, end in spans:
            start, end = max(0, min(start, length)), max(0, min(end, length))
            if start < end:
                edges.setdefault(start, []).append((owner, 1))
                edges.setdefault(end, []).append((owner, -1))
    cut, depth, places = [], Counter(), sorted(edges)
    for start, end in itertools.pairwise(places):
        for owner, change in edges[start]:
            depth[owner] += change
            if not depth[owner]:
                del depth[owner]  # those that cover this place alone are looked at
        owners = tuple(sorted(depth))
        if cut and cut[-1][2] == owners:
            cut[-1] = (cut[-1][0], end, owners)
        else:
            cut.append((start, end, owners))
    return cut


def marked_title(title: Title) -> str:
    """The title's characters, those that stand in the article marked."""
    pieces = []
    for start, end, inside in runs(len(title.text), [(span.start, span.end) for span in title.spans]):
        piece = html.escape(title.text[start:end])
        pieces.append(f"<mark>{piece}</mark>" if inside else piece)
    return "".join(pieces)


def titles(result: TitleResult, growing: bool = False, first: int = 0) -> str:
    """The titles as a list, best first and large, with a copy button each, and the figures below.

    first: number of the first one, where others stand on the page too.
    """
    if not result.titles:
        return said("writing") if growing else said("no_title")
    items = "".join(_item(number, title, growing) for number, title in enumerate(result.titles, first))
    listed = f'<ol class="wz-titles{" wz-growing" if growing else ""}">{items}</ol>'
    if growing:
        return f'<div class="wz-card" aria-busy="true">{listed}</div>'
    everything = html.escape("\n".join(title.text for title in result.titles), quote=True)
    all_button = copy_button(everything, "copy_all") if len(result.titles) > 1 else ""
    foot = f'<div class="wz-foot"><div class="wz-figures">{figures(result)}</div>{all_button}</div>'
    return f'<div class="wz-card" aria-live="polite">{listed}{foot}{_remarks(result)}</div>'


def _item(number: int, title: Title, growing: bool) -> str:
    tail = focus = ""
    if not growing:
        tip = html.escape(" / ".join(phrase("score", language) for language in ("zh", "en")), quote=True)
        tail = f'<span class="wz-score" title="{tip}">{title.score:.2f}</span>'
        tail += copy_button(html.escape(title.text, quote=True), "copy")
        focus = ' tabindex="0"'
    return (
        f'<li class="wz-title" data-title="{number}"{focus}>'
        f'<span class="wz-text" lang="zh-CN">{marked_title(title)}</span>{tail}</li>'
    )


def copy_button(escaped: str, key: str) -> str:
    """A button that copies a text, given as an attribute's value; `key` of its label."""
    done = f'<span class="wz-done">{both("copied")}</span>'
    return f'<button type="button" class="wz-copy" data-copy="{escaped}"><span>{both(key)}</span>{done}</button>'


def figures(result: TitleResult) -> str:
    """Seconds, characters read, weights, device: one line."""
    read = (
        both("read_all", characters=f"{result.characters:,}")
        if result.characters_read >= result.characters
        else both("read_part", read=f"{result.characters_read:,}", characters=f"{result.characters:,}")
    )
    facts = [both("seconds", seconds=f"{result.seconds:.2f}"), read, html.escape(result.weights)]
    return "".join(f"<span>{fact}</span>" for fact in [*facts, html.escape(result.device)] if fact)


def _remarks(result: TitleResult) -> str:
    remarks = []
    if result.characters_read < result.characters:
        values = {"read": f"{result.characters_read:,}", "characters": f"{result.characters:,}"}
        remarks.append(both("read_part_why", **values))
    if result.notice:
        remarks.append(notice(result.notice))
    return "".join(f'<p class="wz-remark">{remark}</p>' for remark in remarks)


def article(text: str, result: TitleResult) -> str:
    """The article with the characters marked that the title shown took from it."""
    if not result.titles:
        return ""
    shown = text[:SHOWN_CHARACTERS]
    groups = [[(span.source_start, span.source_end) for span in title.spans] for title in result.titles]
    pieces = []
    for start, end, owners in layers(len(shown), groups):
        piece = html.escape(shown[start:end])
        pieces.append(f'<span data-t="{" ".join(map(str, owners))}">{piece}</span>' if owners else piece)
    cut = f'<p class="wz-remark">{both("shown_part", shown=f"{len(shown):,}")}</p>' if len(shown) < len(text) else ""
    return (
        f'<div class="wz-card"><p class="wz-hint">{both("in_article")}</p>'
        f'<div class="wz-article" data-shown="0" lang="zh-CN" tabindex="0">{"".join(pieces)}</div>{cut}</div>'
    )


def said(key: str, busy: bool = False, **values: object) -> str:
    """One sentence where the titles will stand."""
    spinner = '<span class="wz-spinner" aria-hidden="true"></span>' if busy else ""
    return f'<div class="wz-card wz-empty" role="status">{spinner}{both(key, **values)}</div>'


def status(state: object, task: str = "") -> str:
    """The header's line: the task if named, stage, weights and device, and what went wrong if something did."""
    facts = [fact for fact in (state.weights, state.device) if fact]
    line = "".join(f"<span>{html.escape(fact)}</span>" for fact in facts)
    told = [notice(fact) for fact in (state.notice, state.error) if fact]
    remarks = "".join(f'<p class="wz-remark">{remark}</p>' for remark in told)
    name = f'<span class="wz-task">{i18n.spans(*WORDS.get("tab_" + task, (task, task)))}</span>' if task else ""
    return (
        f'<div class="wz-status" data-stage="{html.escape(state.stage, quote=True)}" role="status">'
        f'<div class="wz-facts"><span class="wz-stage">{name}{both("stage_" + state.stage)}</span>{line}</div>'
        f"{remarks}</div>"
    )


def brand() -> str:
    """The project's name and what it is, and the button that switches the language."""
    return (
        '<header class="wz-brand"><div><h1><span lang="zh-CN">玩转</span> Wanzhuan</h1>'
        f"<p>{both('tagline')}</p></div>"
        f'<button type="button" class="wz-switch" id="wz-switch">{both("switch")}</button></header>'
    )
