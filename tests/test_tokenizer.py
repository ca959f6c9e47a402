"""Word pieces and their places in the text as it was given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import WeightsError
from core.tokenizer import Pieces, Tokenizer
from tests.conftest import tiny_vocabulary

PIECES = tiny_vocabulary()


@pytest.fixture(scope="module")
def tokenizer(tiny_titling_folder) -> Tokenizer:
    return Tokenizer(tiny_titling_folder / "vocab.txt")


def read(tokenizer: Tokenizer, text: str) -> list[tuple[str, str]]:
    """Each piece beside the characters it stands for."""
    pieces = tokenizer.encode(text)
    return [(tokenizer.pieces[i], text[slice(*span)]) for i, span in zip(pieces.ids, pieces.spans, strict=True)]


def test_golden(tokenizer):
    assert read(tokenizer, "今天, GPT好") == [
        ("今", "今"), ("天", "天"), (",", ","), ("g", "G"), ("##p", "P"), ("##t", "T"), ("好", "好"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b"])
def test_nothing(tokenizer, text):
    assert len(tokenizer.encode(text)) == 0


def test_unknown_pieces_keep_their_places(tokenizer):
    assert read(tokenizer, "天😀气") == [("天", "天"), ("[UNK]", "😀"), ("气", "气")]


def test_specials_in_a_text_are_no_specials(tokenizer):
    """Whoever writes [SEP] into an article must not end it."""
    ids = tokenizer.encode("今天[SEP]好[CLS]").ids
    assert tokenizer.sep not in ids
    assert tokenizer.cls not in ids


def test_traditional_is_read_as_simplified(tokenizer):
    assert read(tokenizer, "國會發動") == [("国", "國"), ("会", "會"), ("发", "發"), ("动", "動")]
    assert tokenizer.is_traditional("國會發動")
    assert not tokenizer.is_traditional("国会发动")
    assert tokenizer.traditional("国会") == "國會"


def test_batch_as_one_by_one(tokenizer):
    texts = ["今天天气很好。", "", "GPT-4 and 國會", "😀"]
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


def test_special_ids(tokenizer):
    assert [i for i in range(len(tokenizer)) if tokenizer.is_special(i)] == [0, 1, 2, 3, 4]


def test_pieces_are_cut_joined_and_shifted():
    pieces = Pieces((5, 6, 7), ((0, 1), (1, 2), (2, 4)))
    assert pieces[:1] + pieces[1:] == pieces
    assert pieces.shifted(10).spans == ((10, 11), (11, 12), (12, 14))
    assert len(pieces[:0]) == 0


@pytest.mark.parametrize("text", ["", "[UNK]\n[PAD]\n[CLS]\n[SEP]\n[MASK]\n", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n天\n"])
def test_a_vocabulary_without_its_specials_is_refused(tmp_path, text):
    (tmp_path / "vocab.txt").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsError):
        Tokenizer(tmp_path / "vocab.txt")


def test_no_vocabulary(tmp_path):
    with pytest.raises(WeightsError, match="no vocab.txt"):
        Tokenizer(tmp_path / "vocab.txt")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text("今天國會aB1 。😀\u0301", max_size=40))
@settings(deadline=None)
def test_places_lie_in_the_text_in_order(tokenizer, text):
    pieces = tokenizer.encode(text)
    assert len(pieces.ids) == len(pieces.spans)
    assert all(0 <= i < len(tokenizer) for i in pieces.ids)
    assert all(0 <= start <= end <= len(text) for start, end in pieces.spans)
    starts = [start for start, _ in pieces.spans]
    assert starts == sorted(starts)
