"""Answers as HTML: the answer with its evidence, both ways side by side, the candidates of the passages with their
votes.  Whatever came from outside is escaped here."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

from core.reading.citing import best, cited, evidence
from core.reading.index import Library
from core.reading.results import Candidate, ReadingResult
from demo import reading_places
from demo.i18n import both, notice
from demo.plots import data_link


# ---- the answer -------------------------------------------------------------------------------------------------
def shown(results: Sequence[ReadingResult], library: Library, more: bool = False) -> str:
    """The answer of the first result, and all of them side by side when there are several.

    more: whether another way of reading is still at work.
    """
    result = results[0]
    heading = _large(result, library) if result.answer else _none(result)
    strip = _strip(results, more) if len(results) > 1 or more else ""
    return (
        f'<div class="wz-card wz-r-card" aria-live="polite">{heading}{strip}{_foot(results, library)}'
        f"{_remarks(result)}</div>"
    )


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


def _foot(results: Sequence[ReadingResult], library: Library) -> str:
    result = results[0]
    facts = [
        both("seconds", seconds=f"{result.seconds:.2f}"),
        both("reading_characters", characters=f"{result.characters:,}"),
        both("reading_some", read=f"{len(result.passages):,}", total=f"{len(library.passages):,}"),
        html.escape(result.weights),
        html.escape(result.device),
    ]
    line = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    found = [cited(one, library) for one in results]
    data = json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, indent=2)
    saves = f'<div class="wz-saves">{data_link("answer.json", "json", data, "reading_json")}</div>'
    return f'<div class="wz-foot"><div class="wz-figures">{line}</div>{saves}</div>'


def _remarks(result: ReadingResult) -> str:
    return f'<p class="wz-remark">{notice(result.notice)}</p>' if result.notice else ""


# ---- how it came about ------------------------------------------------------------------------------------------
def details(results: Sequence[ReadingResult], library: Library) -> str:
    """The mask places and the candidates of each way of reading."""
    return "".join(_detail(result, library, len(results) > 1) for result in results)


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


def _row(
    result: ReadingResult, number: int, library: Library, searched: bool, chosen: bool, points: bool
) -> str:  # fmt: skip
    candidate, passage = result.candidates[number], result.passages[result.candidates[number].passage]
    vote = next((vote for vote in result.votes if number in vote.candidates), None)
    if vote:
        told = f"{vote.score:.3f}"
    elif not candidate.text:
        told = ""
    else:
        why = "reading_below" if candidate.probability < result.threshold else "reading_same_place"
        told = f"<small>{both(why)}</small>"
    if candidate.text:
        answer, quoted = html.escape(candidate.text), _quoted(result, candidate, library)
        where = _source(result, candidate)
    else:
        start = library.documents[passage.source].text[passage.start : passage.end]
        answer, quoted = f"<small>{both('reading_empty')}</small>", f'<span lang="zh-CN">{html.escape(start)}</span>'
        where = f"<cite>{html.escape(result.sources[passage.source]) or both('reading_pasted')}</cite>"
    relevance = f"<td>{passage.relevance:.2f}</td>" if searched and passage.relevance is not None else ""
    kind = ("" if vote else " wz-r-lost") + (" wz-r-hot" if chosen and points else "")
    focus = ' tabindex="0"' if points else ""
    return (
        f'<tr class="wz-r-row{kind}" data-candidate="{number}"{focus}><td>{number + 1}</td>'
        f'<td class="wz-r-said" lang="zh-CN">{answer}</td><td>{candidate.probability:.3f}</td><td>{told}</td>'
        f'<td class="wz-r-quoted"><div>{quoted}</div><p class="wz-r-where">{where}</p></td>{relevance}</tr>'
    )
