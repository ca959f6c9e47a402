"""A server's begin and end: its log, who counts its visitors' questions, and a stop that lets what is under way end.

SIGTERM, which service managers and containers send, closes the door (`Watch.stopping`): who asks something new is told
so, `/readyz` says 503, and what runs or waits goes on to its end, its answers are fetched, and the process ends with 0.
A second SIGTERM ends it at once.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from gradio.tunneling import CURRENT_TUNNELS

from core.backend import check_versions
from core.errors import SetupError, VisitorError, language
from demo import limits, logs, rates, shared_rates
from demo.calls import Page

_log = logging.getLogger(__name__)
_LOOK = 0.05  # seconds between two looks


def begin(log: str, environment: Mapping[str, str] = os.environ) -> None:
    """Before the page is built: the kind of log, `REDIS_URL`, where questions are counted if it is set, and
    `WANZHUAN_PROXIES`, by which visitors are told apart.  It is said what is not rightly installed: no model answers
    then, as each tab tells; the laboratory needs none.

    Raises:
        VisitorError: one of them is not right.
    """
    logs.start(log)
    try:
        check_versions()
    except SetupError as problem:
        _log.warning(problem.sentence(language()))
    rates.RATES = shared_rates.of(environment.get("REDIS_URL"))
    rates.PROXIES = rates.proxies_of(environment.get("WANZHUAN_PROXIES"))


def launch(page: Page, host: str | None, port: int, **options: Any) -> None:
    """Put the page up; options: Gradio's.

    Raises:
        VisitorError: the port is taken, or none.
    """
    try:
        page.launch(prevent_thread_lock=True, server_name=host, server_port=port, **options)
    except (OSError, OverflowError) as error:
        raise VisitorError("port_taken", host=host or "127.0.0.1", port=port) from error


def until_told(page: Page) -> None:
    """Serve a page that has been launched until SIGTERM, then end the process; or until Ctrl-C, then return."""
    logs.adopt()
    _log.info("listening", extra={"fields": {"address": page.local_url}})
    told = []  # not an Event: its lock may be held by the very thread that the signal comes to
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, _: (signal.signal(number, signal.SIG_DFL), told.append(number)))
    try:
        while page.is_running and not told:
            time.sleep(_LOOK)
        if told:
            finish(page)
            _end()
    except KeyboardInterrupt:
        _close(page)


def finish(page: Page) -> None:
    """Take nothing new, wait for what is under way, no longer than `limits.STOP_SECONDS`, and close the page."""
    watch = page.watch
    watch.stopping.set()
    _log.info("stopping", extra={"fields": {"waiting": watch.waiting(), "running": watch.running()}})
    until = time.monotonic() + limits.STOP_SECONDS
    while (watch.waiting() or watch.running() or watch.asking) and time.monotonic() < until:
        time.sleep(_LOOK)
    cut = watch.waiting() + watch.running()
    until = min(until, time.monotonic() + limits.STOP_FETCH)
    while (watch.unfetched() or watch.open) and time.monotonic() < until:  # asked, and its answer not yet asked for
        time.sleep(_LOOK)
    if cut:
        _log.warning("%d events were still under way after %g s and are cut", cut, limits.STOP_SECONDS)
    _close(page)
    _log.info("stopped", extra={"fields": {"cut": cut}})


def _close(page: Page) -> None:
    page.close(verbose=False)
    for tunnel in CURRENT_TUNNELS:  # of --share: a program of its own
        tunnel.kill()


def _end() -> None:
    """With 0, whatever threads are still at work: models that load or compute would else be waited for, or crash."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
