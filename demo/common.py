"""What the tabs of the language tasks share: the text's side of a tab, waiting for a model, mistakes told as messages.

A tab's ids begin with its own prefix; what the style sheet and `assets/page.js` do for every tab hangs on classes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from core import patience
from core.documents import read_text
from core.errors import LateError, VisitorError
from core.service import Service
from demo import limits, stopping
from demo.i18n import both, language_of, phrase, sentence, warn, word
from demo.listening import QUIET
from demo.rates import admit
from demo.stopping import stops as stops
from demo.theme import html_block
from demo.uploads import discard, opening
from demo.watch import note

_log = logging.getLogger(__name__)


# ---- components -------------------------------------------------------------------------------------------------
def text_pane(
    ids: str, examples: Mapping[str, str], most: int, label: str, placeholder: str, lines: int = 12
) -> tuple[gr.Textbox, gr.Row, dict[str, gr.Button]]:
    """A box for a text with a counter, a button that opens a file, and a chip for each example.

    Args:
        ids: what the ids of this tab begin with.
        examples: key of the chip's word → text.
        most: characters from which on the counter warns, and that a file may have.
        label, placeholder: keys of words.

    Returns:
        The box, the row under it, and the chips by key; what a chip does is wired by `asking`.
    """
    article = gr.Textbox(
        label=word(label),
        placeholder=word(placeholder),
        lines=lines,
        max_lines=lines * 3 // 2,
        autoscroll=False,
        elem_id=f"{ids}-article",
        elem_classes="wz-source",
    )
    with gr.Row(elem_id=f"{ids}-under", elem_classes="wz-under") as under:
        upload = gr.UploadButton(
            word("upload"), size="sm", elem_id=f"{ids}-upload", elem_classes="wz-upload", min_width=0, scale=0
        )
        counter = html_block(_count_nothing())
    with gr.Row(elem_id=f"{ids}-examples", elem_classes="wz-examples"):
        html_block(f'<span class="wz-try">{both("try")}</span>', min_width=0)
        chips = {key: gr.Button(word(key), size="sm", min_width=0) for key in examples}
    upload.upload(opener(most), upload, article, trigger_mode="always_last", **{**QUIET, "show_progress": "minimal"})
    counting = f"(text) => window.wanzhuan ? window.wanzhuan.count(text, {most}) : ''"
    article.change(None, inputs=article, outputs=counter, js=counting, show_progress="hidden")
    return article, under, chips


def buttons(ids: str, label: str) -> tuple[gr.Button, gr.Button]:
    """The button that asks the model, and the one that stops it."""
    with gr.Row():
        go = gr.Button(
            word(label), variant="primary", elem_id=f"{ids}-write", elem_classes="wz-go", min_width=120, scale=3
        )
        stop = gr.Button(word("stop"), interactive=False, elem_id=f"{ids}-stop", elem_classes="wz-stop", min_width=80)
    return go, stop


def asking(
    asked: dict[str, Any],
    go: gr.Button,
    stop: gr.Button,
    stopped: Callable[[], tuple],
    article: gr.Textbox,
    chips: Mapping[str, gr.Button],
    examples: Mapping[str, str],
) -> None:
    """Wire what asks the model: the button, and the chips, which fill the box and press the button; and what stops it.

    There is one event for all of them, so that what was asked last is what stands there at the end.

    Args:
        asked: the event, as keyword arguments of Gradio's listeners.
        stopped: what stands in the event's outputs after the visitor stopped.
    """
    running = go.click(trigger_mode="always_last", js=stopping.unless_stopped(stop), **asked)
    for key, chip in chips.items():
        fills(chip, examples[key], article, go)
    stops(stop, stopped, asked["outputs"], [running])


def fills(chip: gr.Button, text: str, box: gr.Textbox, go: gr.Button) -> None:
    """Let a chip fill a box and press a button, both in the browser: two chips never overtake each other."""
    filled = chip.click(None, outputs=box, js=f"() => {json.dumps(text)}", **QUIET)
    filled.then(None, js=pressing(go), **QUIET)


def pressing(button: gr.Button) -> str:
    """The `js` of an event that presses a button."""
    return f"() => {{ document.getElementById({json.dumps(button.elem_id)})?.click(); }}"


def _count_nothing() -> str:
    zero = '<span class="wz-en" lang="en">0 characters</span><span class="wz-zh" lang="zh-CN">0 字</span>'
    return f'<div class="wz-count">{zero}</div>'


# ---- events -----------------------------------------------------------------------------------------------------
def opener(most: int) -> Callable[..., Any]:
    """The event behind the button that opens a file of at most so many characters."""

    def opened(path: str, request: gr.Request) -> Any:
        """The text of an uploaded file, which is then deleted; after a mistake the box stays as it was."""
        try:
            admit(request)
            with opening(request, patience.Limit(limits.OPEN_SECONDS)):
                text = read_text(Path(path), Path(path).name)
            if len(text) > most:
                raise VisitorError("text_too_long", characters=len(text), most=most)
            return text
        except VisitorError as error:
            note("mistake")
            warn(sentence(error, request), request)
            return gr.skip()
        finally:
            discard([path])

    return opened


def waiting(service: Service, task: str, shown: tuple) -> Iterator[tuple]:
    """Yield `shown` and then nothing new, until the task's model has loaded, or has failed to.

    Raises:
        LateError: neither has happened for too long.
    """
    limit = patience.Limit(limits.LOADING_SECONDS)
    while service.state(task).stage not in ("ready", "failed"):
        yield shown
        shown = tuple(gr.skip() for _ in shown)  # one that is on its way when the visitor stops changes nothing
        if not limit.left():
            raise LateError("loading_too_long", seconds=int(limit.seconds))
        time.sleep(limits.POLL_SECONDS / 2)


def outcome(error: VisitorError) -> str:
    """What an event comes to that ends so, of `watch.OUTCOMES`."""
    return "late" if isinstance(error, LateError) else "mistake"


def mistakes_told(
    steps: Iterator[tuple], what: str, nothing: tuple, late: tuple, request: gr.Request
) -> Iterator[tuple]:
    """The steps of an event; a mistake becomes a message in the visitor's language, and their text stays.  So does
    a visitor's asking too often (`demo.rates`).

    Args:
        what: the tab's name in the log.
        nothing: what stands in the outputs after a mistake.
        late: the same after a LateError.
    """
    try:
        admit(request)
        yield from steps
    except VisitorError as error:
        note(outcome(error))
        warn(sentence(error, request), request)
        yield late if isinstance(error, LateError) else nothing
    except Exception:  # a visitor never sees a stack trace
        note("failed")
        _log.exception(what)
        warn(phrase("something_wrong", language_of(request)), request)
        yield nothing


@contextlib.contextmanager
def mistakes(what: str, request: gr.Request | None) -> Iterator[None]:
    """Inside, whatever goes wrong becomes a message in the visitor's language, and what follows is done."""
    try:
        yield
    except VisitorError as error:
        note(outcome(error))
        warn(sentence(error, request), request)
    except Exception:  # a visitor never sees a stack trace
        note("failed")
        _log.exception(what)
        warn(phrase("something_wrong", language_of(request)), request)


@contextlib.contextmanager
def endpoint_errors(what: str, request: gr.Request | None) -> Iterator[None]:
    """Inside, whatever goes wrong becomes a `gr.Error` with one sentence in the caller's language; asking too often is
    one of these things."""
    try:
        admit(request)
        yield
    except VisitorError as error:
        note(outcome(error))
        raise gr.Error(sentence(error, request), print_exception=False) from error
    except Exception as error:
        note("failed")
        _log.exception(what)
        raise gr.Error(phrase("something_wrong", language_of(request)), print_exception=False) from error
