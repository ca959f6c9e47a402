"""Questions out of the forms that files have, hand-written; and windows, rows and batches of them."""

import gzip
import json
import lzma

import numpy as np
import pytest

from core.errors import VisitorError
from core.reading import batches
from core.reading.batches import Sizes, collate, collate_seq2seq, encode, grouped, rows, windows
from core.reading.data import Passage, Question, read_questions, usable_questions
from core.tokenizer import Tokenizer

SQUAD = {"data": [{"paragraphs": [{
    "context": "北京是中国的首都，上海是大城市。",
    "qas": [
        {"question": "首都是哪里？", "answers": [{"text": "北京", "answer_start": 0}, {"text": "北京"}]},
        {"question": "谁来了？", "answers": [], "is_impossible": True},
        {"question": "坏的", "answers": []},
        {"question": "", "answers": [{"text": "北京", "answer_start": 0}]},
    ],
}, {"context": 5, "qas": [{"question": "坏的", "answers": [{"text": "北京"}]}]}, "no"]}]}  # fmt: skip
WEBQA = {"Q1": {"question": "谁写的？", "evidences": {
    "Q1#00": {"answer": ["曹雪芹"], "evidence": "作者曹雪芹。"},
    "Q1#01": {"answer": ["no_answer"], "evidence": "不知道。"},
}}}  # fmt: skip
SOGOU = [{"question": "多高？", "answer": "8848米", "passages": [
    {"passage": "高8848米。", "answer": "8848米"}, {"passage": "很高。", "answer": ""},
]}]  # fmt: skip
RETRIEVED = {"question_tokens": ["谁", "？"], "evidences": [
    {"evidence_tokens": ["是", "王莹", "。"], "golden_answers": [["王", "莹"]], "type": "positive"},
    {"evidence_tokens": ["无", "。"], "golden_answers": [["王", "莹"]], "type": "negative"},
]}  # fmt: skip


def written(path, value):
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "wb") as file:
        file.write(data)
    return path


def test_squads_form(tmp_path):
    questions, bad = read_questions([written(tmp_path / "a.json", SQUAD)])
    context = SQUAD["data"][0]["paragraphs"][0]["context"]
    assert questions == [
        Question("首都是哪里？", (Passage(context, ("北京",), 0),), ("北京",)),
        Question("谁来了？", (Passage(context, ()),), ()),
    ]
    assert [row.line for row in bad] == [3, 4, 5, 6] and all(row.file == "a.json" for row in bad)


def test_webqas_sogous_and_retrieved_passages(tmp_path):
    files = [
        written(tmp_path / "w.json.xz", WEBQA),
        written(tmp_path / "s.json.gz", SOGOU),
        written(tmp_path / "p.jsonl", RETRIEVED),
    ]
    (web, sogou, retrieved), bad = read_questions(files)
    assert not bad
    assert web.answers == ("曹雪芹",) and [p.answers for p in web.passages] == [("曹雪芹",), ()]
    assert sogou.answers == ("8848米",) and [p.answers for p in sogou.passages] == [("8848米",), ()]
    assert retrieved.text == "谁？" and [p.answers for p in retrieved.passages] == [("王莹",), ()]


def test_bad_lines_are_named_and_the_others_read(tmp_path):
    lines = [json.dumps(RETRIEVED), "{", "[]", json.dumps({"question": "谁"}), json.dumps(RETRIEVED)]
    file = written(tmp_path / "p.jsonl", "\n".join(lines).encode())
    said = []
    assert len(usable_questions([file], None, said.append)) == 2
    assert all(any(f"p.jsonl:{line}" in text for text in said) for line in (2, 3, 4))


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.txt", b"x", "reading_file_kind"),
        ("a.json", b"", "no_rows"),
        ("a.json.xz", None, "file_unreadable"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, data, key):
    file = tmp_path / name
    file.write_bytes(b"no xz" if data is None else data)
    with pytest.raises(VisitorError) as caught:
        usable_questions([file], None, print)
    assert caught.value.key == key


