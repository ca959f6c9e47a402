"""A load of visitors over the chat and the other endpoints: what is lost, what is crossed, how long it takes, memory.

    python benchmarks/visitors.py [--visitors 50] [--seconds 120] [--pause 2] [--one-address] [--json FILE]

Starts `app.py` on a free loopback port with the embedded weights, waits until each model has answered once, and then
lets the visitors ask, each one question after the other with a random pause (exponential, `--pause` seconds on the
mean).  A visitor has a session and, as behind a proxy, an address of its own in `X-Forwarded-For` (198.18.0.0/15, the
network for benchmarks, RFC 2544), so that the limits of demo/limits.py hold for each as they would in public; with
`--one-address` all come from this machine, as a school does, and share what one address may ask.

Each visitor's texts hold a name that nobody else's holds, and their lengths and numbers are its own.  An answer is
*crossed* when another's name stands in it, or when it is about another length or number.  It is *refused* when one of
the page's sentences came instead (too many questions, the queue is full), and *lost* when nothing came, or anything
else.  Latency is from the question to the whole answer, of answered ones.  The visitors run on the same machine and
take their share of it.  Memory is the server's resident set, each half second (Linux); the slope is that of a straight
line through the last two thirds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import platform
import random
import re
import secrets
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.messages import SENTENCES

SIGNS = (
    "安邦博灿昌晨承达德栋铎帆芳菲枫刚歌冠光桂海涵翰航浩恒宏鸿湖华欢煌辉慧吉佳嘉坚剑江洁金锦京晶景静俊凯康可坤兰朗乐雷蕾"
    "黎莉丽莲良林玲凌琳龙露鹿梦敏铭娜宁培佩鹏萍朴琪启青清晴庆琼秋群然仁荣蓉瑞睿润森珊尚诗石书舒双爽思松涛天田婷"
)  # two a visitor
FAMILY = "欧阳"
WAIT, LOADING = 180.0, 600.0  # seconds after which an answer counts as lost; that models may take to load
_OURS = re.compile("|".join("(?:" + re.sub(r"\\{[^}]*\\}", ".*", re.escape(one)) + ")"
                            for pair in SENTENCES.values() for one in pair))  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is asked of an endpoint, and whether an answer can be one to it."""

    endpoint: str
    data: dict[str, Any]
    fits: Callable[[Any], bool]

    def fitted(self, found: Any) -> bool:
        """Whether `found` answers it."""
        try:
            return self.fits(found)
        except (KeyError, IndexError, TypeError):
            return False


@dataclass
class Told:
    """What came of all questions: (endpoint, seconds) of the answered, numbers of the others, a few of their texts."""

    answered: list[tuple[str, float]] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, example: str) -> None:
        self.numbers[what] += 1
        some = self.examples.setdefault(what, [])
        if len(some) < 5 and example[:300] not in some:
            some.append(example[:300])


# ---- what is asked ----------------------------------------------------------------------------------------------
def questions(number: int) -> list[Question]:
    """The questions of visitor `number`, each with its mark: a name, a length of text, a length of rope."""
    name = FAMILY + SIGNS[2 * number : 2 * number + 2]
    story = f"{name}是江苏常州人，作家，毕业于北京大学，编号{'8' * (number + 1)}。{name}写了小说《{name}传》。"
    article = story + f"{name}昨日在临江市图书馆为读者签名，三百多人到场，活动持续了两个小时。"
    who, length, x = f"《{name}传》的作者是谁？", round(2 + number / 128, 6), round(-1 + number / 128, 6)
    said = [{"role": "user", "content": f"写标题：\n{article}"}, {"role": "assistant", "content": "……"}]

    def near(key: str, value: float, chat: bool = False) -> Callable[[Any], bool]:
        return lambda found: abs((found["data"][0] if chat else found)[key] - value) < 1e-9

    def read(text: str, chat: bool = False) -> Callable[[Any], bool]:
        return near("characters", len(text), chat)

    return [
        Question("chat", {"message": said[0]["content"]}, read(article, True)),
        Question("chat", {"message": "再短一点", "history": said}, read(article, True)),
        Question("chat", {"message": f"抽取三元组：\n{story}"}, read(story, True)),
        Question("chat", {"message": f"{story}\n{who}"}, read(story, True)),
        Question("chat", {"message": f"画一根跳绳，L={length} D=1"}, near("length", length, True)),
        Question("chat", {"message": f"检查矩阵 {length} 0; 0 0"}, near("trace", length, True)),
        Question("chat", {"message": "what can you do?"}, lambda found: found["skill"] == "help"),
        Question("title", {"text": article}, read(article)),
        Question("triples", {"text": story}, read(story)),
        Question("answer", {"question": who, "text": story}, read(story)),
        Question("matrix", {"matrix": f"{length} 0; 0 0"}, near("trace", length)),
        Question("rope", {"length": length}, near("length", length)),
        Question("optimize", {"x": x, "y": 0.5, "steps": 100}, lambda found: found["paths"][0]["x"][0] == x),
    ]


