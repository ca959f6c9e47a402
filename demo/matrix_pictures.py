"""Pictures of the matrix tab: results of `core.mathtoys` as Plotly figures, with frames for the slider of t."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
from gradio.components.plot import PlotData

from core.mathtoys.cost import Cost
from core.mathtoys.exponentials import Series, Spectrum
from core.mathtoys.flow import Flow, Path
from demo.i18n import phrase
from demo.plots import COLOURS, GREY, figure, picture

LOG_FROM = 1e4  # ratio of the largest value to the smallest from which an axis is logarithmic
_EDGES = ((0, 1), (1, 3), (3, 2), (2, 0), (4, 5), (5, 7), (7, 6), (6, 4), (0, 4), (1, 5), (2, 6), (3, 7))
_TRIANGLES = ((0, 1, 3), (0, 3, 2), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4), (2, 3, 7), (2, 7, 6), (0, 2, 6),
              (0, 6, 4), (1, 3, 7), (1, 7, 5))  # fmt: skip


def path(found: Path, t: float) -> PlotData:
    """f(t) = det exp(tA) on exp(t tr A), with a point at t."""
    at = _nearest(found.times, t)
    parts = [("", np.real)]
    if np.abs(found.right.imag).max() > 1e-12 * np.abs(found.right).max():
        parts = [("Re ", np.real), ("Im ", np.imag)]
    traces: list[Any] = []
    for number, (name, part) in enumerate(parts):
        thick = {"color": COLOURS[2 * number], "width": 6}
        thin = {"color": COLOURS[2 * number + 1], "width": 2, "dash": "dash"}
        traces.append(go.Scatter(x=found.times, y=_finite(part(found.right)), name=f"{name}exp(t tr A)", line=thick))
        traces.append(go.Scatter(x=found.times, y=_finite(part(found.left)), name=f"{name}det exp(tA)", line=thin))
    for trace in traces:
        trace.update(mode="lines")
    dots = []
    for number, (_, part) in enumerate(parts):
        values = _finite(part(found.left))
        marker = {"size": 12, "color": COLOURS[2 * number + 1], "line": {"width": 2, "color": "white"}}
        dots.append({"index": len(traces), "x": [[x] for x in _round(found.times)], "y": [[y] for y in values]})
        traces.append(go.Scatter(x=[found.times[at]], y=[values[at]], mode="markers", marker=marker, showlegend=False))
    drawn = figure(*traces, x="t", y="f(t)")
    sizes = np.abs(found.right)
    if len(parts) == 1 and (sizes > 0).all() and (not np.isfinite(sizes).all() or sizes.max() > LOG_FROM * sizes.min()):
        drawn.update_yaxes(type="log", exponentformat="power")
    return picture(drawn, {"values": _round(found.times), "traces": dots, "text": _values(found)})


def flow(found: Flow, t: float, language: str) -> PlotData:
    """The unit square or cube carried along by x' = Ax, and the ways of points around the origin."""
    return _plane(found, t, language) if found.corners.shape[2] == 2 else _space(found, t, language)


def _plane(found: Flow, t: float, language: str) -> PlotData:
    at, around = _nearest(found.times, t), [0, 2, 3, 1, 0]
    square, heads = found.corners[:, around], np.swapaxes(found.tracks, 0, 1)
    ways = np.concatenate([np.vstack([track, [[np.nan] * 2]]) for track in found.tracks])
    fill = {"fill": "toself", "fillcolor": "rgba(0,114,178,0.25)", "line": {"color": COLOURS[0], "width": 3}}
    drawn = figure(
        go.Scatter(x=_round(ways[:, 0]), y=_round(ways[:, 1]), mode="lines", name="x(t)",
                   line={"color": GREY, "width": 1}),
        go.Scatter(x=[0, 1, 1, 0, 0], y=[0, 0, 1, 1, 0], mode="lines", line={"color": COLOURS[1], "dash": "dash"},
                   name="t = 0"),
        go.Scatter(x=_round(square[at, :, 0]), y=_round(square[at, :, 1]), mode="lines", name="exp(tA)", **fill),
        go.Scatter(x=_round(heads[at, :, 0]), y=_round(heads[at, :, 1]), mode="markers", showlegend=False,
                   marker={"size": 7, "color": COLOURS[2]}),
        x="x\u2081", y="x\u2082", equal=True,
    )  # fmt: skip
    for axis, side in ((drawn.layout.xaxis, 0), (drawn.layout.yaxis, 1)):
        least = min(found.corners[:, :, side].min(), found.tracks[:, :, side].min(), -1)
        most = max(found.corners[:, :, side].max(), found.tracks[:, :, side].max(), 1)
        axis.range = [least - 0.05 * (most - least), most + 0.05 * (most - least)]
    moved = [_moved(2, square), _moved(3, heads)]
    return picture(
        drawn, {"values": _round(found.times), "traces": moved, "text": _volumes(found, phrase("area", language))}
    )


