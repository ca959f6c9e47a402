"""The page: header, tabs, language, looks."""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr

from core.service import Service
from core.tasks import TASKS
from demo import chat, curves, door, embed, endpoints, limits, matrix, optimizers, reading, render, titling, triples
from demo.calls import Page
from demo.i18n import translations, word
from demo.listening import NOW
from demo.theme import ASSETS, Wanzhuan, asset, html_block
from demo.watch import Watch, Watched

TABS = (  # a row a tab, in the order of the page
    ("tab_chat", chat.tab),
    ("tab_titling", titling.tab),
    ("tab_triples", triples.tab),
    ("tab_reading", reading.tab),
    ("tab_matrix", matrix.tab),
    ("tab_curves", curves.tab),
    ("tab_optimizers", optimizers.tab),
)
_log = logging.getLogger(__name__)


def build(service: Service, metrics: bool = False) -> Page:
    """The page, its queue set up; nothing is loaded and nothing runs yet.

    metrics: whether its figures are served (`demo.health`).
    """
    page = Page(title=door.TITLE, analytics_enabled=False, delete_cache=limits.FILE_LIFE)
    page.watch, service = Watch(page, service, metrics), Watched(service)
    with page:
        html_block(render.brand())
        status = html_block(_header(service), elem_id="wz-status")
        with gr.Tabs():
            for key, fill in TABS:
                with gr.Tab(word(key), id=key):
                    _filled(key, fill, service)
        embed.foot()
        timer = gr.Timer(limits.POLL_SECONDS)

        def look() -> tuple[str, gr.Timer]:
            """The header of now; the timer stops once nothing will change any more."""
            settled = all(service.state(task).stage in ("ready", "failed") for task in TASKS)
            return _header(service), gr.Timer(active=not settled)

        page.load(look, outputs=[status, timer], **NOW)
        timer.tick(look, outputs=[status, timer], **NOW)
    endpoints.describe(page)
    # nobody passes the queue by: its limits are what keeps the page answering
    return page.queue(max_size=limits.QUEUE, default_concurrency_limit=limits.WRITERS, api_open=False)


def _header(service: Service) -> str:
    """A line a task: how far its model is, which weights, which device."""
    return "".join(render.status(service.state(task), task if len(TASKS) > 1 else "") for task in TASKS)


def _filled(key: str, fill: Any, service: Service) -> None:
    """A tab that cannot be built says so, and the others stay."""
    try:
        fill(service)
    except Exception:
        _log.exception("the tab %s", key)
        html_block(render.said("something_wrong"))


def scripts() -> str:
    """All scripts of `demo/assets` as one function; one that fails leaves the others alone.

    Gradio calls it whenever the page is put into a document, its element on somebody else's page also again and again:
    what listens to the document is there already then, and only the language has to be told to what has been loaded.
    """
    files = sorted(ASSETS.glob("*.js"), key=lambda path: (path.name != "page.js", path.name))
    texts = [path.read_text(encoding="utf-8").strip() for path in files]
    parts = "".join(f"try {{ ({text})(); }} catch (e) {{ console.error(e); }}\n" for text in texts)
    return f"() => {{\nif (window.wanzhuan) {{ window.wanzhuan.speak(); return; }}\n{parts}}}"


def launch_options() -> dict[str, Any]:
    """What every launch of the page needs, whoever launches it."""
    return {
        "theme": Wanzhuan(),
        "css_paths": sorted(ASSETS.glob("*.css")),
        "js": scripts(),
        "i18n": translations(),
        "favicon_path": asset("favicon.png"),
        "app_kwargs": {"middleware": door.middleware()},  # the head as others read it, refusals in two languages
        "footer_links": ["api", "settings"],
        "max_file_size": limits.FILE_BYTES,
        "max_threads": limits.THREADS,
        "ssr_mode": False,  # no Node beside us: the page is the same wherever it runs
        "pwa": False,
        "run_history": False,  # a visitor's text stays nowhere
    }
