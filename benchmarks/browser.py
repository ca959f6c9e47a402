"""A browser without a screen: the page's own events over HTTP, as its scripts ask for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks import visitors


@dataclass(frozen=True)
class Event:
    """A private event of the page: its number, and what its inputs are if nobody touched them."""

    number: int
    usual: tuple[Any, ...]


@dataclass
class Page:
    """What a browser knows of the page: (elem_id, event) → what happens; what happens when it is loaded."""

    events: dict[tuple[str, str], Event]
    loads: tuple[Event, ...]
    forms: dict[str, list[tuple[str, Any]]]

    @classmethod
    async def opened(cls, url: str) -> Page:
        """Read the page's own configuration, once its models have answered."""
        forms = await visitors.ready(url)
        async with httpx.AsyncClient(base_url=url, timeout=visitors.LOADING) as client:
            config = (await client.get("/config")).json()
        known = {one["id"]: one for one in config["components"]}
        events, loads = {}, []
        for one in config["dependencies"]:
            event = Event(one["id"], tuple(known[i]["props"].get("value") for i in one["inputs"]))
            if not one["backend_fn"]:  # of the page's scripts alone
                continue
            for component, name in one["targets"]:
                if name == "load":
                    loads.append(event)
                elif component in known:
                    events[known[component]["props"].get("elem_id"), name] = event
        return cls(events, tuple(loads), forms)


class Browser:
    """One session of one visitor."""

    def __init__(self, page: Page, client: httpx.AsyncClient) -> None:
        self.page, self.client, self.session = page, client, secrets.token_hex(6)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Load the page; inside, it stands open."""

        async def beat() -> None:
            async with self.client.stream("GET", f"/gradio_api/heartbeat/{self.session}") as stream:
                async for _ in stream.aiter_bytes():
                    pass

        beating = asyncio.create_task(beat())
        try:
            for event in self.page.loads:
                await self._at_once(event)
            yield
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
                await beating

    async def _at_once(self, event: Event) -> None:
        """What does not wait in the queue."""
        body = {"data": list(event.usual), "fn_index": event.number, "session_hash": self.session}
        (await self.client.post("/gradio_api/run/predict", json=body)).raise_for_status()

    async def upload(self, name: str, text: str) -> dict[str, Any]:
        """A file of this text on the server, as a component names it."""
        sent = await self.client.post("/gradio_api/upload", files={"files": (name, text.encode())})
        return {"path": sent.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    async def press(
        self, element: str, name: str, *values: Any, leave: str = "", stop: tuple[str, str] | None = None
    ) -> tuple[str, Any]:
        """Let something happen, with its first inputs so.

        Args:
            leave: "stop": let `stop` happen when it has begun, and hear it end; "cancel": call it off by the route that
                programs use; "close": go away then.
            stop: the button that ends it, as (elem_id, event).

        Returns:
            ("complete", outputs), ("error", what was said), ("left", None) or ("lost", why).
        """
        event = self.page.events[element, name]
        data = [*values, *event.usual[len(values) :]]
        body = {"data": data, "fn_index": event.number, "session_hash": self.session}
        joined = await self.client.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return "error", joined.text
        mine = joined.json()["event_id"]
        url = f"/gradio_api/queue/data?session_hash={self.session}"
        stopped = False
        async with self.client.stream("GET", url) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line[6:]) if line.startswith("data: ") else {}
                if message.get("event_id") != mine:
                    continue
                begun = message["msg"] in ("process_starts", "process_generating")
                if begun and leave == "stop" and not stopped:
                    stopped = True
                    await self._at_once(self.page.events[stop])
                elif begun and leave in ("cancel", "close"):
                    if leave == "cancel":
                        told = {"session_hash": self.session, "fn_index": event.number, "event_id": mine}
                        await self.client.post("/gradio_api/cancel", json=told)
                    return "left", None
                if message["msg"] == "process_completed":
                    if message.get("success"):
                        return ("left", None) if stopped else ("complete", message["output"]["data"])
                    return "error", json.dumps(message.get("output"), ensure_ascii=False)
        return "lost", "the stream ended without an answer"
