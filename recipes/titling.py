"""How the embedded titling weights were made.

    python recipes/titling.py --data DIR --base DIR --out DIR [--minutes 100]

DATA holds {news,weibo,csl,tech}.train.jsonl.xz and .dev.jsonl (text, title).  Two stages share the time: first short
articles (128 pieces), where an update costs half and most of a title is learned from the beginning of the text, then
192 pieces.  The 2,000 csl pairs are seen twice as often.  A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# glibc gives large blocks back to the system after each operation, and half the time goes into page faults; kept, a
# step on 2 cores takes 2.1 s instead of 2.6.  It must be set before the process starts.
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}

STAGES = ((128, 7e-4, 0.7), (192, 5e-4, 0.3))  # pieces of an article, peak rate, share of the minutes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--copy", default="pointer")
    args = parser.parse_args()
    if any(os.environ.get(k) != v for k, v in _MALLOC.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_MALLOC})

    from core.titling.train import Options, train
    from core.training import Settings

    files = [args.data / f"{name}.train.jsonl.xz" for name in ("news", "weibo", "csl", "csl", "tech")]
    dev = [args.data / f"{name}.dev.jsonl" for name in ("news", "weibo", "csl", "tech")]
    base = args.base
    for number, (max_source, rate, share) in enumerate(STAGES, 1):
        out = args.out / f"stage-{number}"
        settings = Settings(epochs=1000, minutes=args.minutes * share, rate=rate, warm_up=60)
        options = Options(copy=args.copy, max_source=max_source, settings=settings)
        train(files, dev, base, out, options, functools.partial(print, flush=True))
        base = out


if __name__ == "__main__":
    main()
