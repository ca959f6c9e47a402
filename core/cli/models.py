"""The model that a command asks: which kind of it, and from which weights."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.output import download_progress
from core.errors import VisitorError
from core.tasks import Task


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
    from core.weights import store

    known = getattr(task.room("task"), "MODELS", ()) if model else ()
    if model and model not in known:
        raise VisitorError("bad_choice", name="--model", choices=", ".join(known) or f"({task.name}: \u2013)")
    if model in task.further and not weights:
        found = store.embedded(task.further[model])
    else:
        found = store.find(task.name, weights, download_progress())
    asked = task.load(found.folder, found.name)
    if model and asked.model != model:
        raise VisitorError("weights_other_task", name=found.name, found=asked.model, task=model)
    return found.name, asked
