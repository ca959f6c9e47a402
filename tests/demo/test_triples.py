"""The tab of triples as clients see it, and what it renders."""

import csv
import dataclasses
import html
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio_client import Client

from core.errors import LateError, VisitorError
from core.messages import SENTENCES
from core.triples.task import FLOOR, MAX_CHARACTERS, Extraction
from demo import common, limits, triples_batch, triples_render
from demo.blocks import build, launch_options
from demo.examples import TRIPLES
from demo.graph import graph, items
from demo.words import WORDS
from tests.demo.fakes import FakeExtractor, FakeService

TEXT = "大河|影片,导演,李四|人物,0.9;大河|影片,主演,王五|人物,0.6,inWork=大河;李四|人物,祖籍,北京|地点,0.2"
NASTY = "<script>window.hacked=1</script>|<b>,--><img src=x onerror=hacked()>,\"'&`${1}{{2}}\u2028|x,0.9"


@pytest.fixture(scope="module")
def served():
    service = FakeService()
    page = build(service)
    page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield SimpleNamespace(client=Client(page.local_url, verbose=False), service=service, page=page)
    page.close()


def found(text, **settings):
    return FakeExtractor().extract(text, Extraction(**settings))


# ---- the endpoint


def test_triples_answers_with_the_dataclass(served):
    answer = served.client.predict(text=TEXT, api_name="/triples")
    assert [t["predicate"] for t in answer["triples"]] == ["导演", "主演"]
    assert answer["threshold"] == answer["tuned"] == 0.5
    for triple in answer["triples"]:
        for mention in (triple["subject"], triple["object"], *(slot["value"] for slot in triple["slots"])):
            assert TEXT[mention["start"] : mention["end"]] == mention["text"]
    assert (answer["weights"], answer["characters"], answer["notice"]) == ("fake:triples", len(TEXT), None)


def test_triples_takes_a_threshold(served):
    answer = served.client.predict(text=TEXT, threshold=0.1, api_name="/triples")
    assert len(answer["triples"]) == 3
    assert served.service.extractor.asked[-1] == (TEXT, Extraction(0.1))
    assert served.client.predict(text=TEXT, threshold=0.95, api_name="/triples")["triples"] == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"text": ""}, "no text"),
        ({"text": ["a"]}, "no text"),
        ({"text": "字" * (MAX_CHARACTERS + 1)}, "100,?000"),
        ({"text": TEXT, "threshold": 2}, "threshold"),
        ({"text": "BUG"}, "went wrong"),
    ],
)
def test_triples_refuses_with_a_sentence(served, arguments, part):
    with pytest.raises(Exception, match=part) as caught:
        served.client.predict(**arguments, api_name="/triples")
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("text", ["字", "字" * MAX_CHARACTERS, NASTY])
def test_odd_texts_are_answered(served, text):
    assert served.client.predict(text=text, api_name="/triples")["characters"] == len(text)


def test_triples_is_described(served):
    endpoints = served.client.view_api(return_format="dict")["named_endpoints"]
    kinds = {p["parameter_name"]: p["python_type"]["type"] for p in endpoints["/triples"]["parameters"]}
    assert kinds["text"] == "str"
    assert set(kinds["threshold"].split(" | ")) == {"float", "None"}


# ---- the graph


def test_an_entity_is_one_node_and_a_statement_one_edge():
    told = items(found(TEXT + ";大河|书,导演,李四|人物,0.3").triples)
    assert [(i.predicate, i.slot) for i in told] == [
        ("导演", None), ("主演", None), ("祖籍", None), ("导演", None), ("inWork", 0),
    ]  # fmt: skip
    drawn = graph(told, 100)
    assert [node.text for node in drawn.nodes] == ["大河", "李四", "王五", "北京"]
    assert drawn.nodes[0].types == ("影片", "书", "Text")
    edges = {
        (drawn.nodes[e.source].text, e.predicate, drawn.nodes[e.target].text): (e.items, e.slot) for e in drawn.edges
    }
    assert edges[("大河", "导演", "李四")] == ((0, 3), False)
    assert edges[("王五", "inWork", "大河")] == ((4,), True)
    assert len(edges) == 4


def test_a_graph_keeps_the_most_probable():
    drawn = graph(items(found(TEXT).triples), 1)
    assert [node.text for node in drawn.nodes] == ["大河", "李四"]
    assert graph((), 5).edges == ()


# ---- what is rendered


def attribute(page, name):
    return html.unescape(re.search(rf'data-{name}="([^"]*)"', page)[1])


