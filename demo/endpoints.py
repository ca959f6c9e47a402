"""What callers are told of the page's named endpoints, which are MCP tools too.

Gradio reads it from a function's docstring, line by line: of an argument's text it keeps the first line alone, and a
tool is called as the function is.  So lines that belong together are joined here, in one place for all endpoints, and
docstrings stay as wide as the code.
"""

from __future__ import annotations

import inspect
import re

import gradio as gr

_SECTION = re.compile(r"(Args|Returns|Raises):\s*")
_ARGUMENT = re.compile(r"\w+: ")


def describe(page: gr.Blocks) -> None:
    """Let every public endpoint carry its own name and a docstring that Gradio reads whole."""
    for event in page.fns.values():
        if event.api_visibility == "public" and event.fn is not None:
            event.fn.__name__ = event.api_name
            event.fn.__doc__ = joined(event.fn.__doc__ or "")


def joined(docstring: str) -> str:
    """The docstring with one line for the description, one for each argument, and one for what is returned.

    Args:
        docstring: a description; then `Args:` with lines "name: text", further lines of a text set deeper; `Returns:`.
    """
    parts: list[list[str]] = [[]]  # the lines of each line to be
    section, edge = "", None
    for line in inspect.cleandoc(docstring).splitlines():
        text = line.strip()
        if _SECTION.fullmatch(line):
            section, edge = text, None
            parts += [[text], []]
        elif text:
            deep = len(line) - len(line.lstrip())
            edge = deep if edge is None else edge
            if section == "Args:" and deep == edge and _ARGUMENT.match(text):
                parts.append([])
            parts[-1].append(text)
    return "\n".join(" ".join(part) for part in parts if part)
