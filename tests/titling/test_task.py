"""Text in, titles out: what visitors give, many at once, and what goes wrong in between."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import VisitorError
from core.titling.task import MAX_CHARACTERS, Decoding, Titler, TitleResult

ARTICLE = "新闻记者今天从上海市公司获悉，研究表明采用该模型可提高准确率。系统以数据方法生成文章的标题。"
SHORT = Decoding(max_length=12)


@pytest.fixture(scope="module")
def titler(decided_titling_folder) -> Titler:
    return Titler(decided_titling_folder)


@pytest.mark.parametrize(
    "text",
    [
        ARTICLE,
        "a quick brown fox jumps over the lazy dog. it was here yesterday!",
        "在 Python 3.11 上 import 系统 🎉🎉 the end",
        "新聞記者從上海獲悉，該系統可以提高準確率。",
        "新闻\x00\x07记者\u202e今天\ufeff获\u200b悉。\x1b[31m",
        "龘靐齉龘",
        "好",
        "[SEP] [CLS] [MASK] 今天天气很好",
        "今天天气很好。" * 3000,
        "字" * 5000,
    ],
    ids=["news", "english", "mixed", "traditional", "control", "rare", "one", "specials", "long", "one sentence"],
)
def test_whatever_is_given_comes_back_titled_or_with_a_sentence(titler, text):
    try:
        result = titler.title(text, SHORT)
    except VisitorError as error:
        assert error.key == "title_none"
        return
    assert 1 <= len(result.titles) <= 3
    assert result.characters == len(text)
    assert 0 < result.characters_read <= len(text)
    assert (result.device, result.weights) == ("CPU", "folder:tiny-titling")
    for title in result.titles:
        assert title.text.strip()
        assert title.score <= 0
        for span in title.spans:
            assert title.text[span.start : span.end] == text[span.source_start : span.source_end]


@pytest.mark.parametrize("text", ["", "   \n\t ", "\x00\u200b\ufeff"])
def test_nothing_to_read(titler, text):
    with pytest.raises(VisitorError) as caught:
        titler.title(text)
    assert caught.value.key == "text_empty"


def test_a_million_characters_and_one_more(titler):
    text = "今天天气很好。" * (MAX_CHARACTERS // 7)
    result = titler.title(text, SHORT)
    assert result.characters_read < 200 < result.characters
    with pytest.raises(VisitorError) as caught:
        titler.title("好" * (MAX_CHARACTERS + 1))
    assert caught.value.key == "text_too_long"
    assert "1,000,001" in caught.value.sentence("zh")


@pytest.mark.parametrize(
    "change",
    [
        {"count": 0},
        {"count": 9},
        {"beams": 99},
        {"temperature": 0.0},
        {"top_p": 2.0},
        {"seed": -1},
        {"method": "magic"},
    ],
    ids=str,
)
def test_values_out_of_range_are_named(titler, change):
    with pytest.raises(VisitorError, match=next(iter(change))):
        titler.title(ARTICLE, dataclasses.replace(SHORT, **change))


def test_a_stream_grows_and_ends_as_the_whole(titler):
    results = list(titler.stream(ARTICLE, SHORT))
    assert len(results) > 2
    lengths = [len(result.titles[0].text) for result in results]
    assert lengths[0] < max(lengths)
    assert results[-1].titles == titler.title(ARTICLE, SHORT).titles


def test_together_as_alone(titler):
    """Sixteen visitors in sixteen threads get what each would get alone."""
    texts = [ARTICLE[i:] for i in range(16)]
    alone = [titler.title(text, SHORT).titles for text in texts]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda text: titler.title(text, SHORT).titles, texts))
    many = [result.titles for result in titler.title_many(texts, SHORT, batch=5)]
    for one, two, three in zip(alone, together, many, strict=True):
        assert [t.text for t in one] == [t.text for t in two] == [t.text for t in three]


def test_many_with_bad_ones_among_them(titler):
    results = list(titler.title_many([ARTICLE, "", ARTICLE], SHORT))
    assert isinstance(results[0], TitleResult)
    assert isinstance(results[1], VisitorError)
    assert results[0].titles == results[2].titles


def test_visitors_are_decoded_together(titler, monkeypatch):
    """While one batch is being written others gather, and are the next batch."""
    sizes, held, go_on = [], threading.Event(), threading.Event()
    start = titler._decoder.start

    def counted(sources, rules):
        sizes.append(len(sources))
        held.set()
        go_on.wait(30)
        return start(sources, rules)

    monkeypatch.setattr(titler._decoder, "start", counted)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(titler.title, ARTICLE, SHORT)
        held.wait(30)
        waiting = titler._waiting.qsize
        others = [pool.submit(titler.title, ARTICLE, SHORT) for _ in range(5)]
        while waiting() < 5:  # ends: each of the five puts itself there
            threading.Event().wait(0.01)
        go_on.set()
        assert len({f.result(60).titles for f in [first, *others]}) == 1
    assert sizes == [1, 5]


def test_one_who_leaves_does_not_hold_up_the_rest(titler):
    stream = titler.stream(ARTICLE, SHORT)
    next(stream)
    stream.close()
    assert titler.title(ARTICLE, SHORT).titles


def test_a_model_that_raises_is_heard_of_and_goes_on(titler, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(titler._decoder, "start", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            titler.title(ARTICLE, SHORT)
    assert titler.title(ARTICLE, SHORT).titles


@pytest.mark.parametrize("kind", [ValueError, MemoryError, StopIteration, SystemExit, KeyboardInterrupt])
def test_what_goes_wrong_in_a_batch_reaches_only_whom_it_is_about(titler, monkeypatch, kind):
    """One of five articles that are read together breaks the model, in the middle of writing."""
    poison = "公司" * 7
    go_on, held, sizes = threading.Event(), threading.Event(), []
    start, advance = titler._decoder.start, titler._decoder.advance
    source = titler._source(titler._read(poison))

    def noted(sources, rules):
        sizes.append(len(sources))
        held.set()
        go_on.wait(30)
        memory, state = start(sources, rules)
        return (source in sources, memory), state

    def broken(memory, state, rules, written):
        if memory[0] and written > 4:
            raise kind
        return advance(memory[1], state, rules, written)

    monkeypatch.setattr(titler._decoder, "start", noted)
    monkeypatch.setattr(titler._decoder, "advance", broken)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(titler.title, ARTICLE, SHORT)
        held.wait(30)
        told = pool.submit(list, titler.stream(poison, SHORT))
        others = [pool.submit(list, titler.stream(ARTICLE, SHORT)) for _ in range(4)]
        while titler._waiting.qsize() < 5:  # ends: each of the five puts itself there
            threading.Event().wait(0.01)
        go_on.set()
        with pytest.raises(kind if kind in (ValueError, MemoryError) else RuntimeError):
            told.result(60)
        assert {last.titles for *_, last in (f.result(60) for f in others)} == {first.result(60).titles}
    assert sizes[:2] == [1, 5] and sizes[2:] == [1] * 5
    assert titler._worker.is_alive() and titler.title(ARTICLE, SHORT).titles


def test_a_seed_decides(titler):
    sampled = Decoding(method="sample", max_length=12, seed=1)
    first, again = (titler.title(ARTICLE, sampled).titles for _ in range(2))
    assert first == again
    assert first != titler.title(ARTICLE, dataclasses.replace(sampled, seed=2)).titles
