"""Answers as HTML: the answer with its evidence, both ways side by side, the candidates of the passages with their
votes.  Whatever came from outside is escaped here."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

from core.reading.citing import best, cited, evidence, verdict
from core.reading.index import Library
from core.reading.results import Candidate, ReadingResult
from demo import reading_places
from demo.i18n import both, notice
from demo.plots import data_link


# ---- the answer -------------------------------------------------------------------------------------------------
def shown(results: Sequence[ReadingResult], library: Library, more: bool = False, saves: bool = True) -> str:
    """The answer of the first result, and all of them side by side when there are several.

    more: whether another way of reading is still at work.  saves: with the link that saves all as JSON.
    """
    result = results[0]
    heading = _large(result, library) if result.answer else _none(result)
    strip = _strip(results, more) if len(results) > 1 or more else ""
    return (
        f'<div class="wz-card wz-r-card" aria-live="polite">{heading}{strip}'
        f"{_foot(results, library, saves)}{_remarks(result)}</div>"
    )


def answers(page: str | None) -> bool:
    """Whether an answer stands on a page: its HTML."""
    return '<div class="wz-card wz-r-card"' in (page or "")  # in a visitor's text this would be escaped


def _large(result: ReadingResult, library: Library) -> str:
    copied = html.escape(result.answer, quote=True)
    done = f'<span class="wz-done">{both("copied")}</span>'
    copy = (
        f'<button type="button" class="wz-copy" data-copy="{copied}"><span>{both("reading_copy")}</span>{done}</button>'
    )
    meter = (
        f'<span class="wz-r-confidence"><span>{both("reading_confidence")}</span>'
        f'<meter min="0" max="1" value="{result.probability:.4f}"></meter><b>{result.probability:.2f}</b></span>'
    )
    first = best(result)
    quoted = f"<blockquote>{_quoted(result, first, library)}</blockquote>"
    return (
        f'<div class="wz-r-top"><p class="wz-r-answer" lang="zh-CN">{html.escape(result.answer)}</p>{copy}</div>{meter}'
        f'<figure class="wz-r-evidence">{quoted}<figcaption>{_source(result, first)}</figcaption></figure>'
    )


def _none(result: ReadingResult) -> str:
    head = f'<p class="wz-r-answer wz-r-none">{both("reading_no_answer")}</p><p>{notice("answer_none")}</p>'
    answers = [candidate for candidate in result.candidates if candidate.text]
    if not answers:
        return head
    closest = max(answers, key=lambda candidate: candidate.probability)
    values = {"probability": f"{closest.probability:.2f}", "threshold": f"{result.threshold:.2f}"}
    return f'{head}<p class="wz-hint">{both("reading_closest", answer=closest.text, **values)}</p>'


def _quoted(result: ReadingResult, candidate: Candidate, library: Library) -> str:
    """The evidence with the answer marked."""
    before, answer, after = map(html.escape, evidence(result, candidate, library)[1:])
    return f'<span lang="zh-CN">{before}<mark>{answer}</mark>{after}</span>'


def _source(result: ReadingResult, candidate: Candidate) -> str:
    """The document's name and where in it the answer stands, counted from 1."""
    name = result.sources[result.passages[candidate.passage].source]
    told = f'<span class="wz-r-name">{html.escape(name)}</span>' if name else both("reading_pasted")
    places = {"start": f"{candidate.start + 1:,}", "end": f"{candidate.end:,}"}
    return f"<cite>{told}</cite><span>{both('reading_place_in', **places)}</span>"


def _strip(results: Sequence[ReadingResult], more: bool) -> str:
    """A column a way of reading: its answer and its time, bars drawn to the slowest."""
    slowest = max(result.seconds for result in results)
    columns = "".join(
        f'<div class="wz-r-way" data-way="{html.escape(result.method, quote=True)}">'
        f"<h4>{both('reading_' + result.method)} <small>{both(f'reading_{result.method}_how')}</small></h4>"
        f'<p lang="zh-CN">{html.escape(result.answer) or both("reading_no_answer")}'
        f"<small>{f'{result.probability:.2f}' if result.answer else ''}</small></p>"
        f'<meter min="0" max="{max(slowest, 0.001):.3f}" value="{result.seconds:.3f}"></meter>'
        f"<b>{both('seconds', seconds=f'{result.seconds:.2f}')}</b></div>"
        for result in results
    )
    if more:
        spinner = '<span class="wz-spinner" aria-hidden="true"></span>'
        columns += f'<div class="wz-r-way wz-r-working" role="status">{spinner}{both("reading_second")}</div>'
    return f'<div class="wz-r-ways">{columns}</div>'


def _foot(results: Sequence[ReadingResult], library: Library, saves: bool) -> str:
    result = results[0]
    read, total = len(result.passages), len(library.passages)
    facts = [
        both("seconds", seconds=f"{result.seconds:.2f}"),
        both("reading_characters", characters=f"{result.characters:,}"),
        both("reading_some_1" if read == 1 else "reading_some", read=f"{read:,}", total=f"{total:,}"),
        html.escape(result.weights),
        html.escape(result.device),
    ]
    line = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    return f'<div class="wz-foot"><div class="wz-figures">{line}</div>{_saves(results, library) if saves else ""}</div>'