def test_the_card_holds_everything_down_to_the_floor():
    result = found(TEXT)
    page = triples_render.shown(result)
    assert json.loads(attribute(page, "result")) == json.loads(json.dumps(dataclasses.asdict(result)))
    data = json.loads(attribute(page, "graph"))
    assert data["scores"] == [0.9, 0.6, 0.2, 0.6]
    assert data["triples"] == page.count("<tr data-item") == 3
    assert f'min="{FLOOR}"' in page
    assert 'value="0.5"' in page


def test_gradio_still_brings_the_library_of_the_graph():
    assert re.fullmatch(r"cytoscape\.esm-[\w-]+\.js", triples_render.graph_script())


def test_pieces_of_the_text_know_their_statements():
    page = triples_render.marked(TEXT, found(TEXT))
    assert '<span data-s="0" data-n="0">大河</span>' in page
    assert '<span data-o="0" data-n="1">李四</span>' in page
    assert '<span data-s="2" data-n="1">李四</span>' in page
    shown = re.search(r'class="wz-t-text"[^>]*>(.*)</div></div>', page, re.DOTALL)[1]
    assert html.unescape(re.sub("<[^>]*>", "", shown)) == TEXT


def test_nothing_that_was_written_becomes_markup():
    result = dataclasses.replace(found(NASTY), weights="<i>w", device="<u>d", predicates=("<s>p",))
    assert result.triples
    for page in (triples_render.shown(result), triples_render.marked(NASTY, result)):
        tags = set(re.findall(r"<\s*/?(\w+)", page))
        assert not tags & {"script", "img", "b", "i", "u", "s"}
        assert "hacked" in page
    assert json.loads(attribute(triples_render.shown(result), "result"))["triples"][0]["subject"]["type"] == "<b>"


def test_no_triple_is_said():
    result = found("什么也没有")
    assert "No triple was found" in triples_render.shown(result)
    assert "data-graph" not in triples_render.shown(result)
    assert triples_render.marked("什么也没有", result) == ""


def test_a_great_many_triples_are_shown_in_part(monkeypatch):
    monkeypatch.setattr(limits, "TABLE_TRIPLES", 2)
    monkeypatch.setattr(limits, "GRAPH_TRIPLES", 1)
    page = triples_render.shown(found(TEXT))
    assert page.count("<tr data-item") == 2
    assert len(json.loads(attribute(page, "graph"))["edges"]) == 1
    assert "The graph shows the 1 most" in page
    assert "The table shows the 2 most" in page


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", '="a"'])
def test_csv_holds_no_formula(start):
    (row,) = csv.reader(io.StringIO(triples_render.csv_line([start, 0.5, "plain, text"]), newline=""))
    assert row == ["'" + start, "0.5", "plain, text"]


# ---- many texts


def test_no_more_rows_are_made_than_are_taken():
    assert len(triples_batch.read_rows(b"1\n" * 1_000_000, "a.txt")) == limits.BATCH_ROWS + 1


def test_rows_of_a_file():
    assert triples_batch.read_rows("一\r\n\n二\u2028三".encode(), "a.txt") == [
        triples_batch.Row(1, "一"), triples_batch.Row(3, "二\u2028三"),
    ]  # fmt: skip
    lines = ['{"text": "一"}', "[1]", '{"text": 2}', "{", "[" * 5000, '{"text": "二"}']
    read = triples_batch.read_rows("\n".join(lines).encode(), "a.JSONL")
    assert [row.text for row in read] == ["一", None, None, None, None, "二"]
    with pytest.raises(VisitorError):
        triples_batch.read_rows(b"\x00\x01\x02", "a.txt")


def events(path):
    return list(triples_batch.batch(FakeService())(str(path), 0, None))


def test_a_file_becomes_two(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "BATCH_CHUNK", 1)
    source = tmp_path / "texts.jsonl"
    source.write_text(json.dumps({"text": TEXT}) + "\nno\n" + json.dumps({"text": "=A,主演,B,0.7"}), encoding="utf-8")
    made = {}
    for step in triples_batch.batch(FakeService())(str(source), None, None):
        told, *saves, _ = step
        for button in saves:
            if button.value:
                file = Path(button.value["path"])
                made[file.suffix] = file.read_text("utf-8-sig")
    assert "row 2: no JSON" in told
    assert not source.exists()
    lines = [json.loads(line) for line in made[".jsonl"].splitlines()]
    assert [(line["row"], len(line["triples"])) for line in lines] == [(1, 2), (3, 1)]
    rows = list(csv.DictReader(io.StringIO(made[".csv"])))
    assert [(row["row"], row["predicate"]) for row in rows] == [
        ("1", "导演"),
        ("1", "主演"),
        ("1", "inWork"),
        ("3", "主演"),
    ]
    assert rows[-1]["subject"] == "'=A"


