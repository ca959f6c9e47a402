"""Answers that take too long end with a sentence, by every way in; the models themselves look at the clock."""

import json

import httpx
import pytest

from demo import limits
from demo.examples import EXAMPLES
from tests.demo.attacks.asking import TEXT, ask, event

SLOW = {"title": ("WRITING_SECONDS", [TEXT]), "triples": ("READING_SECONDS", [TEXT]),
        "chat": ("WRITING_SECONDS", ["\u5199\u6807\u9898\uff1a" + EXAMPLES["example_news"]]),
        "answer": ("READING_SECONDS", ["\u8c01\uff1f", TEXT])}  # fmt: skip
EVENTS = {
    "titling.write": "WRITING_SECONDS",
    "triples.extract": "READING_SECONDS",
    "reading.ask": "READING_SECONDS",
    "chat.sent": "WRITING_SECONDS",
}

STOPPED = "\u5df2\u505c\u6b62"


def late(served, name):
    """How many events of this name came to nothing because they took too long."""
    found = served.page.watch.registry.get_sample_value(
        "wanzhuan_requests_total", {"endpoint": name, "outcome": "late"}
    )
    return found or 0


@pytest.mark.parametrize("name", SLOW)
def test_a_program_is_told(served, monkeypatch, name):
    limit, values = SLOW[name]
    before = late(served, f"/{name}")
    monkeypatch.setattr(limits, limit, -1.0)
    monkeypatch.setattr(limits, "INDEX_SECONDS", 0.0)
    usual = {"chat": [None], "title": [3, "beam", 0, None], "triples": [None], "answer": [[], None, None, 8]}[name]
    call = f"{served.api}/call/{name}"
    asked = httpx.post(call, json={"data": [*values, *usual]}, headers={"Accept-Language": "zh"})
    told = httpx.get(f"{call}/{asked.json()['event_id']}").text
    assert told.startswith("event: error") and STOPPED in json.loads(told.split("data: ")[1])["error"]
    assert late(served, f"/{name}") == before + 1


@pytest.mark.parametrize("name", EVENTS)
def test_a_visitor_is_told_and_the_page_goes_on(served, monkeypatch, name):
    fn, plain = event(served, name), (str, int, float, bool)
    first = [TEXT, TEXT] if name == "reading.ask" else [TEXT]
    if name == "chat.sent":
        first = [{"text": "\u5199\u6807\u9898\uff1a" + EXAMPLES["example_news"], "files": []}]
    told = [getattr(component, "value", None) for component in fn.inputs][len(first) :]
    values = [*first, *(value if isinstance(value, plain) else None for value in told)]
    with httpx.Client(headers={"Accept-Language": "en"}, timeout=60) as client:
        with monkeypatch.context() as slow:
            slow.setattr(limits, EVENTS[name], -1.0)
            before = late(served, name)
            told = ask(client, served.api, fn, values, f"late {name}")
            assert "was stopped" in told or STOPPED in told, "the chat speaks its visitor's language"
            assert late(served, name) == before + 1
        told = ask(client, served.api, fn, values, f"late again {name}")
        assert "process_completed" in told and "was stopped" not in told and STOPPED not in told
