"""Training a stage: a rate that rises and falls over its length, batches built ahead, going on where it was."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recipes.finetuning.network import TaskNetwork
from recipes.finetuning.plans import Stage
from recipes.pretraining import RecipeError
from recipes.pretraining.network import Machine
from recipes.pretraining.optimizers import Optimizers

_AHEAD = 16  # batches that are built while the network is busy
_EVERY = 50  # updates a row of the log
_DECAY = 0.02  # of the encoder's matrices, in units of the rate

Batches = Callable[[int], Iterator[tuple[np.ndarray, ...]]]  # a pass's number → its batches, the same each time


@contextlib.contextmanager
def ahead(some: Iterable) -> Iterator[Iterator]:
    """The same items, made by a thread of their own, a few of them before they are asked for."""
    ready: queue.Queue = queue.Queue(_AHEAD)
    over = threading.Event()
    end = object()

    def put(item: object) -> bool:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return True
        return False

    def make() -> None:
        try:
            for item in some:
                if not put((item, None)):
                    return
            put((end, None))
        except BaseException as error:  # it is the caller's to hear of
            put((end, error))

    def items() -> Iterator:
        while True:
            item, error = ready.get()
            if error:
                raise error
            if item is end:
                return
            yield item

    thread = threading.Thread(target=make, name="batches", daemon=True)
    thread.start()
    try:
        yield items()
    finally:
        over.set()
        thread.join()


class Run:
    """One stage in a folder; `state.pt` there is what it goes on from.

    Args:
        stage: its rate and length.
        batches: see `Batches`.
        network, machine: what is trained, and how it is computed.
        folder: where the state is kept.
        say: a line of progress.
        seed: of dropout.
        identity: what the run is of; a state of another one is refused.

    Raises:
        RecipeError: the state found in the folder is damaged, or of another run.
    """

    def __init__(
        self, stage: Stage, batches: Batches, network: TaskNetwork, machine: Machine, folder: Path,
        say: Callable[[str], None], seed: int = 0, identity: str = "",
    ) -> None:  # fmt: skip
        self.stage, self.batches, self.network = stage, batches, network
        self.machine, self.say, self.seed, self.identity = machine, say, seed, identity
        self.optimizers = Optimizers(network, _DECAY, machine.dtype)
        self.passes = self.batch = self.updates = self.places = 0
        self.seconds = 0.0
        self.losses: dict[str, float] = {}  # kind of batch → mean, in its last row of the log
        self._recent: dict[str, list[torch.Tensor]] = {}  # since then
        self._state = folder / "state.pt"
        folder.mkdir(parents=True, exist_ok=True)
        if self._state.is_file():
            self._go_on()

    def _go_on(self) -> None:
        try:
            kept = torch.load(self._state, map_location=self.machine.device, weights_only=True)
            if (was := kept["identity"]) == self.identity:
                self.network.load_state_dict(kept["network"])
                self.optimizers.load_state_dict(kept["optimizers"])
                self.passes, self.batch, self.updates, self.places, self.seconds = kept["progress"]
                self.losses = dict(kept.get("losses", {}))  # states of before had neither
                self._recent = {kind: list(some.unbind()) for kind, some in kept.get("recent", {}).items()}
        except Exception as error:  # torch raises what the damage leads to
            why = type(error).__name__
            raise RecipeError(f"{self._state} cannot be gone on from ({why}): take another --out.") from None
        if was != self.identity:
            raise RecipeError(f"{self._state} is of another run, begun with {was}: take another --out.")
        self.say(f"resumed at update {self.updates}, {self.seconds / 60:.1f} min")

    def save(self) -> None:
        """Write `state.pt`, whole or not at all.

        Raises:
            RecipeError: the loss is no number any more; the last state stands.
        """
        self._check_losses()
        progress = (self.passes, self.batch, self.updates, self.places, self.seconds)
        kept = {"network": self.network.state_dict(), "optimizers": self.optimizers.state_dict(), "progress": progress}
        kept |= {"losses": self.losses, "recent": {kind: torch.stack(some) for kind, some in self._recent.items()}}
        torch.save({**kept, "identity": self.identity}, self._state.with_suffix(".part"))
        self._state.with_suffix(".part").replace(self._state)

    def _check_losses(self) -> None:
        for losses in self._recent.values():
            if not torch.stack(losses).isfinite().all():
                raise RecipeError(f"The loss is no number near update {self.updates}: begin anew with a lower rate.")

    def _spent(self) -> float:
        """The share of the stage that is over."""
        if self.stage.updates is not None:
            return self.updates / self.stage.updates
        return self.seconds / 60 / self.stage.minutes

    def train(self, until: Callable[[], Any], save_minutes: float = 5.0) -> bool:
        """Train until the stage is over, or `until` says so; whether it is over.

        Raises:
            RecipeError: a pass has no batch, or the loss is no number any more.
        """
        self.network.train()
        began, saved, before = time.monotonic(), time.monotonic(), self.seconds
        while True:
            with ahead(itertools.islice(self.batches(self.passes), self.batch, None)) as coming:
                for arrays in coming:
                    self.seconds = before + time.monotonic() - began
                    share = self._spent()
                    if share >= 1 or until():
                        if share >= 1 and self._recent:
                            self._log()
                        self.save()
                        return share >= 1
                    self._update(arrays, share)
                    if self.updates % _EVERY == 0:
                        self._log()
                    if time.monotonic() - saved > save_minutes * 60:
                        self.save()
                        saved = time.monotonic()
            if not self.batch:
                raise RecipeError("There is nothing to train on: no set of this stage has an example.")
            self.passes, self.batch = self.passes + 1, 0

    def _update(self, arrays: tuple[np.ndarray, ...], share: float) -> None:
        torch.manual_seed((self.seed << 32) + self.updates)  # the same dropout, stopped or not
        loss = self.network.loss(arrays, self.machine)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        warm = min(1.0, (self.updates + 1) / self.stage.warm_up)
        self.optimizers.step(self.stage.rate * warm * 0.5 * (1 + math.cos(math.pi * share)))
        self._recent.setdefault(self.network.kind(arrays), []).append(loss.detach())
        self.batch, self.updates, self.places = self.batch + 1, self.updates + 1, self.places + arrays[0].size

    def _log(self) -> None:
        self._check_losses()
        new = {kind: round(torch.stack(some).mean().item(), 4) for kind, some in self._recent.items()}
        self.losses |= new
        row = {"update": self.updates, "pass": self.passes, "minutes": round(self.seconds / 60, 2)}
        self.say(json.dumps({**row, **{f"{kind} loss": loss for kind, loss in new.items()},
                             "places": self.places}))  # fmt: skip
        self._recent = {}
