"""The table of the language tasks: a new one is a folder with the same rooms, a tab, and a row here.

The rooms are `task` (text in, dataclass out), `model`, `data`, `train`, `score` and `bulk`; each is imported when it is
used.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Task:
    """A row: the task's name, the package of its rooms, and the class in `task` that holds one loaded model.

    further: kinds of model beside the usual one (`MODELS` in `task`) → their embedded weights, which an installation
    may lack.  They answer where they are asked for by name; the choice of weights is for the usual one, which has
    then the kind that they are of.
    """

    name: str
    package: str
    model_class: str
    further: Mapping[str, str] = field(default_factory=dict)

    def room(self, name: str) -> ModuleType:
        """One of the task's modules: "task", "model", "data", "train", "score" or "bulk"."""
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
        Task("titling", "core.titling", "Titler", {"seq2seq": "titling-seq2seq"}),
        Task("triples", "core.triples", "Extractor"),
        Task("reading", "core.reading", "Reader"),
    )
}