def _saves(results: Sequence[ReadingResult], library: Library) -> str:
    found = [cited(one, library) for one in results]
    data = json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, indent=2)
    return f'<div class="wz-saves">{data_link("answer.json", "json", data, "reading_json")}</div>'


def _remarks(result: ReadingResult) -> str:
    return f'<p class="wz-remark">{notice(result.notice)}</p>' if result.notice else ""


# ---- how it came about ------------------------------------------------------------------------------------------
_BELOW, _SAME = "below", "same"  # why a candidate has no vote; the page has the words (`details`)


def details(results: Sequence[ReadingResult], library: Library) -> str:
    """The mask places and the candidates of each way of reading, and the link that saves all as JSON."""
    whys = {_BELOW: "reading_below", _SAME: "reading_same_place"}
    words = "".join(f'<template data-why="{why}"><small>{both(key)}</small></template>' for why, key in whys.items())
    each = "".join(_detail(result, library, len(results) > 1) for result in results)
    return f"{words}{each}{_saves(results, library)}"


def moved(results: Sequence[ReadingResult], library: Library) -> str:
    """What another threshold changes in `details`, as JSON for `assets/reading.js`, which moves the rows itself: some
    kilobytes, where all of it would be megabytes.

    Returns:
        [{"order": the rows, by their candidates' numbers, "told": {number: a vote, "below", "same" or ""}, "verdict":
        of `core.reading.citing`}], one a way.
    """
    return json.dumps([
        {"order": ranked, "told": {number: _told(one, number) for number in ranked}, "verdict": verdict(one, library)}
        for one in results
        for ranked in [_ranked(one)]
    ], ensure_ascii=False)  # fmt: skip


def _detail(result: ReadingResult, library: Library, named: bool) -> str:
    ranked = _ranked(result)
    figure = reading_places.figure(result.candidates, ranked[0]) if ranked else ""
    name = both("reading_" + result.method) + " · " if named else ""
    hint = both("reading_candidates_hint" if figure else "reading_candidates_plain")
    heads = ("number", "answer", "probability", "vote", "evidence", "relevance")
    searched = any(passage.relevance is not None for passage in result.passages)
    top = "".join(f'<th scope="col">{both("reading_" + head)}</th>' for head in heads[: None if searched else -1])
    rows = "".join(_row(result, number, library, searched, number == ranked[0], bool(figure)) for number in ranked)
    return (
        f'<div class="wz-r-detail">{figure}<section class="wz-card"><h3>{name}{both("reading_candidates")}</h3>'
        f'<p class="wz-hint">{hint}</p><div class="wz-r-table" tabindex="0"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section></div>"
    )


def _ranked(result: ReadingResult) -> list[int]:
    """Numbers of the candidates: as the votes have them, then the other answers, then passages without one."""
    voted = [number for vote in result.votes for number in vote.candidates]
    others = sorted(set(range(len(result.candidates))) - set(voted))
    return voted + sorted(others, key=lambda n: (not result.candidates[n].text, -result.candidates[n].probability))


def _told(result: ReadingResult, number: int) -> str:
    """The vote that a candidate counts in, or why it counts in none: `_BELOW`, `_SAME`; "" without an answer."""
    vote = next((vote for vote in result.votes if number in vote.candidates), None)
    candidate = result.candidates[number]
    if vote:
        return f"{vote.score:.3f}"
    return "" if not candidate.text else _BELOW if candidate.probability < result.threshold else _SAME


def _row(
    result: ReadingResult, number: int, library: Library, searched: bool, chosen: bool, points: bool
) -> str:  # fmt: skip
    candidate, passage = result.candidates[number], result.passages[result.candidates[number].passage]
    told = _told(result, number)
    voted = told not in ("", _BELOW, _SAME)
    if told and not voted:
        told = f"<small>{both('reading_below' if told == _BELOW else 'reading_same_place')}</small>"
    if candidate.text:
        answer, quoted = html.escape(candidate.text), _quoted(result, candidate, library)
        where = _source(result, candidate)
    else:
        start = library.documents[passage.source].text[passage.start : passage.end]
        answer, quoted = f"<small>{both('reading_empty')}</small>", f'<span lang="zh-CN">{html.escape(start)}</span>'
        where = f"<cite>{html.escape(result.sources[passage.source]) or both('reading_pasted')}</cite>"
    relevance = f"<td>{passage.relevance:.2f}</td>" if searched and passage.relevance is not None else ""
    kind = ("" if voted else " wz-r-lost") + (" wz-r-hot" if chosen and points else "")
    focus = ' tabindex="0"' if points else ""
    return (
        f'<tr class="wz-r-row{kind}" data-candidate="{number}"{focus}><td>{number + 1}</td>'
        f'<td class="wz-r-said" lang="zh-CN">{answer}</td><td>{candidate.probability:.3f}</td>'
        f'<td class="wz-r-vote">{told}</td>'
        f'<td class="wz-r-quoted"><div>{quoted}</div><p class="wz-r-where">{where}</p></td>{relevance}</tr>'
    )
