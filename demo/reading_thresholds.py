"""The slider and the tick of the tab 阅读问答: the answer with another threshold, at once and without the model.

What is chosen is the page's to know.  An answer that was on its way meanwhile sets neither of the two back; it is
decided anew once it is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from core.errors import VisitorError
from core.reading.votes import decided
from core.service import Service
from demo import common, reading_render
from demo.listening import NOW
from demo.reading_desk import Answered, Desk

UPDATE = {"__type__": "update"}  # what Gradio's page takes for properties of a component, not for its value


def wire(
    service: Service, asked: Any, again: gr.Button, chosen: list, shown: list[gr.components.Component], desk: gr.State
) -> None:
    """Wire the slider and the tick.

    Args:
        asked: the event that asks.
        again: a button that nobody sees, so that whatever decides anew is one event.
        chosen: the tick and the slider.
        shown: the answer, what `decider` tells of it, and what `settled` does.
    """
    tuned, threshold = chosen
    answer, moved, told = shown
    press = pressing(again)
    threshold.input(None, js="() => false", outputs=tuned, **NOW).then(**press)
    tuned.input(**press)
    # what is moved while the answer before is on its way counts
    done = again.click(decider(service), [*chosen, answer, desk], [answer, moved], trigger_mode="always_last", **NOW)
    done.then(None, inputs=[moved, tuned], outputs=threshold, js=_call("moved"), **NOW)
    asked.then(None, inputs=[told, *chosen], outputs=threshold, js=_call("settled"), **NOW)


def pressing(button: gr.Button) -> dict[str, Any]:
    """An event that presses this button in the browser."""
    return {"fn": None, "js": f"() => {{ document.querySelector('#{button.elem_id}').click(); }}", **NOW}


def _call(name: str) -> str:
    """A function of assets/reading.js, which may not be there yet."""
    return f"(...told) => window.wanzhuan?.reading?.{name}(...told) ?? {json.dumps(UPDATE)}"


def settled(asked: float | None, tuned: float) -> str:
    """What the page has to know of an answer, for the slider: the threshold that it was asked with, None for the tuned
    one, and which that is."""
    return json.dumps({"asked": asked, "tuned": tuned})


def decider(service: Service) -> Callable[..., tuple]:
    """The event: the answer with the tuned threshold of each way of reading, or with the slider's, and what that
    changes in the details.  Where nothing changes, the second is "": what was told of another answer must not be done
    again."""

    def decide(tuned: bool, threshold: float, page: str, desk: Desk, request: gr.Request) -> tuple:
        nothing = (gr.skip(), "")
        with common.mistakes("reading", request):
            if not reading_render.answers(page):  # one that is on its way comes back here, as `settled` has it
                return nothing
            if desk.answered is None and not desk.reading:
                raise VisitorError("reading_answer_gone")
            limit = service.model("reading").threshold if tuned and desk.answered else lambda method: threshold
            return _again(desk, limit) or nothing
        return nothing

    return decide


def _again(desk: Desk, limit: Callable[[str], float]) -> tuple | None:
    """The answer to the last question with another threshold, by the way of reading, and what changes."""
    while (before := desk.answered) is not None:
        library, more = before.library, before.more
        results = tuple(decided(one, limit(one.method)) for one in before.results)
        if desk.decide(before, Answered(results, library, more)):  # else another answer has come meanwhile
            return reading_render.shown(results, library, more, saves=False), reading_render.moved(results, library)
    return None
