"""The panel of the tab 绳 that fits a chain: to numbers, or to clicks on a photograph."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.errors import VisitorError
from core.mathtoys import photo as photos
from core.mathtoys import points as pointers
from core.mathtoys.fit import CatenaryFit, fit_catenary
from demo import curves_pictures as pictures
from demo import curves_render as render
from demo import limits, plots
from demo.curves_examples import BRIDGE, CHAIN
from demo.held import Held
from demo.i18n import both, language_of, sentence, warn, word
from demo.theme import asset, html_block
from demo.uploads import discard
from demo.watch import note

_log = logging.getLogger(__name__)
_QUIET = {"api_visibility": "private", "show_progress": "hidden"}
_IN_BOX = 500  # points of a file that are shown in the box; more are kept beside it
_CLICKS = 300
_fitting = threading.BoundedSemaphore(limits.FITS)
_EXAMPLES = {"curves_example_points": CHAIN, "curves_example_parabola": BRIDGE}


@dataclass(frozen=True)
class Photo:
    """A visitor's photograph (of Pillow), what was clicked on it, in pixels, and in which order."""

    held: Held
    clicks: tuple[tuple[float, float], ...] = ()
    ends: tuple[tuple[float, float], ...] = ()
    order: str = ""  # a letter a click: c on the chain, s for the scale


