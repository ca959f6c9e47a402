"""What the commands write: tables for people, one line of JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows under their names, each column as wide as it needs to be, numbers to the right."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_cell(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_json(value: Any) -> None:
    """One line; in ASCII where the terminal could not show the rest."""
    utf_8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not utf_8))


def say(line: str) -> None:
    """One line of progress, where it does not mix with the results."""
    print(line, file=sys.stderr, flush=True)


def download_progress() -> Callable[[float], None] | None:
    """What shows how far a download is: a line that counts up; None where nobody looks at it."""
    if not sys.stderr.isatty():
        return None

    def show(share: float) -> None:
        print(f"\r{share:4.0%}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

    return show
