"""Which copy head writes the best titles: the same short training for each, then Rouge-L on held-out pairs.

    python recipes/copying.py --data DIR --base DIR --out DIR [--updates 120] [--limit 100]

Same base, seed, batches and number of updates for all; articles of 128 pieces.  DATA holds {csl,weibo}.train.jsonl.xz,
which is trained on, and .dev.jsonl, which is scored.  Prints a table with a row a head.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.cli.output import table
from core.errors import VisitorError
from core.titling.copying import KINDS
from recipes._process import above_zero
from recipes.finetuning.files import titling_files
from recipes.pretraining import RecipeError

SETS = ("csl", "weibo")


def main(words: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--updates", type=above_zero(int), default=120)
    parser.add_argument("--limit", type=above_zero(int), default=100, help="held-out pairs of each of csl and weibo")
    args = parser.parse_args(words)
    try:
        print(table(compared(*titling_files(args.data, SETS), args)))
    except (RecipeError, VisitorError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def compared(files: list[Path], dev: list[Path], args: argparse.Namespace) -> list[dict[str, Any]]:
    """Train and score each head.

    Args:
        files, dev: what is trained on, and what is scored.
        args: base, out, updates of each training, limit of the pairs of each dev file.

    Returns:
        A row a head: its training loss at the end, and Rouge-L (percent) on each dev file.

    Raises:
        VisitorError: a file or the base cannot be used.
    """
    from core.titling.score import score_files
    from core.titling.task import Titler
    from core.titling.train import Options, train
    from core.training import Settings

    rows = []
    for kind in KINDS:
        settings = Settings(updates=args.updates, rate=7e-4, warm_up=30)
        options = Options(copy=kind, max_source=128, tokens=3072, dev_limit=args.limit, settings=settings)
        say = functools.partial(print, flush=True)
        history = train(files, dev, args.base, args.out / kind, options, say)
        titler = Titler(args.out / kind)
        scores = {f.name.split(".")[0]: score_files(titler, [f], args.limit, say).row()["rouge-l"] for f in dev}
        rows.append({"copy": kind, "training loss": history[-1]["loss"], **scores})
    return rows


if __name__ == "__main__":
    sys.exit(main())
