"""How weights of the 2018 titling model are made.

    python recipes/titling_seq2seq.py --data DIR --base DIR --out DIR [--minutes 300]

DATA holds {news,weibo,csl,tech}.train.jsonl.xz and .dev.jsonl (text, title); only the train files are trained on, and
of them not the rows whose title is the name of a web page (`recipes/finetuning/packing.py`).  Of BASE the vocabulary
is taken and the first 128 principal components of its word embeddings, which the embedding and the output layer begin
as; everything else begins from nothing.  A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import functools
import json
import lzma
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.errors import VisitorError
from recipes._process import above_zero, keep_memory
from recipes.finetune import seed
from recipes.finetuning.files import titling_files
from recipes.finetuning.packing import PAGE_NAMES
from recipes.pretraining import RecipeError

EVENLY = ("news", "weibo", "csl", "csl", "tech")  # what an epoch reads; there are only 2,000 csl pairs


def cleaned(file: Path, folder: Path) -> Path:
    """A copy of the file without the rows whose title names a web page.

    Raises:
        RecipeError: the file cannot be read.
    """
    copy = folder / file.name.removesuffix(".xz")
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(copy.name + ".part")  # whole or not at all
        try:
            with lzma.open(file, "rt", encoding="utf-8") as rows, part.open("w", encoding="utf-8") as kept:
                kept.writelines(row for row in rows if not PAGE_NAMES.search(json.loads(row)["title"]))
        except (EOFError, lzma.LZMAError, ValueError, LookupError, TypeError) as error:
            why = type(error).__name__
            raise RecipeError(f"{file} cannot be read ({why}): it must have rows of text and title.") from None
        part.replace(copy)
    return copy


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=above_zero(float), default=300)
    parser.add_argument("--copy", default="prior", choices=("prior", "none"))
    parser.add_argument("--seed", type=seed, default=0)
    args = parser.parse_args(words)
    try:
        files, dev = titling_files(args.data, EVENLY)
        keep_memory()
        run(files, list(dict.fromkeys(dev)), args)
    except (RecipeError, VisitorError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def run(train_files: list[Path], dev: list[Path], args: argparse.Namespace) -> None:
    """Train.

    Args:
        train_files, dev: what is trained on, and what is scored.
        args: base, out, minutes, copy, seed.

    Raises:
        RecipeError: a file cannot be read.
        VisitorError: the base cannot be used, or what is in `out` is of another run.
    """
    from core.titling.train import Options, train
    from core.training import Settings

    files = [cleaned(file, args.out / "cleaned") for file in train_files]
    settings = Settings(epochs=1000, minutes=args.minutes, rate=1.5e-3, warm_up=200, seed=args.seed)
    options = Options(copy=args.copy, max_source=128, dropout=0.1, dev_limit=40, model="seq2seq", settings=settings)
    train(files, dev, args.base, args.out, options, functools.partial(print, flush=True))


if __name__ == "__main__":
    sys.exit(main())
