"""What the embedded weights answer; run by test_determinism.py in a process of its own, with a number of threads.

python -m tests.answers           prints the answers as JSON
python -m tests.answers --keep    writes them to tests/fixtures/answers.json, after embedded weights have changed
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from core.reading.task import Reader
from core.titling.task import Decoding, Titler
from core.triples.task import Extractor
from core.weights import store
from demo.examples import EXAMPLES, TRIPLES

KEPT = Path(__file__).parent / "fixtures" / "answers.json"
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
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
    older = loaded("titling-seq2seq", Titler)
    articles, texts = list(EXAMPLES.values()), list(TRIPLES.values())
    pairs = [(question, TRIPLES[key]) for key, question in QUESTIONS]
    sampled = Decoding(count=2, method="sample", seed=7)
    return {
        "titles": titles(titler, articles, Decoding(count=2)),
        "sampled": titles(titler, articles, sampled),
        "seq2seq titles": titles(older, articles, Decoding(count=2)),
        "seq2seq sampled": titles(older, articles, sampled),
        "triples": triples(extractor, texts),
        **{method: answers(reader, pairs, method) for method in reader.methods},
    }


def keep() -> None:
    """One article, text or question a line, so that a change shows what it changes."""
    parts = []
    for what, rows in main().items():
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        parts.append(f"{json.dumps(what)}: [\n{lines}\n]")
    KEPT.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    if "--keep" in sys.argv[1:]:
        os.environ.update(dict.fromkeys(THREADS, "2"))  # read when TensorFlow is loaded, with the first model
        keep()
    else:
        print(json.dumps(main()))
