"""What stands beside the map of the tab 优化器: the surface with its parameters, the start and six slots for methods.

And what sets them when a story, a surface or a method is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from core.errors import VisitorError
from core.optim import settings
from core.optim.flow import MOST_METHODS, Optimization, optimize
from core.optim.losses import FORMULA, NAMES, surface
from core.optim.methods import RULES
from demo.i18n import word
from demo.optimizers_story import FIRST, STORY

_NONE = "none"
_PARAMETERS = settings.PARAMETERS
_SHORT = {"rate": "h", "beta1": "b", "beta2": "c", "epsilon": "e", "decay": "w"}  # in links, with the slot's number
_FIELDS = ("surface", "condition", "turn", "formula", "reach", "batch", "seed", "x", "y", "steps")
_BEFORE = {"rate": 0.1, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7, "decay": 0.0}  # in a slot, where nothing is said
_OF_SURFACE = {"bowl": ("condition", "turn"), "formula": ("formula", "reach"), "minibatch": ("batch", "seed")}


# ---- components


def surface_fields() -> dict[str, gr.components.Component]:
    """What a surface and a start are set by, as the first story has them; the names are those of `optimize`."""
    first = STORY[FIRST]
    value = {"condition": 10, "turn": 0, "formula": FORMULA, "reach": 3, "batch": 6, "seed": 0, **first.controls}

    def own(name: str) -> dict[str, str]:
        return {"elem_classes": f"wz-has wz-has-{name}"}

    choices = [(word(f"optimizers_surface_{name}"), name) for name in NAMES]
    made: dict[str, Any] = {}
    with gr.Row(elem_classes="wz-optimizers-row wz-optimizers-ground"):
        made["surface"] = gr.Dropdown(choices, value=first.surface, label=word("optimizers_surface"), min_width=170,
                                      elem_id="wz-optimizers-surface")  # fmt: skip
        made["condition"] = number("optimizers_condition", value["condition"], **own("condition"))
        made["turn"] = gr.Slider(
            -90, 90, value["turn"], step=1, label=word("optimizers_turn"), min_width=240, **own("turn")
        )
        made["formula"] = gr.Textbox(value["formula"], label=word("optimizers_formula"), max_lines=3, min_width=260,
                                     elem_id="wz-optimizers-formula", **own("formula"))  # fmt: skip
        made["reach"] = number("optimizers_reach", value["reach"], **own("reach"))
        made["batch"] = gr.Slider(
            1, 48, value["batch"], step=1, label=word("optimizers_batch"), min_width=240, **own("batch")
        )
        made["seed"] = number("optimizers_seed", value["seed"], **own("seed"))
    with gr.Row(elem_classes="wz-optimizers-row"):
        for name in ("x", "y", "steps"):
            made[name] = number(f"optimizers_{name}", value[name], elem_id=f"wz-optimizers-{name}")
    return {name: made[name] for name in _FIELDS}


def number(key: str, value: float | None, **options: Any) -> gr.Number:
    """A field for a number; its range is the business of `core`, which has the sentences for it."""
    return gr.Number(value, label=word(key), min_width=options.pop("min_width", 90), **options)


def slots() -> list[dict[str, gr.components.Component]]:
    """Six rows, a method and its parameters each; the script shows as many as have a method, and one more, and of the
    parameters those that the method has."""
    choices = [(word(f"optimizers_method_{name}"), name) for name in (_NONE, *RULES)]
    first = STORY[FIRST].methods
    made = []
    for place in range(MOST_METHODS):
        given = first[place] if place < len(first) else {"method": _NONE}
        with gr.Row(elem_classes=f"wz-optimizers-slot wz-optimizers-slot-{place}"):
            method = gr.Dropdown(choices, value=given["method"], label=word(f"optimizers_slot_{place + 1}"), scale=2,
                                 min_width=130)  # fmt: skip
            numbers = {
                name: number(
                    f"optimizers_{name}",
                    given.get(name, _BEFORE[name]),
                    elem_classes=f"wz-has wz-has-{name}",
                    min_width=60,
                )
                for name in _PARAMETERS
            }
        made.append({"method": method, **numbers})
    return made


def slots_in_links(made: Sequence[Mapping[str, Any]]) -> dict[str, gr.components.Component]:
    """The slots' fields by their names in links: m1, h1, b1 ... m2 ..."""
    short = {"method": "m", **_SHORT}
    return {f"{short[name]}{place}": one for place, slot in enumerate(made, 1) for name, one in slot.items()}


