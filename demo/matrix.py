"""The tab 矩阵: det(exp A) = exp(tr A) to play with; the panels below tell why it holds, in the order of a proof."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from core.errors import VisitorError
from core.mathtoys import cost as costs
from core.mathtoys import exponentials, generators, parsing, precise
from core.mathtoys import flow as flows
from core.mathtoys.matrix import identity
from core.mathtoys.values import real
from core.service import Service
from demo import limits, links, matrix_text, plots
from demo import matrix_pictures as pictures
from demo import matrix_render as render
from demo.common import fills, mistakes, pressing
from demo.held import Held
from demo.i18n import both, language_of, phrase, sentence, warn, word
from demo.listening import LAST, NOW, QUIET
from demo.matrix_api import endpoint
from demo.rates import admit
from demo.theme import html_block
from demo.uploads import discard
from demo.watch import note

FIRST = "0.5 -2\n2 0"
SECOND = "0 1\n0 0"
EXAMPLES = {
    "matrix_spiral": FIRST,
    "matrix_defective": "1 1\n0 1",
    "matrix_idempotent": "1 0\n1 0",
    "matrix_turning": "0 -2 1\n2 0 -1\n-1 1 0",
    "matrix_roots": "1/3 sqrt(2)\n-pi/2 -1/4",
    "matrix_imaginary": "1+i 2\n-3i 1/2-2i",
    "matrix_huge": "1000000 1 0\n2 3 1\n0 1 -5",
    "matrix_cancelling": "-30 1\n0 -31",
}
KEPT_SECONDS = 1800  # an uploaded matrix is kept so long
_log = logging.getLogger(__name__)
_DRAW = "wz-matrix-draw"  # the id of a button that nobody sees
_HEAVY = {"concurrency_limit": limits.MATRICES, "concurrency_id": "matrix"}
_TEX = [{"left": "$$", "right": "$$", "display": True}]


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open.  It needs no model."""
    kept = gr.State(None, time_to_live=KEPT_SECONDS)
    _formula(r"\det\left(e^{A}\right) = e^{\operatorname{tr} A}")
    with gr.Row(equal_height=False, elem_classes="wz-panes"):
        with gr.Column(scale=1, min_width=300):
            text = gr.Textbox(
                FIRST, label=word("matrix_text"), placeholder=word("matrix_placeholder"), lines=4, max_lines=12,
                elem_id="wz-matrix", autoscroll=False,
            )  # fmt: skip
            with gr.Row(elem_classes="wz-under"):
                upload = gr.UploadButton(word("upload"), size="sm", min_width=0, scale=0, elem_id="wz-matrix-upload")
                shared = gr.Row()
            with gr.Row(elem_classes="wz-examples"):
                html_block(f'<span class="wz-try">{both("try")}</span>', min_width=0)
                chips = {key: gr.Button(word(key), size="sm", min_width=0) for key in EXAMPLES}
            go = gr.Button(word("matrix_go"), variant="primary", elem_id="wz-matrix-go", elem_classes="wz-go")
            with gr.Accordion(word("matrix_make"), open=False):
                kinds = [(word(f"kind_{kind}"), kind) for kind in generators.KINDS]
                kind = gr.Dropdown(kinds, value="random", label=word("matrix_kind"))
                rows = gr.Slider(1, generators.MOST, 4, step=1, label=word("matrix_n"))
                parameter = gr.Number(1, label=word("matrix_parameter"))
                make = gr.Button(word("matrix_make_go"), elem_id="wz-matrix-make")
            with gr.Accordion(word("matrix_grid"), open=False):
                grid = gr.Dataframe(parsing.rows_of(FIRST), headers=["1", "2"], type="array", datatype="str",
                                    interactive=True, show_label=False, elem_id="wz-grid")  # fmt: skip
            laid = gr.Textbox(elem_classes="wz-unseen", container=False, show_label=False)
        with gr.Column(scale=1, min_width=300, elem_classes="wz-answer"):
            sides = html_block(f'<div class="wz-card wz-empty">{both("matrix_wait")}</div>', elem_id="wz-sides")
    _panel("flow", r"f(t) = \det e^{tA}:\quad f' = \operatorname{tr}(A)\,f,\quad f(0) = 1")
    with gr.Row(equal_height=False):
        t = gr.Slider(0, 1, 1, step=0.01, label=word("matrix_t"), elem_id="wz-matrix-t", scale=4)
        play = gr.Button(word("matrix_play"), elem_id="wz-matrix-play", scale=0, min_width=90)
    with gr.Row(equal_height=False):
        with gr.Column(min_width=300):
            flow, flow_told = plots.plot("flow"), plots.readout("flow")
        with gr.Column(min_width=300):
            path, path_told = plots.plot("path"), plots.readout("path")
    _panel("spectrum", r"A = PJP^{-1}:\quad \det e^{A} = \prod_i e^{\lambda_i} = e^{\sum_i \lambda_i}")
    spectrum, spectrum_told = plots.plot("spectrum"), html_block("", elem_id="wz-spectrum")
    _panel("series", r"e^{A} = \sum_{k\ge 0} \frac{A^k}{k!} = \left(e^{A/2^s}\right)^{2^s} = V e^{\Lambda} V^{-1}")
    series, series_told = plots.plot("series"), html_block("", elem_id="wz-series")
    _panel("elementwise", r"\left(e^{A}\right)_{ij} \ne e^{A_{ij}}")
    elementwise = html_block("", elem_id="wz-elementwise")
    _panel("sums", r"AB = BA \;\Rightarrow\; e^{A+B} = e^{A}e^{B}")
    second = gr.Textbox(SECOND, label=word("matrix_second"), lines=2, max_lines=8, elem_id="wz-second")
    sums = html_block("", elem_id="wz-sums")
    _panel("log", r"\ln\det B = \operatorname{tr}\ln B,\qquad \ln R_\alpha = (\alpha + 2\pi n)\,J")
    logarithm = html_block("", elem_id="wz-log")
    angle = gr.Slider(-6.28, 6.28, 1, step=0.01, label=word("matrix_angle"), elem_id="wz-angle")
    html_block(f'<p class="wz-told">{both("branches_told")}</p>')
    turns = html_block(render.branches(exponentials.branches(1.0)), elem_id="wz-branches")
    _panel("digits", r"\tfrac13 \ne 0.333\ldots3")
    with gr.Row(equal_height=False):
        digits = gr.Slider(15, precise.MAX_DIGITS, 50, step=1, label=word("matrix_digits"), scale=3, min_width=260)
        verify = gr.Button(word("matrix_verify"), elem_id="wz-verify", min_width=200)
        exact = gr.Button(word("matrix_exact"), elem_id="wz-exact", min_width=120)
    verified = html_block("", elem_id="wz-verified")
    closed = gr.Markdown("", latex_delimiters=_TEX, elem_id="wz-closed", elem_classes="wz-formula")
    _panel("cost", r"\mathcal O(n^3) \;\gg\; \mathcal O(n)")
    measure = gr.Button(word("matrix_measure"), elem_id="wz-measure")
    cost, cost_told = plots.plot("cost"), html_block("", elem_id="wz-cost")

    outputs = [sides, laid, flow, flow_told, path, path_told, spectrum, spectrum_told, series, series_told, elementwise,
               logarithm]  # fmt: skip
    # one event for all that asks, so that the matrix that was given last is the one that stands there
    draw = gr.Button(word("relabel"), elem_classes="wz-unseen", elem_id=_DRAW, min_width=0)
    add = gr.Button(word("relabel"), elem_classes="wz-unseen", elem_id="wz-matrix-add", min_width=0)
    shown = gr.on([go.click, text.submit, draw.click], show, [text, kept, t], outputs, show_progress_on=[sides],
                  **LAST, **_HEAVY, queue=True)  # fmt: skip
    shown.then(None, [laid, text, grid], grid, js="(...values) => window.wanzhuan.matrix.lay(...values)", **QUIET)
    shown.then(None, js=pressing(add), **QUIET)
    # digits, closed forms and times of a matrix go from the page when another one stands there
    beside = {"fn": None, "inputs": [sides, verified, cost_told], **QUIET}
    shown.then(js="(...told) => window.wanzhuan.matrix.stands(...told)", **beside)
    for key, chip in chips.items():
        fills(chip, EXAMPLES[key], text, draw)
    make.click(made, [kind, rows, parameter], text, queue=False, **LAST).then(None, js=pressing(draw), **QUIET)
    upload.upload(opened, upload, [text, kept], **LAST, **limits.OPENING).then(None, js=pressing(draw), **QUIET)
    grid.input(None, grid, text, js="(cells) => window.wanzhuan.matrix.written(cells)", **QUIET)
    plots.scrub(t, "flow", play)
    plots.scrub(t, "path", play)
    add.click(_told(_sums, counted=False), [text, kept, second], sums, **LAST, **_HEAVY)
    gr.on([second.submit, second.blur], None, js=pressing(add), **QUIET)
    angle.change(lambda a: render.branches(exponentials.branches(a)), angle, turns, **NOW)
    for place, of_this in (  # of what it tells in `beside`
        (
            1,
            gr.on(
                [verify.click, digits.release],
                _told(_verified, _first),
                [text, kept, digits],
                [verified, closed],
                **LAST,
                **_HEAVY,
            ),
        ),
        (1, exact.click(_told(_exact, _second), [text, kept, digits], [closed, verified], **LAST, **_HEAVY)),
        (2, measure.click(_told(_cost, _second), [text, kept, digits], [cost, cost_told], **LAST, **_HEAVY)),
    ):
        of_this.then(js=f"(...told) => window.wanzhuan.matrix.told('{_DRAW}', {place}, ...told)", **beside)
    plots.relabel(fn=None, js=pressing(draw))
    with shared:
        fields = {"matrix": text, "b": second, "t": t, "angle": angle, "digits": digits}
        links.share_button("matrix", fields, {"fn": None, "js": f"() => {{ window.wanzhuan?.press('{_DRAW}'); }}"})
    gr.api(endpoint, api_name="matrix", **_HEAVY)


