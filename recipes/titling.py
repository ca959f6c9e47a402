"""How the embedded titling weights were made.

    python recipes/titling.py --data DIR --base DIR --out DIR [--minutes 97]

DATA holds {news,weibo,csl,tech}.train.jsonl.xz and .dev.jsonl (text, title).  Three stages share the time: short
articles (128 pieces), where an update costs half and most of a title is learned from the beginning of the text; then
192 pieces; at last 192 pieces without the titles that are names of web pages.  The 2,000 csl pairs are seen twice as
often.  A run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import functools
import json
import lzma
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# glibc gives large blocks back to the system after each operation, and half the time goes into page faults; kept, a
# step on 2 cores takes 2.1 s instead of 2.6.  It must be set before the process starts.
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 32), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}

# Pieces of an article, peak rate, share of the minutes, and whether the rows below are left out.
STAGES = ((128, 7e-4, 0.65, False), (192, 5e-4, 0.28, False), (192, 2e-4, 0.07, True))
# Some titles of weibo and csl are the name of the page they were found on, and a model learns to write it.
_PAGE_NAMES = re.compile("jstv|数字报刊平台|经济参考网|经理人分享|迷影|专栏征文|联合公告", re.IGNORECASE)


def _cleaned(file: Path, folder: Path) -> Path:
    """A copy of the file without the rows whose title names a web page."""
    copy = folder / file.name.removesuffix(".xz")
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with lzma.open(file, "rt", encoding="utf-8") as rows, copy.open("w", encoding="utf-8") as kept:
            kept.writelines(row for row in rows if not _PAGE_NAMES.search(json.loads(row)["title"]))
    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=97)
    parser.add_argument("--copy", default="pointer")
    args = parser.parse_args()
    if any(os.environ.get(k) != v for k, v in _MALLOC.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_MALLOC})

    from core.titling.train import Options, train
    from core.training import Settings

    files = [args.data / f"{name}.train.jsonl.xz" for name in ("news", "weibo", "csl", "csl", "tech")]
    dev = [args.data / f"{name}.dev.jsonl" for name in ("news", "weibo", "csl", "tech")]
    base = args.base
    for number, (max_source, rate, share, cleaned) in enumerate(STAGES, 1):
        if cleaned:
            files = [_cleaned(file, args.out / "cleaned") for file in files]
        out = args.out / f"stage-{number}"
        settings = Settings(epochs=1000, minutes=args.minutes * share, rate=rate, warm_up=60)
        options = Options(copy=args.copy, max_source=max_source, settings=settings)
        train(files, dev, base, out, options, functools.partial(print, flush=True))
        base = out


if __name__ == "__main__":
    main()