def wire(fields: Mapping[str, Any], made: Sequence[Mapping[str, Any]], opened: Any, now: dict) -> None:
    """What a chosen surface or method sets and shows.

    Args:
        opened: the event of the tab's opening.
        now: how such events run.
    """
    over = [fields[name] for name in _FIELDS[:5]]
    methods, rates = [slot["method"] for slot in made], [slot["rate"] for slot in made]
    last = {"trigger_mode": "always_last", **now}  # of quick choices none is left out
    fields["surface"].input(suited, [*over, *methods], [fields["x"], fields["y"], *rates], **last)
    for slot in made:
        slot["method"].input(usual, [slot["method"], *over], [slot[name] for name in _PARAMETERS], **last)
    has = json.dumps({**_OF_SURFACE, **{method: _has(method) for method in RULES}})
    chosen = [fields["surface"], *methods]
    js = f"(...chosen) => {{ window.wanzhuan.chosen?.({has}, chosen); }}"
    gr.on([opened, *(one.change for one in chosen)], None, inputs=chosen, js=js, **now)


def _has(method: str) -> tuple[str, ...]:
    return ("rate", *RULES[method].usual) if method in RULES else ()


# ---- events


def asked(values: Sequence[Any]) -> Optimization:
    """What the fields and then the slots, all in order, ask for.  Raises VisitorError."""
    given = dict(zip(_FIELDS, values, strict=False))
    rest, size = list(values[len(_FIELDS) :]), 1 + len(_PARAMETERS)
    methods = []
    for method, *numbers in (rest[first : first + size] for first in range(0, len(rest), size)):
        if method in RULES:
            named = zip(_PARAMETERS, numbers, strict=True)
            methods.append({"method": method, **{name: one for name, one in named if name in _has(method)}})
    return optimize(methods=methods, **given)


def set_by(key: str) -> list[Any]:
    """The fields and slots as a step of the story has them; on one's own they stay."""
    if key not in STORY:
        return [gr.skip()] * (len(_FIELDS) + MOST_METHODS * (1 + len(_PARAMETERS)))
    stage = STORY[key]
    values = [stage.surface, *(stage.controls.get(name, gr.skip()) for name in _FIELDS[1:])]
    for place in range(MOST_METHODS):
        given = stage.methods[place] if place < len(stage.methods) else {"method": _NONE}
        common = RULES[given["method"]].usual if given["method"] in RULES else {}
        values += [given["method"], *({**common, **given}.get(name, gr.skip()) for name in _PARAMETERS)]
    return values


def suited(*values: Any) -> list[Any]:
    """The start and the learning rates that suit a surface just chosen."""
    over, methods = values[:5], values[5:]
    try:
        chosen = surface(*over)
    except VisitorError:  # told by the event that draws
        return [gr.skip()] * (2 + len(methods))
    rates = [settings.usual(method, chosen).rate if method in RULES else gr.skip() for method in methods]
    return [*chosen.start, *rates]


def usual(method: str, *over: Any) -> list[Any]:
    """The usual parameters of a method just chosen, on the surface that is there."""
    if method not in RULES:
        return [gr.skip()] * len(_PARAMETERS)
    try:
        found = settings.usual(method, surface(*over))
    except VisitorError:
        found = settings.usual(method, surface())
    return [getattr(found, name) if name in _has(method) else gr.skip() for name in _PARAMETERS]