def _space(found: Flow, t: float, language: str) -> PlotData:
    at = _nearest(found.times, t)
    gap = np.full((len(found.times), 1, 3), np.nan)
    edges = np.concatenate([np.concatenate([found.corners[:, edge], gap], 1) for edge in _EDGES], 1)
    ways = np.concatenate([np.vstack([track, [[np.nan] * 3]]) for track in found.tracks])
    i, j, k = zip(*_TRIANGLES, strict=True)
    drawn = figure(
        go.Scatter3d(**_axes(ways), mode="lines", line={"color": GREY, "width": 2}, name="x(t)"),
        go.Scatter3d(**_axes(edges[0]), mode="lines", line={"color": COLOURS[1], "width": 4}, name="t = 0"),
        go.Mesh3d(**_axes(found.corners[at]), i=i, j=j, k=k, color=COLOURS[0], opacity=0.3, name="exp(tA)"),
        go.Scatter3d(**_axes(edges[at]), mode="lines", line={"color": COLOURS[0], "width": 5}, showlegend=False),
        height=420,
        dragmode="orbit",
        margin={"l": 0, "r": 0, "t": 12, "b": 0},
    )
    drawn.update_layout(scene_aspectmode="data")
    moved = [_moved(2, found.corners), _moved(3, edges)]
    return picture(
        drawn, {"values": _round(found.times), "traces": moved, "text": _volumes(found, phrase("volume", language))}
    )


def spectrum(found: Spectrum) -> PlotData:
    """Left the eigenvalues, right where exp sends them, both in the complex plane; the unit circle dotted."""
    angle = np.linspace(0, 2 * np.pi, 90)
    marks = [{"size": 10, "color": COLOURS[0]}, {"size": 10, "color": COLOURS[1], "symbol": "diamond"}]
    images = found.images if np.isfinite(found.images).all() else found.images[np.isfinite(found.images)]
    drawn = figure(
        go.Scatter(x=_round(found.eigenvalues.real), y=_round(found.eigenvalues.imag), mode="markers", name="\u03bb",
                   marker=marks[0]),
        go.Scatter(x=_round(images.real), y=_round(images.imag), mode="markers", name="exp \u03bb", marker=marks[1],
                   xaxis="x2", yaxis="y2"),
        go.Scatter(x=_round(np.cos(angle)), y=_round(np.sin(angle)), mode="lines", showlegend=False, xaxis="x2",
                   yaxis="y2", line={"color": GREY, "dash": "dot", "width": 1}, hoverinfo="skip"),
        x="Re \u03bb", y="Im \u03bb",
    )  # fmt: skip
    axis = {"gridcolor": "rgba(128,128,128,0.25)", "zerolinecolor": "rgba(128,128,128,0.6)"}
    drawn.update_layout(
        xaxis_domain=[0, 0.4],
        xaxis2={
            **axis,
            "domain": [0.6, 1],
            "title": {**drawn.layout.xaxis.title.to_plotly_json(), "text": "Re exp \u03bb"},
            "anchor": "y2",
        },
        yaxis2={
            **axis,
            "anchor": "x2",
            "title": {**drawn.layout.yaxis.title.to_plotly_json(), "text": "Im exp \u03bb"},
        },
    )
    return picture(drawn)


