"""Results of `core.optim` as Plotly figures: the tab 优化器."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.optim.batches import Accumulation
from core.optim.flow import Optimization, Path
from core.optim.stability import growth
from core.optim.surfaces import Landscape
from demo.i18n import phrase
from demo.plots import COLOURS, DASHES, GREY, figure

# Pictures carry so many points a path.  Every how-manieth is shown is an odd number, or a path that jumps to and fro
# would look smooth.
_ON_MAP, _IN_CURVE = 1_001, 301
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star-triangle-down")
_DECADES = 16  # that an axis of losses shows at most
_FAR = 3.0  # sizes of the map: what lies farther out is not drawn
_WATER = [[0.0, "rgba(43,147,129,0.42)"], [0.5, "rgba(43,147,129,0.14)"], [1.0, "rgba(43,147,129,0.02)"]]
KINDS = ("step", "gradients", "time")  # what the loss is drawn by
_GROWTH_END = 3.2  # hλ to which the factors are drawn


def _stride(points: int, most: int) -> int:
    step = max(1, -(-points // most))
    return step + 1 - step % 2


def _thin(values: Sequence[float], stride: int) -> np.ndarray:
    """Every so manieth, and the last; as an array, which Plotly sends as it is, where it would look at each number of a
    list."""
    found = np.asarray(values, float)
    kept = np.arange(0, len(found), stride)
    return found[kept if kept[-1] == len(found) - 1 else np.append(kept, len(found) - 1)]


def names(found: Optimization, language: str) -> list[str]:
    """What each path is called: method and rate, and β where that alone tells two apart."""
    settings = [path.setting for path in found.paths]
    plain = [f"{phrase(f'optimizers_name_{one.method}', language)} {one.rate:.3g}" for one in settings]
    return [
        f"{name}, β {one.beta1:.3g}" if plain.count(name) > 1 and one.beta1 else name
        for name, one in zip(plain, settings, strict=True)
    ]


def _map(of: Landscape) -> go.Contour:
    return go.Contour(
        x=_thin(of.x, 1), y=_thin(of.y, 1), z=np.array(of.level, float), ncontours=22, colorscale=_WATER,
        showscale=False, hoverinfo="skip",
        contours={"coloring": "heatmap"},  # filled levels would cover each other, and the page shine through once
        line={"color": "rgba(128,128,128,0.35)", "width": 0.8},
    )  # fmt: skip


def _stars(minima: Sequence[tuple[float, float]], language: str) -> go.Scatter:
    x, y = zip(*minima, strict=True)
    marker = {"symbol": "star", "size": 12, "color": "#e0b53f", "line": {"color": GREY, "width": 1}}
    return go.Scatter(x=x, y=y, mode="markers", name=phrase("optimizers_minima", language), marker=marker)


def _framed(box: Sequence[float]) -> dict[str, Any]:
    x0, x1, y0, y1 = box
    return {
        "xaxis": {"range": [x0, x1], "constrain": "domain", "fixedrange": True, "zeroline": False},
        "yaxis": {"range": [y0, y1], "constrain": "domain", "fixedrange": True, "zeroline": False},
    }


def surface(found: Optimization, language: str) -> go.Figure:
    """The map with all paths, the exact flow, and what `assets/optimizers.js` needs to let them grow."""
    traces: list[Any] = [_map(found.landscape)]
    if found.minima:
        traces.append(_stars(found.minima, language))
    inside = _near(found)
    flow = [(x, y) for x, y in zip(found.flow.x, found.flow.y, strict=True) if inside(x, y)]
    x, y = zip(*flow, strict=True)
    stride = _stride(len(x), _ON_MAP)
    traces.append(go.Scatter(
        x=_thin(x, stride), y=_thin(y, stride), mode="lines", name=phrase("optimizers_flow", language),
        line={"color": "rgba(128,128,128,0.55)", "width": 7}, hoverinfo="skip",
    ))  # fmt: skip
    stride = _stride(found.steps + 1, _ON_MAP)
    lines, heads = [], []
    for number, (path, name) in enumerate(zip(found.paths, names(found, language), strict=True)):
        lines.append(len(traces))
        heads.append(_drawn(path, inside)[-1])
        traces.append(_line(path, inside, stride, name, number))
    x, y = zip(*heads, strict=True)
    marker = {"size": 11, "color": list(COLOURS[: len(heads)]), "symbol": list(_SYMBOLS[: len(heads)]),
              "line": {"color": "white", "width": 1.5}}  # fmt: skip
    traces.append(go.Scatter(x=x, y=y, mode="markers", marker=marker, showlegend=False, hoverinfo="skip"))
    traces.append(go.Scatter(
        x=[found.start[0]], y=[found.start[1]], mode="markers", name=phrase("optimizers_start", language),
        marker={"symbol": "x-thin", "size": 13, "line": {"color": GREY, "width": 3}}, hoverinfo="skip",
    ))  # fmt: skip
    walk = {"lines": lines, "heads": len(traces) - 2, "stride": stride, "steps": found.steps,
            "step": phrase("optimizers_by_step", language)}  # fmt: skip
    drawn = figure(*traces, x="x", y="y", height=560, equal=True, meta={"walk": walk})
    drawn.update_layout(**_framed(found.box), hovermode="closest", margin={"l": 36, "r": 8, "t": 8, "b": 36})
    drawn.layout.height = None  # the style sheet's, less on a phone
    return drawn


def _near(found: Optimization) -> Callable[[float, float], bool]:
    x0, x1, y0, y1 = found.box
    far = _FAR * (x1 - x0)
    return lambda x, y: x0 - far <= x <= x1 + far and y0 - far <= y <= y1 + far


def _drawn(path: Path, inside: Callable[[float, float], bool]) -> list[tuple[float, float]]:
    """The path to the first point that lies far off the map."""
    points = list(zip(path.x, path.y, strict=True))
    out = next((number for number, point in enumerate(points) if not inside(*point)), len(points))
    return points[: max(out, 1)]


def _line(path: Path, inside: Callable[[float, float], bool], stride: int, name: str, number: int) -> go.Scatter:
    points = _drawn(path, inside)
    x, y = zip(*points, strict=True)
    few = len(points) <= 121
    return go.Scatter(
        x=_thin(x, stride), y=_thin(y, stride), customdata=_thin(path.loss[: len(points)], stride), name=name,
        mode="lines+markers" if few else "lines", line={"color": COLOURS[number], "width": 2},
        marker={"size": 4, "symbol": _SYMBOLS[number], "color": COLOURS[number]},
        hovertemplate="(%{x}, %{y})<br>L = %{customdata}",
    )  # fmt: skip


def all_of(found: Optimization, language: str) -> tuple[go.Figure, ...]:
    """The map, the three losses, and the factors of a step."""
    return surface(found, language), *losses(found, language), factors(found, language)


# ---- the loss


def losses(found: Optimization, language: str) -> tuple[go.Figure, go.Figure, go.Figure]:
    """The loss by steps, by gradients taken and by the flow's time."""
    known = bool(found.minima)
    title = phrase("optimizers_excess" if known else "optimizers_loss", language)
    axis = _axis(found, known)
    drawn = []
    for kind in KINDS:
        traces = []
        if kind == "time":
            stride = _stride(len(found.flow.x), _IN_CURVE)
            traces.append(go.Scatter(
                x=_thin(found.flow.time, stride), y=_thin(found.flow.excess, stride), mode="lines",
                name=phrase("optimizers_flow", language), line={"color": "rgba(128,128,128,0.55)", "width": 6},
            ))  # fmt: skip
        for number, (path, name) in enumerate(zip(found.paths, names(found, language), strict=True)):
            stride = _stride(len(path.x), _IN_CURVE)
            across = {"step": range(len(path.x)), "gradients": path.gradients, "time": path.time}[kind]
            line = {"color": COLOURS[number], "dash": DASHES[number], "width": 2}
            traces.append(go.Scatter(
                x=_thin(across, stride), y=_thin(path.excess, stride), mode="lines", name=name, line=line
            ))  # fmt: skip
        one = figure(*traces, x=phrase(f"optimizers_by_{kind}", language), y=title, height=290)
        one.update_layout(showlegend=False, margin={"l": 60, "r": 8, "t": 8, "b": 40})
        one.update_yaxes(**axis)
        if kind == "time":
            one.update_xaxes(range=[0, found.flow.time[-1]])
        drawn.append(one)
    return tuple(drawn)


