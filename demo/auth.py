"""Who may come in: names and passwords from the command line, or from a file that keeps them out of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from core.errors import VisitorError


def pairs(values: Sequence[str] | None, mcp: bool = False) -> list[tuple[str, str]] | None:
    """What `--auth` was given, as Gradio's launch wants it.

    Args:
        values: "name:password" each, or the path of a file with one a line; None: everybody may come in.
        mcp: whether the functions are served as MCP tools, of which Gradio tells anybody, login or not.

    Raises:
        VisitorError: one of them is neither, or there is MCP; the sentence repeats no password.
    """
    if not values:
        return None
    if mcp:
        raise VisitorError("auth_mcp")
    found = []
    for value in values:
        found += _of_file(value) if os.path.isfile(value) else [_pair(value, VisitorError("auth_form"))]
    return found


def _of_file(path: str) -> list[tuple[str, str]]:
    wrong = VisitorError("auth_file", file=path)
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise wrong from None
    found = [_pair(line, wrong) for line in map(str.strip, lines) if line and not line.startswith("#")]
    if not found:
        raise wrong
    return found


def _pair(text: str, wrong: VisitorError) -> tuple[str, str]:
    name, _, password = text.partition(":")
    if not (name.strip() and password):
        raise wrong
    return name.strip(), password
