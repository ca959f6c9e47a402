"""The panel of the tab 绳 that fits a chain: to numbers, or to clicks on a photograph."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import gradio as gr

from core.errors import VisitorError
from core.mathtoys import photo as photos
from core.mathtoys import points as pointers
from core.mathtoys.fit import CatenaryFit, fit_catenary
from core.patience import Limit
from demo import curves_pictures as pictures
from demo import curves_render as render
from demo import limits, plots
from demo.curves_events import drawn, only_shown
from demo.curves_examples import BRIDGE, CHAIN
from demo.curves_photo import MOST, Photo
from demo.held import Held
from demo.i18n import both, sentence, warn, word
from demo.listening import LAST, NOW
from demo.theme import asset, html_block
from demo.uploads import discard, opening
from demo.watch import note

_IN_BOX = 500  # points of a file that are shown in the box; more are kept beside it
_AT_ONCE = 4 * limits.FITS  # fits, of points that are many or few: many ones that wait leave room for few
_fitting = threading.BoundedSemaphore(limits.FITS)
_EXAMPLES = {"curves_example_points": CHAIN, "curves_example_parabola": BRIDGE}


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
    beside = gr.Textbox(elem_classes="wz-unseen", container=False, show_label=False)  # whether the page counts on cloud
    only_shown(source, ("text", "photo"), [typing, clicking])
    # Whatever is typed, pasted or filled in counts instead of the file; Gradio's `input` comes for keys alone.
    text.change(None, [text, beside], beside, js="(text, beside) => text?.trim() ? '' : beside", **NOW)

    for key, chip in chips.items():
        filled = chip.click(None, outputs=text, js=f"() => {json.dumps(_EXAMPLES[key])}", **NOW)
        filled.then(**drawn("fit"))
    each = {"trigger_mode": "multiple", **NOW}  # of quick clicks none is left out while the one before is on its way
    for event in (
        opened.upload(_open_points, opened, [text, cloud, beside], **LAST, **limits.OPENING),
        upload.upload(_open_photo, [upload, photo], photo, **LAST),
        example.click(_example_photo, photo, photo, **each),
        picture.select(_clicked, [photo, mode], photo, **each),
        undo.click(_undone, photo, photo, **each),
        clear.click(_cleared, photo, photo, **each),
    ):
        event.then(**drawn("fit"))

    return {
        "fields": {"source": source, "points": text, "tilt": tilt, "free": free, "scale": scale},
        "outputs": [picture, count, flat, rest, card],
        "draw": _draw,
        "triggers": (go.click, text.submit),
        "others": (cloud, beside, photo, count),
        "how": {"queue": True, "concurrency_limit": _AT_ONCE},
    }


def _draw(
    language: str, kind: str, text: str, tilt: float, free: bool, length: float | None, cloud: Held | None,
    beside: str, photo: Photo | None, count: str,
) -> Sequence[Any]:  # fmt: skip
    """(photograph, how many points and ends are on it, pictures, card).

    beside, count: what the page says of an opened file of points and of a photograph; it outlives what the server has.
    """
    if kind == "text":
        return gr.skip(), gr.skip(), *_fit_points(language, text, cloud, tilt, free, bool(beside))
    if photo is None and count:
        raise VisitorError("points_gone")
    return _fit_photo(language, photo, length, tilt, free)


def _shown(found: CatenaryFit, language: str) -> Sequence[Any]:
    return (
        plots.picture(pictures.fit(found, language)),
        plots.picture(pictures.residuals(found, language)),
        render.fit(found),
    )


# ---- numbers


def _fit_points(language: str, text: str, cloud: Held | None, tilt: float, free: bool, beside: bool) -> Sequence[Any]:
    """beside: a file lies beside the box; what stands in the box counts instead of it."""
    points: Any = text or ""
    if beside and not points.strip():
        if cloud is None:
            raise VisitorError("points_gone")
        points = cloud.value()
    if len(points) <= limits.FIT_FREELY:
        return _shown(fit_catenary(points, tilt, free), language)
    if not _fitting.acquire(timeout=limits.FIT_SECONDS):
        raise VisitorError("too_busy")
    try:
        return _shown(fit_catenary(points, tilt, free), language)
    finally:
        _fitting.release()


def _open_points(path: str, request: gr.Request) -> tuple[Any, Any, Any]:
    """Points out of a file, which is then deleted: into the box, or beside it when they are many; whether they are."""
    try:
        points = pointers.read(path)
    except VisitorError as error:
        note("mistake")
        warn(sentence(error, request), request)
        return gr.skip(), gr.skip(), gr.skip()
    finally:
        discard([path])
    if len(points) > _IN_BOX:
        return "", Held(points, points.nbytes, "points_gone"), "beside"
    return "\n".join(f"{x!r}, {y!r}" for x, y in points.tolist()), None, ""


# ---- a photograph


def _open_photo(path: str, photo: Photo | None, request: gr.Request) -> Any:
    """The photograph of an uploaded file, which is then deleted; after a mistake the one before stays."""
    try:
        with opening(request, Limit(limits.OPEN_SECONDS)):
            return _opened(photo, photos.load(path))
    except VisitorError as error:
        note("mistake")
        warn(sentence(error, request), request)
        return gr.skip()
    finally:
        discard([path])


def _example_photo(photo: Photo | None) -> Photo:
    return _opened(photo, photos.decoded(asset("chain.jpg").read_bytes()))  # ours: it needs no child


def _opened(photo: Photo | None, image: Any) -> Photo:
    held = Held(image, 3 * image.width * image.height, "points_gone")
    if photo is None:
        return Photo(held)
    photo.open(held)
    return photo


# The answer to a click is what it was given: by that, the server's time to keep the photograph begins anew.  What is to
# be said when it has gone is said by the event that draws.
def _clicked(photo: Photo | None, mode: str, click: gr.SelectData) -> Any:
    if photo is None or not isinstance(click.index, list | tuple):
        return gr.skip()
    photo.click((float(click.index[0]), float(click.index[1])), mode == "s")
    return photo


def _undone(photo: Photo | None) -> Any:
    if photo is None:
        return gr.skip()
    photo.undo()
    return photo


def _cleared(photo: Photo | None) -> Any:
    if photo is None:
        return gr.skip()
    photo.clear()
    return photo


def _fit_photo(language: str, photo: Photo | None, length: float | None, tilt: float, free: bool) -> Sequence[Any]:
    """(photograph with the clicks and the curve, how many there are, pictures, card)."""
    if photo is None:
        return [gr.skip()] * 5
    held, marks = photo.seen()
    picture = held.value()
    told = both("curves_click_count", points=len(marks.clicks), scale=len(marks.ends))
    full = both("curves_click_most", most=MOST) if len(marks.order) >= MOST else ""
    count = f'<p class="wz-remark">{told} {full}</p>'
    found, problem = None, None
    unit = 1.0
    try:
        if len(marks.ends) == 2 and length:
            unit = photos.unit(marks.ends, length)
        if len(marks.clicks) >= (4 if free else 3):
            found = fit_catenary(photos.upwards(picture, marks.clicks, unit), tilt, free)
    except VisitorError as error:
        problem = error
    wrong, curve = (), ()
    if found is not None:
        wrong = found.outlier
        curve = photos.downwards(picture, list(zip(found.curve_x, found.curve_y, strict=True)), unit)
    image = photos.drawn(picture, marks.clicks, wrong, curve, marks.ends)
    if found is None:
        return image, count, gr.skip(), gr.skip(), render.told(problem or "curves_fit_first")
    return (image, count, *_shown(found, language))
