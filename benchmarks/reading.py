"""Answering: mask places beside seq2seq, in one run on the same weights and questions.

    python benchmarks/reading.py --data FILE [--weights DIR] [--questions 100] [--rounds 3]

FILE has questions in one of the forms that `core/reading/data.py` reads, one passage or several each.  "masks" reads
the whole answer off in one pass; "seq2seq" writes it with a beam of 3, key-value cache and one compiled loop; the third
is the way that was open to https://kexue.fm/archives/7148: bert4keras' `AutoRegressiveDecoder`, a `predict` of the
whole sequence a piece, one passage after the other (only its speed is looked at, on `--slow` questions, since it is
slow; it writes what the head says, held to nothing).  Rounds alternate; the figure is the median.
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
from core.cli.output import table
from core.reading.data import Question, read_questions
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", help="a folder or owner/name; default: the embedded")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--slow", type=int, default=20, help="questions that the slow one is asked")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    found = store.find("reading", args.weights)
    reader = Reader(found.folder, found.name)
    questions, _ = read_questions([args.data], args.questions)
    contestants = {method: (ours(reader, method), questions) for method in reader.methods}
    contestants["seq2seq by AutoRegressiveDecoder"] = (theirs(reader), questions[: args.slow])
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(args.rounds + 1):  # the first round traces, and is not counted
        for name, (run, some) in contestants.items():
            some = some if number else some[:3]
            began = time.perf_counter()
            for question in some:
                run(question)
            if number:
                seconds[name].append((time.perf_counter() - began) / len(some))
    rows = []
    for name, each in seconds.items():
        median = statistics.median(each)
        row = {"way": name, "questions a second": round(1 / median, 2),
               "times masks": round(median / statistics.median(seconds["masks"]), 2)}  # fmt: skip
        if name in reader.methods:
            scores = score(reader, questions, name).row()
            row |= {key: scores[key] for key in ("em", "f1", "mean", "em_vote", "f1_vote")}
        rows.append(row)
    packages = ", ".join(f"{p} {version(p)}" for p in ("tensorflow", "bert4keras"))
    passages = sum(len(question.passages) for question in questions) / len(questions)
    print(f"{platform.machine()}, Python {platform.python_version()}, {packages}")
    print(f"{found.name}: {len(questions)} questions of {args.data.name}, {passages:.1f} passages each, "
          f"median of {args.rounds}\n")  # fmt: skip
    print(table(rows))


if __name__ == "__main__":
    main()