def _formula(tex: str) -> None:
    gr.Markdown(f"$${tex}$$", latex_delimiters=_TEX, elem_classes="wz-formula")


def _panel(key: str, tex: str) -> None:
    """A panel's heading, what it shows in one or two sentences, and its formula."""
    html_block(f'<section class="wz-panel"><h2>{both(f"panel_{key}")}</h2><p>{both(f"panel_{key}_why")}</p></section>')
    _formula(tex)


def show(text: str, kept: Held | None, t: float, request: gr.Request) -> Iterator[tuple]:
    """Both sides first, then every panel; a panel that does not take this matrix says why, and the others stay."""
    keep = (gr.skip(),) * 11
    try:
        admit(request)
        found = matrix_text.given(text, kept)
        yield render.of(found.array, render.identity(identity(found))), *keep
        yield gr.skip(), matrix_text.laid(text, found), *_panels(found, t, language_of(request))
    except VisitorError as error:
        note("mistake")
        warn(sentence(error, request), request)
        yield gr.skip(), *keep
    except Exception:  # a visitor never sees a stack trace, and their text stays
        note("failed")
        _log.exception("matrix")
        warn(phrase("something_wrong", language_of(request)), request)
        yield gr.skip(), *keep


def _panels(found: parsing.Matrix, t: float, language: str) -> tuple:
    def drawn(compute: Callable, draw: Callable, *more: Any, tell: Callable) -> tuple[Any, str]:
        try:
            result = compute(found)
            return draw(result, *more), tell(result)
        except VisitorError as error:
            return None, render.refused(error)
        except Exception:  # of one panel: the others are of this matrix all the same
            note("failed")
            _log.exception("matrix")
            return None, render.refused("something_wrong")

    def told(compute: Callable, tell: Callable) -> str:
        return drawn(compute, lambda result: None, tell=tell)[1]

    def area(result: flows.Flow) -> str:
        return plots.told("flow", pictures.flow_text(result, t, language))

    return (
        *drawn(flows.flow, pictures.flow, t, language, tell=area),
        *drawn(flows.path, pictures.path, t, tell=lambda f: plots.told("path", pictures.path_text(f, t))),
        *drawn(exponentials.spectrum, pictures.spectrum, tell=render.spectrum),
        *drawn(exponentials.series, pictures.series, language, tell=render.series),
        told(exponentials.elementwise, render.elementwise),
        told(exponentials.logarithm, render.logarithm),
    )


