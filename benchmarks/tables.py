"""The tables of the readme, made of the benchmarks' results and never typed.

    python -m benchmarks.tables [--check]

Between `<!-- NAME: made by python -m benchmarks.tables -->` and `<!-- /NAME -->` in the files below stands what
`benchmarks/results/NAME.json` holds; this writes it there anew.  With `--check` nothing is written, and the exit code
is 1 where a file is not what its results make it.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from benchmarks import frame

RESULTS = frame.ROOT / "benchmarks" / "results"
FILES = tuple(frame.ROOT / name for name in ("README.md", "docs/benchmarks.md", "docs/scale.md", "recipes/README.md"))
_PART = re.compile(
    r"(<!-- (?P<name>\w+): made by python -m benchmarks\.tables -->\n).*?(\n<!-- /(?P=name) -->)", re.DOTALL
)


def filled(text: str, results: Path = RESULTS) -> str:
    """The text with each marked part made anew.

    Raises:
        FileNotFoundError: a part's result is not there.
    """

    def part(match: re.Match[str]) -> str:
        found = frame.read(results / f"{match['name']}.json")
        return f"{match[1]}\n{found.markdown()}\n{match[3]}"

    return _PART.sub(part, text)


def names(text: str) -> list[str]:
    """Of the results that a text has parts for."""
    return [match["name"] for match in _PART.finditer(text)]


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, and say whether all is as it should be")
    args = parser.parse_args()
    other = []
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        made = filled(text)
        if made != text:
            other.append(file.relative_to(frame.ROOT).as_posix())
            if not args.check:
                file.write_text(made, encoding="utf-8")
    print("\n".join(other) or "all tables are as their results have them")
    return int(args.check and bool(other))


if __name__ == "__main__":
    sys.exit(main())
