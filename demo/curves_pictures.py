"""Results of `core.mathtoys` as Plotly figures: the tab 绳."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.mathtoys.catenary import Catenary
from core.mathtoys.fit import CatenaryFit
from core.mathtoys.rope import SkippingRope
from core.mathtoys.turning import Shape, TurningRope
from demo.i18n import phrase
from demo.plots import COLOURS, DASHES, GREY, figure

_GHOSTS = 8  # faint copies of a turning rope, to show where it passes
_SPACE_POINTS = 48  # of a rope in space: what is moved thirty times a second is kept small
_FIT_MOST = 3_000  # points drawn


def _line(x: Sequence[float], y: Sequence[float], name: str, number: int, **options: Any) -> go.Scatter:
    width = options.pop("width", 2)
    line = {"color": COLOURS[number % len(COLOURS)], "dash": DASHES[number % len(DASHES)], "width": width}
    return go.Scatter(x=x, y=y, name=name, mode="lines", line=line, **options)


def _metres(axis: str, language: str) -> str:
    return f"{axis}, {phrase('curves_x_m', language)}"


def rope(found: SkippingRope, language: str) -> go.Figure:
    """The skipping rope with the other curves of the same length, hands on the axis."""
    traces = [_line(found.z, found.r, phrase("curves_name_rope", language), 0, width=4)]
    for number, other in enumerate(found.others, 1):
        traces.append(_line(found.z, other.r, phrase(f"curves_name_{other.name}", language), number))
    traces.append(_dots([0, found.span], [0, 0]))
    return figure(*traces, x=_metres("z", language), y=_metres("r", language), height=380, equal=True)


def _dots(x: Sequence[float], y: Sequence[float]) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="markers", marker={"color": GREY, "size": 9}, showlegend=False, hoverinfo="skip")


def chain(found: Catenary, language: str) -> go.Figure:
    """The chain, coloured by its tension, between its supports."""
    title = phrase("curves_name_tension", language)
    marker = {
        "color": found.tension, "colorscale": "Cividis", "size": 6, "showscale": True,
        "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 10, "len": 0.9, "outlinewidth": 0},
    }  # fmt: skip
    return figure(
        go.Scatter(
            x=found.x, y=found.y, name=phrase("curves_name_chain", language), mode="lines+markers", marker=marker,
            line={"color": GREY, "width": 2}, customdata=found.tension,
            hovertemplate="(%{x:.4g}, %{y:.4g})<br>T = %{customdata:.4g} N<extra></extra>",
        ),
        go.Scatter(
            x=[found.left[0], found.right[0]], y=[found.left[1], found.right[1]], mode="lines+markers",
            name=phrase("curves_name_line", language), line={"color": GREY, "dash": "dot", "width": 1},
            marker={"color": GREY, "size": 9},
        ),
        go.Scatter(
            x=[found.lowest[0]], y=[found.lowest[1]], mode="markers", name=phrase("curves_name_lowest", language),
            marker={"color": COLOURS[1], "size": 10, "symbol": "triangle-up"},
        ),
        x=_metres("x", language), y=_metres("y", language), height=400, equal=True,
    )  # fmt: skip


def tension(found: Catenary, language: str) -> go.Figure:
    """The tension along the chain."""
    name = phrase("curves_name_tension", language)
    drawn = figure(_line(found.s, found.tension, name, 0), x=phrase("curves_along", language), y=name, height=210)
    return drawn.update_layout(showlegend=False)


def fit(found: CatenaryFit, language: str) -> go.Figure:
    """The points, those left out apart, with the fitted catenary and the others."""
    step = max(1, len(found.x) // _FIT_MOST)
    points = list(zip(found.x, found.y, found.outlier, strict=True))[::step]
    traces = []
    for out, key, colour, symbol in (
        (False, "curves_name_points", COLOURS[0], "circle"),
        (True, "curves_name_wrong", COLOURS[1], "x"),
    ):
        some = [(x, y) for x, y, wrong in points if wrong == out]
        if some:
            marker = {"color": colour, "symbol": symbol, "size": 8 if len(points) < 300 else 4}
            x, y = zip(*some, strict=True)
            traces.append(go.Scatter(x=x, y=y, mode="markers", name=phrase(key, language), marker=marker))
    traces.append(_line(found.curve_x, found.curve_y, phrase("curves_name_fit", language), 2, width=3))
    traces[-1].line.dash = "solid"
    for number, rival in enumerate(found.rivals[1:], 3):
        name = phrase(f"curves_name_{rival.name}", language)
        traces.append(_line(rival.x, rival.y, name, number, visible="legendonly" if rival.name == "cubic" else None))
    return figure(*traces, x="x", y="y", height=400, equal=True)


def residuals(found: CatenaryFit, language: str) -> go.Figure:
    """How far each kept point lies from the curve."""
    step = max(1, len(found.x) // _FIT_MOST)
    kept = [(x, r) for x, r, out in zip(found.x, found.residual, found.outlier, strict=True) if not out][::step]
    x, apart = zip(*kept, strict=True)
    name = phrase("curves_name_residual", language)
    marker = {"color": COLOURS[0], "size": 6 if len(kept) < 300 else 3}
    drawn = figure(go.Scatter(x=x, y=apart, mode="markers", name=name, marker=marker), x="x", y=name, height=200)
    return drawn.update_layout(showlegend=False)


def shapes(found: TurningRope, language: str, upright: bool) -> go.Figure:
    """Ropes that turn, in the plane that turns with them; `upright`: the axis is a pole from the first end down."""
    traces = []
    for number, shape in enumerate(found.shapes):
        straight = shape.start == "pole" and shape.number == 0
        name = phrase("curves_name_straight" if straight else "curves_name_shape", language, number=number + 1)
        traces.append(_line(shape.r, shape.z, name, number, width=3 if number == 0 else 2))
    low = min(min(shape.z) for shape in found.shapes)
    high = 0.0 if upright else max(max(shape.z) for shape in found.shapes)
    gap = 0.08 * max(high - low, found.length / 4)
    axis = {"color": GREY, "dash": "dash", "width": 1.5}
    name = phrase("curves_axis", language)
    traces.append(go.Scatter(x=[0, 0], y=[low - gap, high + gap], mode="lines", name=name, line=axis, hoverinfo="skip"))
    first = found.shapes[0]
    ends = [0] if upright else [0, -1]
    traces.append(_dots([first.r[i] for i in ends], [first.z[i] for i in ends]))
    return figure(*traces, x=_metres("r", language), y=_metres("z", language), height=420, equal=True)


# ---- in space


def rope_in_space(found: SkippingRope, language: str) -> go.Figure:
    """The skipping rope about its level axis."""
    return _space(found.z, found.r, True, found.omega, phrase("curves_name_rope", language), language)


def shape_in_space(shape: Shape, omega: float, language: str) -> go.Figure:
    """A rope about an upright axis."""
    name = phrase("curves_name_shape", language, number=1)
    return _space(shape.z, shape.r, False, omega, name, language)


def _space(
    along: Sequence[float], r: Sequence[float], level: bool, omega: float, name: str, language: str
) -> go.Figure:
    """A rope, faint copies of it all around, and the axis; `assets/curves.js` turns what `meta` says."""
    step = max(1, len(r) // _SPACE_POINTS)
    picked = sorted({*range(0, len(r), step), len(r) - 1})
    along, r = [along[i] for i in picked], [r[i] for i in picked]

    def turned(angle: float) -> dict[str, list[float]]:
        one, two = ([round(value * part, 5) for value in r] for part in (math.cos(angle), math.sin(angle)))
        return {"x": along, "y": two, "z": one} if level else {"x": one, "y": two, "z": along}

    ghosts: dict[str, list] = {"x": [], "y": [], "z": []}
    for number in range(_GHOSTS):
        for key, values in turned(2 * math.pi * number / _GHOSTS).items():
            ghosts[key] += [*values, None]
    low, high = min(along), max(along)
    reach = 1.05 * max(map(abs, r))
    margin = max(0.1 * (high - low), (1.1 * reach - (high - low)) / 2)  # a flat rope still gets a room with some height
    ends = [low - margin, high + margin]
    axis = {"x": ends, "y": [0, 0], "z": [0, 0]} if level else {"x": [0, 0], "y": [0, 0], "z": ends}
    quiet = {"hoverinfo": "skip", "showlegend": False, "mode": "lines"}
    # Slowed down so that the eye can follow, but a faster rope still turns faster.
    rate = min(max(omega / (2 * math.pi) / 6, 0.1), 0.8)
    sizes = {"radial": 2 * reach, "axial": ends[1] - ends[0]}
    ranges = {"radial": [-reach, reach], "axial": ends}
    kinds = ("axial", "radial", "radial") if level else ("radial", "radial", "axial")
    plain = {"title": {"text": ""}, "nticks": 5, "showticklabels": False}
    scene = {
        "aspectmode": "manual",  # true to scale; "data" would make a flat room larger than the picture
        "aspectratio": {key: 1.3 * sizes[kind] / max(sizes.values()) for key, kind in zip("xyz", kinds, strict=True)},
        "camera": {"eye": {"x": 1.0, "y": -1.4, "z": 0.7}},
        **{f"{key}axis": {**plain, "range": ranges[kind]} for key, kind in zip("xyz", kinds, strict=True)},
    }
    bold = {"color": COLOURS[1], "width": 7}
    return figure(
        go.Scatter3d(**ghosts, **quiet, line={"color": COLOURS[0], "width": 1.5}, opacity=0.22),
        go.Scatter3d(**turned(math.pi / 2 if level else 0), mode="lines", name=name, line=bold),
        go.Scatter3d(**axis, **quiet, line={"color": GREY, "width": 3, "dash": "dash"}),
        height=380, scene=scene, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False, dragmode="turntable",
        meta={"turn": {"index": 1, "r": r, "along": along, "level": level, "rate": rate}},
    )  # fmt: skip