def fill() -> dict[str, Any]:
    """The panel's components and its own events; what `demo.curves.Panel` is made of."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=320):
            source = gr.Radio(
                [(word("curves_source_text"), "text"), (word("curves_source_photo"), "photo")],
                value="text",
                label=word("curves_source"),
            )
            with gr.Column() as typing:
                text = gr.Textbox(
                    CHAIN,
                    label=word("curves_points"),
                    lines=9,
                    max_lines=12,
                    autoscroll=False,
                    elem_id="wz-curves-points",
                )
                with gr.Row(elem_classes="wz-curves-buttons"):
                    go = gr.Button(word("curves_fit"), variant="primary", size="sm", elem_id="wz-curves-fit-go")
                    opened = gr.UploadButton(word("curves_open_points"), size="sm", elem_id="wz-curves-csv")
                    chips = {key: gr.Button(word(key), size="sm") for key in _EXAMPLES}
            with gr.Column(visible=False) as clicking:
                with gr.Row(elem_classes="wz-curves-buttons"):
                    upload = gr.UploadButton(
                        word("curves_open_photo"), size="sm", variant="primary", elem_id="wz-curves-photo-open"
                    )
                    example = gr.Button(word("curves_example_photo"), size="sm", elem_id="wz-curves-photo-example")
                    undo = gr.Button(word("curves_undo"), size="sm", elem_id="wz-curves-undo")
                    clear = gr.Button(word("curves_clear"), size="sm", elem_id="wz-curves-clear")
                picture = gr.Image(
                    label=word("curves_photo"), interactive=False, type="pil", format="jpeg", buttons=[],
                    elem_id="wz-curves-photo", elem_classes="wz-curves-photo",
                )  # fmt: skip
                count = html_block("", elem_id="wz-curves-count")
                mode = gr.Radio(
                    [(word("curves_clicks_chain"), "c"), (word("curves_clicks_scale"), "s")], value="c",
                    label=word("curves_clicks"),
                )  # fmt: skip
                scale = gr.Number(1.0, label=word("curves_scale"), minimum=0)
            tilt = gr.Slider(-90, 90, 0, step=0.5, label=word("curves_tilt"))
            free = gr.Checkbox(False, label=word("curves_fit_tilt"))
        with gr.Column(scale=3, min_width=320):
            flat = plots.plot("fit")
            rest = plots.plot("residuals")
            card = html_block(render.told("curves_fit_first"), elem_id="wz-curves-fitted")
    cloud = gr.State(None, time_to_live=limits.FILE_LIFE[1])  # points of a file too long for the box
    photo = gr.State(None, time_to_live=limits.FILE_LIFE[1])
    source.change(
        lambda kind: [gr.Column(visible=kind == "text"), gr.Column(visible=kind == "photo")],
        inputs=source, outputs=[typing, clicking], queue=False, **_QUIET,
    )  # fmt: skip

    results = [flat, rest, card]
    asked = {"inputs": [text, cloud, tilt, free], "outputs": results, "concurrency_limit": 2, **_QUIET}
    fitted = _event(_fit_points, len(results))
    opened.upload(_open_points, opened, [text, cloud], trigger_mode="always_last", **_QUIET).then(fitted, **asked)
    for key, chip in chips.items():
        chip.click(_constant(_EXAMPLES[key]), outputs=[text, cloud], queue=False, **_QUIET).then(fitted, **asked)
    text.input(lambda: None, outputs=cloud, queue=False, trigger_mode="always_last", **_QUIET)

    shown = {"inputs": [photo, scale, tilt, free], "outputs": [picture, count, *results], **_QUIET}
    drawn = _event(_fit_photo, 2 + len(results))
    upload.upload(_open_photo, upload, photo, trigger_mode="always_last", **_QUIET).then(drawn, **shown)
    example.click(_example_photo, outputs=photo, queue=False, **_QUIET).then(drawn, **shown)
    # Of quick clicks none is left out while the one before is on its way; the picture then shows the last.
    each, last = {"queue": False, "trigger_mode": "multiple", **_QUIET}, {"trigger_mode": "always_last", **shown}
    picture.select(_clicked, inputs=[photo, mode], outputs=photo, **each).then(drawn, **last)
    undo.click(_undone, inputs=photo, outputs=photo, **each).then(drawn, **last)
    clear.click(_cleared, inputs=photo, outputs=photo, queue=False, **_QUIET).then(drawn, **shown)
    gr.on([scale.change, tilt.change, free.change, source.change], drawn, **last)

    def draw(language: str, kind: str, text: str, tilt: float, free: bool, length: float, cloud: Any) -> Sequence[Any]:
        if kind == "photo":  # drawn by its own events, which know the photograph
            return [gr.skip()] * len(results)
        return _fit_points(language, text, cloud, tilt, free)

    return {
        "fields": {"source": source, "points": text, "tilt": tilt, "free": free, "scale": scale},
        "outputs": results,
        "draw": draw,
        "triggers": (go.click, text.submit),
        "states": (cloud,),
    }


def _constant(text: str) -> Callable[[], tuple[str, None]]:
    return lambda: (text, None)


def _event(fit: Callable[..., Sequence[Any]], outputs: int) -> Callable[..., Sequence[Any]]:
    """An event that shows a fit, or in its place the sentence that says what is wrong."""

    def run(request: gr.Request, *values: Any) -> Sequence[Any]:
        try:
            return fit(language_of(request), *values)
        except VisitorError as error:
            note("mistake")
            return [*[gr.skip()] * (outputs - 1), render.told(error)]
        except Exception:  # a visitor never sees a stack trace
            note("failed")
            _log.exception("fitting a chain")
            return [*[gr.skip()] * (outputs - 1), render.told("something_wrong")]

    return run


def _shown(found: CatenaryFit, language: str) -> Sequence[Any]:
    return (
        plots.picture(pictures.fit(found, language)),
        plots.picture(pictures.residuals(found, language)),
        render.fit(found),
    )


# ---- numbers


def _fit_points(language: str, text: str, cloud: Held | None, tilt: float, free: bool) -> Sequence[Any]:
    points = cloud.value() if cloud is not None else text or ""
    if len(points) <= limits.FIT_FREELY:
        return _shown(fit_catenary(points, tilt, free), language)
    if not _fitting.acquire(timeout=limits.FIT_SECONDS):
        raise VisitorError("too_busy")
    try:
        return _shown(fit_catenary(points, tilt, free), language)
    finally:
        _fitting.release()


def _open_points(path: str, request: gr.Request) -> tuple[Any, Any]:
    """Points out of a file, which is then deleted: into the box, or beside it when they are many."""
    try:
        points = pointers.read(path)
    except VisitorError as error:
        note("mistake")
        warn(sentence(error, request), request)
        return gr.skip(), gr.skip()
    finally:
        discard([path])
    if len(points) > _IN_BOX:
        return "", Held(points, points.nbytes, "points_gone")
    return "\n".join(f"{x!r}, {y!r}" for x, y in points.tolist()), None


# ---- a photograph


def _open_photo(path: str, request: gr.Request) -> Any:
    """The photograph of an uploaded file, which is then deleted; after a mistake the one before stays."""
    try:
        return _photo(path)
    except VisitorError as error:
        note("mistake")
        warn(sentence(error, request), request)
        return gr.skip()
    finally:
        discard([path])


def _example_photo() -> Photo:
    return _photo(asset("chain.jpg"))


def _photo(path: Any) -> Photo:
    image = photos.load(path)
    return Photo(Held(image, 3 * image.width * image.height, "points_gone"))


def _clicked(photo: Photo | None, mode: str, click: gr.SelectData) -> Any:
    """The photograph with one more click, at most 300; a third end of the scale begins it anew."""
    if photo is None or not isinstance(click.index, list | tuple) or len(photo.order) >= _CLICKS:
        return gr.skip()
    place = (float(click.index[0]), float(click.index[1]))
    if mode == "s":
        kept = photo.ends if len(photo.ends) < 2 else ()
        order = photo.order if len(photo.ends) < 2 else photo.order.replace("s", "")
        return dataclasses.replace(photo, ends=(*kept, place), order=order + "s")
    return dataclasses.replace(photo, clicks=(*photo.clicks, place), order=photo.order + "c")


def _undone(photo: Photo | None) -> Any:
    if photo is None or not photo.order:
        return gr.skip()
    if photo.order[-1] == "s":
        return dataclasses.replace(photo, ends=photo.ends[:-1], order=photo.order[:-1])
    return dataclasses.replace(photo, clicks=photo.clicks[:-1], order=photo.order[:-1])


def _cleared(photo: Photo | None) -> Any:
    return gr.skip() if photo is None else Photo(photo.held)


def _fit_photo(language: str, photo: Photo | None, length: float | None, tilt: float, free: bool) -> Sequence[Any]:
    """(photograph with the clicks and the curve, how many there are, pictures, card)."""
    if photo is None:
        return [gr.skip()] * 5
    picture = photo.held.value()
    count = f'<p class="wz-remark">{both("curves_click_count", points=len(photo.clicks), scale=len(photo.ends))}</p>'
    found, problem = None, None
    unit = 1.0
    try:
        if len(photo.ends) == 2 and length:
            unit = photos.unit(photo.ends, length)
        if len(photo.clicks) >= (4 if free else 3):
            found = fit_catenary(photos.upwards(picture, photo.clicks, unit), tilt, free)
    except VisitorError as error:
        problem = error
    wrong, curve = (), ()
    if found is not None:
        wrong = found.outlier
        curve = photos.downwards(picture, list(zip(found.curve_x, found.curve_y, strict=True)), unit)
    image = photos.drawn(picture, photo.clicks, wrong, curve, photo.ends)
    if found is None:
        return image, count, gr.skip(), gr.skip(), render.told(problem or "curves_fit_first")
    return (image, count, *_shown(found, language))
