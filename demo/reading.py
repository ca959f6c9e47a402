"""The tab 阅读问答: a text or files and a question in; the answer, its evidence and how it was read off out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from core.documents import MAX_CHARACTERS, Document
from core.errors import VisitorError
from core.patience import Limit
from core.reading.results import MOST_PASSAGES, Asking, ReadingResult
from core.service import Service
from core.text import printable
from demo import common, limits, links, reading_api, reading_files, reading_render, reading_thresholds, render, stopping
from demo.i18n import both, word
from demo.listening import NOW, QUIET
from demo.reading_desk import Answered, Desk, keep
from demo.reading_examples import EXAMPLES
from demo.reading_thresholds import UPDATE
from demo.theme import html_block

_CONCURRENCY = {"concurrency_limit": limits.ASKERS, "concurrency_id": "reading"}
_CHIPS = max(len(example.questions) for example in EXAMPLES.values())
_BOTH = "both"
_USUAL = ("masks", "seq2seq")  # what the embedded weights know; others say so once they are loaded


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open."""
    desk = gr.State(Desk(), time_to_live=limits.DESK_SECONDS)
    with gr.Row(equal_height=False, elem_id="wz-reading-panes", elem_classes=["wz-panes", "wz-reading-panes"]):
        with gr.Column(scale=1, min_width=320, elem_classes="wz-r-left"):
            article, source, shelf, close = _sources(desk)
            question = gr.Textbox(
                label=word("reading_question"), placeholder=word("reading_question_placeholder"), lines=1, max_lines=1,
                elem_id="wz-reading-question",
            )  # fmt: skip
            with gr.Row(elem_id="wz-reading-questions", elem_classes="wz-examples", visible=False) as asks:
                html_block(f'<span class="wz-try">{both("reading_ask_these")}</span>', min_width=0)
                chips = [gr.Button("", size="sm", min_width=0, elem_classes="wz-r-chip") for _ in range(_CHIPS)]
            ask, stop = common.buttons("wz-reading", "reading_ask")
            with gr.Row(elem_id="wz-reading-examples", elem_classes="wz-examples"):
                html_block(f'<span class="wz-try">{both("try")}</span>', min_width=0)
                examples = {key: gr.Button(word(key), size="sm", min_width=0) for key in EXAMPLES}
            way = gr.Radio(_ways(_USUAL), value=_USUAL[0], label=word("reading_way"), elem_id="wz-reading-way")
            with gr.Accordion(word("more"), open=False):
                passages = gr.Slider(
                    1, MOST_PASSAGES, Asking().passages, step=1, label=word("reading_passages"),
                    info=word("reading_passages_info"),
                )  # fmt: skip
            shared = gr.Row(elem_classes="wz-under")
        with gr.Column(scale=1, min_width=320, elem_classes="wz-answer"):
            shown = html_block(render.said("reading_nothing_yet"), elem_id="wz-reading-result")
            with gr.Row(elem_id="wz-reading-counts", elem_classes="wz-r-counts"):
                threshold = gr.Slider(
                    0, 1, 0.5, step=0.01, label=word("reading_threshold"), info=word("reading_threshold_info"),
                    scale=4, min_width=240,
                )  # fmt: skip
                tuned = gr.Checkbox(True, label=word("reading_tuned"), scale=1, min_width=110, container=False)
            details = html_block("", elem_id="wz-reading-details")
            moved, settled = (gr.Textbox(elem_classes="wz-unseen", container=False, show_label=False) for _ in "12")
            again = gr.Button("", elem_classes="wz-unseen", elem_id="wz-reading-again", min_width=0)
            fields = {"text": article, "q": question, "way": way, "n": passages, "tuned": tuned, "t": threshold}
            with shared:
                links.share_button("reading", fields, links.pressing("reading", "q", question, ask))

    asked = {
        "fn": asker(service),
        "inputs": [question, article, source, way, passages, tuned, threshold, shelf, desk],
        "outputs": [shown, details, way, settled, stop, shelf, close, desk],
        "show_progress_on": [],
        "trigger_mode": "always_last",  # what is asked while an answer is on its way is asked after it
        **_CONCURRENCY,
        **QUIET,
    }
    # one event, however it is asked: two of them would not know of each other
    running = ask.click(js=stopping.unless_stopped(stop), **asked)
    common.stops(stop, stopped, asked["outputs"][:5], [running])
    press = reading_thresholds.pressing(ask)
    question.submit(**press)
    for key, chip in examples.items():
        filled = chip.click(None, js=_filling(key), outputs=[article, source, question, asks, *chips], **NOW)
        filled.then(**press)
    for chip in chips:
        chip.click(None, js="(text) => text", inputs=chip, outputs=question, **NOW).then(**press)
    reading_thresholds.wire(service, running, again, [tuned, threshold], [shown, moved, settled], desk)
    links.around(gr.Tab).select(lambda chosen: _offered(service, chosen), inputs=way, outputs=way, **NOW)
    reading_api.add(service, **_CONCURRENCY)


