"""Paths of optimizers down a surface, beside the exact flow θ' = −∇L.

Post 3 (https://kexue.fm/archives/6234): gradient descent is Euler's method on that flow.  Each path is told by steps,
by gradients taken and by the flow's own time, and beside its method's bound of stability where it has one.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import LSODA

from core.errors import VisitorError
from core.mathtoys.values import real
from core.optim import batches, losses, settings, stability
from core.optim.losses import FORMULA
from core.optim.methods import RULES, walk
from core.optim.settings import Setting
from core.optim.stability import Stability
from core.optim.surfaces import Landscape, Surface, landscape, sharpness

MOST_METHODS = 6
MOST_STEPS = 5_000
MOST_WORK = 1_500_000  # operations of a formula for all paths together, some seconds
FAR = 1e3  # sizes of the map: farther out a path has run off
_FLOW_GRADIENTS = 6_000  # that the flow may take; a formula may be as rough as it likes
_FLOW_BETWEEN = 3  # points between two steps of its solver
_FLAT = 1e-3  # of the slope at the start: the flow has come to rest
_FLOW_KEPT = 900  # points that are kept


@dataclass(frozen=True)
class Path:
    """A method's way down.

    Attributes:
        setting: the method and its parameters.
        x, y: where it stood before the first step and after each (steps + 1).
        loss: there, of the whole loss; never of a mini-batch.
        excess: loss above the surface's lowest; above 0 where that is not known.
        gradients: how many had been taken by then.
        time: of the flow that was covered by then.
        ended: "done"; "diverged": out of bounds, higher than it began or though the flow comes to rest; "escaped": out
            of bounds, downwards; "undefined": the loss has no slope there, or the step is not a number.
        stability: beside the method's bound; None where it has none, and where each step sees another mini-batch, so
            that no one curvature stands for them.
        friction: of momentum, (γ, λ) of the leapfrog that it is; else None.
        nearest: the distance of its end from the nearest known lowest point; None where none is known.
    """

    setting: Setting
    x: tuple[float, ...]
    y: tuple[float, ...]
    loss: tuple[float, ...]
    excess: tuple[float, ...]
    gradients: tuple[int, ...]
    time: tuple[float, ...]
    ended: str
    stability: Stability | None
    friction: tuple[float, float] | None
    nearest: float | None

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.x) - 1


@dataclass(frozen=True)
class Flow:
    """θ' = −∇L from the start: x, y, loss and excess at times; `whole` unless it became too rough to follow to the end,
    or ran off the map."""

    time: tuple[float, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    loss: tuple[float, ...]
    excess: tuple[float, ...]
    whole: bool


@dataclass(frozen=True)
class Optimization:
    """What came of it.

    Attributes:
        surface: the name.  box: of its map.  minima: its known lowest points.  start: of all paths.
        steps: asked for.  paths: one a method, in the order given.  flow: the exact one.  landscape: the map.
        seconds: taken by all this.
    """

    surface: str
    box: tuple[float, float, float, float]
    minima: tuple[tuple[float, float], ...]
    start: tuple[float, float]
    steps: int
    paths: tuple[Path, ...]
    flow: Flow
    landscape: Landscape
    seconds: float


def optimize(
    surface: str = "bowl",
    methods: Sequence[str | Mapping | Setting] = ("gd",),
    x: float | None = None,
    y: float | None = None,
    steps: int = 100,
    *,
    condition: float = 10.0,
    turn: float = 0.0,
    formula: str = FORMULA,
    reach: float = 3.0,
    batch: int = 6,
    seed: int = 0,
) -> Optimization:
    """Run methods down a surface.

    Args:
        surface: one of `core.optim.losses.NAMES`.
        methods: one to six: names of `core.optim.methods.RULES`, mappings such as {"method": "adam",
            "rate": 0.1}, or `Setting`s; what is left out is as usual.
        x, y: the start, on the map; None: the surface's usual one.
        steps: of each method, 1 to 5,000; fewer for a long formula.
        condition, turn: of the bowl.  formula, reach: of "formula".  As `losses.surface` has them.
        batch: samples that a step sees on the mini-batch loss, 1 to 48; seed: of their order.

    Raises:
        VisitorError: whatever of this is out of range or cannot be read, or no slope at the start.
    """
    began = time.perf_counter()
    over = losses.surface(surface, condition, turn, formula, reach)
    if isinstance(methods, str | Mapping | Setting) or not isinstance(methods, Sequence):
        methods = [methods]
    if not methods:
        raise VisitorError("methods_none")
    if len(methods) > MOST_METHODS:
        raise VisitorError("methods_many", most=MOST_METHODS)
    chosen = [settings.setting(one, over, number) for number, one in enumerate(methods, 1)]
    map_of = landscape(over)
    start = _start(over, x, y)
    steps = _steps(steps, over, chosen)
    noisy = False
    if over.batches is None:
        slopes = [over.gradient] * steps
    else:
        batch = batches.whole("batch", batch, 1, len(over.batches[0]))
        slopes = batches.slopes_of(over, batches.whole("seed", seed, 0, batches.MOST_SEED), batch, steps)
        noisy = batch < len(over.batches[0])
    paths = [_path(over, p, start, slopes, noisy) for p in chosen]
    exact = flow(over, start, _horizon(over, paths))
    if _rests(over, exact):  # what ran off downhill did not do what the flow does
        paths = [replace(path, ended="diverged") if path.ended == "escaped" else path for path in paths]
    return Optimization(
        surface=over.name,
        box=over.box,
        minima=over.minima,
        start=start,
        steps=steps,
        paths=tuple(paths),
        flow=exact,
        landscape=map_of,
        seconds=time.perf_counter() - began,
    )


def _start(over: Surface, x: float | None, y: float | None) -> tuple[float, float]:
    place = (real("x", over.start[0] if x is None else x), real("y", over.start[1] if y is None else y))
    x0, x1, y0, y1 = over.box
    if not (x0 <= place[0] <= x1 and y0 <= place[1] <= y1):
        raise VisitorError("start_outside", x=place[0], y=place[1], x0=x0, x1=x1, y0=y0, y1=y1)
    with np.errstate(all="ignore"):
        if not np.isfinite([*over.slope(*place), float(over.value(*map(np.float64, place)))]).all():
            raise VisitorError("start_undefined", x=place[0], y=place[1])
    return place


def _steps(steps: object, over: Surface, chosen: Sequence[Setting]) -> int:
    number = steps if isinstance(steps, int | float) and not isinstance(steps, bool) else math.nan
    if not 1 <= number <= MOST_STEPS or number != int(number):
        raise VisitorError("steps_wrong", most=MOST_STEPS)
    each = over.work * sum(RULES[p.method].gradients for p in chosen)
    if over.name == "formula" and number * each > MOST_WORK:
        raise VisitorError("steps_long_formula", most=max(1, MOST_WORK // each))
    return int(number)


def _path(over: Surface, p: Setting, start: tuple[float, float], slopes: Sequence, noisy: bool) -> Path:
    far = FAR * (over.box[1] - over.box[0])
    points, clock, undefined = walk(p, start, slopes, far)
    x, y = points.T
    loss, excess = _losses(over, x, y)
    ended = "done"
    if len(points) <= len(slopes):
        lower = over.bottomless and loss[-1] < loss[0]
        ended = "undefined" if undefined else "escaped" if lower else "diverged"
    apart = [math.dist(points[-1], lowest) for lowest in over.minima]
    return Path(
        setting=p,
        x=tuple(x.tolist()),
        y=tuple(y.tolist()),
        loss=tuple(loss.tolist()),
        excess=tuple(excess.tolist()),
        gradients=tuple(range(0, len(points) * RULES[p.method].gradients, RULES[p.method].gradients)),
        time=tuple(clock.tolist()),
        ended=ended,
        stability=None if noisy else stability.along(over, p, x, y, np.diff(clock), min(len(points), len(slopes))),
        friction=settings.leapfrog(p.rate, p.beta1) if p.method == "momentum" else None,
        nearest=min(apart) if apart else None,
    )


def _losses(over: Surface, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(all="ignore"):
        loss = np.asarray(over.value(x, y), float)
        return loss, np.maximum(loss - over.lowest, 0.0) if over.lowest is not None else loss


def _horizon(over: Surface, paths: Sequence[Path]) -> float:
    """How long the flow is followed: as long as the longest path of a method whose time is the flow's own; else half as
    long again as the middle one of the others.  Where none took a step, as long as a valley takes."""
    exact = [path.time[-1] for path in paths if path.setting.method in ("gd", "heun", "rk4", "momentum", "nesterov")]
    rest = sorted(path.time[-1] for path in paths)
    horizon = max(exact) if exact else 1.5 * rest[len(rest) // 2]
    if not 0 < horizon < math.inf:
        horizon = 10 / sharpness(over)
    return min(horizon, 1e9)


def _rests(over: Surface, exact: Flow) -> bool:
    """Whether the flow has come to where the surface is flat, beside what its slope was at the start."""
    with np.errstate(all="ignore"):
        first, last = (math.hypot(*over.slope(exact.x[at], exact.y[at])) for at in (0, -1))
    return exact.whole and last <= _FLAT * first


def flow(over: Surface, start: tuple[float, float], horizon: float) -> Flow:
    """The solution of θ' = −∇L from a start, to a time, by LSODA (Petzold 1983), which takes stiff valleys too."""
    taken = 0

    def down(_: float, theta: np.ndarray) -> np.ndarray:
        nonlocal taken
        taken += 1
        slope = over.slope(*theta.tolist())
        return np.nan_to_num(np.array([-slope[0], -slope[1]]), nan=0.0, posinf=1e300, neginf=-1e300)

    def bend(_: float, theta: np.ndarray) -> np.ndarray:
        xx, xy, yy = (float(part) for part in over.hessian(*theta))
        return -np.nan_to_num(np.array([[xx, xy], [xy, yy]]), posinf=1e300, neginf=-1e300)

    far = FAR * (over.box[1] - over.box[0])
    times, points = [0.0], [np.array(start, float)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a solver that gives up says so by its status
        solver = LSODA(down, 0.0, points[0], horizon, rtol=1e-8, atol=1e-11, jac=bend)
        while solver.status == "running" and taken < _FLOW_GRADIENTS and np.abs(points[-1]).max() < far:
            before = solver.t
            solver.step()
            if solver.status == "failed":
                break
            between = solver.dense_output()
            for part in range(1, _FLOW_BETWEEN + 1):
                at = before + (solver.t - before) * part / _FLOW_BETWEEN
                times.append(at)
                points.append(between(at) if part < _FLOW_BETWEEN else solver.y.copy())
    kept = np.unique(np.linspace(0, len(times) - 1, min(len(times), _FLOW_KEPT)).astype(int))
    x, y = np.array(points)[kept].T
    loss, excess = _losses(over, x, y)
    times = np.array(times)[kept]
    parts = (tuple(part.tolist()) for part in (times, x, y, loss, excess))
    return Flow(*parts, whole=solver.status == "finished")
