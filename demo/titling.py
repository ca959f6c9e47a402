"""The tab 标题: an article in, titles out, and the article again with the characters marked that they took from it."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from core.documents import read_text
from core.errors import VisitorError
from core.service import Service
from core.text import printable
from core.titling.task import MAX_CHARACTERS, MAX_TITLES, Decoding
from demo import limits, render
from demo.examples import EXAMPLES
from demo.i18n import both, language_of, phrase, sentence, warn, word
from demo.theme import html_block

_log = logging.getLogger(__name__)
_CONCURRENCY = {"concurrency_limit": limits.WRITERS, "concurrency_id": "titling"}


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open."""
    with gr.Row(equal_height=False, elem_id="wz-panes"):
        with gr.Column(scale=1, min_width=320):
            article = gr.Textbox(
                label=word("article"),
                placeholder=word("article_placeholder"),
                lines=12,
                max_lines=18,
                autoscroll=False,
                elem_id="wz-article",
            )
            with gr.Row(elem_id="wz-under"):
                upload = gr.UploadButton(word("upload"), size="sm", elem_id="wz-upload", min_width=0, scale=0)
                counter = html_block(_count_nothing())
            with gr.Row(elem_id="wz-examples"):
                html_block(f'<span class="wz-try">{both("try")}</span>', min_width=0)
                chips = {key: gr.Button(word(key), size="sm", min_width=0) for key in EXAMPLES}
            count = gr.Slider(1, MAX_TITLES, value=3, step=1, label=word("count"))
            with gr.Row():
                write = gr.Button(word("write"), variant="primary", elem_id="wz-write", min_width=120, scale=3)
                stop = gr.Button(word("stop"), interactive=False, elem_id="wz-stop", min_width=80)
            more = _more()
        with gr.Column(scale=1, min_width=320):
            shown = html_block(render.said("nothing_yet"), elem_id="wz-result")
            marked = html_block("", elem_id="wz-marked")

    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    asked = {
        "fn": writer(service),
        "inputs": [article, count, *more],
        "outputs": [shown, marked, stop],
        "show_progress_on": [],
        **_CONCURRENCY,
        **quiet,
    }
    writing = [write.click(**asked)]
    for key, chip in chips.items():
        chosen = chip.click(_constant(EXAMPLES[key]), outputs=article, queue=False, **quiet)
        writing.append(chosen.then(**asked))
    stop.click(stopped, outputs=[shown, marked, stop], cancels=writing, queue=False, **quiet)
    upload.upload(opened, inputs=upload, outputs=article, **{**quiet, "show_progress": "minimal"})
    article.change(None, inputs=article, outputs=counter, js=_count_in_browser(), show_progress="hidden")
    gr.api(endpoint(service), api_name="title", **_CONCURRENCY)


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
        api_visibility="private",
        queue=False,
        show_progress="hidden",
    )
    return [method, beams, temperature, top_k, top_p, min_length, max_length, no_repeat, seed]


def _constant(text: str) -> Callable[[], str]:
    return lambda: text


def _count_nothing() -> str:
    zero = '<span class="wz-en" lang="en">0 characters</span><span class="wz-zh" lang="zh-CN">0 字</span>'
    return f'<div class="wz-count">{zero}</div>'


def _count_in_browser() -> str:
    return f"(text) => window.wanzhuan ? window.wanzhuan.count(text, {MAX_CHARACTERS}) : ''"


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
        request: gr.Request,
    ) -> Iterator[tuple]:
        off = gr.Button(interactive=False)
        try:
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
            yield from _written(service, printable(text or ""), decoding, request)
        except VisitorError as error:
            warn(sentence(error, request), request)
            yield render.said("nothing_yet"), "", off
        except TimeoutError as late:
            warn(str(late), request)
            yield render.said("stopped"), "", off
        except Exception:  # a visitor never sees a stack trace, and their text stays
            _log.exception("titling")
            warn(phrase("something_wrong", language_of(request)), request)
            yield render.said("nothing_yet"), "", off

    return write


def _written(service: Service, text: str, decoding: Decoding, request: gr.Request) -> Iterator[tuple]:
    """Wait for the model if it is not there yet, then let the titles grow.

    Raises:
        TimeoutError: with a sentence in the visitor's language.
    """
    on = gr.Button(interactive=True)
    began = time.monotonic()
    while service.state("titling").stage not in ("ready", "failed"):
        yield render.said("waiting_for_model", busy=True), "", on
        if time.monotonic() - began > limits.LOADING_SECONDS:
            raise TimeoutError(phrase("loading_too_long", language_of(request), seconds=int(limits.LOADING_SECONDS)))
        time.sleep(limits.POLL_SECONDS / 2)
    yield render.said("writing", busy=True), "", on
    began, result = time.monotonic(), None
    for result in service.titler().stream(text, decoding):
        yield render.titles(result, growing=True), gr.skip(), gr.skip()
        if time.monotonic() - began > limits.WRITING_SECONDS:
            raise TimeoutError(phrase("took_too_long", language_of(request), seconds=int(limits.WRITING_SECONDS)))
    if result is not None:
        yield render.titles(result), render.article(text, result), gr.Button(interactive=False)


def stopped() -> tuple:
    """What stands there after the visitor stopped."""
    return render.said("stopped"), "", gr.Button(interactive=False)


def opened(path: str, request: gr.Request) -> Any:
    """The text of an uploaded file, which is then deleted; after a mistake the article stays as it was."""
    try:
        text = read_text(Path(path), Path(path).name)
        if len(text) > MAX_CHARACTERS:
            raise VisitorError("text_too_long", characters=len(text), most=MAX_CHARACTERS)
        return text
    except VisitorError as error:
        warn(sentence(error, request), request)
        return gr.skip()
    finally:
        Path(path).unlink(missing_ok=True)


def endpoint(service: Service) -> Callable[..., dict]:
    """The function behind `/title`."""

    def title(
        text: str,
        count: int = 3,
        method: Literal["beam", "sample"] = "beam",
        seed: int = 0,
        request: gr.Request = None,
    ) -> dict:
        """Write titles for a Chinese article.

        Args:
            text: the article, at most 1,000,000 characters; of a long one the beginning and the sentences with most
                of its keywords are read.
            count: how many titles, 1 to 8.
            method: "beam" for the likeliest titles, "sample" for varied ones.
            seed: for "sample": the same seed gives the same titles.

        Returns:
            {"titles": [{"text", "score", "spans": [{"start", "end", "source_start", "source_end"}]}], "characters",
            "characters_read", "weights", "device", "seconds", "notice"}: the best title first; a span says that the
            title's characters start to end stand in the article at source_start to source_end.
        """
        try:
            if not isinstance(text, str):
                raise VisitorError("text_empty")
            result = service.titler(limits.LOADING_SECONDS).title(text, Decoding(count=count, method=method, seed=seed))
        except VisitorError as error:
            raise gr.Error(sentence(error, request), print_exception=False) from error
        except Exception as error:
            _log.exception("titling")
            raise gr.Error(phrase("something_wrong", language_of(request)), print_exception=False) from error
        return dataclasses.asdict(result)

    return title
