"""Which copy head writes the best titles: the same short training for each, then Rouge-L on held-out pairs.

    python recipes/copying.py --data DIR --base DIR --out DIR [--updates 120] [--limit 100]

Same base, seed, batches and number of updates for all; articles of 128 pieces.  Prints a table with a row a head.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.cli.output import table
from core.titling.copying import KINDS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--updates", type=int, default=120)
    parser.add_argument("--limit", type=int, default=100, help="held-out pairs of each of csl and weibo")
    args = parser.parse_args()

    from core.titling.score import score_files
    from core.titling.task import Titler
    from core.titling.train import Options, train
    from core.training import Settings

    files = [args.data / f"{name}.train.jsonl.xz" for name in ("csl", "weibo")]
    dev = [args.data / f"{name}.dev.jsonl" for name in ("csl", "weibo")]
    rows = []
    for kind in KINDS:
        settings = Settings(updates=args.updates, rate=7e-4, warm_up=30)
        options = Options(copy=kind, max_source=128, tokens=3072, dev_limit=args.limit, settings=settings)
        say = functools.partial(print, flush=True)
        history = train(files, dev, args.base, args.out / kind, options, say)
        titler = Titler(args.out / kind)
        scores = {f.name.split(".")[0]: score_files(titler, [f], args.limit, say).row()["rouge-l"] for f in dev}
        rows.append({"copy": kind, "training loss": history[-1]["loss"], **scores})
    print(table(rows))


if __name__ == "__main__":
    main()
