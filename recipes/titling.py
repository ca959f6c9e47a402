"""How the embedded titling weights were made.

    python recipes/titling.py --data DIR --base DIR --out DIR [--minutes 139]

DATA holds {news,weibo,csl,tech}.train.jsonl.xz and .dev.jsonl (text, title).  Four stages share the time: short
articles (128 pieces), where an update costs half and most of a title is learned from the beginning of the text; then
192 pieces; then 192 pieces without the titles that are names of web pages; at last the same with more of the abstracts
and the short news, which are furthest from what the first three stages saw most.  What is shipped is OUT/mean, the
mean of the weights before and after the fourth stage (Wortsman et al. 2021, arXiv:2109.01903), which scores better than
both.  A run that was stopped goes on where it was; `--stages 4 --base DIR` goes on from weights that the first three
have made.
"""

from __future__ import annotations

import argparse
import functools
import json
import lzma
import re
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recipes._process import keep_memory

EVENLY = ("news", "weibo", "csl", "csl", "tech")  # what an epoch reads; there are only 2,000 csl pairs
SHORT = ("news", "tech", *("weibo",) * 2, *("csl",) * 4)


@dataclass(frozen=True)
class Stage:
    """Pieces of an article, peak rate, share of the minutes, whether the rows below are left out, an epoch's files."""

    max_source: int
    rate: float
    share: float
    cleaned: bool
    mix: tuple[str, ...] = EVENLY


STAGES = (
    Stage(128, 7e-4, 0.45, False),
    Stage(192, 5e-4, 0.20, False),
    Stage(192, 2e-4, 0.05, True),
    Stage(192, 5e-4, 0.30, True, SHORT),
)
# Some titles of weibo and csl are the name of the page they were found on, and a model learns to write it.
_PAGE_NAMES = re.compile("jstv|数字报刊平台|经济参考网|经理人分享|迷影|专栏征文|联合公告", re.IGNORECASE)


def cleaned(file: Path, folder: Path) -> Path:
    """A copy of the file without the rows whose title names a web page."""
    copy = folder / file.name.removesuffix(".xz")
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with lzma.open(file, "rt", encoding="utf-8") as rows, copy.open("w", encoding="utf-8") as kept:
            kept.writelines(row for row in rows if not _PAGE_NAMES.search(json.loads(row)["title"]))
    return copy


def _write_mean(one: Path, other: Path, out: Path) -> None:
    """The mean of two weights folders of the same form."""
    from core import bert

    tensors, others = bert.read_tensors(one), bert.read_tensors(other)
    mean = {name: (tensor + others[name]) / 2 for name, tensor in tensors.items()}
    bert.write_folder(out, bert.read_config(one), (one / bert.VOCAB).read_text(encoding="utf-8"), mean)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=139)
    parser.add_argument("--copy", default="pointer")
    parser.add_argument("--stages", type=int, nargs="+", default=range(1, len(STAGES) + 1), metavar="N")
    args = parser.parse_args()
    keep_memory()

    from core.titling.train import Options, train
    from core.training import Settings

    dev = [args.data / f"{name}.dev.jsonl" for name in ("news", "weibo", "csl", "tech")]
    base = args.base
    for number in args.stages:
        stage = STAGES[number - 1]
        files = [args.data / f"{name}.train.jsonl.xz" for name in stage.mix]
        if stage.cleaned:
            files = [cleaned(file, args.out / "cleaned") for file in files]
        out = args.out / f"stage-{number}"
        settings = Settings(epochs=1000, minutes=args.minutes * stage.share, rate=stage.rate, warm_up=60)
        options = Options(copy=args.copy, max_source=stage.max_source, settings=settings)
        train(files, dev, base, out, options, functools.partial(print, flush=True))
        if number == len(STAGES):
            _write_mean(base, out, args.out / "mean")
        base = out


if __name__ == "__main__":
    main()
