"""Run by test_determinism.py in a process of its own, with a number of threads; prints the answers as JSON."""

from __future__ import annotations

import json

from core.reading.task import Reader
from core.titling.task import Decoding, Titler
from core.triples.task import Extractor
from core.weights import store
from demo.examples import EXAMPLES, TRIPLES

QUESTIONS = (("triples_film", "这部电影的导演是谁？"), ("triples_biography", "他出生于哪里？"))


def loaded(task: str, kind):
    found = store.embedded(task)
    return kind(found.folder, found.name)


def titles(titler: Titler, texts: list[str], decoding: Decoding) -> list[list]:
    """(text, score) of every title of each article; those that are given together are decoded together."""
    results = titler.title_many(texts, decoding, len(texts))
    return [[(title.text, title.score) for title in result.titles] for result in results]


def triples(extractor: Extractor, texts: list[str]) -> list[list]:
    found = extractor.extract_many(texts)
    return [[(t.subject.text, t.predicate, t.object.text, t.probability) for t in result.triples] for result in found]


def answers(reader: Reader, pairs: list[tuple[str, str]], method: str) -> list[list]:
    return [[span.start, span.end, span.probability] for span in reader._model.read(pairs, method)]


def main() -> dict:
    titler, extractor, reader = loaded("titling", Titler), loaded("triples", Extractor), loaded("reading", Reader)
    articles, texts = list(EXAMPLES.values()), list(TRIPLES.values())
    pairs = [(question, TRIPLES[key]) for key, question in QUESTIONS]
    sampled = Decoding(count=2, method="sample", seed=7)
    return {
        "titles": titles(titler, articles, Decoding(count=2)),
        "sampled": titles(titler, articles, sampled),
        "triples": triples(extractor, texts),
        **{method: answers(reader, pairs, method) for method in reader.methods},
    }


if __name__ == "__main__":
    print(json.dumps(main()))
