"""The tab 标题: an article in, titles out, and the article again with the characters marked that they took from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Literal

import gradio as gr

from core.errors import VisitorError
from core.patience import Limit
from core.service import Service
from core.text import printable
from core.titling.task import MAX_CHARACTERS, MAX_TITLES, MODELS, Decoding
from demo import common, limits, links, render, titling_render
from demo.examples import EXAMPLES
from demo.i18n import word
from demo.listening import NOW, QUIET
from demo.theme import html_block

BOTH = "both"  # models, their titles side by side
# what the settings of `_more` are called in a link
_LINKED = ("method", "beams", "temperature", "k", "p", "least", "most", "repeat", "seed")
_CONCURRENCY = {"concurrency_limit": limits.WRITERS, "concurrency_id": "titling"}


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open."""
    with gr.Row(equal_height=False, elem_id="wz-panes", elem_classes="wz-panes"):
        with gr.Column(scale=1, min_width=320):
            article, under, chips = common.text_pane("wz", EXAMPLES, MAX_CHARACTERS, "article", "article_placeholder")
            model = _models(service)
            count = gr.Slider(1, MAX_TITLES, value=3, step=1, label=word("count"))
            write, stop = common.buttons("wz", "write")
            more = _more()
            with under:
                fields = {"text": article, "n": count, **dict(zip(_LINKED, more, strict=True))}
                links.share_button("titling", fields, links.pressing("titling", "text", article, write))
        with gr.Column(scale=1, min_width=320, elem_classes="wz-answer"):
            shown = html_block(render.said("nothing_yet"), elem_id="wz-result")
            marked = html_block("", elem_id="wz-marked")

    asked = {
        "fn": writer(service),
        "inputs": [article, count, *more, model],
        "outputs": [shown, marked, stop],
        "show_progress_on": [],
        **_CONCURRENCY,
        **QUIET,
    }
    common.asking(asked, write, stop, stopped, article, chips, EXAMPLES)
    gr.api(endpoint(service), api_name="title", **_CONCURRENCY)


def _models(service: Service) -> gr.Radio:
    """Which model writes; shown only where there is more than the usual one, else None.  A page that is opened once the
    usual one is loaded knows its kind, which the chosen weights decide."""
    choices = [(word(f"title_model_{name}"), name) for name in (*MODELS, BOTH)]

    def offered() -> dict[str, Any]:
        kinds = service.kinds("titling")
        return {"visible": len(kinds) > 1, "value": kinds[0] if len(kinds) > 1 else None}

    built = offered()
    radio = gr.Radio(
        choices, label=word("title_model"), info=word("title_model_info"), elem_id="wz-title-model", **built
    )

    def models_offered() -> Any:
        return gr.skip() if offered() == built else gr.Radio(**offered())

    gr.context.Context.root_block.load(models_offered, outputs=radio, **NOW)
    return radio


def _more() -> list[gr.components.Component]:
    """The settings under "more", in the order that `writer` takes them."""
    usual = Decoding()
    with gr.Accordion(word("more"), open=False):
        choices = [(word("method_beam"), "beam"), (word("method_sample"), "sample")]
        method = gr.Radio(choices, value=usual.method, label=word("method"))
        beams = gr.Slider(1, MAX_TITLES, usual.beams, step=1, label=word("beams"), info=word("beams_info"))
        with gr.Group(visible=False) as sampling:
            temperature = gr.Slider(
                0.1, 2, usual.temperature, step=0.05, label=word("temperature"), info=word("temperature_info")
            )
            top_p = gr.Slider(0.05, 1, usual.top_p, step=0.05, label=word("top_p"), info=word("top_p_info"))
            top_k = gr.Slider(0, 100, usual.top_k, step=1, label=word("top_k"), info=word("top_k_info"))
            seed = gr.Number(
                usual.seed, label=word("seed"), info=word("seed_info"), precision=0, minimum=0, maximum=(1 << 31) - 1
            )
        min_length = gr.Slider(1, 30, usual.min_length, step=1, label=word("min_length"))
        max_length = gr.Slider(4, 64, usual.max_length, step=1, label=word("max_length"))
        no_repeat = gr.Slider(0, 10, usual.no_repeat, step=1, label=word("no_repeat"), info=word("no_repeat_info"))
    method.change(
        lambda chosen: (gr.Slider(visible=chosen == "beam"), gr.Group(visible=chosen == "sample")),
        inputs=method,
        outputs=[beams, sampling],
        queue=False,
        **QUIET,
    )
    return [method, beams, temperature, top_k, top_p, min_length, max_length, no_repeat, seed]


