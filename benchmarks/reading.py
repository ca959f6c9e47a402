"""Answering: mask places beside seq2seq, in one run on the same weights and questions.

    python -m benchmarks.reading [--data FILE] [--weights DIR] [--questions 100] [--rounds 3] [--short] [--json FILE]

FILE has questions in one of the forms that `core/reading/data.py` reads, one passage or several each.  "masks" reads
the whole answer off in one pass; "seq2seq" writes it with a beam of 3, key-value cache and one compiled loop; the third
is the way that was open to https://kexue.fm/archives/7148: bert4keras' `AutoRegressiveDecoder`, a `predict` of the
whole sequence a piece, one passage after the other (only its speed is looked at, on `--slow` questions, since it is
slow; it writes what the head says, held to nothing).  The fourth is transformers' question answering, a span of the
passage, with an encoder of equal size.  Rounds alternate; the figure is the median.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import frame
from core import backend, bert
from core.reading.data import Passage, Question, read_questions
from core.reading.score import score
from core.reading.task import Asking, Reader
from core.weights import store

BEAMS = 3


def ours(reader: Reader, method: str) -> Callable[[Question], None]:
    asking = Asking(method=method)
    return lambda question: reader.answer_passages(question.text, [p.text for p in question.passages], asking, False)


def theirs(reader: Reader) -> Callable[[Question], None]:
    """The same network under bert4keras' decoder."""
    model, snippets = reader._model, backend.snippets()
    b, t = backend.load(), reader._model.tokenizer

    class Answers(snippets.AutoRegressiveDecoder):
        @snippets.AutoRegressiveDecoder.wraps(default_rtype="probas")
        def predict(self, inputs, output_ids, states):
            tokens = np.concatenate([inputs[0], output_ids], 1)
            segments = np.concatenate([np.zeros_like(inputs[0]), np.ones_like(output_ids)], 1)
            hidden = b.tf.constant(model.encoder.predict([tokens, segments], verbose=0))
            memory = model.head.prepare(hidden, b.tf.constant(tokens * (1 - segments), b.tf.int32))
            last = hidden[:, -1:]
            return np.exp(model.head.log_probs(memory, last, model.logits(last)).numpy()[:, 0])

    decoder = Answers(start_id=None, end_id=t.sep, maxlen=model.sizes.places)

    def run(question: Question) -> None:
        asked = t.encode(question.text).ids[: model.sizes.question]
        for passage in question.passages:
            ids = t.encode(passage.text).ids[: model.sizes.passage]
            decoder.beam_search([np.array([t.cls, *asked, t.sep, *ids, t.sep])], topk=BEAMS)

    return run


def question_answering(reader: Reader, folder: Path) -> Callable[[Question], None]:
    """transformers' `BertForQuestionAnswering` on an encoder of equal size, all passages of a question in one batch,
    the best span of each; the encoder is ours, the layer on top is random: it is the speed that is looked at."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast
    from transformers.utils import logging

    logging.set_verbosity_error()
    config = BertConfig(**bert.read_config(folder))
    model = BertForQuestionAnswering.from_pretrained(folder, config=config, dtype=torch.float32).eval()
    tokenizer = BertTokenizerFast(str(folder / bert.VOCAB))
    most, places = reader._model.sizes.passage + reader._model.sizes.question + 3, reader._model.sizes.places

    def run(question: Question) -> None:
        texts = [passage.text for passage in question.passages]
        read = tokenizer([question.text] * len(texts), texts, padding=True, truncation="only_second", max_length=most,
                         return_tensors="pt")  # fmt: skip
        with torch.inference_mode():
            found = model(**read)
            spans = found.start_logits.log_softmax(-1)[:, :, None] + found.end_logits.log_softmax(-1)[:, None]
            spans.triu().tril(places).flatten(1).argmax(-1).numpy()

    return run


def examples() -> list[Question]:
    """The page's own questions, where no file is given: enough for speed, and without scores."""
    from demo.reading_examples import EXAMPLES

    return [
        Question(question, (Passage(example.text[:300], ()),), ())
        for example in EXAMPLES.values()
        for question in example.questions
    ]


def main() -> None:
    parser = frame.parser(__doc__, rounds=3)
    parser.add_argument("--data", type=Path, help="default: the page's examples, without scores")
    parser.add_argument("--weights", help="a folder or owner/name; default: the embedded")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--slow", type=int, default=10, help="questions that the slow one is asked")
    args = frame.parsed(parser)
    rounds, most, slow = (1, 10, 2) if args.short else (args.rounds, args.questions, args.slow)
    found = store.find("reading", args.weights)
    reader = Reader(found.folder, found.name)
    questions = (read_questions([args.data], most)[0] if args.data else examples())[:most]
    contestants = {method: (ours(reader, method), questions) for method in reader.methods}
    contestants["seq2seq by bert4keras AutoRegressiveDecoder"] = (theirs(reader), questions[:slow])
    if frame.installed("torch", "transformers"):
        contestants["transformers question answering (torch)"] = (question_answering(reader, found.folder), questions)

    def ask(run: Callable[[Question], None], some: list[Question]) -> None:
        for question in some:
            run(question)

    for run, some in contestants.values():
        ask(run, some[:2])  # traces
    asked = {name: functools.partial(ask, *one) for name, one in contestants.items()}
    medians = {
        name: s / len(contestants[name][1]) for name, (s, _) in frame.measured(asked, rounds, first=False).items()
    }
    columns = (
        frame.Column("way"),
        frame.Column("questions a second", ".2f"),
        frame.Column("times masks", ".2f"),
        frame.Column("exact", ".2f"),
        frame.Column("F1", ".2f"),
    )
    rows = []
    for name, median in medians.items():
        scores = score(reader, questions, name).row() if args.data and name in reader.methods else {}
        rows.append((name, 1 / median, median / medians[reader.methods[0]], scores.get("em"), scores.get("f1")))
    passages = sum(len(question.passages) for question in questions) / len(questions)
    of = args.data.name if args.data else "the page's examples"
    said = (
        f"{len(questions)} questions of {of}, {passages:.1f} passages each, weights {found.name}, median of {rounds}."
    )
    packages = ("tensorflow", "bert4keras", "torch", "transformers")
    frame.told(frame.result("reading", said, [frame.Table(columns, tuple(rows))], packages), args.json)


if __name__ == "__main__":
    main()