def _told(work: Callable, refused: Callable[[str], Any] = str, counted: bool = True) -> Callable:
    """An event that answers `work(found, value or None, language)`.

    Args:
        refused: a mistake's sentence as HTML → what the event answers then.
        counted: it is a question of its own.
    """

    def event(text: str, kept: Held | None, value: Any, request: gr.Request) -> Any:
        found = None
        try:
            if counted:
                admit(request)
            found = matrix_text.given(text, kept)
            return work(found, value, language_of(request))
        except VisitorError as error:
            note("mistake")
            told = render.refused(error)
            return refused(told if found is None else render.of(found.array, told))
        except Exception:
            note("failed")
            _log.exception("matrix")
            warn(phrase("something_wrong", language_of(request)), request)
            return refused("")

    return event


def _first(told: str) -> tuple[str, str]:
    """Of two places the first takes the sentence, the second is emptied."""
    return told, ""


def _second(told: str) -> tuple[None, str]:
    """Of two places the second takes the sentence, the first is emptied."""
    return None, told


def _sums(found: parsing.Matrix, second: str, language: str) -> str:
    if second.strip() == SECOND:  # not touched yet: the same matrix in A's size
        second = generators.generate("jordan", found.n, 0)
    return render.sums(exponentials.sums(found, second))


