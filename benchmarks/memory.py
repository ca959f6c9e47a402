"""Memory of the page: idle, after each task, and after a load; beside a bare Gradio page and torch with one model.

    python -m benchmarks.memory [--questions 5] [--minutes 0] [--visitors 20] [--short] [--json FILE]

The resident set of one process (Linux), in megabytes.  Each endpoint is asked `--questions` different questions, one
after the other; with `--minutes` the visitors of `benchmarks/visitors.py` then ask for so long, and the last row is
what is held when they have gone (60 for an hour).  The script is that of `benchmarks/startup.py`: transformers and
torch with the same encoder, after one title.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import subprocess
import sys
import time
from pathlib import Path

import httpx

from benchmarks import frame, startup, visitors

TASKS = {
    "matrix": "matrices",
    "rope": "ropes",
    "optimize": "optimizers",
    "title": "titles",
    "triples": "triples",
    "answer": "answers",
    "chat": "the chat",
}
QUIET = 8.0  # seconds without growth that count as rest


def rest(pid: int, most: float = 240.0) -> float:
    """Wait until the process has stopped growing; its megabytes then."""
    until, since, size = time.monotonic() + most, time.monotonic(), visitors.resident(pid)
    while time.monotonic() < until and time.monotonic() - since < QUIET:
        time.sleep(0.5)
        now = visitors.resident(pid)
        if abs(now - size) > 1:
            since, size = time.monotonic(), now
    return visitors.resident(pid)


async def after_each(url: str, pid: int, count: int) -> list[tuple[str, float]]:
    """(task, megabytes behind it), one task after the other."""
    found, session = [], secrets.token_hex(8)
    async with httpx.AsyncClient(base_url=url, timeout=visitors.LOADING) as client:
        named = (await client.get("/gradio_api/info")).json()["named_endpoints"]
        for endpoint, name in TASKS.items():
            form = named[f"/{endpoint}"]["parameters"]
            for number in range(count):
                for question in visitors.questions(number):
                    if question.endpoint == endpoint:
                        values = [question.data.get(p["parameter_name"], p.get("parameter_default")) for p in form]
                        _, answer = await visitors.ask(client, session, endpoint, values)
                        if not question.fitted(answer):
                            raise SystemExit(f"{endpoint}: {answer}")
            found.append((f"after {count} × {name}", visitors.resident(pid)))
    return found


def bare() -> float:
    port = startup.free_port()
    with startup.started([sys.executable, "-c", startup.BARE, str(port)], stdout=subprocess.DEVNULL) as process:
        return rest(process.pid)


def script() -> float:
    from core.weights import store

    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    folder = Path(store.find("titling").folder)
    command = [sys.executable, "-c", startup.SCRIPT, str(folder), startup.ARTICLE]
    with startup.started(command, **pipes) as process:
        process.stdout.readline()
        return visitors.resident(process.pid)


def main() -> None:
    parser = frame.parser(__doc__)
    parser.add_argument("--questions", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=0.0, help="of a load of visitors; 60 for an hour")
    parser.add_argument("--visitors", type=int, default=20)
    args = frame.parsed(parser)
    count = 1 if args.short else args.questions
    rows: list[tuple[str, float]] = [("a bare Gradio page", bare())]
    if frame.installed("torch", "transformers"):
        rows.append(("transformers and torch, a script, after one title", script()))
    with visitors.served() as (url, pid):
        rows.append(("ours, the page just there", visitors.resident(pid)))
        rows.append(("ours, idle, all models loaded", rest(pid)))
        rows += [(f"ours, {name}", size) for name, size in asyncio.run(after_each(url, pid, count))]
        notes = []
        if args.minutes and not args.short:
            load = argparse.Namespace(visitors=args.visitors, seconds=60 * args.minutes, pause=2.0, one_address=False)
            told, sizes, took = asyncio.run(visitors.measured(url, pid, load))
            found = visitors.report(told, sizes, took, load)
            slope, lost = found["memory"]["slope"], found["lost"] + found["crossed"]
            rows.append((f"ours, after {args.minutes:g} min of {args.visitors} visitors", rest(pid, 30)))
            notes.append(
                f"The load: {found['answered']:,} answers, {lost} lost or crossed; over its last two thirds memory "
                f"moved by {slope:+.1f} MB a minute."
            )
    columns = (frame.Column("process"), frame.Column("MB", ",.0f"))
    said = "resident set of one process."
    packages = ("gradio", "tensorflow", "torch", "transformers")
    frame.told(frame.result("memory", said, [frame.Table(columns, tuple(rows))], packages, notes), args.json)


if __name__ == "__main__":
    main()
