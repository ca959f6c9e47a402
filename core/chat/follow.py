"""Follow-ups: the last piece of work once more, with other arguments.

"再短一点", "换一个", "把阈值调高", "and with ω doubled?" mean nothing by themselves; with a session they are a decision
like any other.
"""

from __future__ import annotations

import math
import re
from typing import Any

from core.chat import patterns
from core.chat.session import Decision, Session, decision
from core.triples.task import FLOOR

# intent → the skills that it usually follows; () where it may follow anything
FOLLOW: dict[str, tuple[str, ...]] = {
    "shorter": ("title",),
    "longer": ("title",),
    "another": (),
    "raise": ("triples", "answer"),
    "lower": ("triples", "answer"),
    "change": ("rope", "optimizers", "triples", "answer", "matrix"),
}
_USUAL_THRESHOLD = 0.5
_SURFACES = ("rosenbrock", "himmelblau", "beale", "saddle", "bowl", "rastrigin")


def follow(intent: str, message: str, session: Session) -> Decision | None:
    """The decision that a follow-up stands for; None where there is nothing that it could follow."""
    if session.last is None:
        return None
    fits = FOLLOW[intent] or (session.last.skill,)
    of = session.last if session.last.skill in fits else _earlier(fits, session)
    if intent == "change":
        return _change(message, session)
    if of is None:
        return None
    if intent in ("shorter", "longer"):
        return _length(intent, message, of, session)
    if intent in ("raise", "lower"):
        return _threshold(intent, message, of, session)
    return _another(message, of)


def _earlier(fits: tuple[str, ...], session: Session) -> Decision | None:
    """Work that was done before the last one."""
    return next((session.done[name] for name in fits if name in session.done), None)


# ---- titles -----------------------------------------------------------------------------------------------------
def _length(intent: str, message: str, of: Decision, session: Session) -> Decision:
    named = {key: value for key, value in patterns.titles(message).items() if key != "method"}
    if "max_length" in named or "min_length" in named:
        return of.changed(**({"min_length": None} | named))
    found = session.results.get("title")
    if found is not None and found.titles:
        now = len(found.titles[0].text)
    else:
        now = of.arguments.get("max_length", 16 if intent == "shorter" else 10)
    if intent == "shorter":
        most = max(4, min(now - 2, round(0.7 * now)))
        return of.changed(max_length=most, min_length=min(of.arguments.get("min_length", 2), most - 2))
    least = min(48, max(now + 4, round(1.4 * now)))
    return of.changed(min_length=least, max_length=min(64, least + 16))


# ---- thresholds -------------------------------------------------------------------------------------------------
def _threshold(intent: str, message: str, of: Decision, session: Session) -> Decision:
    value = patterns.threshold(message)
    if value is None:
        result = session.results.get(of.skill)
        now = of.arguments.get("threshold", result.threshold if result is not None else _USUAL_THRESHOLD)
        value = now + 0.4 * (1 - now) if intent == "raise" else now / 2
    return of.changed(threshold=_fitting(of.skill, value))


def _fitting(skill: str, value: float) -> float:
    return round(min(1.0, max(FLOOR if skill == "triples" else 0.0, value)), 3)


# ---- once more, otherwise ---------------------------------------------------------------------------------------
def _another(message: str, of: Decision) -> Decision:
    given = of.arguments
    if of.skill == "title":
        count = patterns.titles(message).get("count", given.get("count"))
        return of.changed(method="sample", seed=given.get("seed", 0) + 1, count=count)
    if of.skill in ("triples", "answer"):
        return of.changed(threshold=_fitting(of.skill, given.get("threshold", _USUAL_THRESHOLD) / 2))
    if of.skill == "matrix":
        seed = given.get("seed", 0) + 1
        return of.changed(seed=seed, matrix=f"random({2 + seed % 3}, {seed})")
    if of.skill == "rope":
        return of.changed(kind="rope" if given.get("kind") == "chain" else "chain", points=None)
    if of.skill == "optimizers":
        now = given.get("surface", _SURFACES[0])
        place = _SURFACES.index(now) + 1 if now in _SURFACES else 0
        return of.changed(surface=_SURFACES[place % len(_SURFACES)], x=None, y=None, rate=None, formula=None)
    return of.changed(topic="posts")


