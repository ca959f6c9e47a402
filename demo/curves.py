"""The tab 绳: hanging chains, skipping ropes, ropes that turn under gravity, and fits of chains."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from core.errors import VisitorError
from core.mathtoys.catenary import catenary
from core.mathtoys.pole import pole_rope
from core.mathtoys.rope import G, rope
from core.mathtoys.turning import turning_rope
from core.service import Service
from demo import curves_api, curves_fit, links, plots
from demo import curves_pictures as pictures
from demo import curves_render as render
from demo.curves_events import drawing, drawn, only_shown
from demo.i18n import language_of, word
from demo.listening import NOW
from demo.theme import html_block
from demo.watch import note

_log = logging.getLogger(__name__)
_LATEX = [{"left": "$$", "right": "$$", "display": True}, {"left": "$", "right": "$", "display": False}]
_ROPE = (
    r"r(z)=a\,\mathrm{sn}\!\left(\tfrac{2K}{D}z,\,k\right)",
    r"\frac LD=\frac{2E}{(1-k^2)K}-1",
    r"\frac aD=\frac{k}{(1-k^2)K}",
    r"H=\frac{\rho\,\omega^2D^2}{4(1-k^2)K^2}",
)
_CHAIN = (
    r"y=y_0+a\left(\cosh\frac{x-x_0}{a}-1\right)",
    r"a=\frac Hw",
    r"\sqrt{L^2-h^2}=2a\sinh\frac{D}{2a}",
    r"T=w\,(y-y_0+a)",
)
_TURNING = (
    r"(T r')'=-\rho\,\omega^2 r",
    r"(T z')'=\rho\,g",
    r"r'^2+z'^2=1",
    r"T+\tfrac12\rho\,\omega^2r^2-\rho g z=\mathrm{const}",
)
_POLE = (
    r"T(L)=0",
    r"r\approx r_L\,J_0\!\left(2\omega\sqrt{\tfrac{L-s}{g}}\right)",
    r"\omega_n=\frac{j_{0,n}}{2}\sqrt{\frac gL}",
)


@dataclass(frozen=True)
class Panel:
    """One of the things to look at.

    fields: name in a link → component.  outputs: what `draw` fills, the card with the figures last.
    draw: (language, *values of the fields, *of the others) → the outputs.  triggers: more events that draw it.
    others: what else it is drawn from and a link cannot hold.  how: arguments of the event that draws it.
    """

    fields: dict[str, gr.components.Component]
    outputs: list[gr.components.Component]
    draw: Callable[..., Sequence[Any]]
    triggers: tuple[Any, ...] = ()
    others: tuple[gr.components.Component, ...] = ()
    how: Mapping[str, Any] = field(default_factory=dict)


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open; `service` is not needed: no model answers
    here."""
    html_block(render.head())
    names = list(PANELS)
    chosen = gr.Radio(
        [(word(f"curves_panel_{name}"), name) for name in names],
        value=names[0],
        label=word("curves_panel"),
        elem_id="wz-curves-panel",
        elem_classes="wz-curves-panels",
    )
    panels, columns = {}, []
    for name, fill in PANELS.items():
        with gr.Column(visible=name == names[0], elem_id=f"wz-curves-{name}") as column:
            panels[name] = fill()
        columns.append(column)
    fields = {"panel": chosen}
    for name, panel in panels.items():
        fields |= panel.fields
        inputs = [chosen, *panel.fields.values(), *panel.others]
        moved = [one.change for one in panel.fields.values() if not isinstance(one, gr.Textbox)]
        event = {"inputs": inputs, "outputs": panel.outputs, **panel.how}
        drawing(name, _drawn(name, panel), [*moved, *panel.triggers], **event)
    only_shown(chosen, names, columns).then(**drawn(chosen))
    links.around(gr.Tab).select(**drawn(chosen))
    plots.relabel(**drawn(chosen))
    with gr.Row(elem_classes="wz-curves-buttons"):
        links.share_button("curves", fields)
    curves_api.add()