# ---- components -------------------------------------------------------------------------------------------------
def _sources(desk: gr.State) -> tuple[gr.Textbox, gr.Radio, gr.HTML, gr.Button]:
    """What is read: the box for a text, which of the two counts, the shelf of files, and the button that puts them
    away."""
    with gr.Row(elem_classes="wz-r-from"):
        kinds = [(word("reading_from_text"), "text"), (word("reading_from_files"), "files")]
        source = gr.Radio(
            kinds, value="text", show_label=False, container=False, elem_id="wz-reading-source", min_width=180
        )  # fmt: skip
        upload = gr.UploadButton(
            word("reading_open"), file_count="multiple", size="sm", min_width=0, scale=0, elem_classes="wz-upload",
            elem_id="wz-reading-upload",
        )  # fmt: skip
    article = gr.Textbox(
        label=word("reading_text"), placeholder=word("reading_placeholder"), lines=8, max_lines=12, autoscroll=False,
        elem_id="wz-reading-article", elem_classes="wz-source",
    )  # fmt: skip
    counter = html_block(f'<div class="wz-count">{both("reading_characters", characters="0")}</div>')
    with gr.Column(visible=False, elem_id="wz-reading-files") as side:
        shelf = html_block(reading_files.shelf(Desk()), elem_id="wz-reading-shelf")
        close = gr.Button(word("reading_close"), size="sm", visible=False, elem_id="wz-reading-close")
        html_block(reading_files.privacy())
    counting = f"(text) => window.wanzhuan ? window.wanzhuan.count(text, {MAX_CHARACTERS}) : ''"
    article.change(None, inputs=article, outputs=counter, js=counting, show_progress="hidden")
    source.change(
        lambda chosen: (gr.Textbox(visible=chosen == "text"), gr.HTML(visible=chosen == "text"),
                        gr.Column(visible=chosen == "files")),
        inputs=source, outputs=[article, counter, side], **NOW,
    )  # fmt: skip
    outputs = [shelf, source, close, desk]
    upload.upload(
        reading_files.opened, inputs=[upload, shelf, desk], outputs=outputs, show_progress_on=[],
        trigger_mode="multiple", concurrency_limit=limits.SHELVES, concurrency_id="indexing", **QUIET,
    )  # fmt: skip
    close.click(reading_files.closed, inputs=desk, outputs=outputs, **NOW)
    return article, source, shelf, close


def _ways(methods: Sequence[str]) -> list[tuple[Any, str]]:
    """The choices of the radio for weights that know these ways."""
    known = [*methods, _BOTH] if len(methods) > 1 else methods
    return [(word(f"reading_way_{method}"), method) for method in known]


def _radio(methods: Sequence[str], chosen: str) -> gr.Radio:
    """The radio with these ways; what is chosen stays, unless it is none of them."""
    choices = _ways(methods)
    value = {} if chosen in [value for _, value in choices] else {"value": methods[0]}
    return gr.Radio(choices, visible=len(choices) > 1, **value)


def _offered(service: Service, chosen: str) -> Any:
    """The radio with the ways that the loaded weights know; as it is before they are loaded."""
    ready = service.state("reading").stage == "ready"
    return _radio(service.model("reading").methods, chosen) if ready else gr.skip()


