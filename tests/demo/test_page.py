"""The page as clients see it: a launched app with a service that needs no model."""

import dataclasses
import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import Client

from core.errors import VisitorError
from core.messages import SUBJECTS
from demo import render
from demo.blocks import build, launch_options
from demo.examples import EXAMPLES
from demo.i18n import language_of, translations
from demo.words import PHRASES, TABS, WORDS
from tests.demo.fakes import FakeService

ROOT = Path(__file__).parents[2]
TEXT = EXAMPLES["example_news"]


def launched(service):
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    return page


@pytest.fixture(scope="module")
def served():
    service = FakeService()
    page = launched(service)
    yield SimpleNamespace(url=page.local_url, service=service, page=page)
    page.close()


@pytest.fixture(scope="module")
def client(served):
    return Client(served.url, verbose=False)


# ---- the endpoint


def test_title_answers_with_the_dataclass(client):
    answer = client.predict(text=TEXT, count=2, api_name="/title")
    assert [title["text"][0] for title in answer["titles"]] == ["※", "※"]
    assert answer["characters"] == answer["characters_read"] == len(TEXT)
    assert answer["weights"] == "fake:titling"
    assert answer["notice"] is None
    span = answer["titles"][0]["spans"][0]
    assert answer["titles"][0]["text"][span["start"] : span["end"]] == TEXT[span["source_start"] : span["source_end"]]


def test_title_takes_its_defaults_and_the_rest(client, served):
    client.predict(text=TEXT, api_name="/title")
    decoding = served.service.fake.asked[-1][1]
    assert (decoding.count, decoding.method, decoding.seed) == (3, "beam", 0)
    client.predict(text=TEXT, count=1, method="sample", seed=7, api_name="/title")
    decoding = served.service.fake.asked[-1][1]
    assert (decoding.count, decoding.method, decoding.seed) == (1, "sample", 7)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"text": ""}, "no text"),
        ({"text": " \n"}, "no text"),
        ({"text": ["a"]}, "no text"),
        ({"text": "字" * 1_000_001}, "1,?000,?000"),
        ({"text": TEXT, "count": 9}, "count"),
        ({"text": TEXT, "count": "many"}, "count"),
        ({"text": TEXT, "method": "guess"}, "method"),
        ({"text": TEXT, "seed": -1}, "seed"),
        ({"text": "BUG。"}, "went wrong"),
    ],
)
def test_title_refuses_with_a_sentence(client, arguments, part):
    with pytest.raises(Exception, match=part) as caught:
        client.predict(**arguments, api_name="/title")
    assert "Traceback" not in str(caught.value)


def test_errors_come_in_the_callers_language(served):
    chinese = Client(served.url, verbose=False, headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    with pytest.raises(Exception, match="没有可读的文字"):
        chinese.predict(text="", api_name="/title")


def test_the_endpoints_are_named_and_title_is_described(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/title", "/triples"} <= set(endpoints)
    assert not any(name.startswith("/_") or "lambda" in name for name in endpoints)
    info = httpx.get(client.src.rstrip("/") + "/gradio_api/info").json()["named_endpoints"]["/title"]
    assert "Write titles" in info["description"]
    types = {p["parameter_name"]: p["python_type"]["type"] for p in info["parameters"]}
    kinds = {"method": "Literal['beam', 'sample']", "model": "None | Literal['unilm', 'seq2seq']"}
    assert types == {"text": "str", "count": "int", "seed": "int", **kinds}


def test_many_callers_at_once_each_get_their_own(served):
    answers = {}

    def ask(number):
        mine = Client(served.url, verbose=False)
        answers[number] = mine.predict(text=f"第{number}篇文章。后面还有。", count=1, api_name="/title")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {n: a["titles"][0]["text"] for n, a in answers.items()} == {n: f"※第{n}篇文章。" for n in range(8)}


def test_uploads_elsewhere_on_the_disk_are_not_served(client):
    address = client.src.rstrip("/") + "/gradio_api/file=" + str(ROOT / "app.py")
    assert httpx.get(address).status_code in (403, 404)


# ---- while the model loads, and when it cannot


def test_a_caller_waits_for_a_model_that_loads():
    service = FakeService(stage="loading")
    page = launched(service)
    try:
        job = Client(page.local_url, verbose=False).submit(text=TEXT, api_name="/title")
        assert service.waited_for.wait(20)
        assert not job.done()
        service.ready()
        assert job.result(timeout=20)["titles"]
    finally:
        page.close()


def test_a_model_that_failed_is_told():
    service = FakeService(stage="loading")
    page = launched(service)
    try:
        service.fail(VisitorError("weights_no_embedded", task="titling"))
        with pytest.raises(Exception, match="titling"):
            Client(page.local_url, verbose=False).predict(text=TEXT, api_name="/title")
    finally:
        page.close()


# ---- what the page is made of


def test_configuration_has_both_languages_and_nothing_foreign(served):
    config = httpx.get(served.url + "config").json()
    for language in ("en", "zh-CN", "zh-TW"):
        assert set(config["i18n_translations"][language]) == set(WORDS)
    used = {part.split('"')[0] for part in json.dumps(config).replace("\\", "").split('"key": "')[1:]}
    assert used & set(WORDS), "labels are translated"
    assert used <= set(WORDS)
    assert config["analytics_enabled"] is False
    for part in ("fonts.googleapis", "cdn."):
        assert part not in json.dumps(config["stylesheets"]) + config["css"] + config["js"]


@pytest.mark.parametrize("table", [WORDS, PHRASES])
def test_every_text_has_two_languages_with_the_same_places(table):
    for key, (english, chinese) in table.items():
        assert english and chinese, key
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese)), key
        if key != "switch":
            assert not re.search("[一-鿿]", english), key