def series(found: Series, language: str) -> PlotData:
    """Relative error of the partial sums over the number of terms, and of two other ways as levels."""
    ends = [int(found.terms[0]), int(found.terms[-1])]
    rows = [
        (found.terms, np.maximum(found.errors, 1e-17), "way_taylor", "lines+markers", "solid"),
        (ends, [max(found.scaling_error, 1e-17)] * 2, "way_scaling", "lines", "dash"),
    ]
    if math.isfinite(found.eigen_error):
        rows.append((ends, [max(found.eigen_error, 1e-17)] * 2, "way_eigen", "lines", "dot"))
    traces = [
        go.Scatter(x=list(x), y=_finite(np.asarray(y)), name=phrase(key, language), mode=mode, line={"dash": dash})
        for x, y, key, mode, dash in rows
    ]
    drawn = figure(*traces, x=phrase("axis_terms", language), y=phrase("axis_error", language))
    drawn.update_yaxes(type="log", exponentformat="power")
    return picture(drawn)


def cost(found: Cost, language: str) -> PlotData:
    """Seconds of both sides over n, and on the visitor's matrix."""
    traces = [
        go.Scatter(x=list(found.sizes), y=list(found.lefts), name="det exp(A)", mode="lines+markers"),
        go.Scatter(x=list(found.sizes), y=list(found.rights), name="exp(tr A)", mode="lines+markers",
                   line={"dash": "dash"}, marker={"symbol": "square"}),
        go.Scatter(x=[found.n, found.n], y=[found.left, found.right], name="A", mode="markers",
                   marker={"size": 12, "symbol": "star", "color": COLOURS[3]}),
    ]  # fmt: skip
    drawn = figure(*traces, x="n", y=phrase("axis_seconds", language))
    drawn.update_layout(xaxis_type="log", yaxis_type="log", yaxis_exponentformat="power")
    return picture(drawn)


def flow_text(found: Flow, t: float, language: str) -> str:
    """The readout of `flow` at t."""
    plane = found.corners.shape[2] == 2
    return _volumes(found, phrase("area" if plane else "volume", language))[_nearest(found.times, t)]


def path_text(found: Path, t: float) -> str:
    """The readout of `path` at t."""
    return _values(found)[_nearest(found.times, t)]


def _values(found: Path) -> list[str]:
    return [
        f"t = {t:.2f} · det exp(tA) = {_shown(left)} · exp(t tr A) = {_shown(right)}"
        for t, left, right in zip(found.times, found.left, found.right, strict=True)
    ]


def _volumes(found: Flow, name: str) -> list[str]:
    return [
        f"t = {t:.2f} · {name} = {_shown(volume)} · exp(t tr A) = {_shown(expected)}"
        for t, volume, expected in zip(found.times, found.volumes, found.expected, strict=True)
    ]


def _moved(index: int, places: np.ndarray) -> dict[str, Any]:
    """A trace's frames: places (k, points, 2 or 3)."""
    names = "xyz"[: places.shape[2]]
    return {"index": index} | {name: [_round(row) for row in places[:, :, side]] for side, name in enumerate(names)}


def _axes(places: np.ndarray) -> dict[str, list]:
    return {name: _round(places[:, side]) for side, name in enumerate("xyz")}


def _nearest(times: np.ndarray, t: float) -> int:
    return int(np.abs(times - t).argmin())


def _finite(values: np.ndarray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in np.asarray(values, dtype=float).tolist()]


def _round(values: np.ndarray) -> list[float | None]:
    """Six digits are more than a screen shows, and a third of the bytes."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in np.asarray(values, float).tolist()]


def _shown(value: complex) -> str:
    value = complex(value)
    if abs(value.imag) <= 1e-14 * abs(value):
        return f"{value.real:.6g}"
    return f"{value.real:.6g} {'-' if value.imag < 0 else '+'} {abs(value.imag):.6g}i"
