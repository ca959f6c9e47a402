"""Sentences, and the part of a long text that a model reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import KEYWORD_SCAN, clean, is_mostly_chinese, keywords, lead, select, sentences
from core.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_titling_folder) -> Tokenizer:
    return Tokenizer(tiny_titling_folder / "vocab.txt")


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        (" \n\n ", []),
        ("今天天气很好", ["今天天气很好"]),
        ("一。二!三?四", ["一。", "二!", "三?", "四"]),
        ("他说:“好。”又说。", ["他说:“好。”", "又说。"]),
        ("圆周率是3.14。对", ["圆周率是3.14。", "对"]),
        ("It is 3.5 m. Then he left.", ["It is 3.5 m.", "Then he left."]),
        ("  标题\n\n  正文。 ", ["标题", "正文。"]),
        ("等等……真的?!是", ["等等……", "真的?!", "是"]),
    ],
)
def test_sentences(text, wanted):
    assert cut(text) == wanted


@given(st.text("天气。!? \n.a“”", max_size=60))
@settings(deadline=None)
def test_sentences_leave_out_nothing_but_blanks(text):
    spans = list(sentences(text))
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in zip(spans, spans[1:], strict=False))
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


def test_lead():
    assert lead("\n 标题在此。正文。") == "标题在此。"
    assert lead("") == ""


def test_clean_keeps_places():
    text = "天\x00气\u200b很\u202e好\n\t。"
    assert clean(text) == "天 气 很 好\n\t。"


def test_clean_takes_halves_of_surrogate_pairs_away():
    clean("天\ud800气").encode("utf-8")


def test_mostly_chinese():
    assert is_mostly_chinese("今天天气很好")
    assert is_mostly_chinese("")
    assert is_mostly_chinese("123 。")
    assert is_mostly_chinese("GPT 模型提高准确率")
    assert not is_mostly_chinese("The weather is fine today, as it was yesterday 好")


def test_keywords_are_the_words_that_speak_for_a_text():
    words = keywords("卷积神经网络用于图像识别。卷积神经网络很好。今天天气很好。", 3)
    assert len(words) == 3
    assert "卷积" in words


def test_a_text_that_fits_is_read_whole(tokenizer):
    reading = select("今天天气很好。 研究表明!", tokenizer, 50)
    assert len(reading.pieces) == 12
    assert reading.characters == 13, "the blank too"


def test_a_long_text_is_read_in_its_order_from_its_beginning(tokenizer):
    text = "今天很好。" + "在这。" * 40 + "研究表明该模型提高准确率。" + "在这。" * 40
    reading = select(text, tokenizer, 40)
    starts = [start for start, _ in reading.pieces.spans]
    assert 0 < len(reading.pieces) <= 40
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert text.index("准确率") in starts, "the sentence with the keywords is kept"


def test_one_sentence_longer_than_the_room_is_cut(tokenizer):
    reading = select("天" * 1000, tokenizer, 30)
    assert len(reading.pieces) == 30
    assert reading.characters == 30


def test_a_million_characters_take_no_longer_than_what_is_looked_at(tokenizer):
    reading = select("今天天气很好。" * 150_000, tokenizer, 60)
    assert 50 < len(reading.pieces) <= 60
    assert reading.pieces.spans[-1][1] <= KEYWORD_SCAN


@given(st.text("今天天气好。\n a", max_size=120), st.integers(1, 40))
@settings(deadline=None)
def test_never_more_than_the_room(tokenizer, text, room):
    reading = select(text, tokenizer, room)
    assert len(reading.pieces) <= room
    assert reading.characters <= len(text)
    assert bool(len(reading.pieces)) == bool(text.strip())
