"""The tab 标题 where there are two models: which answers, and both side by side."""

from __future__ import annotations

import re

import gradio as gr
import httpx
import pytest
from gradio_client import Client

from demo import titling, titling_render, watch
from demo.blocks import build, launch_options
from tests.demo.fakes import FakeService

TEXT = "今天下雪。明天放晴。"
SETTINGS = ("beam", 3, 1.0, 0, 0.9, 2, 40, 3, 0)


def written(service: FakeService, model: str | None) -> list[tuple]:
    return list(titling.writer(service)(TEXT, 2, *SETTINGS, model, None))


def texts(page: str) -> list[str]:
    return [re.sub("<[^>]+>", "", text) for text in re.findall(r'class="wz-text"[^>]*>(.*?)</span>', page)]


@pytest.mark.parametrize(("model", "weights"), [("unilm", "fake:titling"), ("seq2seq", "fake:seq2seq")])
def test_the_chosen_one_answers(model, weights):
    shown, marked, _ = written(FakeService(further=True), model)[-1]
    assert weights in shown
    assert "wz-two" not in shown
    assert texts(shown) == ["※今天下雪。", "※今天下"]
    assert "wz-article" in marked


def test_both_side_by_side():
    *growing, (shown, marked, _) = written(FakeService(further=True), "both")
    assert shown.count("<section>") == 2
    assert shown.index("fake:titling") < shown.index("fake:seq2seq")
    assert texts(shown) == ["※今天下雪。", "※今天下"] * 2
    assert re.findall(r'data-title="(\d)"', shown) == list("0123")  # each moves the marks of its own
    assert '<span data-t="0 1 2 3">今' in marked
    pages = [page for page, *_ in growing if "wz-two" in page]
    assert [page.count('class="wz-title"') for page in pages] == [2] * 4 + [4] * 4
    assert "Writes next" in pages[0]
    assert "Writes next" not in pages[-1]


def test_one_that_is_not_there_is_told():
    """As after the server was started anew without it, or for a request that no page made."""
    for model in ("seq2seq", "both", "rnn"):
        shown, marked, _ = written(FakeService(), model)[-1]
        assert "wz-title" not in shown
        assert not marked


def test_the_usual_one_may_be_of_the_other_kind():
    """The weights that the page was started with decide; a kind that they are not is not answered by them."""
    for further in (False, True):
        service = FakeService(further=further, usual="seq2seq")
        for model in (None, "seq2seq"):
            assert "fake:titling" in written(service, model)[-1][0]
        for model in ("unilm", "both"):
            assert "wz-title" not in written(service, model)[-1][0]


def test_everything_is_escaped():
    service = FakeService(further=True)
    nasty = "<img src=x onerror=alert(1)>。"
    results = [service.fake.title(nasty), service.older.title(nasty)]
    for page in (titling_render.titles(results, ("unilm", "seq2seq")), titling_render.article(nasty, results)):
        assert "<img" not in page


@pytest.mark.parametrize("further", [False, True])
def test_the_choice_is_shown_where_there_is_one(further):
    radios = [b for b in build(FakeService(further=further)).blocks.values() if b.elem_id == "wz-title-model"]
    assert [(radio.visible, radio.value) for radio in radios] == [(further, "unilm" if further else None)]


def test_the_choice_is_that_of_the_weights_once_they_are_loaded():
    service = FakeService(further=True)
    page = build(service)
    (opened,) = [fn.fn for fn in page.fns.values() if watch.name_of(fn) == "titling.models_offered"]
    assert opened() == gr.skip()
    service.usual = "seq2seq"
    assert (opened().visible, opened().value) == (False, None)


def test_the_endpoint():
    service = FakeService(further=True)
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    try:
        client = Client(page.local_url, verbose=False)
        assert client.predict(text=TEXT, api_name="/title")["weights"] == "fake:titling"
        assert client.predict(text=TEXT, model="seq2seq", api_name="/title")["weights"] == "fake:seq2seq"
        with pytest.raises(Exception, match="model"):
            client.predict(text=TEXT, model="rnn", api_name="/title")
        service.usual = "seq2seq"
        for model in (None, "seq2seq"):
            assert client.predict(text=TEXT, model=model, api_name="/title")["weights"] == "fake:titling"
        with pytest.raises(Exception, match="no model unilm here: choose seq2seq"):
            client.predict(text=TEXT, model="unilm", api_name="/title")
        info = httpx.get(client.src.rstrip("/") + "/gradio_api/info").json()["named_endpoints"]["/title"]
        assert any(p["parameter_name"] == "model" for p in info["parameters"])
    finally:
        page.close()
