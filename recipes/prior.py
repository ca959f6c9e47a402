"""What the prior knowledge of the 2018 post is worth: the same training with and without ScaleShift, seed by seed.

    python recipes/prior.py --data DIR --base DIR --out DIR [--updates 360] [--unilm-updates 36] [--limit 60]

The post says of its prior (a title's characters stand in the article; `core.titling.copying.Prior`) that it makes
training faster and titles steadier and better, and gives no number.  Here the LSTMs of 2018 are trained with it and
without, and so is, as the post did not, the UniLM titler, where the prior is added to its logits; from each seed both
see the same batches in the same order, and are as many updates long.  The seed also draws the LSTMs' first weights and
the dropout; UniLM begins as BASE in all of them.  Rouge-L is measured on the first `--limit` held-out pairs of news
and csl (beam 3) after each slice of the run.

DATA holds {news,csl}.train.jsonl.xz, which is trained on, and .dev.jsonl, which is only measured.  Runs are made seed
after seed and kept in OUT; the same command goes on where it was stopped, and one that finds all of them done draws the
figure (OUT/prior.svg, or --figure FILE) and prints the table at once.  Other sizes, another base or other data need
another OUT.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import frame
from core import bert
from core.errors import VisitorError
from core.optim.figure import line_chart
from recipes._process import above_zero, keep_memory
from recipes.finetuning.files import digest, titling_files
from recipes.pretraining import RecipeError

SETS = ("news", "csl")
PAIRS = 4000  # of a set, drawn once: choosing sentences from long articles takes minutes
NAMES = {
    ("seq2seq", "none"): "LSTM",
    ("seq2seq", "prior"): "LSTM, prior",
    ("unilm", "none"): "UniLM",
    ("unilm", "prior"): "UniLM, prior",
}


@dataclass(frozen=True)
class Sizes:
    """How long and how large: updates by model, scorings a run, pieces of an article, places a batch, held-out pairs
    of each set."""

    updates: dict[str, int]
    slices: int
    max_source: int
    tokens: int
    limit: int


def run(model_kind: str, copy: str, seed: int, args: argparse.Namespace, sizes: Sizes) -> list[dict]:
    """One training, or what is left of it: its table, a row a slice."""
    from core import training
    from core.titling import data
    from core.titling.score import score
    from core.titling.task import Titler

    say = functools.partial(print, flush=True)
    folder = args.out / f"{model_kind}-{copy}-{seed}"
    done = folder / "table.json"
    if done.is_file():
        return json.loads(done.read_text(encoding="utf-8"))
    say(f"--- {folder.name}")
    model = _model(model_kind, copy, seed, args.base, sizes.max_source)
    examples = _examples(args.data, model, args.out, sizes.max_source, say)
    held = {name: data.usable_pairs([args.data / f"{name}.dev.jsonl"], sizes.limit, say) for name in SETS}
    titler, slice_updates = Titler.of(model), sizes.updates[model_kind] // sizes.slices

    def loss(*arrays):
        return model.loss(*arrays, training=True)

    def stream() -> Iterator[tuple]:
        for number in itertools.count():
            for batch in data.batches(examples, sizes.tokens, 1000 * seed + number):
                if model_kind == "seq2seq":
                    yield data.apart(batch)
                else:
                    yield batch.tokens, batch.segments, batch.sources, batch.targets, np.zeros_like(batch.targets)

    def rouge() -> dict[str, float]:
        each = {name: score(titler, pairs).rouge_l for name, pairs in held.items()}
        return {"rouge-l": statistics.fmean(each.values()), **each}

    settings = training.Settings(
        epochs=sizes.slices, seed=seed, rate={"seq2seq": 1.5e-3, "unilm": 7e-4}[model_kind],
        warm_up=sizes.updates[model_kind] // 8,
    )  # fmt: skip
    from core import backend

    backend.load().tf.random.set_seed(seed)
    history = training.train(
        model.variables, loss,
        lambda number: itertools.islice(stream(), number * slice_updates, (number + 1) * slice_updates),
        rouge, lambda: None, folder, settings, say,
    )  # fmt: skip
    done.write_text(json.dumps(history), encoding="utf-8")
    for file in (folder / "checkpoints").glob("*"):  # only the table is wanted
        file.unlink()
    backend.load().keras.backend.clear_session()
    return history


def _model(kind: str, copy: str, seed: int, base: Path, max_source: int):
    from core.titling.model import TitlingModel
    from core.titling.seq2seq import Seq2SeqModel

    if kind == "seq2seq":
        return Seq2SeqModel(base, copy, max_source, 0.1, seed=seed)
    return TitlingModel(base, copy, max_source, 0.1)


def _examples(folder: Path, model, out: Path, max_source: int, say):
    """The training pairs, encoded once for all runs."""
    from core.titling import data

    kept = out / f"examples-{max_source}.npz"
    if not kept.is_file():
        chance, pairs = random.Random(0), []
        for name in SETS:
            some = data.usable_pairs([folder / f"{name}.train.jsonl.xz"], None, say)
            pairs += chance.sample(some, min(PAIRS, len(some)))
        data.save_examples(kept, data.encode(pairs, model.tokenizer, max_source))
    return data.load_examples(kept)


# ---- what came out ----------------------------------------------------------------------------------------------
def report(runs: dict[tuple[str, str], list[list[dict]]], sizes: Sizes) -> frame.Result:
    """A table of Rouge-L by slice, one of the differences, and a sentence of what each says."""
    curves = {key: np.array([[row["rouge-l"] for row in one] for one in some]) for key, some in runs.items()}
    seeds = len(next(iter(curves.values())))
    heads = [frame.Column(f"{n + 1}/{sizes.slices}") for n in range(sizes.slices)]
    columns = (frame.Column("model"), frame.Column("updates", ","), *heads)
    rows = []
    for (kind, copy), values in curves.items():
        rows.append((NAMES[kind, copy], sizes.updates[kind], *map(_spread, values.T)))
    apart, notes = [], []
    for kind in sizes.updates:
        gain = curves[kind, "prior"] - curves[kind, "none"]
        last = gain[:, -1]
        apart.append((NAMES[kind, "none"], *map(_spread, gain.T), f"{(last > 0).sum()} of {seeds}"))
        notes.append(_verdict(NAMES[kind, "none"], gain))
    differences = (frame.Column("prior minus none"), *heads, frame.Column("seeds in which the prior ends higher"))
    title = "Seed by seed, the same batches:"
    said = (
        f"Rouge-L (percent) on {sizes.limit} held-out pairs each of {' and '.join(SETS)} after each slice of the run; "
        f"mean ± standard deviation of {seeds} seeds. Articles of {sizes.max_source} pieces, batches of "
        f"{sizes.tokens:,} places."
    )
    tables = (frame.Table(columns, tuple(rows)), frame.Table(differences, tuple(apart), title))
    found = frame.result("prior", said, tables, ("tensorflow", "bert4keras"), notes)
    command = frame.result("prior", said, (), (), module="").command.replace("-m benchmarks.prior", "recipes/prior.py")
    return frame.Result(found.name, command, said, tables, tuple(notes), found.machine, found.packages)


def _spread(values: np.ndarray) -> str:
    spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{values.mean():.2f}{spread}"


def _verdict(name: str, gain: np.ndarray) -> str:
    """What the differences (seeds, slices) say at the end, in one sentence, held to their spread."""
    last = gain[:, -1]
    mean, spread = last.mean(), last.std(ddof=1) if len(last) > 1 else 0.0
    if (last > 0).all() and mean > spread:
        word = "higher from every seed"
    elif (last < 0).all() and -mean > spread:
        word = "lower from every seed"
    else:
        word = "no clear difference"
    ahead = int((gain.mean(0) > 0).sum())
    return (
        f"{name}: with the prior, Rouge-L at the end is {mean:+.2f} ± {spread:.2f} ({word}); its mean is ahead after "
        f"{ahead} of {gain.shape[1]} slices."
    )


def chart(runs: dict[tuple[str, str], list[list[dict]]]) -> str:
    """SVG: Rouge-L by slice, the mean of the seeds in a band from the lowest to the highest."""
    series = {}
    for key, some in runs.items():
        values = np.array([[row["rouge-l"] for row in one] for one in some])
        series[NAMES[key]] = (values.min(0), values.mean(0), values.max(0))
    most = max(band[2].max() for band in series.values())
    seeds = len(next(iter(runs.values())))
    name = f"Rouge-L, % (mean, lowest and highest of {seeds} seeds)"
    return line_chart(series, "slice of the run", name, 0.0, 5 * float(np.ceil(most / 5)))


def _same(file: Path, sizes: Sizes, base: Path, data: Path) -> None:
    """Runs of one folder are of one size, base and data: those that are done are taken as they are.

    Args:
        file: where it is kept; one that was written before base and data stood in it is taken for the same.
        sizes: of the runs.
        base: its weights count.
        data: the names and sizes (bytes) of its files count.

    Raises:
        RecipeError: the runs are others, or a file is missing.
    """
    files = (path for some in titling_files(data, SETS) for path in some)
    told = {**asdict(sizes), "base": digest(base / bert.WEIGHTS), "data": {f.name: f.stat().st_size for f in files}}
    if file.is_file():
        try:
            before = {**told, **json.loads(file.read_text(encoding="utf-8"))}
        except (ValueError, TypeError):
            raise RecipeError(f"{file} is damaged: choose another --out.") from None
        for name, what in (("base", "another base"), ("data", "other data")):
            if before[name] != told[name]:
                raise RecipeError(f"{file.parent} holds runs of {what}: choose another --out.")
        if before != told:
            raise RecipeError(f"{file.parent} holds runs of other sizes: choose another --out.")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told), encoding="utf-8")


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--updates", type=above_zero(int), default=360, help="of the LSTMs")
    parser.add_argument("--unilm-updates", type=above_zero(int), default=36)
    parser.add_argument("--slices", type=above_zero(int), default=3)
    parser.add_argument("--seeds", type=above_zero(int), default=3)
    parser.add_argument("--limit", type=above_zero(int), default=60, help="held-out pairs of each set")
    parser.add_argument("--max-source", type=above_zero(int), default=96)
    parser.add_argument("--tokens", type=above_zero(int), default=3072)
    parser.add_argument("--figure", type=Path, metavar="FILE", help="where the figure goes (OUT/prior.svg)")
    parser.add_argument("--json", type=Path, help="keep the figures there too")
    args = parser.parse_args(words)
    updates = {"seq2seq": args.updates, "unilm": args.unilm_updates}
    sizes = Sizes(updates, args.slices, args.max_source, args.tokens, args.limit)
    try:
        if min(updates.values()) < args.slices:
            raise RecipeError(f"A run of {min(updates.values())} updates has no {args.slices} slices: take fewer.")
        _same(args.out / "sizes.json", sizes, args.base, args.data)
        keep_memory()
        _all(args, sizes)
    except (RecipeError, VisitorError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _all(args: argparse.Namespace, sizes: Sizes) -> None:
    """Make the runs that are not there yet, and tell of all."""
    runs: dict[tuple[str, str], list[list[dict]]] = {key: [] for key in NAMES}
    for seed in range(args.seeds):
        for kind, copy in NAMES:
            runs[kind, copy].append(run(kind, copy, seed, args, sizes))
    frame.told(report(runs, sizes), args.json)
    (args.figure or args.out / "prior.svg").write_text(chart(runs), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
