"""The endpoints of the tab 绳: the functions of `core.mathtoys` with typed arguments, each one's answer as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import gradio as gr

from core.mathtoys.catenary import catenary as hang
from core.mathtoys.fit import fit_catenary as fit
from core.mathtoys.pole import pole_rope as on_pole
from core.mathtoys.rope import G
from core.mathtoys.rope import rope as swing
from core.mathtoys.turning import turning_rope as turn
from demo.common import endpoint_errors

_AT_ONCE = {"concurrency_limit": 4, "concurrency_id": "curves"}


def add() -> None:
    """All endpoints, inside the `gr.Blocks` that is open."""
    for function in (catenary, rope, fit_catenary, turning_rope, pole_rope):
        gr.api(function, api_name=function.__name__, **_AT_ONCE)


def _answer(function: Callable, request: gr.Request | None, *values: object, **named: object) -> dict:
    with endpoint_errors("curves", request):
        return dataclasses.asdict(function(*values, **named))


def catenary(
    x1: float = 0.0,
    y1: float = 0.0,
    x2: float = 1.0,
    y2: float = 0.0,
    length: float | None = None,
    sag: float | None = None,
    tension: float | None = None,
    clearance: float | None = None,
    weight: float = 1.0,
    request: gr.Request = None,
) -> dict:
    """A chain that hangs between the supports (x1, y1) and (x2, y2).  Give exactly one of length, sag, tension and
    clearance.

    Args:
        x1: where the first support is, m.
        y1: height of the first support, m.
        x2: where the second support is, m.
        y2: height of the second support, m.
        length: length of the chain, m, more than the distance of the supports.
        sag: the largest distance straight down from the line between the supports, m.
        tension: the horizontal tension, N.
        clearance: height y of the chain's lowest point, m.
        weight: weight of the chain, N/m.

    Returns:
        {"a", "x0", "y0", "left", "right", "span", "rise", "length", "sag", "lowest", "weight", "horizontal_tension",
        "left_tension", "right_tension", "left_pull", "right_pull", "left_angle", "right_angle", "x", "y", "s",
        "tension"}: the curve is y = y0 + a (cosh((x - x0)/a) - 1); x, y, s (along the chain) and tension by points.
    """
    given = {"length": length, "sag": sag, "tension": tension, "clearance": clearance, "weight": weight}
    return _answer(hang, request, x1, y1, x2, y2, **given)


def rope(
    span: float = 1.0, length: float = 2.0, omega: float = 10.0, density: float = 0.1, request: gr.Request = None
) -> dict:
    """A skipping rope, r = a sn(2Kz/D, k), beside the catenary, half a sine and a cubic of the same length.

    Args:
        span: distance of the hands D, m.
        length: length of the rope, m, more than the span.
        omega: angular speed, rad/s; it changes the tension, not the shape.
        density: mass of the rope, kg/m.

    Returns:
        {"span", "length", "omega", "density", "k", "depth", "axial_tension", "hand_tension", "hand_angle", "gravity",
        "shift", "z", "r", "s", "tension", "others": [{"name", "depth", "r", "largest", "rms"}]}.
    """
    return _answer(swing, request, span, length, omega, density)


def fit_catenary(
    points: list[list[float]], tilt: float = 0.0, fit_tilt: bool = False, request: gr.Request = None
) -> dict:
    """Fit a catenary to points; wrong points are found and left out.

    Args:
        points: pairs [x, y], y upwards, 3 to some 290,000 (from 4 when the tilt is fitted), in any order.
        tilt: by how many degrees the picture is turned counterclockwise.
        fit_tilt: find the tilt too.

    Returns:
        {"a", "x0", "y0", "tilt", "a_error", "x0_error", "y0_error", "tilt_error", "points", "outliers", "rms",
        "largest", "length", "sag", "x", "y", "residual", "outlier", "curve_x", "curve_y", "rivals": [{"name",
        "parameters", "rms", "times", "x", "y"}], "seconds"}: the rivals are a parabola, a cubic and a skipping rope.
    """
    return _answer(fit, request, points, tilt, fit_tilt)


def turning_rope(
    x1: float = -0.3,
    z1: float = 0.0,
    x2: float = 0.5,
    z2: float = 0.2,
    length: float = 2.0,
    omega: float = 3.0,
    gravity: float = G,
    density: float = 0.1,
    request: gr.Request = None,
) -> dict:
    """A rope with both ends fixed that turns about the vertical axis x = 0 while gravity pulls: all shapes found.

    Args:
        x1: where the first end is, from the axis, m.
        z1: height of the first end, m.
        x2: where the second end is, from the axis, m.
        z2: height of the second end, m.
        length: length of the rope, m.
        omega: angular speed, rad/s.
        gravity: gravity, m/s².
        density: mass of the rope, kg/m.

    Returns:
        {"length", "omega", "gravity", "density", "swing", "shapes": [{"start", "number", "r", "z", "s", "tension",
        "first_tension", "last_tension", "energy", "drift"}], "critical", "count"}; "count" says how many
        shapes there are.
    """
    return _answer(turn, request, x1, z1, x2, z2, length, omega, gravity, density)


def pole_rope(
    arm: float = 0.0,
    length: float = 1.0,
    omega: float = 8.0,
    gravity: float = G,
    density: float = 0.1,
    request: gr.Request = None,
) -> dict:
    """A rope that hangs from a turning pole, its lower end free: all shapes, up to six.

    Args:
        arm: how far from the axis it is fixed, m.
        length: length of the rope, m.
        omega: angular speed, rad/s.
        gravity: gravity, m/s².
        density: mass of the rope, kg/m.

    Returns:
        {"length", "omega", "gravity", "density", "swing", "shapes": [{"start", "number", "r", "z", "s", "tension",
        "first_tension", "last_tension", "energy", "drift"}], "critical", "count"}: as of turning_rope; critical
        holds the speeds (rad/s) at which each shape begins when there is no arm, count how many shapes there are.
    """
    return _answer(on_pole, request, arm, length, omega, gravity, density)