def _axis(found: Optimization, known: bool) -> dict[str, Any]:
    """The axis of losses: logarithmic where the lowest is known, and no farther up than a little above the start."""
    first = found.paths[0].excess[0]
    seen = [value for path in found.paths for value in path.excess if math.isfinite(value)]
    if known:
        top = math.log10(max(first, 1e-30)) + 1.3
        low = min((value for value in seen if value > 0), default=1.0)
        bottom = max(math.log10(low) - 0.3, top - _DECADES)
        return {"type": "log", "range": [bottom, top], "exponentformat": "power", "nticks": 8}
    low = max(min(seen), first - 100 * max(1.0, abs(first)))
    room = 0.1 * (first - low) or 1.0
    return {"range": [low - room, first + 4 * room]}


# ---- how far a step may be


def factors(found: Optimization, language: str) -> go.Figure:
    """The factor of a step against hλ, and where the methods stand that have a bound."""
    at = np.linspace(0, _GROWTH_END, 161)
    traces = []
    for method in ("flow", "gd", "heun", "rk4"):
        name = phrase("optimizers_flow" if method == "flow" else f"optimizers_name_{method}", language)
        dash = {"flow": "solid", "gd": "dash", "heun": "dot", "rk4": "dashdot"}[method]
        wide = {"color": GREY, "dash": dash, "width": 6 if method == "flow" else 2}
        if method == "flow":
            wide["color"] = "rgba(128,128,128,0.55)"
        traces.append(go.Scatter(x=at, y=growth(method, at), mode="lines", name=name, line=wide, hoverinfo="skip"))
    traces.append(go.Scatter(
        x=[0, _GROWTH_END], y=[1, 1], mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": COLOURS[1], "width": 1},
    ))  # fmt: skip
    called = names(found, language)
    for number, path in enumerate(found.paths):
        if path.stability is None:
            continue
        p, product = path.setting, path.stability.product
        y = float(growth(p.method, product, p.beta1))
        sign = ">" if path.stability.left_at else "≤"
        hover = f"hλ = {product:.4g} {sign} {path.stability.bound:.4g}"
        traces.append(go.Scatter(
            x=[min(product, _GROWTH_END)], y=[min(y, 2.4)], mode="markers", name=called[number], text=[hover],
            hovertemplate="%{text}", showlegend=False,
            marker={"size": 12, "color": COLOURS[number], "symbol": _SYMBOLS[number],
                    "line": {"color": "white", "width": 1}},
        ))  # fmt: skip
    drawn = figure(*traces, x="hλ", y=phrase("optimizers_growth", language), height=300)
    drawn.update_xaxes(range=[0, _GROWTH_END * 1.02])
    drawn.update_yaxes(range=[0, 2.5])
    return drawn