# ---- another value ----------------------------------------------------------------------------------------------
_OTHER = re.compile(r"steps(?! size)|步数|迭代|iterations|condition|条件数|momentum|动量|beta")  # not the rate
_NUMBER_ALONE = re.compile(rf"(?<![\w.])({patterns.NUMBER})(?![\w.])")


def _change(message: str, session: Session) -> Decision | None:
    last = session.last
    text = patterns.plain(message)
    if re.search(r"阈值|门槛|置信|threshold|cutoff", text) or last.skill in ("triples", "answer"):
        of = last if last.skill in ("triples", "answer") else _earlier(("triples",), session)
        value = patterns.threshold(message)
        return of.changed(threshold=_fitting(of.skill, value)) if of and value is not None else None
    run = patterns.optimizers(message)
    if last.skill == "optimizers" or {"methods", "surface"} & set(run):
        return _optimizers(text, run, session.done.get("optimizers", decision("optimizers")))
    if last.skill == "rope" or "rope" in session.done and last.skill not in ("title", "matrix"):
        return _rope(message, text, session.done["rope"])
    if last.skill == "title" and (named := patterns.titles(message)):
        return last.changed(**named)
    return None


def _optimizers(text: str, run: dict[str, Any], of: Decision) -> Decision | None:
    before = tuple(of.arguments.get("methods", patterns.RACE))
    named = run.pop("methods", ())
    if named and "beta1" in run and named == ("momentum",) and "momentum" in before:
        named = ()  # "momentum 0.99" changes one that runs already
    if named and re.search(r"加|也|add|too|also|as well", text):
        named = tuple(dict.fromkeys((*before, *named)))[:6]
    elif named and re.search(r"去掉|不要|drop|without|leave out|remove", text):
        named = tuple(one for one in before if one not in named)
    if named:
        run["methods"] = named
    if "surface" in run and run["surface"] != of.arguments.get("surface"):
        run = {"x": None, "y": None, **run}
    if (factor := patterns.times(text)) and factor[0] in ("rate", "steps", "beta1") and factor[0] not in run:
        name, times = factor
        now = of.arguments.get(name)
        if now is None and name == "rate":
            run["rate_times"] = of.arguments.get("rate_times", 1.0) * times
        else:
            now = {"steps": 300, "beta1": 0.9}.get(name) if now is None else now
            new = now * times
            run[name] = (
                int(new) if name == "steps" and math.isfinite(new) else min(new, 0.999) if name == "beta1" else new
            )
    if not run and not _OTHER.search(text) and (bare := _NUMBER_ALONE.search(text)):
        run["rate"] = patterns.number(bare[1])
    if "rate" in run:
        run["rate_times"] = None
    return of.changed(**run) if run else None


_ROPE_USUAL = {"span": 1.0, "length": 2.0, "omega": 10.0, "density": 0.1, "sag": 0.5}


def _rope(message: str, text: str, of: Decision) -> Decision | None:
    new = patterns.rope(message)
    if not new and (factor := patterns.times(text)):
        name, times = factor
        name = name if name in _ROPE_USUAL else "length"
        new = {name: of.arguments.get(name, _ROPE_USUAL[name]) * times}
    if not new and (bare := _NUMBER_ALONE.search(text)):
        new = {"length": patterns.number(bare[1])}
    if not new:
        return None
    if "points" in new:
        new["kind"] = "fit"
    if "length" in new and "sag" in of.arguments and "sag" not in new:
        new["sag"] = None
    return of.changed(**new)
