"""How the embedded triples weights were made.

    python recipes/triples.py --data DIR --base DIR --out DIR [--minutes 92]

DATA holds duie.train.jsonl.xz, duie.dev.jsonl, duie.schema.json (DuIE 2.0) and partial.train.jsonl.xz (one triple a
row, nothing said about others).  Three stages share the time: both files together, where the partially labelled rows
show the predicates that the first has few of; then the fully labelled sentences alone, which are what the scores are
taken on; then these once more, from the best state so far and with a rate that begins anew.  A run that was stopped
goes on where it was; `--stages 3 --base DIR` goes on from weights that the first two have made.
"""

from __future__ import annotations

import argparse
import functools
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recipes._process import keep_memory


@dataclass(frozen=True)
class Stage:
    """Files of the training data, peak rate, share of the minutes, decay of the average."""

    files: tuple[str, ...]
    rate: float
    share: float
    ema: float


STAGES = (
    Stage(("duie.train.jsonl.xz", "partial.train.jsonl.xz"), 4e-4, 0.15, 0.99),
    Stage(("duie.train.jsonl.xz",), 4e-4, 0.35, 0.995),
    Stage(("duie.train.jsonl.xz",), 4e-4, 0.5, 0.995),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=92)
    parser.add_argument("--stages", type=int, nargs="+", default=range(1, len(STAGES) + 1), metavar="N")
    args = parser.parse_args()
    keep_memory()

    from core.training import Settings
    from core.triples.train import Options, train

    base = args.base
    for number in args.stages:
        stage = STAGES[number - 1]
        out = args.out / f"stage-{number}"
        settings = Settings(
            epochs=1000, minutes=args.minutes * stage.share, rate=stage.rate, warm_up=100, ema=stage.ema
        )
        options = Options(schema=str(args.data / "duie.schema.json"), settings=settings)
        files = [args.data / name for name in stage.files]
        train(files, [args.data / "duie.dev.jsonl"], base, out, options, functools.partial(print, flush=True))
        base = out


if __name__ == "__main__":
    main()
