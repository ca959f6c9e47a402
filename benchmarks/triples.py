"""Extracting triples: ours beside the loop of the post's time, in one run on the same weights and sentences.

    python -m benchmarks.triples [--weights DIR] [--data FILE] [--sentences 150] [--rounds 3] [--short] [--json FILE]

The loop is what bert4keras' example does: one sentence at a time, a `predict` for its subjects, and, for those found,
a `predict` of the whole model again for their objects.  Ours reads windows of like length in one batch and asks for the
objects of all subjects in a second pass over the same encodings.  Rounds alternate; the figure is the median.  Both
keep what is at least as probable as the tuned threshold; what only one of them found is counted and printed.

transformers has no model of this form: its row is token classification by an encoder of equal size, the nearest that
its users have, which finds mentions in one pass and says nothing of which belong together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import frame
from core import backend, bert
from core.errors import VisitorError
from core.text import clean
from core.triples.data import read_sentences
from core.triples.model import OBJECT_POWER, SUBJECT_POWER
from core.triples.schema import VALUE
from core.triples.spans import spans
from core.triples.task import CANDIDATE, Extractor
from core.weights import store

OURS, LOOP, BATCH = "ours", "a predict a sentence (bert4keras)", 16
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


def token_classification(extractor: Extractor, folder: Path) -> Callable[[list[str]], None]:
    """transformers' `BertForTokenClassification` on an encoder of equal size, with its own tokenizer, in batches of
    sentences of like length: B and I of a subject and of each label's object, and O.  The encoder is ours, the layer on
    top is random: it is the speed that is looked at, and it is for one pass, which finds mentions but no pairs."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast
    from transformers.utils import logging

    logging.set_verbosity_error()
    tags = 2 * (1 + len(extractor._model.schema.labels)) + 1
    config = BertConfig(**{**bert.read_config(folder), "num_labels": tags})
    model = BertForTokenClassification.from_pretrained(folder, config=config, dtype=torch.float32).eval()
    tokenizer = BertTokenizerFast(str(folder / bert.VOCAB))

    def run(texts: list[str]) -> None:
        order = sorted(texts, key=len)
        for first in range(0, len(order), BATCH):
            some = tokenizer(order[first : first + BATCH], padding=True, truncation=True, max_length=256,
                             return_tensors="pt")  # fmt: skip
            with torch.inference_mode():
                model(**some).logits.argmax(-1).numpy()

    return run


def main() -> None:
    parser = frame.parser(__doc__, rounds=3)
    parser.add_argument("--weights", help="a folder or owner/name; default: the embedded")
    parser.add_argument("--data", type=Path, default=DISHES, help="jsonl with the field text; default: the example's")
    parser.add_argument("--sentences", type=int, default=150)
    args = frame.parsed(parser)
    rounds, sentences = (1, 40) if args.short else (args.rounds, args.sentences)
    found = store.find("triples", args.weights)
    extractor = Extractor(found.folder, found.name)
    texts = [s.text for s in read_sentences([args.data])[0]]
    texts = (texts * -(-sentences // len(texts)))[:sentences]
    contestants: dict[str, Callable] = {OURS: ours(extractor), LOOP: loop(extractor)}
    if frame.installed("torch", "transformers"):
        contestants["transformers token classification (torch), mentions only"] = token_classification(
            extractor, found.folder
        )
    answers: dict[str, Found] = {}

    def one(name: str) -> None:
        answers[name] = contestants[name](texts)

    medians = frame.measured({name: functools.partial(one, name) for name in contestants}, rounds)
    columns = (
        frame.Column("extractor"),
        frame.Column("sentences a second", ".1f"),
        frame.Column("times ours", ".2f"),
        frame.Column("triples", ","),
    )
    rows = [
        (name, len(texts) / s, s / medians[OURS][0], sum(map(len, answers[name])) if answers[name] else None)
        for name, (s, _) in medians.items()
    ]
    differing = sum(len(a ^ b) for a, b in zip(answers[OURS], answers[LOOP], strict=True))
    said = f"{len(texts)} sentences of {args.data.name}, weights {found.name}, median of {rounds}."
    notes = [f"Triples that only one of the first two found: {differing}."]
    packages = ("tensorflow", "bert4keras", "torch", "transformers")
    frame.told(frame.result("triples", said, [frame.Table(columns, tuple(rows))], packages, notes), args.json)


if __name__ == "__main__":
    main()
