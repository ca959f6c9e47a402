"""Several processes behind nginx: fifty visitors, none lost, none crossed, each at one process; and how one ends."""

import asyncio
import contextlib
import json
import signal
from collections import defaultdict

import httpx
import pytest
from gradio_client import Client

from tests.demo.replicas import nginx, replicas, wait_for

VISITORS = 50
NAMES = ("one", "two")
GO = "go"  # titles wait while there is no such file
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """(address, nginx' log, the processes)."""
    folder = tmp_path_factory.mktemp("serving")
    (folder / GO).touch()
    with contextlib.ExitStack() as stack:
        pages = stack.enter_context(replicas(folder, NAMES, "--root-path", "/play", "--until", str(folder / GO)))
        address, log = stack.enter_context(nginx(folder, [own for _, own in pages.values()]))
        yield address, log, pages, folder


class Visitor:
    """One who asks through nginx, with a mark in all that they send."""

    def __init__(self, number, address):
        self.number, self.mark = number, f"第{number}位访客"
        self.browser = number % 2 == 0  # with a cookie, all from one address; the others each have their own
        source = "127.0.0.1" if self.browser else f"127.0.1.{number + 1}"
        transport = httpx.AsyncHTTPTransport(local_address=source)
        self.client = httpx.AsyncClient(base_url=address, transport=transport, timeout=60)
        self.processes, self.answers = set(), []

    async def visit(self):
        async with self.client:
            if self.browser:
                page = await self.client.get("")
                assert page.status_code == 200 and "wanzhuan_visitor" in self.client.cookies
                config = (await self.client.get("config")).json()
                self.events = {
                    one["api_name"]: one["id"] for one in config["dependencies"] if one["api_visibility"] == "public"
                }
                uploader = next(one for one in config["dependencies"] if one["api_name"].startswith("opened"))
                await self.open_a_file(uploader["id"])
            for number in range(3):
                await self.title(f"{self.mark}的第{number}篇文章。后面还有。")
            await self.matrix()

    async def open_a_file(self, event):
        """An upload, and then the event that reads it, which must be at the process that has it."""
        text = f"{self.mark}的文件。" + "山" * 50_000
        sent = await self.client.post("gradio_api/upload", files={"files": ("a.txt", text.encode())})
        assert sent.status_code == 200, sent.text
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        assert (await self.asked(event, [file]))[0] == text

    async def title(self, text):
        if self.browser:
            (found,) = await self.asked(self.events["title"], [text, 1, "beam", 0, "unilm"])
        else:
            found = await self.called("title", [text, 1, "beam", 0, "unilm"])
        assert found["titles"][0]["text"] == f"※{text.partition('。')[0]}。"
        self.processes.add(found["weights"].partition("@")[2])
        self.answers.append(found)

    async def matrix(self):
        found = await self.called("matrix", [f"{self.number} 0; 0 1", 0])
        assert found["trace"] == self.number + 1
        self.answers.append(found)

    async def asked(self, event, values):
        """As the page asks: into the queue, and the answers of the session as a stream."""
        session = f"session{self.number} {id(self)}"  # a session is its browser's alone
        body = {"data": values, "fn_index": event, "session_hash": session}
        joined = await self.client.post("gradio_api/queue/join", json=body)
        assert joined.status_code == 200, joined.text
        done = None
        async with self.client.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
            async for line in stream.aiter_lines():
                told = json.loads(line[6:]) if line.startswith("data: ") else {}
                if told.get("msg") == "process_completed":
                    assert told["success"], told
                    done = told["output"]["data"]
        return done

    async def called(self, name, values):
        """As a program asks: a call, and its answer."""
        joined = await self.client.post(f"gradio_api/call/{name}", json={"data": values})
        assert joined.status_code == 200, joined.text
        told = (await self.client.get(f"gradio_api/call/{name}/{joined.json()['event_id']}")).text
        assert told.startswith("event: complete"), told
        return json.loads(told.split("data: ", 1)[1])[0]