def _filling(key: str) -> str:
    """What an example fills in, as a function of the browser: the passage and its first question; the others stand
    below.  The server is not asked, so that of two examples the one that was chosen last stays."""
    example = EXAMPLES[key]
    asked = [*example.questions, *[""] * (_CHIPS - len(example.questions))]
    chips = [{"value": question, "visible": bool(question), **UPDATE} for question in asked]
    values = [example.text, "text", example.questions[0], {"visible": True, **UPDATE}, *chips]
    return f"() => ({json.dumps(values, ensure_ascii=False)})"


# ---- asking -----------------------------------------------------------------------------------------------------
def asker(service: Service) -> Callable[..., Iterator[tuple]]:
    """The event behind the button: yields (answer, details, ways, thresholds as JSON, stop button, shelf, button
    that closes the files, desk)."""

    def ask(
        question: str, text: str, source: str, way: str, passages: int, tuned: bool, threshold: float, listed: str,
        desk: Desk, request: gr.Request,
    ) -> Iterator[tuple]:  # fmt: skip
        limit = None if tuned else threshold
        number = desk.asks()
        read = text if source == "text" else None
        steps = _asked(service, question, read, way, passages, limit, desk, number)
        nothing = _nothing("reading_nothing_yet")
        unchanged, same = (gr.skip(),) * len(nothing), (gr.skip(), gr.skip(), desk)
        missing = source == "files" and desk.missing(reading_files.lists(listed))
        try:
            with contextlib.closing(common.mistakes_told(steps, "reading", nothing, nothing, request)) as told:
                for step in told:
                    if not desk.newest(number):  # the page is the newer question's
                        yield *unchanged, *same  # for Gradio sends once more what came last
                        return
                    yield *step, *same
            if missing:
                yield *unchanged, reading_files.shelf(desk), gr.Button(visible=False), desk
        finally:
            desk.ended(number)

    return ask


def _asked(
    service: Service, question: str, text: str | None, way: str, passages: int, threshold: float | None, desk: Desk,
    number: int,
) -> Iterator[tuple]:  # fmt: skip
    """Wait for the model if it is not there yet, index what was not indexed, then read.

    text: None to read the opened files.  number: the question's, of `Desk.asks`.

    Raises:
        VisitorError: with a sentence in the visitor's language.
    """
    if not (question or "").strip():
        raise VisitorError("reading_no_question")
    Asking(threshold, passages).checked()
    rest = (gr.skip(), gr.skip(), gr.Button(interactive=True))
    closings = desk.closings
    if text is None:
        library = desk.opened()
    elif desk.pasted and desk.pasted.documents[0].text == printable(text or ""):
        library = desk.pasted
    else:
        steps = reading_files.indexed([Document("", printable(text or ""))])
        library = yield from _indexed(steps, rest)
        if desk.newest(number):
            desk.pasted = library
        keep(desk)  # it counts from now on, also when no answer comes
    yield from common.waiting(service, "reading", (render.said("reading_waiting", busy=True), "", *rest))
    reader = service.model("reading")
    yield render.said("reading_busy", busy=True), "", _radio(reader.methods, way), *rest[1:]
    ways = reader.methods if way == _BOTH else (way if way in reader.methods else reader.methods[0],)
    limit = Limit(limits.READING_SECONDS)
    results: list[ReadingResult] = []
    for method in ways:
        with limit:
            results.append(reader.answer(question, library, Asking(threshold, passages, method)))
        more = len(results) < len(ways)
        desk.answer(number, Answered(tuple(results), library, more), closings)
        marks = (
            gr.skip(),
            reading_thresholds.settled(threshold, reader.threshold(ways[0])),
            gr.Button(interactive=more),
        )
        yield (
            reading_render.shown(results, library, more, saves=False),
            gr.skip() if more else reading_render.details(results, library),
            *marks,
        )
    keep(desk)


def _indexed(steps: Any, rest: tuple) -> Iterator[tuple]:
    """The progress of an index where the answer will stand; returns the library."""
    try:
        while True:
            share, passages = next(steps)
            yield reading_files.progress(share, passages), "", *rest
    except StopIteration as done:
        return done.value
    finally:
        steps.close()


def _nothing(key: str) -> tuple:
    return render.said(key), "", gr.skip(), "", gr.Button(interactive=False)


def stopped() -> tuple:
    """What stands there after the visitor stopped."""
    return _nothing("reading_stopped")
