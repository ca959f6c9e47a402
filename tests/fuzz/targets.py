"""What is fed: every parser of what comes from outside, weights folders, and the chat.

Each may refuse with a sentence, and no more.
"""

from __future__ import annotations

import functools
import gzip
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from core import bert, docx_text, fit_catenary, matrix, rope
from core.bulk import readers
from core.bulk.inputs import find
from core.chat.conversation import replayed, turn
from core.chat.session import Session
from core.documents import text_of
from core.errors import VisitorError
from core.mathtoys import photo, points
from core.mathtoys.expressions import parse
from core.mathtoys.parsing import read_file
from core.optim import formula
from core.reading.data import read_questions
from core.text import clean, sentences, words
from core.titling.data import read_pairs
from core.tokenizer import Tokenizer
from core.triples import schema
from core.triples.data import read_sentences
from demo import links
from demo.triples_batch import read_rows
from tests.conftest import TINY_CONFIG, tiny_vocabulary
from tests.demo.fakes import FakeService
from tests.fuzz import folders, samples
from tests.fuzz.values import broken, json_values, lines, texts


@dataclass(frozen=True)
class Target:
    """values: what it is fed.  feed: takes one; a VisitorError is an answer, anything else that is raised a fault.
    share: of all inputs, against the others.  seconds: longer than that for one input is a hang."""

    values: st.SearchStrategy
    feed: Callable[[Any], object]
    share: float = 1.0
    seconds: float = 60.0


def told(error: VisitorError) -> None:
    """A refusal has a sentence in both languages."""
    for language in ("zh", "en"):
        assert error.sentence(language).strip()


def through_file(suffix: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Feeds a reader of files with bytes."""

    def feed(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"file{suffix}"
            file.write_bytes(data)
            return read(file)

    return feed


def _pairs() -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(), min_size=2, max_size=2)


def _docx(data: bytes) -> object:
    """In this process, where what goes wrong is seen; which children it would go to is the tests' own."""
    docx_text._unpacked(data, "a.docx")
    found = docx_text.paragraphs(data)
    if isinstance(found, str):
        raise VisitorError("document_broken", file="a.docx")
    return found


def _document(kind: str) -> Callable[[bytes], object]:
    return lambda data: text_of(data, kind, f"a{kind}")


def _loss(text: str) -> object:
    expression = formula.read(text)
    return formula.slopes(expression)(0.3, -2.0), formula.size(expression)


@functools.cache
def _tokenizer() -> Tokenizer:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.txt").write_text("\n".join(tiny_vocabulary()), encoding="utf-8")
        return Tokenizer(Path(folder) / "vocab.txt")


def _folder(value: tuple[dict[str, Any], bytes]) -> object:
    """config.json and model.safetensors as a weights folder; the tensor that says its size is looked up."""
    changed, data = value
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        config = {**TINY_CONFIG, "vocab_size": len(tiny_vocabulary()), **changed}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "vocab.txt").write_text("\n".join(tiny_vocabulary()), encoding="utf-8")
        (folder / "model.safetensors").write_bytes(data)
        bert.read_config(folder)
        tensors = bert.read_tensors(folder)
        return bert.checkpoint_from_tensors(tensors, ["bert/embeddings/word_embeddings"], "fuzzed")


def _configs() -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from([*TINY_CONFIG, "vocab_size", "layer_norm_eps", "position_embedding_type"])
    return st.dictionaries(keys, json_values(), max_size=3)


def _picture(file: Path) -> object:
    image = photo.decoded(file.read_bytes())
    if isinstance(image, str):
        raise VisitorError("picture_broken", file=file.name)
    assert image.mode == "RGB" and max(image.size) <= photo.LONGEST
    return image


