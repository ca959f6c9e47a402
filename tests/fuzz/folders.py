"""Weights folders of each task, broken in many ways: the model is loaded and asked one short question."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from safetensors.numpy import load, save

from core import backend, bert
from core.errors import VisitorError
from core.reading.task import Asking, Reader
from core.titling.task import Decoding, Titler
from core.triples import schema
from core.triples.model import TriplesModel
from core.triples.task import Extractor
from tests.conftest import tiny_titling_weights, tiny_vocabulary
from tests.fuzz.values import broken, json_values
from tests.reading.conftest import write as reading_weights
from tests.titling.tiny_seq2seq import tiny_folder as seq2seq_weights
from tests.triples.conftest import ROWS, write_base

TEXT = "今天上海市公司发布研究,模型准确率提高。"
Files = Mapping[str, bytes]


def _titling(parent: Path) -> Path:
    return tiny_titling_weights("tiny", parent, 0.3)


def _triples(parent: Path) -> Path:
    (parent / "rows.jsonl").write_text(ROWS, encoding="utf-8")
    base = write_base(parent / "base", tiny_vocabulary(), 0.2)
    TriplesModel(base, schema.read(parent / "rows.jsonl"), 96).save(parent / "tiny")
    return parent / "tiny"


def _reading(parent: Path) -> Path:
    sizes = {"places": 6, "question": 12, "passage": 40}
    return reading_weights(parent / "tiny", 0.3, **sizes, thresholds={"masks": 0.25, "seq2seq": 0.5})


def _titled(folder: Path) -> object:
    # without the thread that a titler's visitors share, which would outlive the folder
    (found,) = Titler(folder).title_many([TEXT], Decoding(count=1, beams=1, max_length=6))
    if isinstance(found, VisitorError):
        raise found
    return found


def _answered(folder: Path) -> object:
    reader = Reader(folder)
    return [reader.answer("谁发布研究?", TEXT, Asking(method=method)) for method in reader.methods]


# the task's section in config.json, a folder that is right, and the question
TASKS: dict[str, tuple[str, Callable[[Path], Path], Callable[[Path], object]]] = {
    "titling": ("titling", _titling, _titled),
    "titling-seq2seq": ("titling", seq2seq_weights, _titled),
    "triples": ("triples", _triples, lambda folder: Extractor(folder).extract(TEXT)),
    "reading": ("reading", _reading, _answered),
}


@functools.cache
def files_of(task: str) -> Files:
    """The files of a folder that is right; made once."""
    with tempfile.TemporaryDirectory() as place:
        return {file.name: file.read_bytes() for file in TASKS[task][1](Path(place)).iterdir()}


def ask(task: str) -> Callable[[Files], object]:
    """Feeds the task's model with files; what Keras keeps of one model is let go before the next."""

    def feed(files: Files) -> object:
        with tempfile.TemporaryDirectory() as place:
            for name, data in files.items():
                (Path(place) / name).write_bytes(data)
            try:
                return TASKS[task][2](Path(place))
            finally:
                backend.load().keras.backend.clear_session()

    return feed


# ---- what is broken ----------------------------------------------------------------------------------------------
def numbers() -> st.SearchStrategy:
    """What JSON readers take for a number, and neighbours of what is usual."""
    odd = (0, -1, 1, 2, 3, 7, 8, 60, 64, 97, 160, 161, 1 << 16, 1 << 31, 10**30, 0.3, 1.0, 1e308)
    return st.sampled_from((*odd, float("nan"), float("inf"), -float("inf"), True, None, "96", [], {}))


@st.composite
def folders(draw, task: str) -> Files:
    """The task's folder with one or two of its files changed, or left out."""
    files = dict(files_of(task))
    for name in draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=2, unique=True)):
        match draw(st.integers(0, 9)):
            case 0:
                del files[name]
            case 1 | 2:
                files[name] = draw(broken([files[name]]))
            case _:
                files[name] = draw(_CHANGED[name](files[name], TASKS[task][0]))
    return files


@st.composite
def _config(draw, data: bytes, section: str) -> bytes:
    config = json.loads(data)
    anything = st.one_of(numbers(), json_values())
    part = config if draw(st.integers(0, 2)) == 0 else config[section]
    for key in draw(st.lists(st.sampled_from(sorted(part)), min_size=1, max_size=2, unique=True)):
        if isinstance(part[key], dict) and draw(st.booleans()):
            part[key] = {name: draw(anything) for name in part[key]}
        elif draw(st.integers(0, 3)):
            part[key] = draw(anything)
        else:
            del part[key]
    return json.dumps(config).encode()


@st.composite
def _vocabulary(draw, data: bytes, _: str) -> bytes:
    """Other pieces: mostly as many as before, for it is their number that is looked at first."""
    pieces = data.decode().rstrip("\n").split("\n")
    at = draw(st.integers(0, len(pieces) - 1))
    match draw(st.integers(0, 5)):
        case 0:
            del pieces[at]
        case 1:
            pieces.insert(at, draw(st.text(max_size=8)))
        case 2:
            pieces = draw(st.permutations(pieces[:5])) + pieces[5:]
        case 3:
            pieces[5:] = [draw(st.sampled_from(("", "##", "上", " ", "\u2028", "x" * 500)))] * len(pieces[5:])
        case _:
            pieces[at] = draw(st.one_of(st.text(max_size=8), st.sampled_from(pieces)))
    return "\n".join(pieces).encode("utf-8", "replace")


@st.composite
def _schema(draw, data: bytes, _: str) -> bytes:
    """Other predicates, some of them as many as before."""
    rows = json.loads(data)
    row = draw(st.sampled_from(rows))
    match draw(st.integers(0, 4)):
        case 0:
            rows.remove(row)
        case 1:
            row["object_type"] = draw(st.dictionaries(st.sampled_from(("@value", "inArea", "a")), json_values()))
        case 2:
            rows = rows * draw(st.integers(2, 1000))
        case _:
            row[draw(st.sampled_from(sorted(row)))] = draw(st.one_of(st.text(min_size=1, max_size=120), json_values()))
    return json.dumps(rows).encode()


@st.composite
def _tensors(draw, data: bytes, _: str) -> bytes:
    """One tensor of another shape, another type, not finite, huge, or gone."""
    tensors = load(data)
    name = draw(st.sampled_from(sorted(tensors)))
    old = tensors[name]
    other = (
        old[..., :-1], old[None], old.T, old.reshape(-1), old[:0], old.astype(np.float64) * 1e300, old * 0,
        np.full_like(old, np.nan), np.full_like(old, 6e4), old.astype(np.int32), old.astype(np.bool_),
    )  # fmt: skip
    changed = draw(st.sampled_from((None, *range(len(other)))))
    if changed is None:
        del tensors[name]
    else:
        tensors[name] = np.ascontiguousarray(other[changed])
    return save(tensors)


_CHANGED: dict[str, Callable[[bytes, str], st.SearchStrategy[bytes]]] = {
    bert.CONFIG: _config,
    bert.VOCAB: _vocabulary,
    bert.WEIGHTS: _tensors,
    schema.FILE: _schema,
}
