"""Update rules in NumPy, for parameters of any shape: written once, for the page and for whoever wants to read them.

Post 3 (https://kexue.fm/archives/6234) derives gradient descent (Euler's method on θ' = −∇L), sign descent and RMSprop
in its two versions; its companion (https://kexue.fm/archives/5655) momentum, as leapfrog on θ'' + λθ' = −∇L; post 2
(https://kexue.fm/archives/5879) names Heun and Runge-Kutta.  Nesterov, Adam (Kingma and Ba 2015), AdamW (Loshchilov and
Hutter 2019) and Lion (Chen et al. 2023) are those of Keras, to the last bit of their formulas.  Adagrad (Duchi et al.
2011) and AdaDelta (Zeiler 2012) are not in the posts: ours.  ε stands inside the root wherever the post or Keras has it
there; in Adam, as in Keras, it stands outside.

A step also says how much of the flow's own time t it covers.  Of Euler, Heun and Runge-Kutta that is h, exactly; of
momentum and Nesterov h/(1 − β), what heavy friction makes of them; of the scalar RMSprop h/√(G + ε), exactly; of the
methods with a factor for each coordinate the mean of these factors; of sign descent and Lion, whose steps have a length
of their own, that length over √(‖∇L‖² + ε).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.optim.surfaces import Gradient

if TYPE_CHECKING:
    from core.optim.settings import Setting

Step = Callable[[np.ndarray, Gradient, dict[str, Any], "Setting"], tuple[np.ndarray, float]]


@dataclass(frozen=True)
class Rule:
    """How a method steps.

    Attributes:
        step: (θ, gradient of this step, state, setting) → (θ afterwards, time covered); the state is a dict that is
            empty before the first step and belongs to the rule.
        usual: its parameters and what they usually are, without the rate.
        pace: the usual rate as a multiple of the surface's `pace`; None: a rate that the curvature at the start asks
            for.
        share: then, of 1/λ.
        fixed: the usual rate where it depends on neither.
        gradients: how many it takes a step.
        ours: the posts do not have it.
    """

    step: Step
    usual: Mapping[str, float] = field(default_factory=dict)
    pace: float | None = None
    share: float = 1.0
    fixed: float | None = None
    gradients: int = 1
    ours: bool = False


# ---- the flow's methods


def _euler(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    return theta - p.rate * slope(theta), p.rate


def _momentum(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """v ← βv − h∇L, θ ← θ + v: leapfrog with the step γ and the friction λ of `leapfrog`."""
    state["v"] = velocity = p.beta1 * state.get("v", 0.0) - p.rate * slope(theta)
    return theta + velocity, p.rate / (1 - p.beta1)


def _nesterov(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """As Keras has it: θ is the point looked ahead to, so that the gradient is taken where the path stands."""
    pull = p.rate * slope(theta)
    state["v"] = velocity = p.beta1 * state.get("v", 0.0) - pull
    return theta + p.beta1 * velocity - pull, p.rate / (1 - p.beta1)


def _heun(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """Both gradients on the same mini-batch, as in post 2."""
    first = slope(theta)
    second = slope(theta - p.rate * first)
    return theta - p.rate / 2 * (first + second), p.rate


def _rk4(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    h = p.rate
    one = slope(theta)
    two = slope(theta - h / 2 * one)
    three = slope(theta - h / 2 * two)
    four = slope(theta - h * three)
    return theta - h / 6 * (one + 2 * (two + three) + four), h


# ---- methods that keep the length of a step in hand


def _sign(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """γ|L'| = γ̃ held for each coordinate: γ = γ̃/|L'|."""
    gradient = slope(theta)
    step = p.rate * np.sign(gradient)
    return theta - step, _time(step, gradient)


def _rmsprop_scalar(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """G ← ρG + (1 − ρ)‖∇L‖²: one factor for all, the direction stays the gradient's."""
    gradient = slope(theta)
    flat = gradient.ravel()
    state["G"] = mean = p.beta1 * state.get("G", 0.0) + (1 - p.beta1) * float(flat @ flat)
    rate = p.rate / math.sqrt(mean + p.epsilon) if mean + p.epsilon > 0 else math.nan
    return theta - rate * gradient, rate


