"""What an attacker has at hand: a page of one tab, and how events are asked and files sent without a browser."""

import asyncio
import contextlib

from demo import blocks as page_blocks
from demo import matrix, rates, watch
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService

META = {"meta": {"_type": "gradio.FileData"}}
TEXT = "只有我知道的一句话。"


class Noting(rates.Rates):
    """Rates that note of each time that they are asked whether it was in the thread that all visitors share."""

    def __init__(self):
        super().__init__()
        self.in_loop = []

    def wait(self, allowances):
        try:
            asyncio.get_running_loop()
            self.in_loop.append(True)
        except RuntimeError:  # there is none in this thread
            self.in_loop.append(False)
        return super().wait(allowances)


@contextlib.contextmanager
def launched(**options):
    """A page of one tab."""
    usual, page_blocks.TABS = page_blocks.TABS, (("tab_matrix", matrix.tab),)
    page = build(FakeService())
    page_blocks.TABS = usual
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options(), **options)
    try:
        yield page, page.local_url.rstrip("/")
    finally:
        page.close()


def ask(client, api, fn, values, session="attacker"):
    """What an event says, as the stream has it."""
    body = {"data": values, "fn_index": fn._id, "session_hash": session}
    joined = client.post(f"{api}/queue/join", json=body)
    if joined.status_code != 200:
        return joined.text
    return client.get(f"{api}/queue/data", params={"session_hash": session}).text


def upload(client, api, text=TEXT):
    return client.post(f"{api}/upload", files={"files": ("a.txt", text.encode())}).json()[0]


def event(served, name):
    return next(fn for fn in served.page.fns.values() if fn.fn is not None and watch.name_of(fn) == name)