# ---- links -----------------------------------------------------------------------------------------------------
@functools.cache
def _fields() -> dict[str, gr.components.Component]:
    """A field of each kind that a link can fill."""
    with gr.Blocks():
        return {
            "t": gr.Slider(-2, 2, step=0.1),
            "whole": gr.Slider(0, 9, step=1),
            "number": gr.Number(minimum=0),
            "count": gr.Number(precision=0),
            "text": gr.Textbox(max_length=50),
            "tick": gr.Checkbox(),
            "way": gr.Radio(["beam", ("1", 1)]),
            "one": gr.Dropdown(["a", "李四"]),
            "some": gr.Dropdown(["a", 2, 0.5], multiselect=True),
            "boxes": gr.CheckboxGroup(["a", "b"]),
        }


def _query() -> st.SearchStrategy[dict[str, str]]:
    said = st.one_of(
        texts("true", "beam", '["a", 2]', "[0.5]", "1e400", "-0.0", "0x10", "1_0"),
        json_values().map(json.dumps),
        st.floats().map(str),
        st.integers(-(10**20), 10**20).map(str),
        st.integers(1, 5000).map("[".__mul__),
    )
    return st.dictionaries(st.sampled_from([*_fields(), "tab", "nosuch"]), said, max_size=6)


def _link(query: dict[str, str]) -> None:
    """What fits is also what the field itself takes."""
    fields = _fields()
    for name, value in links.values(fields, query).items():
        fields[name].preprocess(fields[name].data_model(value) if fields[name].data_model else value)
        json.dumps(fields[name].postprocess(value), allow_nan=False)


# ---- rows of many files ----------------------------------------------------------------------------------------
_COLUMNS = readers.Columns((("text", "--text"), ("question", "--question")))
_ASKED = {"text": "李四导演了《大河》。", "question": "谁？", "id": 7}


def _bulk(file: Path) -> object:
    """Each row is usable, or told in both languages; a second reader goes on where it was told to."""
    (source,) = find([str(file)]).sources
    if (wrong := readers.check(source, _COLUMNS)) is not None:
        told(wrong)
    rows = list(readers.Reader(source, _COLUMNS))
    for row in rows:
        if isinstance(row, readers.Bad):
            told(row.error)
        else:
            assert all(isinstance(value, str) for value in row.values)
    later = [row for row in rows if row.row > 1]
    again = [row for row in readers.Reader(source, _COLUMNS, first=1) if row.row]
    assert [(type(row), row.row) for row in again] == [(type(row), row.row) for row in later]
    return rows


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([_ASKED, {"text": None, "question": "", "id": 8}]), out)
    return out.getvalue()


# ---- the chat --------------------------------------------------------------------------------------------------
_SERVICE = FakeService()


def _talk(messages: list[str]) -> None:
    """A conversation: each message with the session that the one before has left."""
    session = Session()
    for message in messages:
        for reply, after in turn(message, session, _SERVICE, (), "zh"):
            session = after
            for language in ("zh", "en"):
                assert isinstance(reply.words(language), str)


def _history(value: Any) -> object:
    return replayed(value if isinstance(value, list) else [value])


def _small_matrix(text: str) -> object:
    return matrix(text).relative_error


