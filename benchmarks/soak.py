"""An hour of visitors over every tab of the page, its uploads and its endpoints; some stop, some close the browser.

    python -m benchmarks.soak [--minutes 60] [--visitors 50] [--json FILE]

Starts `app.py` as `benchmarks/visitors.py` does.  A visitor opens the page as a browser does (a session of its own,
its heartbeat, its load events), does some of what follows with a random pause between, and goes; then comes back as
somebody new.  In the tabs: a talk with follow-ups, files dropped into the chat, titles, triples, a file opened in the
reading tab and asked about, matrices, ropes, a chain that is fitted, optimizers; beside them the endpoints that
`benchmarks/visitors.py` asks, over HTTP and through gradio_client.  One time in twelve titles, triples, an answer or
the chat are stopped by their button, and the same is asked for again at once, or titles are called off by the route
for programs; one time in twelve the browser is closed in the middle of an answer.

What is lost, crossed and refused is counted as there: each visitor's texts hold a name that nobody else's holds, and
each answer that is about a text has to hold it, and no other's.  Memory is the server's resident set; its slope is that
of a straight line through the last half.  After the load the server is left alone for a minute, and its memory looked
at again.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import numpy as np
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError, TooManyRequestsError

from benchmarks import frame, visitors
from benchmarks.browser import Browser, Page
from benchmarks.frame import Column, Table
from benchmarks.visitors import FAMILY, SIGNS, Told
from core.messages import SENTENCES

RARE = 1 / 12  # of the actions are cut short, each way
STEPS = (3, 9)  # what a visitor does before it goes, least and most
REST = 60.0  # seconds after the load, before memory is looked at once more


async def actions(browser: Browser, number: int, chance: random.Random, until: float, told: Told) -> None:
    """What one visitor does, one thing after the other, each noted in `told`."""
    name = FAMILY + SIGNS[2 * number : 2 * number + 2]
    story = f"{name}是江苏常州人，作家，毕业于北京大学。{name}写了小说《{name}传》。"
    article = story + f"{name}昨日在临江市图书馆为读者签名，三百多人到场，活动持续了两个小时。"
    who = f"《{name}传》的作者是谁？"
    box = ("wz-chat-box", "submit")

    def typed(text: str, files: list[Any] | None = None) -> dict[str, Any]:
        return {"text": text, "files": files or []}

    async def done(what: str, holds: str | None, *call: Any, **options: Any) -> bool:
        began = time.monotonic()
        try:
            kind, found = await asyncio.wait_for(browser.press(*call, **options), visitors.WAIT)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            kind, found = "lost", f"{what}: {error!r}"
        text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
        if kind == "complete":
            told.answered.append((what, time.monotonic() - began))
            if visitors.others(text, number) or (holds and holds not in text):
                told.note("crossed", f"{what}: {text}")
        elif kind == "left":
            told.note("left", what)
        else:
            told.note("refused" if kind == "error" and visitors._OURS.search(text) else "lost", f"{what}: {text}")
        return kind == "complete"

    async def talk() -> None:
        if await done("chat", name, *box, typed(f"写标题：\n{article}")):
            await asyncio.sleep(chance.uniform(0.5, 3))
            await done("chat", name, *box, typed("再短一点"))
        await done("chat", name, *box, typed(f"抽取三元组：\n{story}"))

    async def drop() -> None:
        file = await browser.upload(f"{name}.txt", article)
        await done("chat, a file", name, *box, typed(who, [file]))

    async def read() -> None:
        file = await browser.upload(f"{name}.txt", article * 20)
        if await done("reading, a file", name, "wz-reading-upload", "upload", [file]):
            await done("reading", name, "wz-reading-write", "click", who, "", "files")

    async def endpoint() -> None:
        question = chance.choice(visitors.questions(number))
        data = [question.data.get(key, usual) for key, usual in browser.page.forms[question.endpoint]]
        await judged(question, lambda: visitors.ask(browser.client, browser.session, question.endpoint, data))

    async def program() -> None:
        question = chance.choice(visitors.questions(number))
        await judged(question, lambda: asyncio.to_thread(_through_client, browser.client, question))

    async def judged(question: visitors.Question, ask: Callable[[], Awaitable[tuple[str, Any]]]) -> None:
        began = time.monotonic()
        try:
            kind, found = await asyncio.wait_for(ask(), visitors.WAIT)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            kind, found = "lost", f"{question.endpoint}: {error!r}"
        visitors._judge(number, question, kind, found, time.monotonic() - began, told)

    async def stop() -> None:
        of_a_text = {"wz": article, "wz-triples": story}
        choice = chance.choice(("wz", "wz-triples", "wz-reading", "chat", "cancel"))
        if choice == "cancel":
            await done("titles", None, "wz-write", "click", article, leave="cancel")
            return
        if choice == "chat":
            call, stops = (*box, typed(f"写标题：\n{article}")), ("wz-chat-box", "stop")
        else:
            inputs = (of_a_text[choice],) if choice in of_a_text else (who, article, "text")
            call, stops = (f"{choice}-write", "click", *inputs), (f"{choice}-stop", "click")
        await done(choice, None, *call, leave="stop", stop=stops)
        await done("after a stop", name, *call)

    some = [
        talk, drop, read, endpoint, program,
        lambda: done("titles", name, "wz-write", "click", article),
        lambda: done("triples", name, "wz-triples-write", "click", story),
        lambda: done("reading", name, "wz-reading-write", "click", who, article, "text"),
        lambda: done("matrix", None, "wz-matrix-go", "click", f"{2 + number / 128} 0; 0 1"),
        lambda: done("chat", None, *box, typed(f"画一根跳绳，L={2 + number / 128} D=1")),
        lambda: done("chat", None, *box, typed("在 rosenbrock 上比较 sgd、动量和 adam，跑 100 步")),
        lambda: done("optimizers", None, "wz-optimizers-draw", "click"),
        lambda: done("curves", None, "wz-curves-fit-go", "click", "fit"),
    ]  # fmt: skip
    for _ in range(chance.randint(*STEPS)):
        if time.monotonic() > until:
            return
        luck = chance.random()
        if luck < RARE:
            await stop()
        elif luck < 2 * RARE:
            await done("chat", None, *box, typed(f"写标题：\n{article}"), leave="close")
            return
        else:
            try:
                await chance.choice(some)()
            except (httpx.HTTPError, ValueError, LookupError) as error:  # of an upload; a question notes its own
                told.note("lost", f"an upload: {error!r}")
        await asyncio.sleep(chance.expovariate(1 / PAUSE))


def _through_client(client: httpx.AsyncClient, question: visitors.Question) -> tuple[str, Any]:
    """As `visitors.ask`, by gradio_client, in a session of its own."""
    headers = {"X-Forwarded-For": client.headers["X-Forwarded-For"]}
    patience = {"timeout": visitors.WAIT}
    asked = Client(str(client.base_url), headers=headers, verbose=False, httpx_kwargs=patience)
    try:
        return "complete", asked.predict(api_name=f"/{question.endpoint}", **question.data)
    except AppError as error:
        return "error", str(error)
    except (QueueError, TooManyRequestsError):  # of which the page's own sentence is not passed on
        return "error", SENTENCES["queue_full"][0]
    finally:
        asked.close()


PAUSE = 20.0  # seconds between two things that a visitor does, on the mean


async def visitor(number: int, url: str, page: Page, until: float, told: Told) -> None:
    """One after the other, until the time is over, in sessions of their own."""
    chance, lives = random.Random(number), 0
    await asyncio.sleep(chance.uniform(0, PAUSE))
    while time.monotonic() < until:
        lives += 1
        headers = {"X-Forwarded-For": f"198.18.{number}.{lives % 250 + 1}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=visitors.WAIT) as client:
            browser = Browser(page, client)
            async with browser.open():
                await actions(browser, number, chance, until, told)
        told.numbers["sessions"] += 1


async def measured(url: str, pid: int, args: Any) -> tuple[Told, list[tuple[float, float]]]:
    """What was told, and the memory as (minutes, megabytes); the last one after the rest."""
    page, told, memory = await Page.opened(url), Told(), []
    began = time.monotonic()
    until = began + 60 * args.minutes
    asked = asyncio.gather(*(visitor(n, url, page, until, told) for n in range(args.visitors)))
    while not asked.done():
        memory.append(((time.monotonic() - began) / 60, visitors.resident(pid)))
        await asyncio.sleep(1)
    await asked
    await asyncio.sleep(REST)
    memory.append(((time.monotonic() - began) / 60, visitors.resident(pid)))
    return told, memory


def result(told: Told, memory: list[tuple[float, float]], args: Any) -> frame.Result:
    """The figures as tables."""
    times, sizes = np.array(memory[:-1]).T
    late = times >= times[-1] / 2
    slope = float(np.polyfit(times[late], sizes[late], 1)[0])
    count = {name: told.numbers[name] for name in ("sessions", "left", "refused", "lost", "crossed")}
    numbers = Table(
        tuple(map(Column, ("sessions", "answered", "left on purpose", "refused with a sentence", "lost", "crossed"))),
        ((f"{count['sessions']:,}", f"{len(told.answered):,}", *(f"{count[k]:,}" for k in
          ("left", "refused", "lost", "crossed"))),),
    )  # fmt: skip
    rows = []
    for what in ("all", *sorted({name for name, _ in told.answered})):
        row = visitors._percentiles(what, told) if what == "all" else _of(what, told)
        rows.append((what, f"{row['answered']:,}", row["p50"], row["p95"], row["p99"]))
    heads = (Column("what"), Column("answered"), *(Column(f"{p}, s", ".2f") for p in ("p50", "p95", "p99")))
    marks = [float(sizes[np.searchsorted(times, share * times[-1]).clip(0, len(sizes) - 1)]) for share in
             (0, 0.25, 0.5, 0.75, 1)]  # fmt: skip
    heights = Table(
        tuple(
            Column(head, ".0f") for head in ("MB at start", "after a quarter", "half", "three quarters", "at the end")
        )
        + (Column("a minute's rest later", ".0f"), Column("slope of the last half, MB a minute", "+.1f")),
        ((*marks, memory[-1][1], slope),),
    )
    said = f"{args.visitors} visitors at a time, {args.minutes:g} minutes, {PAUSE:g} s between two things one does"
    notes = [f"{kind}: {text}" for kind in ("lost", "crossed", "refused") for text in told.examples.get(kind, ())]
    return frame.result("soak", said, [numbers, Table(heads, tuple(rows)), heights], ("gradio", "tensorflow"), notes)


def _of(what: str, told: Told) -> dict[str, float]:
    seconds = [one for name, one in told.answered if name == what]
    p50, p95, p99 = np.percentile(seconds, (50, 95, 99))
    return {"answered": len(seconds), "p50": p50, "p95": p95, "p99": p99}


def main() -> None:
    parser = frame.parser(__doc__)
    parser.add_argument("--minutes", type=float, help="of load (60; short: 2)")
    parser.add_argument("--visitors", type=int, default=50, choices=range(1, len(SIGNS) // 2), metavar="N")
    args = frame.parsed(parser)
    args.minutes = args.minutes or (2.0 if args.short else 60.0)
    with visitors.served() as (url, pid):
        told, memory = asyncio.run(measured(url, pid, args))
    frame.told(result(told, memory, args), args.json)
    sys.exit(1 if told.numbers["lost"] or told.numbers["crossed"] else 0)


if __name__ == "__main__":
    main()