def others(text: str, number: int) -> set[str]:
    """Names in an answer that are another visitor's."""
    own, found = SIGNS[2 * number : 2 * number + 2], set(re.findall(f"{FAMILY}(.)(.)", text))
    return {a + b for a, b in found if a != own[0] and b != own[1] and SIGNS.find(a + b) % 2 == 0}


# ---- asking -----------------------------------------------------------------------------------------------------
async def ask(client: httpx.AsyncClient, session: str, endpoint: str, data: list[Any]) -> tuple[str, Any]:
    """("complete", the answer) or ("error", what was said)."""
    call = f"/gradio_api/call/{endpoint}"
    joined = await client.post(call, json={"data": data, "session_hash": session})
    if joined.status_code != 200:
        return "error", joined.text
    async with client.stream("GET", f"{call}/{joined.json()['event_id']}") as stream:
        event = ""
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: ") and event in ("complete", "error"):
                value = json.loads(line[6:])
                return (event, value[0]) if event == "complete" else (event, json.dumps(value, ensure_ascii=False))
    return "lost", "the stream ended without an answer"


async def visitor(number: int, url: str, args: argparse.Namespace, until: float, told: Told, forms: dict) -> None:
    """One visitor, until the time is over; what is under way then is still waited for."""
    chance, session = random.Random(number), secrets.token_hex(8)
    headers = {} if args.one_address else {"X-Forwarded-For": f"198.18.{number // 250}.{number % 250 + 1}"}
    order = questions(number)
    chance.shuffle(order)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=WAIT) as client:
        await asyncio.sleep(chance.uniform(0, args.pause))
        for question in itertools.cycle(order):
            if time.monotonic() > until:
                return
            began = time.monotonic()
            data = [question.data.get(name, usual) for name, usual in forms[question.endpoint]]
            try:
                event, found = await asyncio.wait_for(ask(client, session, question.endpoint, data), WAIT)
            except (httpx.HTTPError, TimeoutError, ValueError) as error:
                event, found = "lost", f"{question.endpoint}: {error!r}"
            _judge(number, question, event, found, time.monotonic() - began, told)
            await asyncio.sleep(chance.expovariate(1 / args.pause) if args.pause else 0)


def _judge(number: int, question: Question, event: str, found: Any, seconds: float, told: Told) -> None:
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    right = not others(text, number)
    if event == "complete":
        told.answered.append((question.endpoint, seconds))
        right = right and question.fitted(found)
    else:
        told.note("refused" if event == "error" and _OURS.search(text) else "lost", text)
    if not right:
        told.note("crossed", f"{question.endpoint} {question.data}: {text}")


# ---- the server -------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def served() -> Iterator[tuple[str, int]]:
    """(address, process id) of an app of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(port)]
    quiet, folder = subprocess.DEVNULL, Path(__file__).resolve().parent.parent
    app = subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet)
    try:
        while app.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", app.pid
    finally:
        app.terminate()
        app.wait(30)


async def ready(url: str) -> dict[str, list[tuple[str, Any]]]:
    """Wait until each endpoint that is asked has answered once.

    Returns:
        endpoint → its arguments in their order, each with its usual value.
    """
    async with httpx.AsyncClient(base_url=url, timeout=LOADING) as client:
        named = (await client.get("/gradio_api/info")).json()["named_endpoints"]
        forms = {
            name.strip("/"): [(one["parameter_name"], one.get("parameter_default")) for one in told["parameters"]]
            for name, told in named.items()
        }
        for question in questions(len(SIGNS) // 2 - 1):
            data = [question.data.get(name, usual) for name, usual in forms[question.endpoint]]
            _, found = await ask(client, secrets.token_hex(8), question.endpoint, data)
            if not question.fitted(found):
                raise SystemExit(f"{question.endpoint} {question.data}: {found}")
    return forms


def resident(pid: int) -> float:
    """Megabytes; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


