"""Flags from the fields of a dataclass, so that a setting is named, typed and given its default in one place."""

from __future__ import annotations

import argparse
import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any


def add_fields(
    parser: argparse._ActionsContainer,
    kind: type,
    helps: Mapping[str, str],
    choices: Mapping[str, Sequence[str]] | None = None,
    defaults: Any = None,
) -> None:
    """A flag for each field of the dataclass `kind` that is a number, a string or a bool (None allowed or not).

    `max_source: int = 256` becomes `--max-source N`; a bool becomes a switch.

    Args:
        parser: gets the flags.
        kind: the dataclass.
        helps: field → its line of help; the default is added.
        choices: field → what it may be, where that is a list.
        defaults: an instance of `kind` whose values are the defaults instead of the class's own.
    """
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        plain = _plain_type(hints[field.name])
        if plain is None:
            continue
        default = field.default if defaults is None else getattr(defaults, field.name)
        text = helps.get(field.name, "")
        if default not in (None, dataclasses.MISSING) and plain is not bool:
            text = f"{text} (default: {default:g})" if plain is not str else f"{text} (default: {default})"
        flag = "--" + field.name.replace("_", "-")
        if plain is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default, help=text.strip())
            continue
        some = (choices or {}).get(field.name)
        shown = None if some else {int: "N", float: "X", str: field.name.upper()}[plain]
        parser.add_argument(flag, type=plain, default=default, choices=some, metavar=shown, help=text.strip())


def from_arguments(kind: type, arguments: argparse.Namespace, **others: Any) -> Any:
    """An instance of the dataclass `kind` from what was parsed; `others` are fields that no flag sets."""
    names = [field.name for field in dataclasses.fields(kind) if hasattr(arguments, field.name)]
    return kind(**{name: getattr(arguments, name) for name in names}, **others)


def _plain_type(hint: Any) -> type | None:
    """int, float, str or bool, also where None is allowed; None for anything else."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        left = [part for part in typing.get_args(hint) if part is not type(None)]
        hint = left[0] if len(left) == 1 else None
    return hint if hint in (int, float, str, bool) else None
