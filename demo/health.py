"""Answers to those who look after a server rather than ask it: is it alive, is it ready, its figures.

`/healthz` and `/readyz` are for whoever can reach the page, without a login, as balancers have none; they tell no more
than the page's header does.  `/metrics` is there only when it was asked for (`--metrics`), and only for who connects
from this machine or a private network without a proxy between, for a page's numbers are its owner's.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from core.errors import VisitorError
from core.tasks import TASKS
from demo.i18n import sentence

if TYPE_CHECKING:
    from demo.watch import Watch

ALIVE, READY, METRICS = "/healthz", "/readyz", "/metrics"
PATHS = (ALIVE, READY, METRICS)
_SETTLED = ("ready", "failed")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")  # what proxies add


def answer(request: Request, watch: Watch) -> Response | None:
    """To a GET or HEAD of one of `PATHS`; None for who is told nothing, as if there were no such path."""
    path = request.scope["path"]
    if path == ALIVE:
        return JSONResponse({"alive": True})
    if path == READY:
        return _ready(request, watch)
    if watch.metrics and is_near(request):
        return PlainTextResponse(generate_latest(watch.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
    return None


def _ready(request: Request, watch: Watch) -> Response:
    states = {task: watch.service.state(task) for task in TASKS}
    settled = all(state.stage in _SETTLED for state in states.values())
    models = {task: {"stage": s.stage, "weights": s.weights, "device": s.device} for task, s in states.items()}
    for task, state in states.items():
        problem = state.error or state.notice
        if problem is not None:  # why there is no model, or another one than was chosen
            models[task]["why"] = sentence(problem, request)
    told: dict[str, object] = {"ready": settled and not watch.stopping.is_set(), "models": models}
    if watch.stopping.is_set():
        told["why"] = sentence(VisitorError("stopping"), request)
    elif not settled:
        names = ", ".join(task for task, state in states.items() if state.stage not in _SETTLED)
        told["why"] = sentence(VisitorError("still_loading", tasks=names), request)
    return JSONResponse(told, status_code=200 if told["ready"] else 503)


def is_near(request: Request) -> bool:
    """Whether this comes from this machine or a private network, and through no proxy that says so."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_private
