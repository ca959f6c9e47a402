"""Which samples of the mini-batch loss a step sees, and many small batches that make one update.

Samples come in epochs, each shuffled by the seed, one after the other in a stream; a step takes the next few of it.
Every method sees the same stream.  Post 6 (https://kexue.fm/archives/6794): the mean of the gradients of k
micro-batches is the gradient of the big batch that they make up, so that one update by it is the big batch's.  The mean
is one of samples, not of micro-batches: a short last one weighs less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import VisitorError
from core.mathtoys.values import real
from core.optim import methods, settings
from core.optim.losses import SAMPLES, minibatch
from core.optim.settings import Setting
from core.optim.surfaces import Gradient, Surface

MOST_SEED = 10**9
MOST_UPDATES = 500


@dataclass(frozen=True)
class Track:
    """One way of going through the samples: "big", "accumulated", "unweighted" or "micro"; x, y, and the excess of the
    loss over its lowest, by update."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    excess: tuple[float, ...]


@dataclass(frozen=True)
class Accumulation:
    """The big batch's path beside those of its micro-batches.

    Attributes:
        batch, micro: samples of the big batch and of a micro-batch.
        pieces: how many samples each of the k micro-batches has.
        updates: updates by the big batch.
        tracks: "big"; "accumulated": one update by the mean over the samples of k micro-batches; "unweighted": by the
            mean of their means, as if a short one were full (only where one is short); "micro": an update after each.
        apart: the largest distance between the accumulated path and the big batch's.
        unweighted_apart: the same of the unweighted one; None where no micro-batch is short.
    """

    batch: int
    micro: int
    pieces: tuple[int, ...]
    updates: int
    tracks: tuple[Track, ...]
    apart: float
    unweighted_apart: float | None


def stream(seed: int, length: int) -> np.ndarray:
    """The first `length` places of the stream of samples: numbers from 0 to 47."""
    noise = np.random.default_rng(seed)
    epochs = [noise.permutation(SAMPLES) for _ in range(-(-length // SAMPLES))]
    return np.concatenate([*epochs, np.empty(0, int)])[:length].astype(int)


def slope_of(surface: Surface, places: np.ndarray) -> Gradient:
    """θ → the gradient of the mean loss over the samples at these places."""
    a, b = (part[places] for part in surface.batches)
    aa, ab, a1, b1 = (float(np.mean(one)) for one in (a * a, a * b, a, b))

    def slope(theta: np.ndarray) -> np.ndarray:
        x, y = theta.tolist()
        return np.array((aa * x + a1 * y - ab, a1 * x + y - b1))

    return slope


def slopes_of(surface: Surface, seed: int, batch: int, steps: int) -> list[Gradient]:
    """The gradient that each step sees."""
    places = stream(seed, batch * steps).reshape(steps, batch)
    return [slope_of(surface, row) for row in places]


def accumulated(gradients: Sequence[Gradient], counts: Sequence[int]) -> Gradient:
    """θ → the mean over all samples, from gradients that are means over so many each."""

    def slope(theta: np.ndarray) -> np.ndarray:
        total = np.zeros_like(theta)
        for gradient, count in zip(gradients, counts, strict=True):
            total += count * gradient(theta)
        return total / sum(counts)

    return slope


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number in a range; raises VisitorError `whole_wanted`."""
    try:
        number = real(name, value, least, most)
    except VisitorError as error:
        raise VisitorError("whole_wanted", name=name, least=least, most=most) from error
    if number != int(number):
        raise VisitorError("whole_wanted", name=name, least=least, most=most)
    return int(number)


def accumulate(method: str = "adam", rate: float | None = None, batch: int = 24, micro: int = 5, updates: int = 60,
               seed: int = 0) -> Accumulation:  # fmt: skip
    """Micro-batches accumulated to a big batch, on the mini-batch loss.

    Args:
        method: one of `methods.RULES` with one gradient a step.
        rate: its learning rate; None: one that suits.
        batch: samples of the big batch, 2 to 48.
        micro: samples of a micro-batch, 1 to `batch`; the last one has what is left over.
        updates: by the big batch, 1 to 500.
        seed: of the order of the samples, 0 to 1e9.

    Raises:
        VisitorError: a value out of range, or a method with more than one gradient a step.
    """
    surface = minibatch()
    setting = settings.setting({"method": method, "rate": rate}, surface)
    if methods.RULES[method].gradients > 1:
        raise VisitorError("accumulate_one_gradient")
    batch = whole("batch", batch, 2, SAMPLES)
    micro = whole("micro", micro, 1, batch)
    updates, seed = whole("updates", updates, 1, MOST_UPDATES), whole("seed", seed, 0, MOST_SEED)
    cuts = [*range(0, batch, micro), batch]
    pieces = tuple(end - first for first, end in zip(cuts, cuts[1:], strict=False))
    big, kept, level, small = [], [], [], []
    for row in stream(seed, batch * updates).reshape(updates, batch):
        parts = [slope_of(surface, row[first:end]) for first, end in zip(cuts, cuts[1:], strict=False)]
        big.append(slope_of(surface, row))
        kept.append(accumulated(parts, pieces))
        level.append(accumulated(parts, [1] * len(parts)))
        small.extend(parts)
    runs = {"big": big, "accumulated": kept}
    if pieces[-1] != micro:
        runs["unweighted"] = level
    paths = {name: _walked(setting, surface, slopes) for name, slopes in {**runs, "micro": small}.items()}
    paths["micro"] = paths["micro"][:: len(pieces)]
    tracks = tuple(_track(name, path, surface) for name, path in paths.items())
    wrong = paths.get("unweighted")
    return Accumulation(
        batch, micro, pieces, updates, tracks, _apart(paths["big"], paths["accumulated"]),
        None if wrong is None else _apart(paths["big"], wrong),
    )  # fmt: skip


def _walked(setting: Setting, surface: Surface, slopes: Sequence[Callable]) -> np.ndarray:
    points, _, _ = methods.walk(setting, surface.start, slopes, far=1e9)
    return points


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    both = min(len(one), len(other))
    return float(np.abs(one[:both] - other[:both]).max())


def _track(name: str, path: np.ndarray, surface: Surface) -> Track:
    x, y = path.T
    with np.errstate(all="ignore"):
        excess = np.maximum(surface.value(x, y) - surface.lowest, 0.0)
    return Track(name, tuple(x.tolist()), tuple(y.tolist()), tuple(excess.tolist()))