def test_fifty_visitors_of_two_processes(behind):
    address, log, _, folder = behind
    visitors = [Visitor(number, address) for number in range(VISITORS)]

    async def all_of_them():
        await asyncio.gather(*(visitor.visit() for visitor in visitors))

    asyncio.run(all_of_them())
    assert [len(visitor.answers) for visitor in visitors] == [4] * VISITORS, "none is lost"
    assert all(len(visitor.processes) == 1 for visitor in visitors), "each stays at one process"
    for kind in (True, False):  # browsers all come from one address
        assert set.union(*(v.processes for v in visitors if v.browser is kind)) == set(NAMES), "both are used"
    ways = defaultdict(set)
    for line in log.read_text().splitlines():
        visitor, process, status, path = line.split(" ", 3)
        assert status == "200", line
        if visitor != "127.0.0.1":  # that is the test itself, and browsers' before they had a cookie
            ways[visitor].add(process)
    assert len(ways) == VISITORS and all(len(processes) == 1 for processes in ways.values())
    logged = "".join((folder / f"{name}.log").read_text() for name in NAMES)
    assert "位访客" not in logged and '"endpoint": "/title"' in logged


def test_gradios_own_client_through_nginx(behind):
    address, *_ = behind
    client = Client(address, verbose=False)
    found = {client.predict(f"第{n}篇。", api_name="/title")["weights"] for n in range(3)}
    assert len(found) == 1 and found < {f"fake:titling@{name}" for name in NAMES}


def test_what_nginx_passes_on(behind):
    address, _, pages, folder = behind
    assert httpx.get(f"{address}readyz").json()["ready"] is True
    assert httpx.get(f"{address}metrics").status_code == 404
    for _, own in pages.values():
        assert "wanzhuan_requests_total" in httpx.get(f"{own}/metrics").text
    with httpx.Client() as browser:
        given = browser.get(address).headers.get_list("set-cookie")
        (ours,) = [one for one in given if one.startswith("wanzhuan_visitor=")]
        assert "Path=/play/" in ours and all("HttpOnly" in one for one in given)
        assert "set-cookie" not in browser.get(address).headers
    assert "set-cookie" not in httpx.get(f"{address}config").headers
    root = httpx.get(f"{address}config").json()["root"]
    assert root == address.rstrip("/"), "with the port and the path"
    assert httpx.get(f"{address}?tab=titling&text=临江", headers={"Referer": f"{address}?text=x"}).status_code == 200
    wait_for(lambda: (folder / "wanzhuan.log").read_text().count('"GET /play/" 200') >= 3)
    kept = (folder / "wanzhuan.log").read_text()
    assert "tab=" not in kept and "text=" not in kept, "a link holds what a visitor wrote"
    large = b"0" * 67_000_000
    assert httpx.post(f"{address}gradio_api/upload", files={"files": ("a.txt", large)}).status_code == 413


# ---- the end of a process


def ask(address, text):
    values = [text, 1, "beam", 0, "unilm"]
    return httpx.post(f"{address}/gradio_api/call/title", json={"data": values}, headers={"Accept-Language": "zh"})


def running(address):
    return "wanzhuan_queue_running 1.0" in httpx.get(f"{address}/metrics").text


def test_a_stop_lets_events_end_and_visitors_go_on_at_the_other_process(behind):
    outer, _, pages, folder = behind
    process, address = pages["two"]
    (folder / GO).unlink()
    event = ask(address, "好文章。").json()["event_id"]
    wait_for(lambda: running(address), process)
    with httpx.stream("GET", f"{address}/gradio_api/call/title/{event}", timeout=60) as stream:
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: httpx.get(f"{address}/readyz").status_code == 503, process)
        refused = ask(address, "又一篇。")
        assert refused.status_code == 503 and "正在重启" in refused.json()["detail"]
        assert httpx.get(f"{address}/healthz").status_code == 200
        (folder / GO).touch()
        told = "".join(stream.iter_text())
    assert json.loads(told.split("event: complete\ndata: ")[1])[0]["titles"][0]["text"] == "※好文章。"
    assert process.wait(60) == 0
    lines = [json.loads(line) for line in (folder / "two.log").read_text(encoding="utf-8").splitlines()]
    assert [line["cut"] for line in lines if line["event"] == "stopped"] == [0]

    async def all_of_them():
        again = [Visitor(number, outer) for number in range(8)]
        await asyncio.gather(*(visitor.visit() for visitor in again))
        return [visitor.processes for visitor in again]

    assert asyncio.run(all_of_them()) == [{"one"}] * 8
