"""The endpoints of the tab 优化器: `/optimize` and `/accumulate`."""

from __future__ import annotations

import dataclasses
from typing import Any

import gradio as gr

from core.optim.batches import accumulate as gather
from core.optim.flow import Optimization
from core.optim.flow import optimize as run
from core.optim.losses import FORMULA
from demo import limits
from demo.common import endpoint_errors
from demo.matrix_api import plain

AT_ONCE = {"concurrency_limit": limits.OPTIMIZERS, "concurrency_id": "optimizers"}


def add() -> None:
    """Both endpoints, inside the `gr.Blocks` that is open."""
    for function in (optimize, accumulate):
        gr.api(function, api_name=function.__name__, **AT_ONCE)


def optimize(
    surface: str = "bowl",
    methods: list[dict[str, Any]] | None = None,
    x: float | None = None,
    y: float | None = None,
    steps: int = 100,
    condition: float = 10.0,
    turn: float = 0.0,
    formula: str = FORMULA,
    reach: float = 3.0,
    batch: int = 6,
    seed: int = 0,
    request: gr.Request = None,
) -> dict:
    """Run up to six optimizers down a surface of two parameters, beside the exact flow θ' = −∇L.

    Args:
        surface: "bowl", "rosenbrock", "himmelblau", "beale", "rastrigin", "saddle", "minibatch" or "formula".
        methods: one to six, such as [{"method": "adam", "rate": 0.1, "beta1": 0.9}]; method is "gd", "momentum",
            "nesterov", "sign", "rmsprop_scalar", "rmsprop", "adam", "adamw", "lion", "heun", "rk4", "adagrad" or
            "adadelta"; its parameters are some of rate, beta1, beta2, epsilon, decay, as usual where left out.  None:
            gradient descent.
        x: first parameter where the paths start; None: the surface's usual start.
        y: second parameter where the paths start; None: the surface's usual start.
        steps: how many steps each method takes, 1 to 5,000.
        condition: condition number of the bowl, 1 to 1e6.
        turn: by how many degrees the bowl is turned.
        formula: the surface "formula", in x and y: "x^2 + 3 sin(2x) + 2 y^2".
        reach: how far the map of a formula goes: from -reach to reach.
        batch: samples of 48 that a step of "minibatch" sees.
        seed: seed of the order of the samples.

    Returns:
        {"surface", "box", "minima", "start", "steps", "paths": [{"setting", "x", "y", "loss", "excess", "gradients",
        "time", "ended": "done", "diverged", "escaped" or "undefined", "stability": null or {"bound", "left_at",
        "product", "curvature", "quadratic"}, "friction", "nearest"}], "flow": {"time", "x", "y", "loss", "excess",
        "whole"}, "seconds"}: lists hold a number a step, the start first; null where it is not finite.
    """
    with endpoint_errors("optimizers", request):
        found = run(surface, methods if methods is not None else ["gd"], x, y, steps, condition=condition, turn=turn,
                    formula=formula, reach=reach, batch=batch, seed=seed)  # fmt: skip
        return answer(found)


def answer(found: Optimization) -> dict:
    """A result as JSON has it, without the map."""
    whole = dataclasses.asdict(found)
    del whole["landscape"]
    return _plain(whole)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return plain(value)


def accumulate(
    method: str = "adam",
    rate: float | None = None,
    batch: int = 24,
    micro: int = 5,
    updates: int = 60,
    seed: int = 0,
    request: gr.Request = None,
) -> dict:
    """Gradient accumulation on a mini-batch loss: k micro-batches and one update, beside the big batch.

    Args:
        method: one of optimize's methods that take one gradient a step: not "heun" or "rk4".
        rate: learning rate of the method; None: one that suits.
        batch: samples of the big batch, 2 to 48.
        micro: samples of a micro-batch; the last one has what is left over.
        updates: how many updates the big batch makes, 1 to 500.
        seed: seed of the order of the samples.

    Returns:
        {"batch", "micro", "pieces", "updates", "tracks": [{"name": "big", "accumulated", "unweighted" or "micro", "x",
        "y", "excess"}], "apart", "unweighted_apart"}: apart is the largest distance of the accumulated path from the
        big batch's.
    """
    with endpoint_errors("optimizers", request):
        return _plain(dataclasses.asdict(gather(method, rate, batch, micro, updates, seed)))
