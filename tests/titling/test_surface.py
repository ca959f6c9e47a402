"""Pieces back to text: names keep their capitals, spaces, traditional and rare characters."""

import pytest

from core.text import select
from core.titling.surface import surface
from core.tokenizer import Tokenizer

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"中国安装的新版本发布了学习台湾点在上怎么",
          *".,:!-0123456789", "linux", "ubuntu", "##fs",
          "btr", "on", "how", "to", "go"]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory) -> Tokenizer:
    path = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    path.write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    return Tokenizer(path)


def written(tokenizer: Tokenizer, article: str, title: str) -> str:
    """The title's pieces, read back beside the article, with the spans checked."""
    reading = select(article, tokenizer, 200)
    text, spans = surface(tokenizer.encode(title).ids, reading, article, tokenizer)
    for span in spans:
        assert text[span.start : span.end] == article[span.source_start : span.source_end]
    return text


@pytest.mark.parametrize(
    ("article", "title", "wanted"),
    [
        ("在 Ubuntu 上安装 BtrFS。", "ubuntu 安装 btrfs", "Ubuntu安装 BtrFS"),
        ("Linux 发布了 2.0.1 版本", "linux 2.0.1 发布", "Linux 2.0.1发布"),
        ("中国", "how to go on: linux", "how to go on: linux"),
        ("学习臺灣的新版本", "台湾新版本", "臺灣新版本"),
        ("中国龘安装", "国龘", "国龘"),
        ("龘在中国靐安装", "国靐", "国靐"),
        ("中国", "3.1", "3.1"),
    ],
)
def test_surface(tokenizer, article, title, wanted):
    assert written(tokenizer, article, title) == wanted


def test_an_unknown_piece_that_the_article_lacks_is_left_out(tokenizer):
    assert written(tokenizer, "中国", "中龘国") == "中国"


def test_an_unknown_word_without_end_is_not_pasted(tokenizer):
    """A hash or a page in another script is one unknown piece."""
    article = "中国" + "가나다" * 3000
    reading = select(article, tokenizer, 50)
    text, _ = surface([*tokenizer.encode("中国").ids, tokenizer.unk], reading, article, tokenizer)
    assert text == "中国"


def test_what_is_not_copied_is_restyled(tokenizer):
    reading = select("台灣", tokenizer, 10)
    text, spans = surface(tokenizer.encode("台湾学习").ids, reading, "台灣", tokenizer, tokenizer.traditional)
    assert text == "台灣學習"
    assert [(s.start, s.end) for s in spans] == [(0, 2)]


def test_nothing_is_joined_across_sentences_that_do_not_adjoin(tokenizer):
    article = "中国。\n安装"
    text, spans = surface(tokenizer.encode("国安").ids, select(article, tokenizer, 50), article, tokenizer)
    assert text == "国安"
    assert len(spans) == 2
