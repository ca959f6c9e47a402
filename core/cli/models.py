"""The model that a command asks: which kind of it, and from which weights."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from core.cli.output import download_progress, say
from core.errors import VisitorError, language
from core.tasks import Task

if TYPE_CHECKING:
    from core.weights.store import Weights


def add_weights(parser: argparse.ArgumentParser) -> None:
    """The flag `--weights` of a command that answers."""
    usual = "default: what WANZHUAN_<TASK> names, else the embedded"
    parser.add_argument("--weights", metavar="WEIGHTS", help=f"a folder or owner/name[@revision]; {usual}")


def add_model(parser: argparse.ArgumentParser, text: str) -> None:
    """The flag `--model`; what it may be is told by the task (`MODELS` of its room "task")."""
    usual = "default: what the weights are; without --weights, and where WANZHUAN_<TASK> names another kind, the "
    parser.add_argument("--model", help=f"{text}; {usual}embedded weights of this kind answer")


def loaded(task: Task, model: str | None, weights: str | None) -> tuple[str, Any]:
    """What the weights are called, and their model, as `chosen` finds them.

    Raises:
        VisitorError: no such kind, no usable weights, or weights of another kind.
    """
    found = chosen(task, model, weights)
    asked = task.load(found.folder, found.name)
    if model and asked.model != model:
        raise VisitorError("weights_other_task", name=found.name, found=asked.model, task=model)
    return found.name, asked


def chosen(task: Task, model: str | None, weights: str | None) -> Weights:
    """The weights that answer, before they are loaded.

    Args:
        task: a row of the table.
        model: one of the task's MODELS; None: whatever the weights are.
        weights: a folder, a preset's name or owner/name[@revision]; None: those of the environment variable, unless
            they are of another kind, which is told; else the embedded ones of that kind.

    Raises:
        VisitorError: no such kind, or no usable weights.
    """
    from core.weights import store

    if not model:
        return store.find(task.name, weights, download_progress())
    room = task.room("task")
    known = getattr(room, "MODELS", ())
    if model not in known:
        raise VisitorError("bad_choice", name="--model", choices=", ".join(known) or f"({task.name}: \u2013)")
    if weights:
        return store.find(task.name, weights, download_progress())
    variable, embedded = f"WANZHUAN_{task.name.upper()}", task.further.get(model, task.name)
    if not os.environ.get(variable, "").strip():
        return store.embedded(embedded)
    usual = store.find(task.name, None, download_progress())
    if (kind := room.kind_of(usual.folder)) == model:
        return usual
    found = store.embedded(embedded)
    values = {"variable": variable, "name": usual.name, "found": kind, "answering": found.name}
    say(VisitorError("weights_other_kind", **values).sentence(language()))  # the variable may have been forgotten
    return found