def _drawn(name: str, panel: Panel) -> Callable[..., Sequence[Any]]:
    """The event that draws a panel, if it is the one that is shown.  A mistake stands where the figures stand, for a
    slider on its way passes through many; the pictures stay."""

    def draw(request: gr.Request, shown: str, *values: Any) -> Sequence[Any]:
        kept = [gr.skip()] * (len(panel.outputs) - 1)
        if shown != name:
            return [*kept, gr.skip()]
        try:
            return panel.draw(language_of(request), *values)
        except VisitorError as error:
            note("mistake")
            return [*kept, render.told(error)]
        except Exception:  # a visitor never sees a stack trace
            note("failed")
            _log.exception("curves: %s", name)
            return [*kept, render.told("something_wrong")]

    return draw


def _slider(key: str, least: float, most: float, value: float, step: float, **options: Any) -> gr.Slider:
    return gr.Slider(least, most, value, step=step, label=word(key), **options)


def _formula(*equations: str) -> None:
    """Beside each other, as many as the page is wide for."""
    shown = " ".join(f"$${equation}$$" for equation in equations)
    gr.Markdown(shown, latex_delimiters=_LATEX, elem_classes="wz-curves-formula")


def _space(name: str, value: Any = None) -> gr.Plot:
    """A picture in space with the button that turns its rope."""
    shown = plots.plot(name, value=value)
    spin = gr.Button(word("curves_spin"), size="sm", elem_id=f"wz-spin-{name}", min_width=0)
    spin.click(None, js=f"() => {{ window.wanzhuan?.spin?.({json.dumps(name)}); }}", **NOW)
    return shown


# ---- the panels


def _rope_panel() -> Panel:
    html_block(render.story("curves_rope_story"))
    usual = (1.2, 2.4, 2.0, 60.0)
    found = rope(usual[0], usual[1], 2 * math.pi * usual[2], usual[3] / 1000)  # there before the first event is
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            flat = plots.plot("rope", value=pictures.rope(found, "en"))
        with gr.Column(scale=2, min_width=300):
            span = _slider("curves_span", 0.2, 3, usual[0], 0.01)
            length = _slider("curves_length", 0.3, 6, usual[1], 0.01)
            turns = _slider("curves_turns", 0.2, 5, usual[2], 0.05)
            density = _slider("curves_density", 5, 500, usual[3], 5)
    _formula(*_ROPE)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            card = html_block(render.rope(found))
        with gr.Column(scale=2, min_width=300):
            space = _space("rope-space", pictures.rope_in_space(found, "en"))

    def draw(language: str, span: float, length: float, turns: float, density: float) -> Sequence[Any]:
        found = rope(span, length, 2 * math.pi * _number(turns, "ω"), _number(density, "ρ") / 1000)
        flat, space = pictures.rope(found, language), pictures.rope_in_space(found, language)
        return plots.picture(flat), plots.picture(space), render.rope(found)

    return Panel({"D": span, "L": length, "n": turns, "rho": density}, [flat, space, card], draw)


def _number(value: Any, name: str) -> float:
    """What a slider holds; empty it holds None."""
    if not isinstance(value, int | float):
        raise VisitorError("number_wanted", name=name)
    return value


def _chain_panel() -> Panel:
    html_block(render.story("curves_chain_story"))
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            flat = plots.plot("chain")
            along = plots.plot("tension")
        with gr.Column(scale=2, min_width=300):
            kinds = ("length", "sag", "tension", "clearance")
            given = gr.Radio(
                [(word(f"curves_given_{kind}"), kind) for kind in kinds], value="length", label=word("curves_given")
            )
            length = _slider("curves_length", 0.3, 40, 6, 0.01)
            sag = _slider("curves_sag", 0.01, 20, 1.5, 0.01, visible=False)
            tension = _slider("curves_tension", 0.1, 200, 5, 0.1, visible=False)
            clearance = _slider("curves_clearance", -10, 10, 0.5, 0.01, visible=False)
            span = _slider("curves_span", 0.2, 20, 4, 0.01)
            first = _slider("curves_y1", 0, 10, 3, 0.01)
            second = _slider("curves_y2", 0, 10, 2.2, 0.01)
            weight = _slider("curves_weight", 0.1, 50, 2, 0.1)
    _formula(*_CHAIN)
    card = html_block("")
    values = [length, sag, tension, clearance]
    only_shown(given, kinds, values)

    def draw(language: str, given: str, *numbers: float) -> Sequence[Any]:
        span, first, second, weight = numbers[len(kinds) :]
        chosen = dict(zip(kinds, numbers, strict=False)).get(given)
        found = catenary(0.0, first, span, second, weight=weight, **{given: chosen})
        drawn = pictures.chain(found, language), pictures.tension(found, language)
        return *map(plots.picture, drawn), render.chain(found)

    names = ("given", "cL", "sag", "H", "c", "cD", "y1", "y2", "w")
    fields = dict(zip(names, (given, *values, span, first, second, weight), strict=True))
    return Panel(fields, [flat, along, card], draw)


