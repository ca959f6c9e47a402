"""Links that open a tab as someone left it: `?tab=matrix&matrix=1 2; 3 4&t=0.5`.

A button writes the link in the browser; when a page is opened by such a link, its tab is shown and the fields are
filled.  What stands in a link was written by anybody: each value goes through `checked`, and what does not fit its
field is left out as if it were not there.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.context import Context

from demo.i18n import word
from demo.listening import NOW

TEXT_LENGTH = 8000  # characters of one text in a link; page.js makes no longer links
TAB = "tab"  # the name in the query under which the tab stands
UNFIT = object()
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode's categories of what is left out of a link's text


def share_button(
    tab: str, fields: Mapping[str, gr.components.Component], then: Mapping[str, Any] | None = None
) -> gr.Button:
    """A button that copies a link to this tab with what the fields now hold; inside the tab.

    Args:
        tab: the tab's name in the link: "matrix" for the tab whose id is "tab_matrix".
        fields: name in the link → slider, number, text, checkbox, radio or dropdown.  The names are short Latin words,
            neither "tab" nor "lang", nor beginning with "__" (Gradio's own).
        then: arguments of an event (fn, inputs, outputs, js ...) that runs whenever the tab is shown, and once a link
            has filled the fields.

    Returns:
        the button, a `gr.Button`.
    """
    for name, field in fields.items():
        if name in (TAB, "lang") or name.startswith("__"):
            raise ValueError(f"{name} cannot be a field's name in a link")
        if not isinstance(field, tuple(_KINDS)):
            raise TypeError(f"{name}: a link cannot hold a {type(field).__name__}")
    button = gr.Button(
        word("share"), size="sm", min_width=0, scale=0, elem_classes="wz-share", elem_id=f"wz-share-{tab}"
    )
    button.click(
        None,
        inputs=list(fields.values()),
        js=f"(...values) => window.wanzhuan.share({json.dumps(tab)}, {json.dumps(list(fields))}, values)",
        **NOW,
    )
    tabs = around(gr.Tabs)

    def fill(request: gr.Request) -> list:
        """The tab, and the fields."""
        query = getattr(request, "query_params", None) or {}
        if query.get(TAB) != tab:
            return [gr.skip()] * (1 + len(fields))
        found = values(fields, query)
        return [gr.Tabs(selected=f"tab_{tab}"), *(found.get(name, gr.skip()) for name in fields)]

    filled = Context.root_block.load(fill, outputs=[tabs, *fields.values()], **NOW)
    if then:
        # a change of a gr.State would do, but for that it comes at every visit too, whatever the link says
        linked = gr.Button(word("share"), elem_classes="wz-unseen", elem_id=f"wz-linked-{tab}", min_width=0)
        filled.then(None, js=f"() => {{ window.wanzhuan?.linked({json.dumps(tab)}); }}", **NOW)
        # one event for both, so that the later answer is the one that stays
        gr.on([linked.click, around(gr.Tab).select], **{**NOW, "trigger_mode": "always_last", **then})
    return button


def pressing(tab: str, field: str, box: gr.components.Component, go: gr.Button) -> dict[str, Any]:
    """What `share_button` takes as `then`: a link that holds this field presses the button, once.

    Args:
        tab, field: their names in the link.
        box: the field's component, a Textbox; it and the button must have an elem_id.
    """
    told = ", ".join(map(json.dumps, (tab, field, box.elem_id, go.elem_id)))
    return {"fn": None, "js": f"() => {{ window.wanzhuan?.pressLinked({told}); }}"}


def values(fields: Mapping[str, gr.components.Component], query: Mapping[str, str]) -> dict[str, Any]:
    """What a link says, name → value: only names that are fields, and only values that fit."""
    found = {name: checked(field, query[name]) for name, field in fields.items() if name in query}
    return {name: value for name, value in found.items() if value is not UNFIT}


def checked(field: gr.components.Component, text: object) -> Any:
    """A link's text as a value of the field; UNFIT when it is none.  Numbers are brought into the field's range."""
    if not isinstance(text, str) or len(text) > TEXT_LENGTH:
        return UNFIT
    return next(read for kind, read in _KINDS.items() if isinstance(field, kind))(field, text)


def _number(field: Any, text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        return UNFIT
    if not math.isfinite(value) or len(text) > 40:
        return UNFIT
    if field.minimum is not None:
        value = max(value, field.minimum)
    if field.maximum is not None:
        value = min(value, field.maximum)
    whole = getattr(field, "precision", None) == 0 or (isinstance(field, gr.Slider) and field.step == int(field.step))
    return int(value) if whole else value


def _choice(field: Any, text: str) -> Any:
    """A choice is known by its value as text; of several choices (a list, written as JSON) all must be known."""
    known = {str(value): value for _, value in field.choices}
    if not (getattr(field, "multiselect", False) or isinstance(field, gr.CheckboxGroup)):
        return known.get(text, UNFIT)
    try:
        chosen = json.loads(text)
    except (ValueError, RecursionError):
        return UNFIT
    fits = isinstance(chosen, list) and all(isinstance(one, str | int | float) and str(one) in known for one in chosen)
    return list(dict.fromkeys(known[str(one)] for one in chosen)) if fits else UNFIT


def _text(field: Any, text: str) -> Any:
    longest = getattr(field, "max_length", None)
    shown = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
    return UNFIT if longest is not None and len(shown) > longest else shown


def _tick(field: Any, text: str) -> Any:
    return {"true": True, "false": False}.get(text, UNFIT)


_KINDS: dict[type, Callable[[Any, str], Any]] = {
    gr.Slider: _number,
    gr.Number: _number,
    gr.Checkbox: _tick,
    gr.Radio: _choice,
    gr.Dropdown: _choice,
    gr.CheckboxGroup: _choice,
    gr.Textbox: _text,
}


def around(kind: type[Any]) -> Any:
    """The innermost block of this kind that this place of the page stands in."""
    block = Context.block
    while block is not None and not isinstance(block, kind):
        block = block.parent
    if block is None:
        raise RuntimeError("a share button stands inside a tab")
    return block
