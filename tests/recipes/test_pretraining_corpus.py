"""Texts to a packed corpus: what is read, what is held out, where words begin."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recipes.pretraining import RecipeError, packing, sources
from recipes.pretraining.corpus import LONGEST, Corpus, words_of


def quiet(line: str) -> None:
    pass


def decoded(corpus: Corpus, ids: np.ndarray) -> str:
    words = words_of(corpus.vocabulary)
    return "".join("|" if words[i] == "[SEP]" else words[i].removeprefix("##") for i in ids)


def test_no_file_for_measuring_is_in_the_table():
    files = [file for source in sources.table() for file in source.files]
    assert files
    assert not [file for file in files if sources.is_for_measuring(file)]
    research = {source.name for source in sources.table() if source.research}
    assert research == {"weibo", "duie", "webqa"}


def known_folder(folder: Path) -> Path:
    """Some sets of the known layout, one of them for research only."""
    squad = {"data": [{"paragraphs": [{"context": "\u6c49\u8bed\u662f\u5206\u6790\u8bed" * 3}]}]}
    files = {
        "titling/weibo.train.jsonl.xz": json.dumps({"text": "\u5fae\u535a" * 9, "title": "\u535a"}),
        "titling/csl.train.jsonl.xz": "\n".join(
            json.dumps({"text": f"\u6458\u8981{i}" * 20, "title": "\u9898"}) for i in range(9)
        ),
        "titling/csl.dev.jsonl.xz": "{",
        "reading/drcd.test.train.json.xz": json.dumps(squad),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(lzma.compress(text.encode()))
    return folder


@pytest.mark.parametrize("research", [False, True])
def test_sets_for_research_are_read_only_when_asked_for(tmp_path, research):
    lines: list[str] = []
    corpus = packing.pack(known_folder(tmp_path), size=100, research=research, say=lines.append)
    names = [row["name"] for row in corpus.manifest["sources"]]
    assert names == (["csl", "weibo", "wikipedia"] if research else ["csl", "wikipedia"])
    assert corpus.manifest["research"] == research
    assert any(line.startswith("weibo: left out, research only") for line in lines) != research
    assert {row["name"]: row["licence"] for row in corpus.manifest["sources"]}["csl"] == "Apache-2.0"
    assert corpus.times.tolist() == ([2, 2, 3] if research else [2, 3])


def test_a_folder_of_texts(texts, corpus):
    found, passed = sources.find(texts, False, "mine")
    assert [(source.files, source.licence) for source in found] == [
        (("plain.txt",), "mine"),
        (("more/titles.jsonl",), "mine"),
    ]
    assert passed == ["more/titles.dev.jsonl: left out, for measuring"]
    whole = decoded(corpus, np.concatenate([corpus.train.ids, corpus.held.ids]))
    assert "\u4e0d\u8bb8\u8bfb" not in whole
    assert corpus.manifest["unknown"] == 0


def test_what_is_held_out_is_decided_by_the_text_alone(texts, corpus, tmp_path):
    """Half of the texts, and twice each, are parted as they are among all."""
    held = set(decoded(corpus, corpus.held.ids).split("|"))
    train = set(decoded(corpus, corpus.train.ids).split("|"))
    assert not {text for text in held & train if len(text) > 30}
    documents = (texts / "plain.txt").read_text(encoding="utf-8").split("\n\n")
    marks = {text: packing.fingerprint(text) for text in documents}
    expected = {text.replace("\n", "") for text, mark in marks.items() if packing.is_held_out(mark)}
    assert expected <= held
    (tmp_path / "half.txt").write_text("\n\n".join(documents[:125] * 2), encoding="utf-8")
    half = packing.pack(tmp_path, size=300, say=quiet)
    assert len(half.train.lengths) + len(half.held.lengths) == len(set(documents[:125]))
    assert packing.fingerprint("\u4e00 \u4e8c\n") == packing.fingerprint("\u4e00\u4e8c")


def test_documents_and_sources_add_up(corpus):
    for pieces in (corpus.train, corpus.held):
        ends = np.cumsum(pieces.lengths) - 1
        assert ends[-1] == len(pieces) - 1
        assert (pieces.ids[ends] == corpus.special["[SEP]"]).all()
    assert corpus.bounds.tolist() == [0, corpus.bounds[1], len(corpus.train)]
    assert sum(row["tokens"] for row in corpus.manifest["sources"]) == len(corpus.train) + len(corpus.held)


def test_words_begin_where_jieba_says(corpus, tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text(corpus.vocabulary, encoding="utf-8")
    text = "\u7814\u7a76\u4eba\u5458\u5728\u5317\u4eac\u5b66\u4e60"  # 研究 人员 在 北京 学习
    ids, starts = packing.encoder(path)(text)
    assert decoded(corpus, ids) == text
    assert starts[[0, 4, 5, 7]].all()
    assert not starts[[1, 3, 6, 8]].any()


def test_no_word_is_longer_than_can_be_hidden():
    starts = np.zeros(30, bool)
    starts[[3, 20]] = True
    begins = np.flatnonzero(packing.limited(starts))
    assert set(begins) >= {0, 3, 20}
    assert np.diff([*begins, 30]).max() <= LONGEST
    assert packing.limited(np.zeros(0, bool)).size == 0


def test_a_title_stands_where_a_window_sees_its_text():
    def encode(text: str) -> tuple[np.ndarray, np.ndarray]:
        return np.array([ord(c) for c in text], np.uint16), np.array([c.isupper() for c in text])

    document = sources.Document("Ab" * 100, "T")
    for byte, room in enumerate((48, 96, 192)):
        ids, starts = packing.lay_out(document, bytes([byte] * 32), encode, 3)
        assert np.flatnonzero(ids == 3).tolist() == [room, room + 2, len(ids) - 1]
        assert chr(ids[room + 1]) == "T"
        assert len(starts) == len(ids) == 204
    ids, _ = packing.lay_out(replace(document, text="Ab"), bytes(32), encode, 3)
    assert ids.tolist() == [65, 98, 3, 84, 3]


def test_saved_and_loaded(corpus, tmp_path):
    path = tmp_path / "corpus.npz.xz"
    corpus.save(path)
    again = Corpus.load(path)
    assert again.digest == corpus.digest
    assert again.manifest == corpus.manifest
    for name in ("train", "held"):
        before, after = vars(getattr(corpus, name)), vars(getattr(again, name))
        for field in before:
            np.testing.assert_array_equal(before[field], after[field])
    starts = corpus.train.starts.copy()
    starts[1] = ~starts[1]
    assert replace(corpus, train=replace(corpus.train, starts=starts)).digest != corpus.digest


def test_what_cannot_be_packed_or_read_says_so(texts, tmp_path):
    def fails(match: str, call) -> None:
        with pytest.raises(RecipeError, match=match):
            call()

    fails("no folder", lambda: packing.pack(tmp_path / "none", say=quiet))
    (tmp_path / "empty").mkdir()
    fails("holds neither", lambda: packing.pack(tmp_path / "empty", say=quiet))
    (tmp_path / "empty" / "a.txt").write_text("\u4e00\u4e8c", encoding="utf-8")
    fails("at least two", lambda: packing.pack(tmp_path / "empty", say=quiet))
    (tmp_path / "empty" / "a.jsonl").write_text("[]\n", encoding="utf-8")
    fails("a.jsonl cannot be read", lambda: packing.pack(tmp_path / "empty", say=quiet))
    fails("no file", lambda: packing.pack(texts, vocab=tmp_path / "vocab.txt", say=quiet))
    fails("no file", lambda: Corpus.load(tmp_path / "none"))
    for content in (b"nothing", lzma.compress(b"nothing")):
        (tmp_path / "broken").write_bytes(content)
        fails("not a packed corpus", lambda: Corpus.load(tmp_path / "broken"))
