"""A method with its parameters: what is usual on a surface, and what a visitor may ask for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from core.errors import VisitorError
from core.optim.methods import RULES
from core.optim.surfaces import Surface, sharpness

MOST_RATE = 1e9
MOST_DECAY = 10.0


@dataclass(frozen=True)
class Setting:
    """A method with its parameters.

    Attributes:
        method: one of `RULES`.
        rate: the learning rate: h of the flow's methods, γ̃ (a length) of those that keep their step in hand.
        beta1: β of momentum and Nesterov, ρ of RMSprop (λ in the post) and AdaDelta, β₁ of Adam, AdamW and Lion.
        beta2: β₂ of Adam, AdamW and Lion.
        epsilon: ε.
        decay: weight decay of AdamW and Lion: θ ← θ − rate · decay · θ before the step.
    """

    method: str
    rate: float
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    decay: float = 0.0


PARAMETERS = tuple(one.name for one in fields(Setting))[1:]


def usual(method: str, surface: Surface) -> Setting:
    """A method with the parameters that suit a surface."""
    rule = RULES[method]
    if rule.fixed is not None:
        rate = rule.fixed
    elif rule.pace is not None:
        rate = rule.pace * surface.pace
    else:
        rate = rule.share / sharpness(surface)
    return Setting(method, float(f"{rate:.2g}"), **rule.usual)


def setting(wanted: object, surface: Surface, number: int = 1) -> Setting:
    """What is asked for as a checked `Setting`.

    Args:
        wanted: the name of a method, a mapping with "method" and some of its parameters (None: the usual one), or a
            `Setting`.
        surface: what the usual rate is taken from.
        number: how errors call the method.

    Raises:
        VisitorError: no such method or parameter, or one out of range.
    """
    if isinstance(wanted, Setting):
        wanted = {
            "method": wanted.method,
            "rate": wanted.rate,
            **{k: getattr(wanted, k) for k in RULES[wanted.method].usual},
        }
    if isinstance(wanted, str):
        wanted = {"method": wanted}
    name = wanted.get("method") if isinstance(wanted, Mapping) else None
    if not isinstance(name, str) or name not in RULES:
        raise VisitorError("method_unknown", number=number, choices=", ".join(RULES))
    given = {key: value for key, value in wanted.items() if key != "method" and value is not None}
    suited = usual(name, surface)
    values = {"rate": suited.rate, **RULES[name].usual}
    for key, value in given.items():
        if key not in values:
            raise VisitorError("method_word", number=number, word=str(key)[:40], choices=", ".join(values))
        values[key] = _checked(key, value, number)
    return Setting(name, **values)


_SIGNS = {"rate": "h", "beta1": "β₁", "beta2": "β₂", "epsilon": "ε", "decay": "w"}


def _checked(key: str, value: object, number: int) -> float:
    sign = _SIGNS[key]
    fits = isinstance(value, int | float) and not isinstance(value, bool) and -MOST_RATE <= value <= MOST_RATE
    if key == "rate" and not (fits and value > 0):
        raise VisitorError("method_parameter", number=number, name=sign, least=0, most="1e9")
    if key in ("beta1", "beta2") and not (fits and 0 <= value < 1):
        raise VisitorError("method_share", number=number, name=sign)
    most = 1.0 if key == "epsilon" else MOST_DECAY
    if key in ("epsilon", "decay") and not (fits and 0 <= value <= most):
        raise VisitorError("method_not_below", number=number, name=sign, least=0, most=f"{most:g}")
    return float(value)


def leapfrog(rate: float, beta: float) -> tuple[float, float]:
    """(γ, λ): the time step and the friction of θ'' + λθ' = −∇L on which momentum with these h and β is leapfrog,
    β = (1 − λγ/2)/(1 + λγ/2), h = γ²/(1 + λγ/2)."""
    step = math.sqrt(2 * rate / (1 + beta))
    return step, 2 * (1 - beta) / (1 + beta) / step
