"""The tab 优化器: optimizers on surfaces beside the exact flow, the posts' argument in five steps, accumulation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from core.errors import VisitorError
from core.optim.batches import accumulate
from core.optim.flow import Optimization
from core.optim.losses import minibatch
from core.optim.methods import RULES
from core.optim.surfaces import landscape
from core.service import Service
from demo import common, links, optimizers_api, plots
from demo import optimizers_controls as controls
from demo import optimizers_pictures as pictures
from demo import optimizers_render as render
from demo.i18n import language_of, word
from demo.listening import NOW, QUIET
from demo.optimizers_story import FIRST, FREE, STORY
from demo.theme import html_block
from demo.watch import note

_log = logging.getLogger(__name__)
_AT_ONCE = {"queue": True, **QUIET, **optimizers_api.AT_ONCE}
_LATEX = [{"left": "$$", "right": "$$", "display": True}]
_KINDS = {"csv": render.as_csv, "json": render.as_json}


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open.  It needs no model."""
    html_block(render.head())
    stages = [(word(f"optimizers_story_{key}"), key) for key in (*STORY, FREE)]
    story = gr.Radio(stages, value=FIRST, label=word("optimizers_story"), elem_id="wz-optimizers-story")
    said = html_block(render.story(FIRST))
    tex = gr.Markdown(_tex(FIRST), latex_delimiters=_LATEX, elem_classes="wz-optimizers-formula")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            flat = plots.plot("surface")
            with gr.Row(elem_classes="wz-optimizers-walk"):
                progress = gr.Slider(0, 100, 100, step=0.5, label=word("optimizers_progress"), scale=4, min_width=180,
                                     elem_id="wz-optimizers-progress")  # fmt: skip
                play = gr.Button(word("optimizers_play"), elem_id="wz-optimizers-play", scale=0, min_width=90)
            plots.readout("surface")
            card = html_block("", elem_id="wz-optimizers-table")
        with gr.Column(scale=4, min_width=300):
            fields = controls.surface_fields()
            wrong = html_block("", elem_id="wz-optimizers-wrong")
            slots = controls.slots()
    html_block(render.section("optimizers_head_loss", "optimizers_loss_why"))
    curves = []
    with gr.Row(equal_height=False):
        for kind in pictures.KINDS:
            with gr.Column(min_width=280):
                curves.append(plots.plot(f"loss-{kind}"))
    html_block(render.section("optimizers_head_growth", "optimizers_growth_why"))
    factors = plots.plot("growth")
    with gr.Row(elem_classes="wz-optimizers-buttons"):
        saves = {kind: gr.Button(word(f"optimizers_{kind}"), size="sm", elem_id=f"wz-optimizers-{kind}")
                 for kind in _KINDS}  # fmt: skip
        shared = gr.Row()
    written = gr.Textbox(elem_classes="wz-unseen", container=False, show_label=False)

    inputs = [*fields.values(), *(one for slot in slots for one in slot.values())]
    main = {"fn": _draw, "inputs": inputs, "outputs": [flat, *curves, factors, card, wrong], **_AT_ONCE}
    opened = links.around(gr.Tab).select
    # a story sets some twenty fields at once: the script gathers their changes, or each would ask the server
    draw = gr.Button(word("relabel"), elem_classes="wz-unseen", elem_id="wz-optimizers-draw", min_width=0)
    draw.click(trigger_mode="always_last", **main)
    gr.on([opened, *(one.change for one in inputs)], None, js="() => { window.wanzhuan.draw?.(); }", **NOW)
    plots.relabel(fn=None, js=common.pressing(draw))
    story.input(controls.set_by, inputs=story, outputs=inputs, trigger_mode="always_last", **NOW)
    story.change(lambda key: (render.story(key), _tex(key)), story, [said, tex], **NOW)
    controls.wire(fields, slots, opened, NOW)
    _walking(progress, play)
    _picking(fields["x"], fields["y"])
    for kind, button in saves.items():
        file = f"{{ filename: 'wanzhuan-optimizers.{kind}', kind: '{kind}', text }}"
        button.click(_saver(_KINDS[kind]), inputs, written, **_AT_ONCE).then(
            None, inputs=written, js=f"(text) => {{ if (text) window.wanzhuan.save({file}); }}", **NOW
        )
    linked = {"story": story, **fields, **controls.slots_in_links(slots), **_accumulation()}
    with shared:
        links.share_button("optimizers", linked)
    optimizers_api.add()


# ---- components