async def measured(url: str, pid: int, args: argparse.Namespace) -> tuple[Told, list[tuple[float, float]], float]:
    """What was told, the memory as (seconds, megabytes), and the seconds that it all took."""
    forms, told, memory = await ready(url), Told(), []
    began = time.monotonic()
    asked = asyncio.gather(*(visitor(n, url, args, began + args.seconds, told, forms) for n in range(args.visitors)))
    while not asked.done():
        memory.append((time.monotonic() - began, resident(pid)))
        await asyncio.sleep(0.5)
    await asked
    return told, memory, time.monotonic() - began


# ---- the report -------------------------------------------------------------------------------------------------
def report(told: Told, memory: list[tuple[float, float]], took: float, args: argparse.Namespace) -> dict[str, Any]:
    """Everything as JSON has it."""
    times, sizes = np.array(memory).T
    late = times >= times[-1] / 3
    slope = float(np.polyfit(times[late] / 60, sizes[late], 1)[0]) if late.sum() > 2 else 0.0
    endpoints = ["all", *sorted({name for name, _ in told.answered})]
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "packages": {name: version(name) for name in ("gradio", "tensorflow", "numpy")},
        **{name: getattr(args, name) for name in ("visitors", "seconds", "pause", "one_address")},
        "took": round(took, 1),
        "requests": len(told.answered) + told.numbers["refused"] + told.numbers["lost"],
        "answered": len(told.answered),
        **{name: told.numbers[name] for name in ("refused", "lost", "crossed")},
        "latency": {name: _percentiles(name, told) for name in endpoints},
        "memory": {"start": sizes[0], "peak": sizes.max(), "end": sizes[-1], "slope": slope},
        "examples": told.examples,
    }  # fmt: skip


def _percentiles(name: str, told: Told) -> dict[str, float]:
    seconds = [one for endpoint, one in told.answered if name in (endpoint, "all")]
    p50, p95, p99 = np.percentile(seconds, (50, 95, 99)) if seconds else (np.nan,) * 3
    return {"answered": len(seconds), "p50": round(p50, 3), "p95": round(p95, 3), "p99": round(p99, 3)}


def printed(found: dict[str, Any]) -> None:
    """The report as Markdown."""
    whose = "one address" if found["one_address"] else "an address each"
    print(f"{found['machine']}, gradio {found['packages']['gradio']}, tensorflow {found['packages']['tensorflow']}")
    print(f"{found['visitors']} visitors, {whose}, {found['seconds']} s, {found['pause']} s between questions\n")
    print("| requests | answered | refused with a sentence | lost | crossed |\n|---|---|---|---|---|")
    print("| " + " | ".join(str(found[k]) for k in ("requests", "answered", "refused", "lost", "crossed")) + " |\n")
    print("| endpoint | answered | p50, s | p95, s | p99, s |\n|---|---|---|---|---|")
    for name, row in found["latency"].items():
        print(f"| {name} | {row['answered']} | {row['p50']:.2f} | {row['p95']:.2f} | {row['p99']:.2f} |")
    memory = found["memory"]
    print("\n| memory at start, MB | peak | end | slope, MB a minute |\n|---|---|---|---|")
    print(f"| {memory['start']:.0f} | {memory['peak']:.0f} | {memory['end']:.0f} | {memory['slope']:+.1f} |")
    for kind, texts in found["examples"].items():
        print(f"\n{kind}:", *texts, sep="\n  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=50, choices=range(1, len(SIGNS) // 2), metavar="N")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between a visitor's questions, on the mean")
    parser.add_argument("--one-address", action="store_true", help="all visitors come from this machine")
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args()
    with served() as (url, pid):
        found = report(*asyncio.run(measured(url, pid, args)), args)
    printed(found)
    if args.json:
        args.json.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    sys.exit(1 if found["lost"] or found["crossed"] else 0)


if __name__ == "__main__":
    main()
