"""The tab 三元组: a text in; subjects and objects marked in it, a table and a graph of what is said of them out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import gradio as gr

from core.errors import VisitorError
from core.patience import Limit
from core.service import Service
from core.text import printable
from core.triples.task import MAX_CHARACTERS, Extraction
from demo import common, limits, links, render, stopping, triples_batch, triples_render
from demo.examples import TRIPLES
from demo.i18n import both, word
from demo.listening import QUIET
from demo.theme import html_block
from demo.uploads import discard

_CONCURRENCY = {"concurrency_limit": limits.READERS, "concurrency_id": "triples"}


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open."""
    with gr.Row(equal_height=False, elem_id="wz-triples-panes", elem_classes=["wz-panes", "wz-triples-panes"]):
        with gr.Column(scale=1, min_width=320):
            article, under, chips = common.text_pane(
                "wz-triples", TRIPLES, MAX_CHARACTERS, "triples_text", "triples_placeholder", lines=8
            )
            extract, stop = common.buttons("wz-triples", "extract")
            with under:
                links.share_button("triples", {"text": article}, links.pressing("triples", "text", article, extract))
            marked = html_block("", elem_id="wz-triples-marked")
            _many(service)
        with gr.Column(scale=1, min_width=320, elem_classes="wz-answer"):
            shown = html_block(render.said("triples_nothing_yet"), elem_id="wz-triples-result")

    asked = {
        "fn": extractor(service),
        "inputs": article,
        "outputs": [shown, marked, stop],
        "show_progress_on": [],
        **_CONCURRENCY,
        **QUIET,
    }
    common.asking(asked, extract, stop, stopped, article, chips, TRIPLES)
    gr.api(endpoint(service), api_name="triples", **_CONCURRENCY)


def _many(service: Service) -> None:
    """The part of the tab that takes a file of many texts."""
    with gr.Accordion(word("triples_many"), open=False, elem_id="wz-triples-many"):
        hint = both("triples_many_hint", rows=f"{limits.BATCH_ROWS:,}", megabytes=limits.BATCH_BYTES // 1_000_000)
        html_block(f'<p class="wz-hint">{hint}</p>')
        threshold = gr.Number(
            0,  # an empty field comes as 0 too
            label=word("triples_many_threshold"),
            info=word("triples_many_tuned"),
            minimum=0,
            maximum=1,
            step=0.05,
        )
        with gr.Row():
            upload = gr.UploadButton(
                word("triples_open_many"), min_width=160, scale=3, elem_id="wz-triples-many-upload"
            )
            stop = gr.Button(
                word("stop"), interactive=False, elem_id="wz-triples-many-stop", elem_classes="wz-stop", min_width=80
            )
        report = html_block("", elem_id="wz-triples-report")
        with gr.Row():
            saves = [
                gr.DownloadButton(
                    word(f"triples_save_{kind}"), visible=False, min_width=120, elem_id=f"wz-triples-{kind}"
                )
                for kind in ("jsonl", "csv")
            ]
    outputs = [report, *saves, stop]
    running = upload.upload(
        triples_batch.batch(service),
        inputs=[upload, threshold],
        outputs=outputs,
        trigger_mode="always_last",
        js=stopping.unless_stopped(stop),
        concurrency_limit=limits.BATCHES,
        concurrency_id="triples_batch",
        **QUIET,
    )
    common.stops(stop, triples_batch.stopped, outputs, [running], lambda path, *_: discard([path]))


def extractor(service: Service) -> Callable[..., Iterator[tuple]]:
    """The event behind the button: yields (card of the triples, marked text, stop button)."""

    def extract(text: str, request: gr.Request) -> Iterator[tuple]:
        nothing = (render.said("triples_nothing_yet"), "", gr.Button(interactive=False))
        steps = _extracted(service, printable(text or ""), request)
        yield from common.mistakes_told(steps, "triples", nothing, stopped(), request)

    return extract


def _extracted(service: Service, text: str, request: gr.Request) -> Iterator[tuple]:
    """Wait for the model if it is not there yet, then read the text.

    Raises:
        VisitorError: with a sentence in the visitor's language.
    """
    on = gr.Button(interactive=True)
    yield from common.waiting(service, "triples", (render.said("triples_waiting", busy=True), "", on))
    yield render.said("triples_reading", busy=True), "", on
    with Limit(limits.READING_SECONDS):
        result = service.model("triples").extract(text, Extraction())
    yield triples_render.shown(result), triples_render.marked(text, result), gr.Button(interactive=False)


def stopped() -> tuple:
    """What stands there after the visitor stopped."""
    return render.said("triples_stopped"), "", gr.Button(interactive=False)


def endpoint(service: Service) -> Callable[..., dict]:
    """The function behind `/triples`."""

    def triples(text: str, threshold: float | None = None, request: gr.Request = None) -> dict:
        """Find the triples (subject, predicate, object) that a Chinese text states.

        Args:
            text: the text, at most 100,000 characters.
            threshold: probability from which a triple counts, 0.05 to 1; None: the one tuned on held-out data.

        Returns:
            {"triples": [{"subject": {"text", "start", "end", "type"}, "predicate", "object": {"text", "start", "end",
            "type"}, "probability", "slots": [{"name", "value": {"text", "start", "end", "type"}, "probability"}]}],
            "threshold", "tuned", "predicates", "characters", "windows", "weights", "device", "seconds", "notice"}: the
            triples that count, in the order of the text; text[start:end] are the words of a subject or an object.
        """
        with common.endpoint_errors("triples", request):
            if not isinstance(text, str):
                raise VisitorError("text_empty")
            extractor = service.model("triples", limits.LOADING_SECONDS)
            with Limit(limits.READING_SECONDS):
                result = extractor.extract(text, Extraction(threshold))
            return dataclasses.asdict(dataclasses.replace(result, triples=result.above()))

    return triples
