"""How the tab 绳 reacts: what the browser does by itself, and the one event of the server by which a panel is drawn.

Gradio repeats all events of a component when one of them was asked for again while it ran: two of the server at the
same component would repeat each other for ever.  And of two that fill the same picture the slower one would stay, not
the later one.  So there is one event of the server for whatever draws a panel; what cannot be among its triggers, for
it means another panel each time or comes after something else, presses its button.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gradio as gr

from demo.i18n import word
from demo.listening import NOW


def drawing(panel: str, draw: Callable[..., Any], triggers: Iterable[Any], **event: Any) -> None:
    """The event that draws a panel, when one of the triggers or its button says so; whatever is asked for while it runs
    is drawn after it.  Outside the panel: the page has the panel's parts only while it is shown."""
    button = gr.Button(word("relabel"), elem_classes="wz-unseen", elem_id=f"wz-curves-draw-{panel}", min_width=0)
    gr.on([button.click, *triggers], draw, trigger_mode="always_last", **{**NOW, **event})


def drawn(panel: str | gr.Radio) -> dict[str, Any]:
    """Arguments of an event that has a panel drawn: this one, or the one that is chosen."""
    js = "(chosen) => { window.wanzhuan.hang?.(chosen); }"
    if isinstance(panel, gr.Radio):
        return {"fn": None, "inputs": panel, "js": js, **NOW}
    return {"fn": None, "js": f"() => ({js})({json.dumps(panel)})", **NOW}


def only_shown(choice: gr.Radio, names: Sequence[str], parts: Sequence[gr.components.Component]) -> Any:
    """Of these parts of the page only the one whose name is chosen is shown, at once: the browser needs no server for
    that.

    Returns:
        the event, for what comes after it.
    """
    js = f"(chosen) => {json.dumps(list(names))}.map((name) => ({{ __type__: 'update', visible: name === chosen }}))"
    return choice.change(None, inputs=choice, outputs=list(parts), js=js, **NOW)
