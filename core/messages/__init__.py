"""Every sentence of `core`'s errors and notices, English and Chinese side by side: a module a subject.

A key stands in one module only, whatever the subject: the tests see to it.
"""

from collections.abc import Mapping
from typing import Any

from core.messages import (
    bulk,
    chat,
    chat_topics,
    curves,
    files,
    general,
    matrix,
    names,
    optimizers,
    page,
    publish,
    reading,
    triples,
    weights,
)

SUBJECTS = (
    general,
    chat,
    chat_topics,
    weights,
    files,
    curves,
    triples,
    matrix,
    optimizers,
    reading,
    bulk,
    publish,
    page,
)
SENTENCES: dict[str, tuple[str, str]] = {key: pair for subject in SUBJECTS for key, pair in subject.SENTENCES.items()}
_NAMES = names.NAMES | names.SURFACES
_NAMING = ("out_of_range", "number_wanted", "not_above_zero", "whole_wanted", "bad_choice")  # settings, in {name}


def told(key: str, values: Mapping[str, Any], chinese: bool) -> str:
    """A sentence with its places filled: names of the code (`core.messages.names`) as the page calls them, and pairs,
    which are lists of settings, as "name = value, name = value"."""

    def called(name: Any) -> Any:
        return _NAMES[name][chinese] if isinstance(name, str) and name in _NAMES else name

    def place(name: str, value: Any) -> Any:
        if isinstance(value, tuple):
            return ", ".join(f"{called(one)} = {called(other)}" for one, other in value)
        return called(value) if name == ("name" if key in _NAMING else "surface") else value

    return SENTENCES[key][chinese].format(**{name: place(name, value) for name, value in values.items()})
