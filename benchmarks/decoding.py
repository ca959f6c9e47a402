"""How titles are best searched for: greedy, beams, sampling, the exponent of the length, the block of repeated pieces.

    python -m benchmarks.decoding --data DIR [--limit 50] [--weights DIR] [--short] [--json FILE]

DIR holds {news,weibo,csl,tech}.dev.jsonl; the first `--limit` pairs of each are written titles for, in each of the ways
below, all else being as on the page (beam 3, exponent 1, no run of three pieces twice).  Rouge-L is the mean over the
pairs of all four.  A title repeats itself if some two of its characters stand side by side in it twice.  Milliseconds
are for one article alone, the median over `--timed` of them, all ways in turn.  Sampling has the mean of three seeds.
These files are for measuring; that the usual settings were looked at with them before makes them a little too good.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import frame
from core import metrics
from core.errors import VisitorError
from core.titling.data import Pair, usable_pairs
from core.titling.task import Decoding, Titler
from core.weights import store

SETS = ("news", "weibo", "csl", "tech")
USUAL = Decoding(count=1)
SEEDS = 3
WAYS: dict[str, Decoding] = {
    "greedy": replace(USUAL, beams=1),
    "beam 3": USUAL,
    "beam 5": replace(USUAL, beams=5),
    "sampling, top-p 0.9": replace(USUAL, method="sample"),
    "sampling, top-p 0.9, temperature 0.5": replace(USUAL, method="sample", temperature=0.5),
    "beam 3, exponent 0": replace(USUAL, length_penalty=0.0),
    "beam 3, exponent 0.5": replace(USUAL, length_penalty=0.5),
    "beam 3, exponent 1.5": replace(USUAL, length_penalty=1.5),
    "greedy, no block": replace(USUAL, beams=1, no_repeat=0),
    "beam 3, no block": replace(USUAL, no_repeat=0),
    "beam 3, no two pieces twice": replace(USUAL, no_repeat=2),
    "beam 3, no four pieces twice": replace(USUAL, no_repeat=4),
}


def repeats(title: str) -> bool:
    """Whether two characters that stand side by side do so twice."""
    pairs = [title[i : i + 2] for i in range(len(title) - 1)]
    return len(set(pairs)) < len(pairs)


def written(titler: Titler, pairs: list[Pair], decoding: Decoding) -> list[str]:
    """A title for each article; an empty one where there was none."""
    texts = [pair.text for pair in pairs]
    return ["" if isinstance(one, VisitorError) else one.titles[0].text for one in titler.title_many(texts, decoding)]


def judged(titler: Titler, pairs: list[Pair], decoding: Decoding) -> tuple[float, float, float]:
    """Rouge-L, percent of titles that repeat themselves, characters of a title; the mean over the seeds."""
    found = []
    for seed in range(SEEDS if decoding.method == "sample" else 1):
        titles = written(titler, pairs, replace(decoding, seed=seed))
        rouge = metrics.rouge_l((title, pair.title) for title, pair in zip(titles, pairs, strict=True))
        again = 100 * statistics.fmean(map(repeats, titles))
        found.append((rouge, again, statistics.fmean(map(len, titles))))
    return tuple(map(statistics.fmean, zip(*found, strict=True)))


def timed(titler: Titler, pairs: list[Pair]) -> dict[str, float]:
    """Milliseconds an article alone: the median over the pairs, all ways in turn."""
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for number, pair in enumerate([pairs[0], *pairs]):
        for name, decoding in WAYS.items():
            began = time.perf_counter()
            titler.title(pair.text, decoding)
            if number:  # the first traces
                times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(some) for name, some in times.items()}


def main() -> None:
    parser = frame.parser(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", help="a folder or owner/name; default: the embedded")
    parser.add_argument("--limit", type=int, default=50, help="pairs of each set")
    parser.add_argument("--timed", type=int, default=12, help="articles, of all sets, that are timed alone")
    args = frame.parsed(parser)
    limit, count = (3, 4) if args.short else (args.limit, args.timed)
    found = store.find("titling", args.weights)
    titler = Titler(found.folder, found.name)
    held = [usable_pairs([args.data / f"{name}.dev.jsonl"], limit, print) for name in SETS]
    pairs = [pair for some in held for pair in some]
    alone = timed(titler, [some[i] for i in range(-(-count // len(held))) for some in held][:count])
    rows = [(name, *judged(titler, pairs, decoding), alone[name]) for name, decoding in WAYS.items()]
    columns = (
        frame.Column("way"),
        frame.Column("Rouge-L", ".2f"),
        frame.Column("repeat themselves, %", ".1f"),
        frame.Column("characters", ".1f"),
        frame.Column("ms an article", ".0f"),
    )
    said = (
        f"the first {limit} pairs of each of {', '.join(f'{name}.dev' for name in SETS)}, weights {found.name}; "
        f"one article at a time, median of {count}."
    )
    packages = ("tensorflow", "bert4keras")
    frame.told(frame.result("decoding", said, [frame.Table(columns, tuple(rows))], packages), args.json)


if __name__ == "__main__":
    main()
