"""The endpoint `/answer` as programs see it."""

import re
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import Client, handle_file

from core import documents
from core.errors import VisitorError
from core.reading.results import Asking
from demo import blocks as page_blocks
from demo import reading, reading_api
from demo.blocks import build, launch_options
from tests.books import book_sentence, write_book
from tests.demo.bad_files import write_bad_files
from tests.demo.fakes import FakeService

TEXT = "镇长是[王大力|0.9]，今年五十岁。"
QUESTION = "镇长是谁？"


@pytest.fixture(scope="module")
def served():
    """A page with this tab alone."""
    usual, page_blocks.TABS = page_blocks.TABS, (("tab_reading", reading.tab),)
    service = FakeService()
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield SimpleNamespace(client=Client(page.local_url, verbose=False), service=service, page=page)
    page.close()
    page_blocks.TABS = usual


def test_answer_gives_the_dataclass_and_the_evidence(served):
    answer = served.client.predict(question=QUESTION, text=TEXT, api_name="/answer")
    assert (answer["answer"], answer["probability"], answer["source"]) == ("王大力", 0.9, "")
    assert answer["evidence"] == answer["candidates"][0]["evidence"] == TEXT
    first = answer["candidates"][0]
    assert TEXT[first["start"] : first["end"]] == "王大力"
    assert [place["chosen"] for place in first["places"]] == ["王", "大", "力", "[SEP]"]
    assert answer["votes"] == [{"text": "王大力", "score": pytest.approx(0.81 / 1.9, abs=1e-5), "candidates": [0]}]
    assert (answer["method"], answer["threshold"], answer["weights"]) == ("masks", 0.3, "fake:reading")


def test_answer_reads_files_and_takes_settings(served, tmp_path):
    (tmp_path / "甲.txt").write_text("院长是[李四|0.6]。", encoding="utf-8")
    (tmp_path / "乙.md").write_text("院长是[李四|0.8]。", encoding="utf-8")
    files = [handle_file(tmp_path / name) for name in ("甲.txt", "乙.md")]
    answer = served.client.predict(
        question="院长是谁？", files=files, text="院长是[张三|0.7]。", method="seq2seq", threshold=0.1, passages=3,
        api_name="/answer",
    )  # fmt: skip
    assert (answer["answer"], answer["source"]) == ("李四", "乙.md")
    assert answer["sources"] == ["甲.txt", "乙.md", ""]
    assert [vote["text"] for vote in answer["votes"]] == ["李四", "张三"]
    assert served.service.reader.asked[-1][2] == Asking(0.1, 3, "seq2seq")
    again = served.client.predict(question="院长是谁？", files=files[:1], threshold=0.7, api_name="/answer")
    assert (again["answer"], again["votes"]) == ("", [])


def test_a_hundred_pages_are_asked(served, tmp_path):
    book = handle_file(write_book(tmp_path / "book.pdf"))
    answer = served.client.predict(question="第57号院子里的树是哪年种下的？", files=[book], api_name="/answer")
    assert (answer["answer"], answer["source"]) == ("1857年", "book.pdf")
    assert answer["evidence"] == book_sentence(57)
    assert len(answer["passages"]) == 8


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"question": "", "text": TEXT}, "no question"),
        ({"question": " \n", "text": TEXT}, "no question"),
        ({"question": ["a"], "text": TEXT}, "no question"),
        ({"question": QUESTION}, "nothing to read"),
        ({"question": QUESTION, "text": "\u200b \n"}, "nothing to read"),
        ({"question": QUESTION, "text": ["a"]}, "nothing to read"),
        ({"question": "长" * 31, "text": TEXT}, "more briefly"),
        ({"question": QUESTION, "text": TEXT, "threshold": 2}, "threshold"),
        ({"question": QUESTION, "text": TEXT, "passages": 0}, "passages"),
        ({"question": QUESTION, "text": TEXT, "passages": "many"}, "passages"),
        ({"question": QUESTION, "text": TEXT, "method": "guess"}, "method"),
        ({"question": QUESTION, "text": TEXT, "method": "spans"}, "spans"),
        ({"question": QUESTION, "text": "字" * (documents.MAX_CHARACTERS + 1)}, "3,?000,?000"),
        ({"question": "BUG", "text": TEXT}, "went wrong"),
    ],
)
def test_answer_refuses_with_a_sentence(served, arguments, part):
    with pytest.raises(Exception, match=part) as caught:
        served.client.predict(**arguments, api_name="/answer")
    assert "Traceback" not in str(caught.value)


