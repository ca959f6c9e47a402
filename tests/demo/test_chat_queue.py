"""Messages that wait in the server's queue, behind those of other visitors."""

import json

import httpx
import pytest

from demo import blocks as page_blocks
from demo import chat, limits, watch
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService


@pytest.fixture
def service():
    """Whose models load until they are told to be ready: until then whoever asks them holds a place."""
    return FakeService(stage="loading")


@pytest.fixture
def page(service, monkeypatch):
    monkeypatch.setattr(limits, "TALKERS", 1)
    monkeypatch.setattr(page_blocks, "TABS", (("tab_chat", chat.tab),))
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield page
    service.ready()
    page.close()


def join(page, program, session, name, **first):
    """Ask for an event by its name, its first input so."""
    (fn,) = [fn for fn in page.fns.values() if watch.name_of(fn) == name]
    values = [getattr(block, "value", None) for block in fn.inputs]
    data = [*first.values(), *values[len(first) :]]
    path = "queue/join" if fn.queue else "run/predict"
    body = {"data": data, "fn_index": fn._id, "session_hash": session}
    assert program.post(f"/{path}", json=body).status_code == 200


def heard(program, session):
    """The messages to a session, until there are no more."""
    with program.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
        yield from (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))


def test_what_waits_in_the_queue_goes_with_a_conversation_that_is_cleared(page, service):
    text = "写标题：\n王莹昨日在北京图书馆发表了文章。三百多人到场。"
    with httpx.Client(base_url=f"{page.local_url}gradio_api", timeout=30) as program:
        join(page, program, "first", "chat.sent", box={"text": text, "files": []})
        others = heard(program, "first")
        assert any(one["msg"] == "process_generating" for one in others), "the only place is taken"
        join(page, program, "second", "chat.sent", box={"text": "画一根跳绳", "files": []})
        join(page, program, "second", "chat.cleared")
        service.ready()
        told = list(heard(program, "second"))
        assert [one["success"] for one in told if one["msg"] == "process_completed"] == [True]
        assert "跳绳" not in str(told)
        assert "fake:titling" in str(list(others)), "nobody else's"
        join(page, program, "second", "chat.sent", box={"text": "画一根跳绳", "files": []})
        assert "跳绳" in str(list(heard(program, "second"))), "what is sent afterwards is answered"