def _tex(key: str) -> str:
    return f"$${STORY[key].tex}$$" if key in STORY else ""


def _walking(progress: gr.Slider, play: gr.Button) -> None:
    """The slider and the button that let the paths grow, in the browser alone."""
    progress.change(None, inputs=progress, js="(share) => { window.wanzhuan.walk?.show(share / 100); }", **NOW)
    play.click(None, outputs=progress, js="() => window.wanzhuan.walk?.play() ?? 100", **NOW)


def _picking(x: gr.Number, y: gr.Number) -> None:
    """A click on the map comes as a click on this button, which nobody sees."""
    picked = gr.Button(word("optimizers_pick"), elem_classes="wz-unseen", elem_id="wz-optimizers-pick", min_width=0)
    picked.click(None, outputs=[x, y], js="() => window.wanzhuan.walk.picked()", **NOW)


def _accumulation() -> dict[str, gr.components.Component]:
    """The section about accumulation with its own event; its fields by their names in links."""
    html_block(render.section("optimizers_acc_head", "optimizers_acc_why"))
    with gr.Row(elem_classes="wz-optimizers-row"):
        choices = [(word(f"optimizers_method_{name}"), name) for name, rule in RULES.items() if rule.gradients == 1]
        method = gr.Dropdown(choices, value="adam", label=word("optimizers_acc_method"), min_width=170)
        batch = gr.Slider(2, 48, 24, step=1, label=word("optimizers_acc_batch"), min_width=260,
                          elem_id="wz-optimizers-batch")  # fmt: skip
        micro = gr.Slider(1, 48, 5, step=1, label=word("optimizers_acc_micro"), min_width=260,
                          elem_id="wz-optimizers-micro")  # fmt: skip
        updates = gr.Slider(1, 200, 60, step=1, label=word("optimizers_acc_updates"), min_width=260)
        seed = controls.number("optimizers_acc_seed", 0)
    card = html_block("", elem_id="wz-optimizers-accumulated")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=320):
            flat = plots.plot("accumulation")
        with gr.Column(min_width=320):
            curve = plots.plot("accumulation-loss")
    fields = {"am": method, "ab": batch, "amicro": micro, "au": updates, "aseed": seed}
    event = {"fn": _gather, "inputs": list(fields.values()), "outputs": [flat, curve, card], **_AT_ONCE}
    gather = gr.Button(word("relabel"), elem_classes="wz-unseen", elem_id="wz-optimizers-gather", min_width=0)
    gather.click(trigger_mode="always_last", **event)
    press = "() => { window.wanzhuan?.press('wz-optimizers-gather'); }"  # with the tab it may not be there yet
    opened = links.around(gr.Tab).select
    gr.on([opened, *(one.change for one in fields.values())], None, js=press, **NOW)
    plots.relabel(fn=None, js=press)
    return fields


# ---- events


def _draw(request: gr.Request, *values: Any) -> Sequence[Any]:
    """All pictures, the table, and no sentence; after a mistake its sentence under the fields, and all else stays."""
    try:
        found = controls.asked(values)
        language = language_of(request)
        drawn = (
            pictures.surface(found, language),
            *pictures.losses(found, language),
            pictures.factors(found, language),
        )
        return [*map(plots.picture, drawn), render.table(found), ""]
    except VisitorError as error:
        note("mistake")
        return [*[gr.skip()] * 6, render.told(error)]
    except Exception:  # a visitor never sees a stack trace
        note("failed")
        _log.exception("optimizers")
        return [*[gr.skip()] * 6, render.told("something_wrong")]


def _gather(request: gr.Request, *values: Any) -> Sequence[Any]:
    method, batch, micro, updates, seed = values
    try:
        found = accumulate(method, None, batch, min(micro, batch) if micro and batch else micro, updates, seed)
        of = minibatch()
        drawn = pictures.accumulation(found, landscape(of), of.box, of.minima, language_of(request))
        return [*map(plots.picture, drawn), render.accumulation(found)]
    except VisitorError as error:
        note("mistake")
        return [gr.skip(), gr.skip(), render.told(error)]
    except Exception:
        note("failed")
        _log.exception("accumulation")
        return [gr.skip(), gr.skip(), render.told("something_wrong")]


def _saver(write: Callable[[Optimization], str]) -> Callable[..., str]:
    """The event that writes all steps as a text; after a mistake there is a message and no text."""

    def saved(request: gr.Request, *values: Any) -> str:
        with common.mistakes("optimizers", request):
            return write(controls.asked(values))
        return ""

    return saved