def test_a_file_of_one_who_asks_too_often_is_not_kept(tmp_path, monkeypatch):
    def refuse(request):
        raise VisitorError("rate_limit", most=1, seconds=1)

    monkeypatch.setattr(common, "admit", refuse)
    monkeypatch.setattr(common, "warn", lambda *_: None)
    source = tmp_path / "texts.txt"
    source.write_text("一", encoding="utf-8")
    assert events(source) and not source.exists()


@pytest.mark.parametrize("chunk", [1, 2, 64])
def test_a_row_that_breaks_the_model_does_not_take_the_file_along(tmp_path, monkeypatch, log, chunk):
    monkeypatch.setattr(limits, "BATCH_CHUNK", chunk)
    source = tmp_path / "texts.txt"
    source.write_text(f"{TEXT}\nBUG玄穹妙语\n\u3000x\n{TEXT}", encoding="utf-8")
    *_, (told, *saves, _) = triples_batch.batch(FakeService())(str(source), None, None)
    assert "3 texts read, 4 triples" in told and told.count("<li>") == 1
    assert f"row 2: {SENTENCES['row_failed'][0]}" in told and SENTENCES["row_failed"][1] in told
    assert all(save.visible for save in saves)
    assert "RuntimeError" in log.getvalue() and "玄穹" not in log.getvalue() and "a bug" not in log.getvalue()


def test_what_comes_too_late_ends_the_file(tmp_path, monkeypatch):
    """By the batch, and by a row alone after another one broke it; what is done by then is there."""
    usual = FakeExtractor.extract_many

    def extract_many(self, texts, settings):
        for text in texts:
            if text.startswith("LATE"):
                raise LateError("too_late", seconds=1)
            yield from usual(self, [text], settings)

    monkeypatch.setattr(FakeExtractor, "extract_many", extract_many)
    monkeypatch.setattr(limits, "BATCH_CHUNK", 2)
    for text in ("LATE", "BUG\nLATE"):
        (tmp_path / "texts.txt").write_text(f"{TEXT}\n{TEXT}\n{text}\n{TEXT}", encoding="utf-8")
        last = events(tmp_path / "texts.txt")[-1]
        assert "2 texts read" in last[0] and "Stopped after" in last[0]


def test_progress_and_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "BATCH_CHUNK", 1)
    source = tmp_path / "texts.txt"
    source.write_text(f"{TEXT}\n{TEXT}", encoding="utf-8")
    told = [step[0] for step in events(source)]
    assert ['value="1" max="2"' in page for page in told].count(True) == 1
    assert "2 texts read, 4 triples" in told[-1]
    monkeypatch.setattr(limits, "BATCH_SECONDS", -1.0)
    source.write_text(f"{TEXT}\n{TEXT}", encoding="utf-8")
    last = events(source)[-1]
    assert "0 texts read" in last[0]
    assert "Stopped after" in last[0]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.pdf", b"x", "document_kind"),
        ("a.txt", b"\n \n", "document_empty"),
        ("a.txt", b"\x00\x01", "document_binary"),
        ("a.txt", b"a\nb\nc", "too_many_texts"),
        ("a.txt", b"abcdefghijkl", "document_too_large"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, monkeypatch, name, content, key):
    monkeypatch.setattr(limits, "BATCH_ROWS", 2)
    monkeypatch.setattr(limits, "BATCH_BYTES", 10)
    (tmp_path / name).write_bytes(content)
    told = []
    monkeypatch.setattr("demo.common.sentence", lambda error, request: told.append(error.key) or "")
    monkeypatch.setattr("demo.common.warn", lambda *_: None)
    last = events(tmp_path / name)[-1]
    assert told == [key]
    assert last[0] == ""
    assert not (tmp_path / name).exists()


# ---- examples


@pytest.mark.parametrize("key", TRIPLES)
def test_examples_are_passages(key):
    assert 120 <= len(TRIPLES[key]) <= 300
    assert key in WORDS


def test_full_width_signs_begin_formulas_in_chinese_spreadsheets():
    signs = "\uff1d\uff0b\uff0d\uff20"
    assert triples_render.csv_line([f"{sign}1" for sign in signs]) == ",".join(f"'{sign}1" for sign in signs)
