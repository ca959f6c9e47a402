"""How weights of the 2018 titling model are made.

    python recipes/titling_seq2seq.py --data DIR --base DIR --out DIR [--minutes 300]

DATA holds {news,weibo,csl,tech}.train.jsonl.xz and .dev.jsonl (text, title); only the train files are trained on, and
of them not the rows whose title is the name of a web page (see `recipes/titling.py`).  Of BASE the vocabulary is taken
and the first 128 principal components of its word embeddings, which the embedding and the output layer begin as;
everything else begins from nothing.  A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recipes._process import keep_memory
from recipes.titling import EVENLY, cleaned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=300)
    parser.add_argument("--copy", default="prior", choices=("prior", "none"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    keep_memory()

    from core.titling.train import Options, train
    from core.training import Settings

    files = [cleaned(args.data / f"{name}.train.jsonl.xz", args.out / "cleaned") for name in EVENLY]
    dev = [args.data / f"{name}.dev.jsonl" for name in ("news", "weibo", "csl", "tech")]
    settings = Settings(epochs=1000, minutes=args.minutes, rate=1.5e-3, warm_up=200, seed=args.seed)
    options = Options(copy=args.copy, max_source=128, dropout=0.1, dev_limit=40, model="seq2seq", settings=settings)
    train(files, dev, args.base, args.out, options, functools.partial(print, flush=True))


if __name__ == "__main__":
    main()