# ---- accumulation


def accumulation(found: Accumulation, of: Landscape, box: Sequence[float], minima: Sequence, language: str) -> Any:
    """(the paths on the map, the loss by update)."""
    across, down = [_map(of), _stars(minima, language)], []
    looks = {
        "big": {"color": "rgba(128,128,128,0.55)", "width": 8},
        "accumulated": {"color": COLOURS[0], "width": 2},
        "unweighted": {"color": COLOURS[1], "width": 2, "dash": "dot"},
        "micro": {"color": COLOURS[3], "width": 1.5, "dash": "dash"},
    }
    for track in found.tracks:
        key = "micro_path" if track.name == "micro" else track.name
        look = {"name": phrase(f"optimizers_acc_{key}", language), "mode": "lines", "line": looks[track.name]}
        x, y, excess = (_thin(part, 1) for part in (track.x, track.y, track.excess))
        across.append(go.Scatter(x=x, y=y, **look))
        down.append(go.Scatter(y=excess, **look))
    flat = figure(*across, x="x", y="y", height=430, equal=True)
    flat.update_layout(**_framed(box), hovermode="closest")
    axis = {"type": "log", "exponentformat": "power", "nticks": 8}
    curve = figure(*down, x=phrase("optimizers_update", language), y=phrase("optimizers_excess", language), height=430)
    return flat, curve.update_layout(showlegend=False).update_yaxes(**axis)
