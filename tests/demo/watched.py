"""A page of which its figures and its log are read."""

import json
import re

import httpx
from gradio_client import Client

from demo import blocks as page_blocks
from demo import chat, matrix, reading, titling, triples
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService

SECRET = "玄穹妙语四十二号zq"  # stands nowhere but in what visitors send
TABS = {"tab_chat": chat.tab, "tab_titling": titling.tab, "tab_triples": triples.tab, "tab_reading": reading.tab}
FEW = (("tab_matrix", matrix.tab), *TABS.items())


class Served:
    """A page with a few tabs, or those that are given, its service, and what it logs as JSON."""

    def __init__(self, stage="ready", metrics=True, tabs=FEW, **fake):
        usual, page_blocks.TABS = page_blocks.TABS, tabs
        self.service = FakeService(stage, **fake)
        self.page = build(self.service, metrics)
        page_blocks.TABS = usual
        self.page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
        self.url = self.page.local_url.rstrip("/")

    def get(self, path, **headers):
        return httpx.get(self.url + path, headers=headers)

    def figure(self, name, **labels):
        """A figure's value, 0 where there is none."""
        told = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        found = re.search(
            rf"^{name}{re.escape('{' + told + '}') if told else ''} (\S+)$", self.get("/metrics").text, re.M
        )
        return float(found[1]) if found else 0.0

    def ask(self, *values, api_name):
        return Client(self.url, verbose=False).predict(*values, api_name=api_name)


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]
