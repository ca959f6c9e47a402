"""How the embedded reading weights were made.

    python recipes/reading.py questions --data DIR --out runs/questions      questions from triples, titles, sentences
    python recipes/reading.py train --data DIR --questions runs/questions --base DIR --out DIR [--minutes 260]
    python recipes/reading.py tune --weights DIR --dev FILE… --out DIR       the thresholds of "no answer"

DATA has the layout of `recipes/pretraining/sources.toml`; only its `train` files are read.  Five stages share the
time: all questions, those made by the first command among them, with short passages; the real ones above all, with
passages as long as they are read; these again with fewer that have no answer; and both kinds once more, with dropout.
A run that was stopped goes on where it was.  Needs torch and transformers, and
computes in bfloat16 where the processor can; `python -m core train reading` trains the same model with the app alone.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.reading import batches

SIZES = batches.Sizes(places=32, question=64, passage=256)


def stages(minutes: float) -> list:
    """The run's five, sharing the minutes."""
    from recipes.finetuning.loop import Stage

    real = {"webqa": 1.0, "drcd.dev": 1.0, "drcd.test": 1.0, "cmrc2018.trial": 1.0, "squad_zh": 0.7, "squad2_zh": 0.6}
    made = {"triples": 1.0, "words": 1.0, "passages": 0.15}
    later = {**real, "webqa": 3.0, "cmrc2018.trial": 2.0, "squad_zh": 0.5, "squad2_zh": 0.5}
    third = {**real, "webqa": 2.0, "cmrc2018.trial": 3.0, "squad_zh": 0.6, "squad2_zh": 0.25}
    again = {**real, "webqa": 2.0, "cmrc2018.trial": 3.0, "squad_zh": 1.0, "squad2_zh": 0.5}
    last = {**third, "squad2_zh": 0.4, "triples": 0.15, "passages": 0.03}
    return [
        Stage(real | made, 1e-3, 0.239 * minutes, 144),
        Stage(later | {"triples": 0.25, "words": 0.2, "passages": 0.15}, 7e-4, 0.137 * minutes, 224, dropout=0.1),
        Stage(third | {"triples": 0.15, "passages": 0.03}, 6e-4, 0.132 * minutes, 224, seq2seq=0.2, negatives=0.05),
        Stage(again | {"triples": 0.7, "words": 0.7, "passages": 0.1}, 8e-4, 0.307 * minutes, 200, dropout=0.1,
              seq2seq=0.12),
        Stage(last, 5e-4, 0.185 * minutes, 224, seq2seq=0.15, negatives=0.05, dropout=0.05),
    ]  # fmt: skip


def _examples(args: argparse.Namespace, tokenizer, say) -> dict[str, list[batches.Example]]:
    from core.reading.data import read_questions
    from recipes.finetuning.questions import REAL

    files = {name: args.data / "reading" / f"{name}.train.json.xz" for name in REAL}
    files |= {name: args.questions / f"{name}.jsonl.xz" for name in ("triples", "words", "passages")}
    sets = {}
    for name, path in files.items():
        questions, bad = read_questions([path])
        sets[name], out = batches.encode(questions, tokenizer, SIZES)
        say(f"{name}: {len(sets[name]):,} examples; {out:,} left out, {len(bad)} bad rows")
    return sets


def train(args: argparse.Namespace, say) -> None:
    """`train`."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch

    from core import bert
    from core.tokenizer import Tokenizer
    from recipes.finetuning.loop import Run, stopping
    from recipes.finetuning.network import ReadingNetwork
    from recipes.pretraining.network import Machine

    began = time.monotonic()
    machine = Machine().resolved()
    tokenizer = Tokenizer(args.base / bert.VOCAB)
    config = bert.read_config(args.base)
    sets = _examples(args, tokenizer, say)
    say(f"read in {time.monotonic() - began:.0f} s; {machine.device}, {machine.precision}")
    base = args.base
    for number, stage in enumerate(stages(args.minutes), 1):
        folder = args.out / f"stage-{number}"
        if not (folder / "config.json").is_file():
            torch.manual_seed(args.seed)
            network = ReadingNetwork(config, stage.dropout).to(machine.device)
            network.load(base)
            run = Run(stage, sets, network, tokenizer, machine, folder, SIZES.places, args.seed, say)
            with stopping() as stopped:
                if not run.train(stopped):
                    return
            reading = {"copy": "pointer", "places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage}
            vocabulary = tokenizer.vocabulary_text
            bert.write_folder(folder, {**config, "reading": reading}, vocabulary, network.tensors())
            say(json.dumps({"stage": number, "updates": run.updates, "minutes": round(run.seconds / 60, 1)}))
        base = folder


def questions(args: argparse.Namespace, say) -> None:
    """`questions`."""
    from recipes.finetuning import questions as made

    made.make(args.data, args.out, args.seed, say)


def tune(args: argparse.Namespace, say) -> None:
    """`tune`."""
    from core.reading.data import read_questions
    from core.reading.model import ReadingModel
    from core.reading.score import tuned
    from core.reading.task import Reader

    model = ReadingModel(args.weights)
    held = [read_questions([path], args.limit)[0] for path in args.dev]
    for method in model.methods:
        model.thresholds[method] = tuned(Reader.of(model), held, method)
        say(f"{method}: {model.thresholds[method]}")
    model.save(args.out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    make, learn = parts.add_parser("questions"), parts.add_parser("train")
    for part in (make, learn):
        part.add_argument("--data", type=Path, required=True)
        part.add_argument("--out", type=Path, required=True)
        part.add_argument("--seed", type=int, default=0)
    learn.add_argument("--questions", type=Path, required=True)
    learn.add_argument("--base", type=Path, required=True)
    learn.add_argument("--minutes", type=float, default=260)
    limit = parts.add_parser("tune")
    limit.add_argument("--weights", type=Path, required=True)
    limit.add_argument("--dev", type=Path, nargs="+", required=True)
    limit.add_argument("--limit", type=int, help="questions of each file")
    limit.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    {"questions": questions, "train": train, "tune": tune}[args.part](args, functools.partial(print, flush=True))


if __name__ == "__main__":
    main()