def _verified(found: parsing.Matrix, digits: float, language: str) -> tuple[str, str]:
    return render.of(found.array, render.verified(precise.verify(found, int(digits)))), ""


def _exact(found: parsing.Matrix, _: Any, language: str) -> tuple[str, str]:
    return render.exact(precise.exact(found)), render.of(found.array, "")


def _cost(found: parsing.Matrix, _: Any, language: str) -> tuple:
    result = costs.cost(found)
    return pictures.cost(result, language), render.of(found.array, render.cost(result))


def made(kind: str, rows: float, parameter: float | None, request: gr.Request) -> Any:
    """A generated matrix as text: written out where it is small and its entries are short, else as a recipe."""
    with mistakes("matrix", request):
        n, parameter = int(real("n", rows)), float(parameter or 0)
        generators.check(kind, n, parameter)  # a large one is not made for nothing
        if n > matrix_text.WRITTEN:
            return generators.written(kind, n, parameter)
        if kind == "hilbert":
            return "\n".join(" ".join(f"1/{i + j + 1}" for j in range(n)) for i in range(n))
        array = generators.generate(kind, n, parameter)
        whole = not np.iscomplexobj(array) and (array == np.round(array)).all()
        return matrix_text.written(parsing.matrix(array)) if whole else generators.written(kind, n, parameter)
    return gr.skip()


def opened(path: str, request: gr.Request) -> tuple:
    """An uploaded matrix: as text when it is small, else kept for this visitor; the file is deleted."""
    name = Path(path).name
    try:
        with mistakes("matrix", request):
            found = parsing.read_file(Path(path), name)
            if found.n <= matrix_text.WRITTEN:
                return matrix_text.written(found), None
            return matrix_text.FILE + name, Held(found, found.array.nbytes, "matrix_gone")
        return gr.skip(), gr.skip()
    finally:
        discard([path])
