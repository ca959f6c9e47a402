"""Triples as HTML: the graph's card, the table, the text with its subjects and objects marked.

Everything that the model found stands in the page, down to its lowest probability, and each piece says by number which
statements it belongs to (`demo.graph.items`); `assets/triples.js` shows those above the threshold, so that moving it
asks nobody.  Whatever came from outside is escaped here, as text or as an attribute, and JSON lies in attributes only.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from core.triples.task import FLOOR, Mention, TripleResult
from demo import limits
from demo.graph import Graph, Item, graph, items
from demo.i18n import both, notice, phrase
from demo.render import layers

HUES = 8  # colours of types in assets/triples.css; further types begin again
COLUMNS = (
    "subject",
    "subject_type",
    "subject_start",
    "subject_end",
    "predicate",
    "object",
    "object_type",
    "object_start",
    "object_end",
    "probability",
)
_TOOLS = (("in", "triples_zoom_in", "+"), ("out", "triples_zoom_out", "−"), ("fit", "triples_fit", "⤢"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # full-width too


# ---- csv --------------------------------------------------------------------------------------------------------
def csv_line(cells: Sequence[Any]) -> str:
    """One line of csv without its end.  What a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_plain(cell) for cell in cells])  # quotes a cell with either
    return out.getvalue().removesuffix("\r\n")