@pytest.fixture(scope="module")
def tokenizer(tiny_titling_folder):
    return Tokenizer(tiny_titling_folder / "vocab.txt")


def test_windows_cover_all_and_overlap():
    found = windows([0, 30, 45, 70], 100, 40)
    assert found[0] == (0, 40) and found[-1][1] == 100
    assert all(a < c <= b for (a, b), (c, _) in zip(found, found[1:], strict=False))
    assert windows([0], 5, 40) == [(0, 5)]


def test_rows_show_the_answer_or_the_empty_one(tokenizer):
    text = "今天天气很好。" * 12 + "作者是王莹。" + "今天天气很好。" * 12
    questions = [
        Question("作者是？", (Passage(text, ("王莹",)),), ("王莹",)),
        Question("作者是？", (Passage("今天天气很好。", ()),), ()),
        Question("作者是？", (Passage("今天天气很好。", ("不在其中",)),), ("不在其中",)),
    ]
    examples, out = encode(questions, tokenizer, Sizes(8, 16, 48))
    assert out == 1 and [e.length for e in examples] == [2, 0]
    assert examples[0].holding and len(examples[0].holding) < len(examples[0].windows)
    answer = list(tokenizer.encode("王莹").ids)
    shown = list(rows(examples, 0.0, 1.0, 48, np.random.default_rng(0)))
    assert sorted(bool(row.starts) for row in shown) == [False, True]
    for row in shown:
        assert len(row.window) <= 48
        assert all(list(row.window[s : s + row.length]) == answer for s in row.starts)
    assert all(not row.starts for row in rows(examples, 1.0, 1.0, 48, np.random.default_rng(0)))


def test_an_answer_longer_than_windows_overlap_is_left_out(tokenizer):
    text = "今天气很好" * 12
    questions = [Question("作者是？", (Passage(text, (text[5:20],), 5),), (text[5:20],))]
    assert encode(questions, tokenizer, Sizes(24, 16, 16)) == ([], 1)
    assert len(encode(questions, tokenizer, Sizes(24, 16, 32))[0]) == 1


def test_batches_are_laid_out_as_the_post_has_it(tokenizer):
    question, window = (np.array(tokenizer.encode(t).ids, np.int32) for t in ("作者是？", "今天是王莹来了。"))
    row = batches.Row(question, window, (3,), 2)
    empty = batches.Row(question, window[:4], (), 0)
    tokens, first, starts, targets = collate([row, empty], tokenizer, 5)
    head = [tokenizer.cls, *[tokenizer.mask] * 5, tokenizer.sep, *question, tokenizer.sep]
    assert list(tokens[0][: len(head) + len(window) + 1]) == [*head, *window, tokenizer.sep]
    assert tokens.shape[1] % batches.LENGTHS == 0 and not tokens[1][len(head) + 5 :].any()
    assert list(first) == [len(head)] * 2
    assert list(tokens[0][starts[0][0] : starts[0][0] + 2]) == list(window[3:5]) and (starts[1] == -1).all()
    assert targets.tolist() == [[*window[3:5], tokenizer.sep], [tokenizer.sep, 0, 0]]
    tokens, segments, sources, targets, _ = collate_seq2seq([row, empty], tokenizer)
    assert list(tokens[0][segments[0] > 0]) == [*window[3:5], tokenizer.sep]
    assert segments[0].argmax() == sources[0] and segments[1].sum() == 1


def test_groups_hold_every_row_once_within_their_size(tokenizer):
    rng = np.random.default_rng(2)
    some = [batches.Row(np.ones(5, np.int32), np.ones(n, np.int32), (), 0) for n in rng.integers(1, 60, 40)]
    groups = grouped(some, 8, 512, rng)
    assert sorted(id(row) for group in groups for row in group) == sorted(map(id, some))
    for group in groups:
        longest = max(8 + 5 + len(row.window) + 4 for row in group)
        assert len(group) * (-(-longest // batches.LENGTHS) * batches.LENGTHS) <= 512
