"""The titles of one model, or of two side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from core.titling.task import TitleResult
from demo import render
from demo.i18n import both


def titles(results: Sequence[TitleResult], models: Sequence[str], growing: bool = False) -> str:
    """What the models wrote, the last of them perhaps still writing; a heading each where there are two.

    Args:
        results: of the first of `models`, or of all.
        models: their kinds (`core.titling.task.MODELS`).
        growing: whether the last result is not final.
    """
    if len(models) == 1:
        return render.titles(results[0], growing)
    columns, first = [], 0
    for number, model in enumerate(models):
        if number < len(results):
            last = number == len(results) - 1
            card = render.titles(results[number], growing and last, first)
            first += len(results[number].titles)
        else:
            card = render.said("writes_next", busy=True)
        columns.append(f'<section><h3 class="wz-kind">{both("wrote_" + model)}</h3>{card}</section>')
    return f'<div class="wz-two">{"".join(columns)}</div>'


def article(text: str, results: Sequence[TitleResult]) -> str:
    """The article with the characters marked that the title shown took from it, whichever model wrote it."""
    everything = tuple(title for result in results for title in result.titles)
    return render.article(text, dataclasses.replace(results[0], titles=everything))