def _plain(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def csv_cells(item: Item) -> tuple[Any, ...]:
    """A statement as cells under `COLUMNS`; a slot stands in a line of its own, about its triple's object."""
    s, o = item.subject, item.object
    return s.text, s.type, s.start, s.end, item.predicate, o.text, o.type, o.start, o.end, round(item.probability, 4)


# ---- the card of the graph --------------------------------------------------------------------------------------
@functools.cache
def graph_script() -> str:
    """The file of Cytoscape.js (MIT) among those that Gradio serves, or "" should it no longer bring one."""
    assets = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
    return next((path.name for path in sorted(assets.glob("cytoscape.esm-*.js"))), "")


def shown(result: TripleResult) -> str:
    """Threshold, graph, table and figures: one card."""
    if not result.triples:
        return _card(f'<p class="wz-t-empty">{both("triples_none")}</p>{_foot(result, saves=False)}')
    told = items(result.triples)
    drawn = graph(told, limits.GRAPH_TRIPLES)
    hues = _hues(drawn)
    nodes = [{**dataclasses.asdict(node), "hues": [hues[kind] for kind in node.types]} for node in drawn.nodes]
    data = {
        "nodes": nodes,
        "edges": [dataclasses.asdict(edge) for edge in drawn.edges],
        "scores": [round(item.probability, 6) for item in told],
        "triples": len(result.triples),
    }
    attributes = {
        "graph": _json(data),
        "result": _json(dataclasses.asdict(result)),
        "csv": csv_line(COLUMNS),
        "script": graph_script(),
    }
    inside = _bar(result) + _frame() + _legend(hues) + _table(result, told) + _foot(result)
    return _card(inside, attributes)


def _card(inside: str, attributes: dict[str, str] | None = None) -> str:
    data = "".join(f' data-{name}="{html.escape(value, quote=True)}"' for name, value in (attributes or {}).items())
    return f'<div class="wz-card wz-t-card"{data}>{inside}</div>'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _hues(drawn: Graph) -> dict[str, int]:
    kinds = dict.fromkeys(kind for node in drawn.nodes for kind in node.types)
    return {kind: place % HUES for place, kind in enumerate(kinds)}


def _bar(result: TripleResult) -> str:
    slider = (
        f'<input type="range" min="{FLOOR}" max="1" step="0.01" value="{round(result.threshold, 2)}">'
        f"<output>{result.threshold:.2f}</output>"
    )
    count = f'<span><span class="wz-t-count"></span> {both("triples_count")}</span>'
    return (
        f'<div class="wz-t-bar"><label class="wz-t-threshold"><span>{both("triples_threshold")}</span>{slider}</label>'
        f"{count}</div>"
    )


def _tip(key: str) -> str:
    return html.escape(" / ".join(phrase(key, language) for language in ("zh", "en")), quote=True)


def _frame() -> str:
    tools = "".join(
        f'<button type="button" data-do="{do}" title="{_tip(key)}" aria-label="{_tip(key)}">{sign}</button>'
        for do, key, sign in _TOOLS
    )
    return (
        f'<div class="wz-graph" tabindex="0" role="group" aria-label="{_tip("triples_graph")}">'
        '<div class="wz-graph-canvas"></div><div class="wz-graph-tip" hidden></div>'
        f'<p class="wz-graph-missing" hidden>{both("triples_graph_missing")}</p>'
        f'<p class="wz-t-none" hidden>{both("triples_all_hidden")}</p>'
        f'<div class="wz-graph-tools">{tools}</div></div>'
    )


def _legend(hues: dict[str, int]) -> str:
    kinds = "".join(f'<span data-hue="{hue}">{html.escape(kind)}</span>' for kind, hue in hues.items())
    return f'<div class="wz-t-legend" lang="zh-CN">{kinds}</div><p class="wz-hint">{both("triples_graph_hint")}</p>'


def _foot(result: TripleResult, saves: bool = True) -> str:
    facts = [
        both("seconds", seconds=f"{result.seconds:.2f}"),
        both("triples_read", characters=f"{result.characters:,}"),
        both("triples_windows", windows=result.windows) if result.windows > 1 else "",
        html.escape(result.weights),
        html.escape(result.device),
    ]
    line = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    kinds = (("csv", "CSV"), ("json", "JSON"))
    made = "".join(f'<button type="button" class="wz-copy" data-save="{k}">{name}</button>' for k, name in kinds)
    buttons = f'<div class="wz-t-saves">{made}</div>' if saves else ""
    return (
        f'<div class="wz-foot"><div class="wz-figures">{line}</div>{buttons}</div>{_remarks(result)}'
        f"{_relations(result.predicates)}"
    )


def _remarks(result: TripleResult) -> str:
    remarks = []
    if len(result.triples) > limits.GRAPH_TRIPLES:
        remarks.append(both("triples_graph_part", most=limits.GRAPH_TRIPLES))
    if len(result.triples) > limits.TABLE_TRIPLES:
        remarks.append(both("triples_table_part", most=limits.TABLE_TRIPLES))
    if result.notice:
        remarks.append(notice(result.notice))
    return "".join(f'<p class="wz-remark">{remark}</p>' for remark in remarks)


def _relations(predicates: Sequence[str]) -> str:
    if not predicates:
        return ""
    names = "\u3001".join(html.escape(name) for name in predicates)
    known = both("triples_relations", count=len(predicates))
    return f'<details class="wz-t-relations"><summary>{known}</summary><p lang="zh-CN">{names}</p></details>'


# ---- the table --------------------------------------------------------------------------------------------------
def _table(result: TripleResult, told: Sequence[Item]) -> str:
    heads = (("subject", "text"), ("predicate", "text"), ("object", "text"), ("probability", "number"))
    top = "".join(
        f'<th data-kind="{kind}" scope="col"><button type="button">{both("triples_" + key)}</button></th>'
        for key, kind in heads
    )
    slots: dict[int, list[int]] = {}
    for number, item in enumerate(told):
        if item.slot is not None:
            slots.setdefault(item.triple, []).append(number)
    likely = sorted(range(len(result.triples)), key=lambda n: -result.triples[n].probability)
    rows = "".join(_row(number, told, slots.get(number, [])) for number in sorted(likely[: limits.TABLE_TRIPLES]))
    return (
        f'<div class="wz-t-table" tabindex="0"><table><thead><tr>{top}</tr></thead>'
        f'<tbody lang="zh-CN">{rows}</tbody></table></div>'
    )


def _row(number: int, told: Sequence[Item], slots: Sequence[int]) -> str:
    item = told[number]
    further = "".join(
        f'<small data-item="{slot}" data-csv="{html.escape(csv_line(csv_cells(told[slot])), quote=True)}">'
        f"{html.escape(told[slot].predicate)}: {html.escape(told[slot].object.text)}</small>"
        for slot in slots
    )
    line = html.escape(csv_line(csv_cells(item)), quote=True)
    return (
        f'<tr data-item="{number}" data-csv="{line}" tabindex="0"><td>{_named(item.subject)}</td>'
        f"<td>{html.escape(item.predicate)}</td><td>{_named(item.object)}{further}</td>"
        f'<td data-value="{item.probability:.6f}">{item.probability:.3f}</td></tr>'
    )


def _named(mention: Mention) -> str:
    kind = f'<span class="wz-t-type">{html.escape(mention.type)}</span>' if mention.type else ""
    return f"<span>{html.escape(mention.text)}</span>{kind}"


# ---- the text ---------------------------------------------------------------------------------------------------
def marked(text: str, result: TripleResult) -> str:
    """The text; each piece says of which statements it is the subject (`data-s`) or the object (`data-o`)."""
    if not result.triples:
        return ""
    part = text[: limits.SHOWN_CHARACTERS]
    told = items(result.triples)
    places = {node.text: place for place, node in enumerate(graph(told, limits.GRAPH_TRIPLES).nodes)}
    mentions: dict[tuple[int, int, str], dict[str, list[int]]] = {}
    for number, item in enumerate(told):
        for role, mention in (("s", item.subject), ("o", item.object)):
            if role == "s" and item.slot is not None:
                continue  # it is its triple's object already
            if mention.start >= len(part):
                continue
            found = mentions.setdefault((mention.start, mention.end, mention.text), {"s": [], "o": []})
            found[role].append(number)
    spans = list(mentions)
    pieces = []
    for start, end, owners in layers(len(part), [[(s, e)] for s, e, _ in spans]):
        piece = html.escape(part[start:end])
        pieces.append(_piece(piece, [spans[o] for o in owners], mentions, places) if owners else piece)
    cut = f'<p class="wz-remark">{both("shown_part", shown=f"{len(part):,}")}</p>' if len(part) < len(text) else ""
    roles = (("wz-t-subject", "subject"), ("wz-t-object", "object"), ("wz-t-subject wz-t-object", "both"))
    key = "".join(f'<span class="{role}">{both("triples_" + name)}</span>' for role, name in roles)
    return (
        f'<div class="wz-card"><p class="wz-hint wz-t-key">{key}</p>'
        f'<div class="wz-t-text" lang="zh-CN" tabindex="0">{"".join(pieces)}</div>{cut}</div>'
    )


def _piece(
    escaped: str,
    spans: Sequence[tuple[int, int, str]],
    mentions: dict[tuple[int, int, str], dict[str, list[int]]],
    places: dict[str, int],
) -> str:
    numbers = {role: [n for span in spans for n in mentions[span][role]] for role in ("s", "o")}
    numbers["n"] = [places[span[2]] for span in spans if span[2] in places]
    data = "".join(f' data-{name}="{" ".join(map(str, found))}"' for name, found in numbers.items() if found)
    return f"<span{data}>{escaped}</span>"