def _rmsprop(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """G ← ρG + (1 − ρ)∇L², for each coordinate by itself."""
    gradient = slope(theta)
    state["G"] = mean = p.beta1 * state.get("G", 0.0) + (1 - p.beta1) * gradient * gradient
    rate = p.rate / np.sqrt(mean + p.epsilon)
    return theta - rate * gradient, _mean(rate)


def _adam(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    gradient = slope(theta)
    state["n"] = n = state.get("n", 0) + 1
    state["m"] = mean = p.beta1 * state.get("m", 0.0) + (1 - p.beta1) * gradient
    state["v"] = square = p.beta2 * state.get("v", 0.0) + (1 - p.beta2) * gradient * gradient
    rate = p.rate * math.sqrt(1 - p.beta2**n) / (1 - p.beta1**n) / (np.sqrt(square) + p.epsilon)
    return theta - rate * mean, _mean(rate)


def _adamw(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """The decay acts on θ before the step and takes no part in the moments; the gradient is that of θ before it."""
    gradient = slope(theta)
    return _adam(theta - p.rate * p.decay * theta, lambda _: gradient, state, p)


def _lion(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    gradient = slope(theta)
    mean = state.get("m", 0.0)
    step = p.rate * np.sign(p.beta1 * mean + (1 - p.beta1) * gradient) + p.rate * p.decay * theta
    state["m"] = p.beta2 * mean + (1 - p.beta2) * gradient
    return theta - step, _time(step, gradient)


def _adagrad(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    gradient = slope(theta)
    state["G"] = total = state.get("G", 0.0) + gradient * gradient
    rate = p.rate / np.sqrt(total + p.epsilon)
    return theta - rate * gradient, _mean(rate)


def _adadelta(theta: np.ndarray, slope: Gradient, state: dict, p: Setting) -> tuple[np.ndarray, float]:
    """The step has θ's unit by itself, from the mean square of the steps before it; the rate is a plain factor."""
    gradient = slope(theta)
    state["G"] = mean = p.beta1 * state.get("G", 0.0) + (1 - p.beta1) * gradient * gradient
    moved = state.get("D", 0.0)
    factor = np.sqrt(moved + p.epsilon) / np.sqrt(mean + p.epsilon)
    step = factor * gradient
    state["D"] = p.beta1 * moved + (1 - p.beta1) * step * step
    return theta - p.rate * step, p.rate * _mean(factor)


def _mean(values: np.ndarray) -> float:
    return float(values.sum()) / values.size


def _time(step: np.ndarray, gradient: np.ndarray) -> float:
    """The length of the step over that of the slope, with ε inside the root, or one flat spot would be an age."""
    steep = math.sqrt(float(gradient.ravel() @ gradient.ravel()) + _ROOT)
    return math.sqrt(float(step.ravel() @ step.ravel())) / steep


_ROOT = 1e-7  # ε as Keras has it
RULES: dict[str, Rule] = {
    "gd": Rule(_euler),
    "momentum": Rule(_momentum, {"beta1": 0.9}, share=0.3),
    "nesterov": Rule(_nesterov, {"beta1": 0.9}, share=0.3),
    "sign": Rule(_sign, pace=1.0),
    "rmsprop_scalar": Rule(_rmsprop_scalar, {"beta1": 0.9, "epsilon": _ROOT}, pace=1.0),
    "rmsprop": Rule(_rmsprop, {"beta1": 0.9, "epsilon": _ROOT}, pace=0.5),
    "adam": Rule(_adam, {"beta1": 0.9, "beta2": 0.999, "epsilon": _ROOT}, pace=1.0),
    "adamw": Rule(_adamw, {"beta1": 0.9, "beta2": 0.999, "epsilon": _ROOT, "decay": 0.05}, pace=1.0),
    "lion": Rule(_lion, {"beta1": 0.9, "beta2": 0.99, "decay": 0.0}, pace=0.5),
    "heun": Rule(_heun, gradients=2),
    "rk4": Rule(_rk4, gradients=4),
    "adagrad": Rule(_adagrad, {"epsilon": _ROOT}, pace=5.0, ours=True),
    "adadelta": Rule(_adadelta, {"beta1": 0.95, "epsilon": 1e-4}, fixed=1.0, ours=True),
}


Walk = tuple[np.ndarray, np.ndarray, bool]


def walk(p: Setting, start: Sequence[float], slopes: Sequence[Gradient], far: float) -> Walk:
    """Step after step, until the slopes are used up or the path is farther out than `far`, or is not a number.

    Args:
        slopes: for each step the gradient that it sees.

    Returns:
        (points, first the start, (n + 1, 2); time at each (n + 1,); whether the step after
        the last was not a number).
    """
    theta = np.array(start, float)
    points, times, state, clock = [theta], [0.0], {}, 0.0
    step = RULES[p.method].step
    undefined = False
    with np.errstate(all="ignore"):
        for slope in slopes:
            try:
                after, time = step(theta, slope, state, p)
            except OverflowError:  # a float beyond doubles, where an array would hold inf
                break
            if not np.abs(after).max() < far:
                undefined = bool(np.isnan(after).any())
                break
            theta = after
            clock += time
            points.append(theta)
            times.append(clock)
    return np.array(points), np.array(times), undefined
