"""What every picture of the laboratory shares: its looks, saving it as png or svg, its data as csv, its language.

Pictures are Plotly figures, drawn by the plotly.js that Gradio brings.  Saving happens in the browser
(`Plotly.toImage`), so that the server needs no browser of its own.  Colours of text and background follow the page,
light or dark, by the style sheet; saved pictures are dark on white.  Series are told apart by colour, dash and symbol.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

import gradio as gr
import plotly.graph_objects as go
from gradio.components.plot import PlotData

from demo.i18n import both, word
from demo.listening import NOW
from demo.theme import FONTS, html_block

# Okabe and Ito's colours (Color Universal Design, 2008), the blue a little lighter, without the yellow and the black,
# which vanish on light or dark
COLOURS = ("#1f85c7", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
GREY = "#808080"  # of axes in space, which no style sheet reaches: readable on light and dark
_INK, _GRID = "#292524", "rgba(128,128,128,0.25)"
_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "doubleClick": "reset"}


def figure(*traces: Any, x: str = "", y: str = "", height: int = 340, equal: bool = False, **layout: Any) -> go.Figure:
    """A figure in the page's looks.

    Args:
        *traces: Plotly traces; scatter lines get the colours in turn.
        x, y: titles of the axes, plain text.
        height: in pixels; the width is that of the page.
        equal: one unit is as long on both axes.
        **layout: more of Plotly's layout.
    """
    drawn = go.Figure(list(traces))
    axis = {"gridcolor": _GRID, "zerolinecolor": "rgba(128,128,128,0.6)", "linecolor": _GRID, "automargin": True}
    space = {"gridcolor": _GRID, "color": GREY, "backgroundcolor": "rgba(0,0,0,0)", "zerolinecolor": GREY}
    drawn.update_layout(
        template="none",
        colorway=COLOURS,
        height=height,
        autosize=True,
        margin={"l": 44, "r": 12, "t": 12, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": ", ".join(FONTS), "size": 13, "color": _INK},
        hoverlabel={"font": {"family": ", ".join(FONTS)}},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        dragmode=False,  # a finger on the picture scrolls the page
        xaxis={**axis, "title": {"text": html.escape(x)}},
        yaxis={**axis, "title": {"text": html.escape(y)}},
        scene={f"{name}axis": space for name in "xyz"},
    )
    if equal:
        drawn.update_yaxes(scaleanchor="x", scaleratio=1)
    drawn.update_layout(**layout)
    # closer, and a title would stand on the long labels of a logarithmic axis
    drawn.update_xaxes(title_standoff=8, title_font_size=13)
    drawn.update_yaxes(title_standoff=14, title_font_size=13)
    return drawn


def picture(drawn: go.Figure, frames: Mapping[str, Any] | None = None) -> PlotData:
    """What an event returns for a `gr.Plot`: the figure, and frames that a slider in the browser shows.

    Args:
        drawn: of `figure`.
        frames: {"values": the slider's values, ascending, "traces": [{"index": of the trace, "x": [a list a value],
            "y": ..., "z": ...}], "text": [a text a value] for the readout}: `scrub` moves the picture without the
            server.
    """
    plotted = json.loads(drawn.to_json())
    plotted["config"] = _CONFIG
    if frames:
        plotted["layout"]["meta"] = {**plotted["layout"].get("meta", {}), "frames": frames}
    return PlotData(type="plotly", plot=json.dumps(plotted, separators=(",", ":")))


def plot(name: str, label: Any = None, value: go.Figure | None = None, **options: Any) -> gr.Plot:
    """A `gr.Plot` with buttons under it that save the picture (png, svg) and its data (csv).

    Args:
        name: Latin letters, digits and hyphens: the element is `wz-plot-<name>`, the files are `wanzhuan-<name>.png`.
        label: of `word`; None: none is shown.
        value: the figure at first, of `figure`.
        **options: of `gr.Plot`.
    """
    with gr.Group(elem_classes="wz-figure"):
        shown = gr.Plot(
            picture(value) if value is not None else None,
            label=label,
            show_label=label is not None,
            container=False,
            elem_id=f"wz-plot-{name}",
            **options,
        )
        html_block(_save_buttons(name))
    return shown


def _save_buttons(name: str) -> str:
    safe = html.escape(name, quote=True)
    kinds = (("png", "save_png"), ("svg", "save_svg"), ("csv", "save_csv"))
    buttons = "".join(
        f'<button type="button" class="wz-save" data-plot="{safe}" data-kind="{kind}">{both(key)}</button>'
        for kind, key in kinds
    )
    return f'<div class="wz-saves">{buttons}</div>'


def scrub(slider: gr.Slider, name: str, play: gr.Button | None = None) -> None:
    """Let a slider, and a button that plays, move the picture `name` through its frames, in the browser alone."""
    target = json.dumps(name)
    slider.change(None, inputs=slider, js=f"(value) => window.wanzhuan.scrub({target}, value)", **NOW)
    if play is not None:
        play.click(None, outputs=slider, js=f"() => window.wanzhuan.play({target})", **NOW)


def readout(name: str) -> gr.HTML:
    """The place where `scrub` writes the frame's text; an event fills it with `told`."""
    return html_block(told(name))


def told(name: str, text: str = "") -> str:
    """HTML for `readout`: the text of the frame that is shown."""
    return f'<output class="wz-readout" data-for="{html.escape(name, quote=True)}">{html.escape(text)}</output>'


def relabel(**event: Any) -> gr.Button:
    """A button nobody sees, which page.js clicks after the visitor switched the language: pictures with words are
    drawn again, also when the language is switched once more before they are.  `event`: arguments of `click`."""
    button = gr.Button(word("relabel"), elem_classes="wz-relabel", min_width=0)
    button.click(**{**NOW, "trigger_mode": "always_last", **event})
    return button


def data_link(filename: str, kind: str, text: str, key: str = "save_data") -> str:
    """HTML of a link that saves `text` as a file, without the server keeping one.  kind: "csv" or "json"."""
    safe, data = html.escape(filename, quote=True), html.escape(text, quote=True)
    return (
        f'<button type="button" class="wz-save" data-filename="{safe}" data-kind="{html.escape(kind, quote=True)}" '
        f'data-text="{data}">{both(key)}</button>'
    )
