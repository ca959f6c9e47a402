"""The table of the language tasks: a new one is a folder with the same rooms, a tab, and a row here.

The rooms are `task` (text in, dataclass out), `model`, `data`, `train` and `score`; each is imported when it is used.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Task:
    """A row: the task's name, the package of its rooms, and the class in `task` that holds one loaded model."""

    name: str
    package: str
    model_class: str

    def room(self, name: str) -> ModuleType:
        """One of the task's modules: "task", "model", "data", "train" or "score"."""
        return importlib.import_module(f"{self.package}.{name}")

    def load(self, folder: Path, weights: str) -> Any:
        """The model of a weights folder, ready to be asked.

        Raises:
            WeightsError: the folder does not hold weights of this task.
        """
        return getattr(self.room("task"), self.model_class)(folder, weights)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("titling", "core.titling", "Titler"),
        Task("triples", "core.triples", "Extractor"),
        Task("reading", "core.reading", "Reader"),
    )
}
