"""The models that one running app serves: which weights each task uses, how far they have been loaded.

The page asks `state` for its header and `model` for answers; nothing else of it is shared between visitors.
"""

from __future__ import annotations

import copy
import dataclasses
import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import backend, patience
from core.errors import VisitorError, WeightsError
from core.tasks import TASKS
from core.weights import store

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """Where a task's model stands.

    stage: "waiting", "loading", "warming" (loaded, its graphs being traced), "ready" or "failed".
    weights, device: empty until they are known.  notice: why other weights than the chosen ones answer, if so.
    error: why there is no model, when the stage is "failed".
    """

    stage: str = "waiting"
    weights: str = ""
    device: str = ""
    notice: VisitorError | None = None
    error: VisitorError | None = None


class Service:
    """Loads each task's model once, in the background, and hands it out.

    Args:
        choices: task → folder, preset or `owner/name[@revision]`; a task that is missing or None uses what its
            environment variable says, else the embedded weights.
    """

    def __init__(self, choices: Mapping[str, str | None] | None = None) -> None:
        self._choices = dict(choices or {})
        # those beside a task's usual model, by the name of their embedded weights; they are loaded last
        self._further = {
            name: task.name for task in TASKS.values() for name in task.further.values() if store.is_embedded(name)
        }
        self._states = {name: State() for name in (*TASKS, *self._further)}
        self._models: dict[str, Any] = {}
        self._settled = {name: threading.Event() for name in self._states}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def state(self, task: str) -> State:
        """A snapshot."""
        return self._states[task]

    def start_loading(self) -> None:
        """Import TensorFlow, load and warm up all models in a thread of its own; a second call does nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load_all, name="loading", daemon=True)
                self._thread.start()

    def model(self, task: str, seconds: float | None = None) -> Any:
        """The task's model (for titling a `Titler`), as soon as it answers.

        Raises:
            VisitorError: it could not be loaded, and the sentence says why, or not within `seconds`, or
                the limit that this is asked in.
        """
        self.start_loading()
        longest = patience.left(math.inf if seconds is None else seconds)
        if not self._settled[task].wait(None if longest == math.inf else longest):
            patience.check()
            raise VisitorError("too_busy")
        if task not in self._models:
            # a copy: an error that is raised keeps every frame that it passes, and with them what visitors wrote
            raise copy.copy(self._states[task].error) or VisitorError("model_failed")
        return self._models[task]

    def kinds(self, task: str) -> tuple[str, ...]:
        """What a task's models can be asked for by, its usual one's kind first: of a task with several kinds (`MODELS`
        in `task`), as far as they are here.  Until the usual one is loaded it counts as what the embedded one is."""
        row = TASKS[task]
        if not row.further:
            return ()
        usual = getattr(self._models.get(task), "model", row.room("task").MODELS[0])
        return tuple(dict.fromkeys((usual, *(kind for kind, name in row.further.items() if name in self._further))))

    def name_of(self, task: str, model: str | None = None, seconds: float | None = None) -> str:
        """What `state` and `model` know a task's model by.

        Args:
            task: a key of the table.
            model: its kind; None: the usual one, whatever it is.
            seconds: for which the usual one is waited for, as its kind is known once it is loaded.

        Raises:
            VisitorError: there is none of that kind here, or it is not known within `seconds`.
        """
        if model is None:
            return task
        self.start_loading()
        if not self._settled[task].wait(seconds):
            raise VisitorError("too_busy")
        kinds = self.kinds(task)
        if model not in kinds:
            raise VisitorError("model_not_here", model=model, choices=", ".join(kinds))
        return task if model == kinds[0] else TASKS[task].further[model]

    def titler(self, seconds: float | None = None, model: str | None = None) -> Any:
        """The titling model, as `model` gives it; of a kind if it is named (`core.titling.task.MODELS`)."""
        began = time.monotonic()
        name = self.name_of("titling", model, seconds)
        return self.model(name, None if seconds is None else max(0.0, seconds - (time.monotonic() - began)))

    def _load_all(self) -> None:
        for task in self._states:
            try:
                if not self._is_needless(task):
                    self._load(task)
            except VisitorError as error:
                self._change(task, stage="failed", error=error)
            except Exception:  # the page stays up, and says that this task does not answer
                _log.exception("loading the model for %s", task)
                self._change(task, stage="failed", error=VisitorError("model_failed"))
            finally:
                self._settled[task].set()

    def _is_needless(self, name: str) -> bool:
        """Whether nobody will be given it: a further model of the kind that the task's usual one is."""
        task = self._further.get(name)
        return task is not None and TASKS[task].further.get(self.kinds(task)[0]) == name

    def _load(self, task: str) -> None:
        self._change(task, stage="loading")
        found = store.embedded(task) if task in self._further else store.find_or_embedded(task, self._choices.get(task))
        try:
            model = self._answering(task, found)
        except Exception as error:
            if found.name.startswith("embedded:"):
                raise
            if not isinstance(error, VisitorError):
                _log.exception("loading %s", found.name)
                error = WeightsError("weights_unusable", name=found.name)
            try:
                found = dataclasses.replace(store.embedded(task), notice=error)
            except WeightsError:
                raise error from None
            model = self._answering(task, found)
        self._models[task] = model
        self._change(task, stage="ready")

    def _answering(self, task: str, found: store.Weights) -> Any:
        """The model of `found`, loaded and having answered once."""
        self._change(task, stage="loading", weights=found.name, notice=found.notice)
        model = TASKS[self._further.get(task, task)].load(found.folder, found.name)
        self._change(task, stage="warming", device=backend.device_name())
        model.warm_up()
        return model

    def _change(self, task: str, **changes: Any) -> None:
        state = self._states[task] = dataclasses.replace(self._states[task], **changes)
        fields = {"task": task, "stage": state.stage, "weights": state.weights, "device": state.device}
        _log.info("model", extra={"fields": fields})
