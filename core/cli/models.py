"""The model that a command asks: which kind of it, and from which weights."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from core.cli.output import download_progress
from core.errors import VisitorError
from core.tasks import Task

if TYPE_CHECKING:
    from core.weights.store import Weights


def add_model(parser: argparse.ArgumentParser, text: str) -> None:
    """The flag `--model`; what it may be is told by the task (`MODELS` of its room "task")."""
    parser.add_argument("--model", help=f"{text}; default: what the weights are")


def loaded(task: Task, model: str | None, weights: str | None) -> tuple[str, Any]:
    """What the weights are called, and their model: of `weights`, or of the embedded ones of that kind.

    Args:
        task: a row of the table.
        model: one of the task's MODELS; None: whatever the weights are.
        weights: a folder, a preset's name or owner/name[@revision]; None: the environment's, else the embedded ones.

    Raises:
        VisitorError: no such kind, no usable weights, or weights of another kind.
    """
    found = chosen(task, model, weights)
    asked = task.load(found.folder, found.name)
    if model and asked.model != model:
        raise VisitorError("weights_other_task", name=found.name, found=asked.model, task=model)
    return found.name, asked


def chosen(task: Task, model: str | None, weights: str | None) -> Weights:
    """The weights of `loaded`, before they are loaded.

    Raises:
        VisitorError: no such kind, or no usable weights.
    """
    from core.weights import store

    known = getattr(task.room("task"), "MODELS", ()) if model else ()
    if model and model not in known:
        raise VisitorError("bad_choice", name="--model", choices=", ".join(known) or f"({task.name}: \u2013)")
    if model in task.further and not weights:
        return store.embedded(task.further[model])
    return store.find(task.name, weights, download_progress())