def test_bad_files_are_refused_with_a_sentence(served, tmp_path):
    names = write_bad_files(tmp_path)
    for name, key in names.items():
        with pytest.raises(Exception, match=re.escape(name)) as caught:
            served.client.predict(question=QUESTION, files=[handle_file(tmp_path / name)], api_name="/answer")
        expected = VisitorError(key, file=name, kinds=" ".join(documents.KINDS)).sentence("en")
        assert expected in str(caught.value)


def test_no_path_comes_in_by_the_endpoint(served):
    """Files must have been uploaded: naming one of the server's own opens nothing."""
    own = str(Path(__file__).resolve())
    asked = served.client
    for value in (own, {"path": own}, {"path": own, "meta": {"_type": "gradio.FileData"}}):
        with pytest.raises(Exception) as caught:
            asked.predict(question=QUESTION, files=[value], api_name="/answer")
        assert "test_no_path" not in str(caught.value)
    assert Path(own).exists()


def test_answer_is_described_for_tools(served):
    info = httpx.get(served.client.src.rstrip("/") + "/gradio_api/info").json()["named_endpoints"]
    assert not any("reading" in name or "open" in name for name in info)
    parameters = info["/answer"]["parameters"]
    types = {p["parameter_name"]: (p["python_type"]["type"], p["parameter_default"]) for p in parameters}
    assert types["question"] == ("str", None)
    assert types["text"] == ("str", "")
    assert types["files"] == ("list[filepath]", None)
    assert "masks" in types["method"][0] and types["passages"] == ("int", 8)
    for word in ("question:", "files:", "threshold:", "evidence"):
        assert word in reading.reading_api.endpoint(served.service).__doc__
    assert "Answer a question" in info["/answer"]["description"]


@pytest.mark.parametrize(
    "files",
    ["a.txt", 7, {"x": 1}, {"path": None}, {"path": "/etc/hostname"}, [None], ["a.txt"], [["a.txt"]], [{"name": "a"}]],
    ids=str,
)
def test_files_that_are_none_are_one_sentence(served, capfd, files):
    call = served.client.src.rstrip("/") + "/gradio_api/call/answer"
    asked = httpx.post(call, json={"data": [QUESTION, TEXT, files, None, None, 8]})
    told = httpx.get(f"{call}/{asked.json()['event_id']}").text
    assert told.startswith("event: error") and "a file is uploaded first" in told
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"question": " "}, "reading_no_question"),
        ({"question": "长" * 31}, "reading_question_long"),
        ({"question": QUESTION, "method": "spans"}, "reading_method"),
        ({"question": QUESTION, "passages": 0}, "out_of_range"),
    ],
)
def test_a_wrong_question_is_told_before_files_are_read(tmp_path, monkeypatch, asked, key):
    """And they are deleted all the same."""
    told = []
    monkeypatch.setattr("demo.common.sentence", lambda error, request: told.append(error.key) or "")
    monkeypatch.setattr(reading_api, "build", None)
    monkeypatch.setattr(reading_api, "_documents", None)
    file = tmp_path / "a.txt"
    file.write_text(TEXT, encoding="utf-8")
    with pytest.raises(Exception, match="^''$|^$"):
        reading_api.endpoint(FakeService())(**asked, files=[str(file)])
    assert told == [key]
    assert not file.exists()
