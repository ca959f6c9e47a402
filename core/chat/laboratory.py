"""The skills of the laboratory: numbers alone, no model.  (session, arguments, models) → replies."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.chat.patterns import RACE
from core.chat.replies import Reply, Said, said
from core.errors import VisitorError

if TYPE_CHECKING:
    from core.chat.session import Session
    from core.chat.skills import Models

USUAL_MATRIX = "1 2; 3 4"
SPAN, SLACK, OMEGA, DENSITY = 1.0, 2.0, 10.0, 0.1  # of a rope of which nothing is said; its length over the span
STEPS = 300  # of optimizers
MOST_ROWS = 200  # of a matrix here; the tab takes larger ones
_TOLD = 60  # characters of what cannot be read that a sentence repeats


def matrix(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """det(exp A) = exp(tr A).  Argument: matrix, as text, or what stands in its place.

    Raises:
        VisitorError: it cannot be read, or is too large for the chat.
    """
    from core.mathtoys import flow
    from core.mathtoys.matrix import given, identity, scientific

    began = time.monotonic()
    text = arguments.get("matrix")
    if text and re.search("[<>]", text):  # markup; its spaces are not those between numbers
        raise VisitorError("expression_form", text=text[:_TOLD])
    sentences = [] if text else [said("chat_usual_matrix", matrix=USUAL_MATRIX)]
    if arguments.get("seed"):
        sentences = [said("chat_this_matrix", matrix=text)]
    array = given(text or USUAL_MATRIX)
    if array.n > MOST_ROWS:
        raise VisitorError("chat_matrix_large", most=MOST_ROWS)
    found = identity(array)
    results: tuple[Any, ...] = (found,)
    with contextlib.suppress(VisitorError):  # f(t) is followed where the matrix is not too large
        results = (found, flow.path(array))
    left, right = (
        scientific(log.real, 8) if plain is None else f"{plain:.10g}"
        for log, plain in ((found.log_left, found.left), (found.log_right, found.right))
    )
    key = "chat_matrix_within" if found.within else "chat_matrix_beyond"
    sentences.append(said(key, left=left, right=right))
    yield _computed("matrix", sentences, results, began, ("another_one", "about_matrix", "rope_try"))


def rope(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """A skipping rope, a hanging chain, or a chain through points.

    Arguments: kind ("rope", "chain", "fit"), span, length, sag, omega, density, points.
    """
    from core.mathtoys import catenary, fit
    from core.mathtoys import rope as ropes

    began, kind = time.monotonic(), arguments.get("kind", "rope")
    if kind == "fit" and arguments.get("points"):
        found = fit.fit_catenary(arguments["points"])
        values = {"points": found.points, "a": _short(found.a), "rms": _short(found.rms), "outliers": found.outliers}
        told = [said("chat_fit", **values)]
        yield _computed("rope", told, (found,), began, ("rope_try", "rope_chain", "about_ropes"))
        return
    span, length = arguments.get("span"), arguments.get("length")
    if span is None:
        span = length / SLACK if length is not None else SPAN
    if kind == "chain":
        bound = {"sag": arguments["sag"]} if "sag" in arguments else {"length": length or 1.2 * span}
        chain = catenary.catenary(0.0, 0.0, span, 0.0, **bound)
        values = {"length": _short(chain.length), "span": _short(span), "sag": _short(chain.sag), "a": _short(chain.a)}
        told = [said("chat_chain", **values)]
        usual = _usual(arguments, ("D", "span", span), *(() if "sag" in arguments else [("L", "length", chain.length)]))
        yield _computed("rope", told + usual, (chain,), began, ("change_length", "another_one", "about_ropes"))
        return
    length = SLACK * span if length is None else length
    omega, density = arguments.get("omega", OMEGA), arguments.get("density", DENSITY)
    turned = ropes.rope(span, length, omega, density)
    values = {"length": _short(length), "span": _short(span), "omega": _short(omega), "depth": _short(turned.depth),
              "tension": _short(turned.hand_tension)}  # fmt: skip
    usual = _usual(
        arguments, ("D", "span", span), ("L", "length", length), ("ω", "omega", omega), ("ρ", "density", density)
    )
    suggestions = ("change_omega", "change_length", "another_one", "about_ropes")
    yield _computed("rope", [said("chat_rope", **values), *usual], (turned,), began, suggestions)


def optimizers(session: Session, arguments: Mapping[str, Any], models: Models) -> Iterator[Reply]:
    """Methods down a surface.

    Arguments: surface, methods, rate (of all of them), rate_times (of the usual ones), steps, x, y, beta1, condition,
    formula.
    """
    from core.optim import losses, settings
    from core.optim.flow import optimize
    from core.optim.methods import RULES

    began = time.monotonic()
    surface, methods = arguments.get("surface", "rosenbrock"), arguments.get("methods", RACE)
    more = {key: arguments[key] for key in ("condition", "formula") if key in arguments}
    over = losses.surface(surface, **more)
    chosen = []
    for name in methods:
        one: dict[str, Any] = {"method": name}
        if "rate" in arguments:
            one["rate"] = arguments["rate"]
        elif "rate_times" in arguments:
            one["rate"] = settings.usual(name, over).rate * arguments["rate_times"]
        if "beta1" in arguments and "beta1" in RULES[name].usual:
            one["beta1"] = arguments["beta1"]
        chosen.append(one)
    steps = arguments.get("steps", STEPS)
    found = optimize(surface, chosen, arguments.get("x"), arguments.get("y"), steps, **more)
    done = [path for path in found.paths if path.ended == "done"] or list(found.paths)
    best = min(done, key=lambda path: path.loss[-1])
    values = {"steps": found.steps, "surface": arguments.get("formula", surface), "best": best.setting.method}
    sentences = [said("chat_optimizers", loss=_short(best.loss[-1]), **values)]
    gone = [path.setting.method for path in found.paths if path.ended != "done"]
    if gone:
        sentences.append(said("chat_optimizers_gone", methods=", ".join(gone)))
    sentences += _usual(
        arguments,
        ("surface", "surface", surface),
        ("methods", "methods", ", ".join(methods)),
        ("steps", "steps", steps),
    )
    suggestions = ("change_rate", "change_lion", "another_one", "about_optimizers")
    yield _computed("optimizers", sentences, (found,), began, suggestions)


def _computed(
    skill: str, sentences: list[Said], results: tuple[Any, ...], began: float, suggestions: tuple[str, ...]
) -> Reply:
    seconds = round(time.monotonic() - began, 3)
    return Reply(skill, tuple(sentences), results, suggestions=suggestions, seconds=seconds)


def _usual(arguments: Mapping[str, Any], *taken: tuple[str, str, Any]) -> list[Said]:
    """Names what was taken because nothing was said of it."""
    told = tuple(
        (sign, _short(value) if isinstance(value, float) else value)
        for sign, key, value in taken
        if key not in arguments
    )
    return [said("chat_usual", values=told)] if told else []


def _short(value: float) -> str:
    return f"{value:.5g}".replace("e-0", "e-").replace("e+0", "e")