def test_a_key_stands_in_one_module_only():
    for subjects, table in ((SUBJECTS, "SENTENCES"), (TABS, "WORDS"), (TABS, "PHRASES")):
        keys = [key for subject in subjects for key in getattr(subject, table)]
        assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]


def test_labels_are_safe_for_the_browsers_translator():
    for pair in WORDS.values():
        assert not set("{}<>'|") & set("".join(pair))
    assert set(translations().translations) >= {"en", "zh-CN"}


@pytest.mark.parametrize("key", EXAMPLES)
def test_examples_are_articles(key):
    assert 150 <= len(EXAMPLES[key]) <= 400
    assert key in WORDS


@pytest.mark.parametrize(
    ("headers", "cookies", "language"),
    [
        ({}, {}, "en"),
        ({"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}, {}, "zh"),
        ({"accept-language": "de-DE,de;q=0.9,zh;q=0.5,en;q=0.3"}, {}, "zh"),
        ({"accept-language": "en;q=0.2,zh-HK;q=0.9"}, {}, "zh"),
        ({"accept-language": "fr"}, {}, "en"),
        ({"accept-language": ";q=x,,;;zh;q="}, {}, "en"),
        ({"accept-language": "en-US"}, {"wanzhuan_language": "zh"}, "zh"),
        ({"accept-language": "zh"}, {"wanzhuan_language": "en"}, "en"),
        ({"accept-language": "zh"}, {"wanzhuan_language": "<script>"}, "zh"),
    ],
)
def test_language_of_a_request(headers, cookies, language):
    assert language_of(SimpleNamespace(headers=headers, cookies=cookies)) == language


@pytest.mark.parametrize(("query", "language"), [("zh", "zh"), ("en", "en"), ("", "en"), ("<script>", "en")])
def test_the_page_says_in_which_language_it_asks(query, language):
    cookies = {"wanzhuan_language": "en"}
    asked = SimpleNamespace(headers={}, cookies=cookies, query_params={"wanzhuan_language": query})
    assert language_of(asked) == language


def test_language_without_a_request():
    assert language_of(None) == "en"


# ---- rendering


def result_of(text, **changes):
    result = FakeService().fake.title(text)
    return dataclasses.replace(result, **changes)


def test_layers_cut_at_every_edge():
    assert render.layers(6, [[(0, 2), (1, 4)], [(3, 5)]]) == [(0, 3, (0,)), (3, 4, (0, 1)), (4, 5, (1,)), (5, 6, ())]
    assert render.layers(3, []) == [(0, 3, ())]
    assert render.layers(0, [[(0, 5)]]) == []
    assert render.layers(3, [[(-5, 1), (2, 2), (2, 99)]]) == [(0, 1, (0,)), (1, 2, ()), (2, 3, (0,))]


def test_everything_a_visitor_wrote_is_escaped():
    nasty = "<img src=x onerror=alert(1)>\"&'。后面<script>x</script>。"
    result = result_of(nasty, weights='<b>"w"', device="<i>")
    for page in (render.titles(result), render.titles(result, growing=True), render.article(nasty, result)):
        assert "<img" not in page
        assert "<script" not in page
        assert "<b>" not in page
        assert "<i>" not in page


def test_marks_are_the_spans():
    result = result_of("今天下雪。明天放晴。")
    assert "※<mark>今天下雪。</mark>" in render.titles(result)
    assert '<span data-t="0 1 2">今</span>' in render.article("今天下雪。明天放晴。", result)


def test_what_was_not_read_is_said():
    page = render.titles(result_of("今天下雪。" * 400))
    assert "were read, 500 of 2,000 characters." in page
    assert "共 2,000 字中的 500 字" in page
    assert "were read" not in render.titles(result_of("今天下雪。"))


def test_a_long_article_is_shown_in_part():
    text = "今天下雪。" * 10_000
    page = render.article(text, result_of(text))
    assert len(page) < 30_000
    assert "20,000" in page


def test_a_notice_stands_in_the_header():
    service = FakeService(notice=VisitorError("weights_no_repository", name="<x>/y", host="h"))
    page = render.status(service.state("titling"))
    assert "&lt;x&gt;/y" in page
    assert 'data-stage="ready"' in page


# ---- the door


def run_app(*flags):
    command = [sys.executable, str(ROOT / "app.py"), *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_a_taken_port_is_one_sentence(served):
    done = run_app("--port", str(served.page.server_port))
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_auth_without_a_colon_is_one_sentence():
    done = run_app("--auth", "secret")
    assert done.returncode == 2
    assert "secret" not in done.stderr


def test_the_page_imports_no_tensorflow():
    code = (
        "import sys; from demo.blocks import build; from core.service import Service; build(Service());"
        "bad = {'tensorflow', 'tf_keras', 'keras', 'bert4keras', 'torch'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_a_page_that_answers_itself_late_is_served(monkeypatch):
    monkeypatch.setattr("gradio.networking.url_ok", lambda url: False)
    page = launched(FakeService())
    assert httpx.get(page.local_url).status_code == 200
    page.close()


# ---- events


def test_what_is_entered_while_an_answer_is_on_its_way_is_not_forgotten(served):
    """Gradio forgets a second event of most kinds while the first is under way ("once"): for a button only."""
    entering = {"input", "change", "release", "upload"}
    for event in served.page.config["dependencies"]:
        if event["backend_fn"] and entering & {kind for _, kind in event["targets"]}:
            assert event["trigger_mode"] != "once", (event["id"], event["targets"])
