"""The chat's endpoint, as programs call it."""

from types import SimpleNamespace

import pytest
from gradio_client import Client

from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService
from tests.demo.test_chat import NASTY, NEWS


@pytest.fixture(scope="module")
def served():
    service = FakeService()
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield SimpleNamespace(client=Client(page.local_url, verbose=False), service=service, page=page)
    page.close()


def test_the_endpoint_answers_as_json(served):
    answer = served.client.predict(message=f"写标题：\n{NEWS}", api_name="/chat")
    assert answer["skill"] == "title" and answer["data"][0]["type"] == "TitleResult"
    assert (answer["weights"], answer["seconds"], answer["failed"]) == ("fake:titling", 0.125, False)
    assert answer["text"].startswith("我最看好的标题")


def test_the_endpoint_follows_up_by_history(served):
    history = [{"role": "user", "content": "画一根跳绳，L=2 D=1"}, {"role": "assistant", "content": "…"}]
    answer = served.client.predict(message="and with ω doubled?", history=history, api_name="/chat")
    assert answer["skill"] == "rope" and answer["data"][0]["omega"] == 20
    assert answer["suggestions"] and answer["text"].startswith("A skipping rope")


@pytest.mark.parametrize("message", ["", "🙂", "x" * 100_000, NASTY, "open ../../etc/passwd", "Привет", "[[1,2],[3]]"])
def test_the_endpoint_says_a_sentence_to_anything(served, message):
    answer = served.client.predict(message=message, api_name="/chat")
    assert answer["text"] and "Traceback" not in answer["text"]


def test_the_endpoint_refuses_what_is_no_message(served):
    with pytest.raises(Exception, match="no text"):
        served.client.predict(message=["a"], api_name="/chat")
    with pytest.raises(Exception, match="went wrong"):
        served.client.predict(message=f"写标题：\nBUG。{NEWS}", api_name="/chat")


def test_only_the_endpoint_is_public(served):
    endpoints = served.client.view_api(return_format="dict")["named_endpoints"]
    assert "/chat" in endpoints
    assert not {"/sent", "/chosen", "/again", "/back", "/cleared", "/stopped", "/opened"} & set(endpoints)
