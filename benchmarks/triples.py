"""Extracting triples: ours beside the loop of the post's time, in one run on the same weights and sentences.

    python benchmarks/triples.py [--weights DIR] [--data FILE] [--sentences 200] [--rounds 3]

The loop is what bert4keras' example does: one sentence at a time, a `predict` for its subjects, and, for those found,
a `predict` of the whole model again for their objects.  Ours reads windows of like length in one batch and asks for the
objects of all subjects in a second pass over the same encodings.  Rounds alternate; the figure is the median.  Both
keep what is at least as probable as the tuned threshold; what only one of them found is counted and printed.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import backend
from core.errors import VisitorError
from core.text import clean
from core.triples.data import read_sentences
from core.triples.model import OBJECT_POWER, SUBJECT_POWER
from core.triples.schema import VALUE
from core.triples.spans import spans
from core.triples.task import CANDIDATE, Extractor
from core.weights import store

DISHES = Path(__file__).resolve().parent.parent / "docs" / "triples" / "dishes.jsonl"
Found = list[set[tuple[str, str, str]]]


def ours(extractor: Extractor) -> Callable[[list[str]], Found]:
    def run(texts: list[str]) -> Found:
        results = extractor.extract_many(texts)
        return [
            set()
            if isinstance(result, VisitorError)
            else {(t.subject.text, t.predicate, t.object.text) for t in result.above()}
            for result in results
        ]

    return run


def loop(extractor: Extractor) -> Callable[[list[str]], Found]:
    """Two Keras models that share their layers, each called with `predict`."""
    model, tokenizer = extractor._model, extractor.tokenizer
    b = backend.load()
    inputs = model.transformer.model.inputs
    output, before = model.encoder(inputs)
    subject_model = b.keras.Model(inputs, b.tf.sigmoid(model.subject_logits(output)) ** SUBJECT_POWER)
    asked = b.keras.layers.Input((2,), dtype="int32")
    rows = b.tf.concat([b.tf.range(b.tf.shape(asked)[0])[:, None], asked], 1)
    objects = b.tf.sigmoid(model.object_logits(before, rows)) ** OBJECT_POWER
    object_model = b.keras.Model([*inputs, asked], objects)

    def one(text: str) -> set[tuple[str, str, str]]:
        pieces = tokenizer.encode(clean(text))[: model.max_length - 2]
        tokens = np.array([[tokenizer.cls, *pieces.ids, tokenizer.sep]], np.int32)
        chances = subject_model.predict([tokens, np.zeros_like(tokens)], verbose=0)[0, 1:-1]
        marks = np.isin(pieces.ids, model.mark_ids)
        subjects = spans(chances[:, 0], chances[:, 1], CANDIDATE, marks)
        if not subjects:
            return set()
        tokens = np.repeat(tokens, len(subjects), 0)
        ends = np.array([(s.first + 1, s.last + 1) for s in subjects], np.int32)
        answers = object_model.predict([tokens, np.zeros_like(tokens), ends], verbose=0)[:, 1:-1]
        found = set()
        for subject, answer in zip(subjects, answers, strict=True):
            for column, (predicate, slot) in enumerate(model.schema.labels):
                if slot != VALUE:
                    continue
                for o in spans(answer[:, 2 * column], answer[:, 2 * column + 1], CANDIDATE, marks):
                    if subject.probability * o.probability >= extractor.threshold:
                        cut = [text[pieces.spans[s.first][0] : pieces.spans[s.last][1]] for s in (subject, o)]
                        found.add((cut[0], predicate, cut[1]))
        return found

    return lambda texts: [one(text) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", help="a folder or owner/name; default: the embedded")
    parser.add_argument("--data", type=Path, default=DISHES, help="jsonl with the field text; default: the example's")
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    found = store.find("triples", args.weights)
    extractor = Extractor(found.folder, found.name)
    texts = [s.text for s in read_sentences([args.data])[0]]
    texts = (texts * -(-args.sentences // len(texts)))[: args.sentences]
    contestants = {"ours": ours(extractor), "a predict a sentence": loop(extractor)}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    answers: dict[str, Found] = {}
    for number in range(args.rounds + 1):  # the first round traces, and is not counted
        for name, run in contestants.items():
            began = time.perf_counter()
            answers[name] = run(texts)
            if number:
                times[name].append(time.perf_counter() - began)
    medians = {name: len(texts) / statistics.median(t) for name, t in times.items()}
    packages = ", ".join(f"{p} {version(p)}" for p in ("tensorflow", "bert4keras"))
    print(f"{platform.machine()}, Python {platform.python_version()}, {packages}")
    print(f"{found.name}: {len(texts)} sentences of {args.data.name}, median of {args.rounds}\n")
    print("| extractor | sentences a second | triples |\n|---|---|---|")
    for name, speed in medians.items():
        print(f"| {name} | {speed:.1f} | {sum(map(len, answers[name])):,} |")
    one, other = answers.values()
    differing = sum(len(a ^ b) for a, b in zip(one, other, strict=True))
    print(f"\nours is {medians['ours'] / medians['a predict a sentence']:.1f} times as fast; "
          f"triples that only one of them found: {differing}")  # fmt: skip


if __name__ == "__main__":
    main()
