"""The embedded triples weights themselves: that they are small, have a card, and find what plain sentences say."""

from __future__ import annotations

import pytest

from core.triples.score import measure
from core.triples.task import Extractor
from core.weights import store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (store.EMBEDDED / "triples").is_dir(), reason="no triples weights are embedded yet"),
]


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    found = store.embedded("triples")
    return Extractor(found.folder, found.name)


def test_the_folder():
    folder = store.embedded("triples").folder
    assert sum(file.stat().st_size for file in folder.iterdir()) < 45e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("license", "Data", "Scores", "python recipes/finetune.py"):
        assert word in card


# Written for this test, with names that no file has.
SENTENCES = {
    "《云岭旧事》是作家林怀素写的一部长篇小说": ("云岭旧事", "作者", "林怀素"),
    "电影《夜渡青江》由陈望舟执导，周以南、许知秋主演": ("夜渡青江", "导演", "陈望舟"),
    "《远山来信》是歌手何小舟演唱的一首歌曲": ("远山来信", "歌手", "何小舟"),
    "海川科技有限公司成立于2011年5月6日，总部在杭州": ("海川科技有限公司", "成立日期", "2011年5月6日"),
    "陆明远，1962年生，毕业于北京大学": ("陆明远", "毕业院校", "北京大学"),
}


def test_plain_sentences(extractor):
    results = extractor.extract_many(list(SENTENCES))
    pairs = []
    for wanted, result in zip(SENTENCES.values(), results, strict=True):
        found = {(t.subject.text, t.predicate, t.object.text) for t in result.above()}
        pairs.append(({wanted}, found & {wanted}))
    assert measure(pairs).recall >= 60


def test_offsets_and_types(extractor):
    text = "简介：" + "。".join(SENTENCES) + "。"
    result = extractor.extract(text)
    types = {p.name: (p.subject_type, p.object_types["@value"]) for p in extractor.schema.predicates}
    assert result.above()
    for triple in result.triples:
        assert (triple.subject.type, triple.object.type) == types[triple.predicate]
        for mention in (triple.subject, triple.object):
            assert text[mention.start : mention.end] == mention.text


def test_a_text_that_states_nothing(extractor):
    assert extractor.extract("今天下雨了，我们在家里吃饭。").above() == ()