def writer(service: Service) -> Callable[..., Iterator[tuple]]:
    """The event behind the button: yields (titles, marked article, stop button) while the titles grow.

    A visitor's mistake becomes a message in their language; their text and settings stay.
    """

    def write(
        text: str,
        count: float,
        method: str,
        beams: float,
        temperature: float,
        top_k: float,
        top_p: float,
        min_length: float,
        max_length: float,
        no_repeat: float,
        seed: float | None,
        model: str | None,
        request: gr.Request,
    ) -> Iterator[tuple]:
        def steps() -> Iterator[tuple]:
            decoding = Decoding(
                count=int(count),
                method=method,
                beams=int(beams),
                temperature=temperature,
                top_k=int(top_k),
                top_p=top_p,
                min_length=int(min_length),
                max_length=int(max_length),
                no_repeat=int(no_repeat),
                seed=int(seed or 0),
            )
            yield from _written(service, printable(text or ""), decoding, model, request)

        nothing = (render.said("nothing_yet"), "", gr.Button(interactive=False))
        yield from common.mistakes_told(steps(), "titling", nothing, stopped(), request)

    return write


def _written(
    service: Service, text: str, decoding: Decoding, model: str | None, request: gr.Request
) -> Iterator[tuple]:
    """Wait for the model, or both, if it is not there yet, then let the titles grow.

    Raises:
        VisitorError: there is no such model, or it took too long.
    """
    on = gr.Button(interactive=True)
    models = MODELS if model == BOTH else (_known(model),)
    waits = (render.said("waiting_for_model", busy=True), "", on)
    yield from common.waiting(service, "titling", waits)  # what kind it is, is known then
    for name in [service.name_of("titling", name) for name in models]:
        yield from common.waiting(service, name, waits)
    yield render.said("writing", busy=True), "", on
    limit, done = Limit(limits.WRITING_SECONDS), []
    for name in models:
        result = None
        for result in limit.each(service.titler(model=name).stream(text, decoding)):
            yield titling_render.titles([*done, result], models, growing=True), gr.skip(), gr.skip()
        done += [result] if result is not None else []
    if done:
        shown = titling_render.titles(done, models), titling_render.article(text, done)
        yield *shown, gr.Button(interactive=False)


def _known(model: str | None) -> str | None:
    """One of MODELS, or None, which is the server's usual one.

    Raises:
        VisitorError: it is none.
    """
    if model is not None and model not in MODELS:
        raise VisitorError("bad_choice", name="model", choices=", ".join(MODELS))
    return model


def stopped() -> tuple:
    """What stands there after the visitor stopped."""
    return render.said("stopped"), "", gr.Button(interactive=False)


def endpoint(service: Service) -> Callable[..., dict]:
    """The function behind `/title`."""

    def title(
        text: str,
        count: int = 3,
        method: Literal["beam", "sample"] = "beam",
        seed: int = 0,
        model: Literal["unilm", "seq2seq"] | None = None,
        request: gr.Request = None,
    ) -> dict:
        """Write titles for a Chinese article.

        Args:
            text: the article, at most 1,000,000 characters; of a long one the beginning and the sentences with most
                of its keywords are read.
            count: how many titles, 1 to 8.
            method: "beam" for the likeliest titles, "sample" for varied ones.
            seed: for "sample": the same seed gives the same titles.
            model: "unilm" for a small BERT, "seq2seq" for the LSTMs of 2018, where this server has them; null for
                its usual one.

        Returns:
            {"titles": [{"text", "score", "spans": [{"start", "end", "source_start", "source_end"}]}], "characters",
            "characters_read", "weights", "device", "seconds", "notice"}: the best title first; a span says that the
            title's characters start to end stand in the article at source_start to source_end.
        """
        with common.endpoint_errors("titling", request):
            if not isinstance(text, str):
                raise VisitorError("text_empty")
            titler = service.titler(limits.LOADING_SECONDS, _known(model))
            with Limit(limits.WRITING_SECONDS):
                result = titler.title(text, Decoding(count=count, method=method, seed=seed))
        return dataclasses.asdict(result)

    return title