def _fit_panel() -> Panel:
    html_block(render.story("curves_fit_story"))
    return Panel(**curves_fit.fill())


def _turning_panel() -> Panel:
    html_block(render.story("curves_turning_story"))
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            flat = plots.plot("turning")
            space = _space("turning-space")
        with gr.Column(scale=2, min_width=300):
            branches = [(word(f"curves_branch_{n}"), n) for n in (0, 1, -1, 2, -2, 3, -3)]
            branch = gr.Dropdown(branches, value=0, label=word("curves_branch"))
            turns = _slider("curves_turns", 0, 4, 1.6, 0.01)
            length = _slider("curves_length", 0.3, 6, 2, 0.01)
            gravity = _slider("curves_gravity", 0, 30, 9.81, 0.01)
            ends = [
                _slider(f"curves_{name}", -2, 2, value, 0.01)
                for name, value in (("x1", -0.3), ("z1", 0), ("x2", 0.5), ("z2", 0.2))
            ]
            card = html_block("")
    _formula(*_TURNING)

    def draw(language: str, branch: int, turns: float, length: float, gravity: float, *ends: float) -> Sequence[Any]:
        omega = 2 * math.pi * _number(turns, "ω")
        found = turning_rope(*ends, length=length, omega=omega, gravity=gravity, branches=(branch,))
        shape = found.shapes[0]
        return (
            plots.picture(pictures.shapes(found, language, upright=False)),
            plots.picture(pictures.shape_in_space(shape, omega, language)),
            render.shape(found, shape),
        )

    names = ("branch", "tn", "tL", "g", "x1", "z1", "x2", "z2")
    fields = dict(zip(names, (branch, turns, length, gravity, *ends), strict=True))
    return Panel(fields, [flat, space, card], draw)


def _pole_panel() -> Panel:
    html_block(render.story("curves_pole_story"))
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            flat = plots.plot("pole")
            space = _space("pole-space")
        with gr.Column(scale=2, min_width=300):
            turns = _slider("curves_turns", 0.05, 5, 1.8, 0.01)
            length = _slider("curves_length", 0.2, 3, 1, 0.01)
            arm = _slider("curves_arm", 0, 1, 0, 0.01)
            gravity = _slider("curves_gravity", 0.5, 30, G, 0.01)
            which = gr.Radio(list(range(1, 8)), value=2, label=word("curves_shape"))
            card = html_block("")
    _formula(*_POLE)

    def draw(language: str, turns: float, length: float, arm: float, gravity: float, which: int) -> Sequence[Any]:
        found = pole_rope(arm, length, 2 * math.pi * _number(turns, "ω"), gravity)
        shape = found.shapes[min(which, len(found.shapes)) - 1]
        return (
            plots.picture(pictures.shapes(found, language, upright=True)),
            plots.picture(pictures.shape_in_space(shape, found.omega, language)),
            render.shape(found, shape, which),
        )

    fields = {"pn": turns, "pL": length, "arm": arm, "pg": gravity, "shape": which}
    return Panel(fields, [flat, space, card], draw)


PANELS: dict[str, Callable[[], Panel]] = {
    "rope": _rope_panel,
    "chain": _chain_panel,
    "fit": _fit_panel,
    "turning": _turning_panel,
    "pole": _pole_panel,
}
