"""Texts to a packed corpus: what is read, what is held out, where words begin."""

from __future__ import annotations

import io
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
    (tmp_path / "vocab.txt").write_bytes("\u6c49\u8bed".encode("gb18030"))
    fails("not UTF-8", lambda: packing.pack(texts, vocab=tmp_path / "vocab.txt", say=quiet))
    (tmp_path / "vocab.txt").write_text("[PAD]\n\u4e00", encoding="utf-8")
    fails("lacks one of", lambda: packing.pack(texts, vocab=tmp_path / "vocab.txt", say=quiet))
    fails("cannot be read", lambda: packing.pack(texts, vocab=tmp_path, say=quiet))


def test_what_is_no_corpus_says_so(corpus, tmp_path):
    corpus.save(tmp_path / "whole")
    with np.load(io.BytesIO(lzma.decompress((tmp_path / "whole").read_bytes()))) as found:
        arrays = dict(found)
    contents = [b"nothing", lzma.compress(b"nothing")]
    for lacking in arrays:
        raw = io.BytesIO()
        np.savez(raw, **{name: array for name, array in arrays.items() if name != lacking})
        contents.append(lzma.compress(raw.getvalue(), preset=0))
    raw = io.BytesIO()
    np.save(raw, arrays["bounds"])  # one array, and no archive of arrays
    contents.append(lzma.compress(raw.getvalue()))
    for content in contents:
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(RecipeError, match="not a packed corpus"):
            Corpus.load(tmp_path / "broken")
    with pytest.raises(RecipeError, match="cannot be written"):
        corpus.save(tmp_path / "whole" / "corpus")


# ---- what is left out --------------------------------------------------------------------------------------------
ABSTRACTS = [f"\u6458\u8981{i}" * 20 for i in range(6)]
FORMS = {
    "text.dev.jsonl": json.dumps({"text": ABSTRACTS[0], "title": "\u9898"}),
    "abstract.dev.jsonl": json.dumps({"abstract": ABSTRACTS[0]}) + "\n\n" + json.dumps({"other": 1}),
    "title.dev.jsonl.xz": json.dumps({"text": "\u6587", "title": ABSTRACTS[0]}),
    "squad.dev.json": json.dumps({"data": [{"paragraphs": [{"context": ABSTRACTS[0], "qas": []}]}]}),
    "passages.dev.jsonl": json.dumps({"question": "\u95ee", "passages": [{"passage": ABSTRACTS[0]}]}),
    "webqa.dev.json": json.dumps({"Q1": {"question": "\u95ee", "evidences": {"e": {"evidence": ABSTRACTS[0]}}}}),
    "retrieved.dev.jsonl": json.dumps({"evidences": [{"evidence_tokens": [ABSTRACTS[0][:9], ABSTRACTS[0][9:]]}]}),
    "lines.dev.txt": f"\u6587\n {ABSTRACTS[0][:9]} \u3000{ABSTRACTS[0][9:]}\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_texts_for_measuring_are_left_out_wherever_they_stand(tmp_path, name):
    """Blanks do not count, and a line is a text of its own; what only has one of theirs in it stays."""
    data = tmp_path / "data"
    data.mkdir()
    documents = [*ABSTRACTS, ABSTRACTS[0] + "\u6587", f"{ABSTRACTS[0][:5]}\n{ABSTRACTS[0][5:]}"]
    documents.append(f"\u6587\u6587\n{ABSTRACTS[0][:5]} {ABSTRACTS[0][5:]}\n\u6587")
    (data / "a.txt").write_text("\n\n".join(documents), encoding="utf-8")
    opened = lzma.open if name.endswith(".xz") else open
    with opened(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write(FORMS[name])
    lines: list[str] = []
    corpus = packing.pack(data, size=60, held_out=[tmp_path / name], say=lines.append)
    assert f"2 documents left out: their text, or a line of it, stands in {name}" in lines
    assert corpus.manifest["left_out"] == 2
    assert corpus.manifest["flags"]["held_out"] == [name]
    kept = decoded(corpus, np.concatenate([corpus.train.ids, corpus.held.ids])).split("|")
    assert sorted(filter(None, kept)) == sorted([*ABSTRACTS[1:], ABSTRACTS[0] + "\u6587"])
    assert packing.pack(data, size=60, say=quiet).manifest["left_out"] == 0


def test_files_that_have_no_text_to_leave_out_say_so(texts, tmp_path):
    for name, content, match in (
        ("none.jsonl", None, "none.jsonl cannot be read"),
        ("a.csv", "text\n", "neither .txt"),
        ("a.jsonl", '{"question": "\u95ee"}', "holds no text"),
        ("b.jsonl", "{}\n{", "b.jsonl cannot be read"),
        ("a.txt", "\n", "holds no text"),
        ("b.txt.xz", "no xz", "b.txt.xz cannot be read"),
    ):
        if content is not None:
            (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(RecipeError, match=match):
            packing.pack(texts, size=300, held_out=[tmp_path / name], say=quiet)