@functools.cache
def targets() -> Mapping[str, Target]:
    """All of them, by what they are fed with."""
    return {
        "a matrix as text": Target(
            texts("1 2; 3 4", "[[1,2],[3,4]]", "1+2i, 0\n0, exp(1)", "[0 -π; π 0]"), _small_matrix
        ),
        "a matrix as csv": Target(broken([b"1,2\n3,4\n", b"1 2\n3 4i\n"]), through_file(".csv", read_file)),
        "a matrix as npy": Target(
            broken([samples.npy(np.eye(2)), samples.npy(np.ones((2, 2), complex))]), through_file(".npy", read_file)
        ),
        "an expression": Target(texts("2*(3+4)", "sin(pi/3)^2", "-1e3j"), parse, 2.0),
        "a loss": Target(texts("x^2 + 100*(y-x^2)^2", "sin(x)*exp(-y)"), _loss),
        "points": Target(texts("0 1\n1 0.5\n2 1", "x,y\n0,1\n1,2"), points.parse),
        "points of a call": Target(json_values(), points.checked),
        "a chain": Target(st.tuples(st.lists(_pairs(), max_size=12), st.floats()), lambda v: fit_catenary(*v), 0.3),
        "a rope": Target(st.tuples(st.floats(), st.floats()), lambda v: rope(span=v[0], length=v[1]), 0.3),
        "titles' data": Target(
            broken([lines(samples.PAIR, samples.PAIR)]), through_file(".jsonl", lambda file: read_pairs([file]))
        ),
        "titles' data as csv": Target(
            broken([b'text,title\n"a,\n",b\n', b"text\ttitle\na\tb\n"]),
            through_file(".csv", lambda file: read_pairs([file])),
        ),
        "triples' data": Target(
            broken([lines(samples.DUIE, samples.DUIE)]), through_file(".jsonl", lambda file: read_sentences([file]))
        ),
        "a schema": Target(
            broken([lines(samples.SCHEMA), lines([samples.SCHEMA])]), through_file(".json", schema.read)
        ),
        "reading's data": Target(
            broken([lines(samples.SQUAD)]), through_file(".json", lambda file: read_questions([file]))
        ),
        "rows for triples": Target(
            broken([lines({"text": "李四导演了《大河》。"}), "李四。\n".encode("gbk")]),
            lambda data: read_rows(data, "rows.jsonl"),
        ),
        "a text": Target(
            broken(["李四主演《大河》。".encode(c) for c in ("utf-8", "gbk", "utf-16", "big5")]), _document(".txt")
        ),
        "a page": Target(broken([samples.HTML.encode("gbk"), samples.HTML.encode()]), _document(".html")),
        "a docx": Target(broken([samples.docx(), samples.stored_docx()]), _docx),
        "a pdf": Target(broken([samples.pdf()]), _document(".pdf"), 0.1),
        "weights": Target(st.tuples(_configs(), broken(samples.weights())), _folder),
        # a tenth: TensorFlow builds a model for each folder that fits, a second or more
        **{f"weights of {task}": Target(folders.folders(task), folders.ask(task), 0.1) for task in folders.TASKS},
        "pieces": Target(texts("今天下雪。"), lambda text: _tokenizer().encode(text)),
        "sentences": Target(
            texts("今天下雪。学校停课！"), lambda text: (list(sentences(clean(text))), words(text[:200])), 0.3
        ),
        "a photograph": Target(broken(samples.pictures()), through_file(".png", _picture), 0.6),
        "a link": Target(_query(), _link, 0.6),
        "rows of jsonl": Target(broken([lines(_ASKED, _ASKED)]), through_file(".jsonl", _bulk), 0.5),
        "rows of jsonl.gz": Target(
            broken([gzip.compress(lines(_ASKED, _ASKED), mtime=0)]), through_file(".jsonl.gz", _bulk), 0.2
        ),
        "rows of csv": Target(broken(samples.tables(",")), through_file(".csv", _bulk), 0.4),
        "rows of tsv": Target(broken(samples.tables("\t")), through_file(".tsv", _bulk), 0.2),
        "rows of parquet": Target(broken([_parquet()]), through_file(".parquet", _bulk), 0.3),
        "rows of txt": Target(
            broken(["李四主演《大河》。".encode(c) for c in ("utf-8", "gbk", "utf-16")]),
            through_file(".txt", _bulk),
            0.2,
        ),
        "the chat": Target(
            st.lists(
                texts("画一根跳绳，L=2 D=1", "检查矩阵 1 2; 3 4", "抽取三元组：\n大河|影片,导演,李四|人物,0.9"),
                min_size=1,
                max_size=3,
            ),
            _talk,
            0.5,
        ),
        "a conversation of a call": Target(json_values(), _history),
    }
