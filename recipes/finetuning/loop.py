"""Training a stage: batches by length, a rate that rises and falls over the minutes, going on where it was."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.reading import batches
from core.tokenizer import Tokenizer
from recipes.finetuning.network import ReadingNetwork
from recipes.pretraining.network import Machine
from recipes.pretraining.optimizers import Optimizers

_CHUNK = 1500  # rows among which those of like length are put together


@dataclass(frozen=True)
class Stage:
    """What a stage of the run is.

    sets: name → times it is taken in a pass (a fraction: a part of it, another one each pass).
    rate: peak; minutes: of the whole stage; room: pieces of a passage; tokens: places of a batch, padding included.
    seq2seq: share of the batches that are written rather than read off.
    negatives: chance that a question with an answer is shown a passage without; dropout: rate.
    """

    sets: dict[str, float]
    rate: float
    minutes: float
    room: int
    tokens: int = 4096
    seq2seq: float = 0.25
    negatives: float = 0.1
    dropout: float = 0.0
    warm_up: int = 100


@contextlib.contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Inside, SIGINT and SIGTERM only make the given function say True."""
    asked = []
    before = {number: signal.signal(number, lambda *_: asked.append(1)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Run:
    """One stage in a folder; `state.pt` there is what it goes on from.

    Args:
        stage: see there.
        sets: name → examples.
        network, tokenizer, machine: what is trained, and how it is computed.
        folder: where the state is kept.
        places: masks of a row.
        say: a line of progress.
    """

    def __init__(
        self, stage: Stage, sets: dict[str, list[batches.Example]], network: ReadingNetwork, tokenizer: Tokenizer,
        machine: Machine, folder: Path, places: int, seed: int, say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.stage, self.sets, self.network, self.tokenizer = stage, sets, network, tokenizer
        self.machine, self.folder, self.places, self.seed, self.say = machine, folder, places, seed, say
        self.optimizers = Optimizers(network, 0.02, machine.dtype)
        self.passes = self.batch = self.updates = 0
        self.seconds = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / "state.pt"
        if state.is_file():
            kept = torch.load(state, weights_only=True)
            network.load_state_dict(kept["network"])
            self.optimizers.load_state_dict(kept["optimizers"])
            self.passes, self.batch, self.updates, self.seconds = kept["progress"]
            say(f"resumed at update {self.updates}, {self.seconds / 60:.1f} min")

    def save(self) -> None:
        """Write `state.pt`, whole or not at all."""
        progress = (self.passes, self.batch, self.updates, self.seconds)
        kept = {"network": self.network.state_dict(), "optimizers": self.optimizers.state_dict(), "progress": progress}
        torch.save(kept, self.folder / "state.pt.part")
        (self.folder / "state.pt.part").replace(self.folder / "state.pt")

    def _batches(self) -> Iterator[tuple[np.ndarray, ...]]:
        """Those of one pass, the same each time it is asked for."""
        rng = np.random.default_rng([self.seed, self.passes])
        examples: list[batches.Example] = []
        for name, times in self.stage.sets.items():
            some = self.sets[name]
            examples += some * int(times)
            part = rng.permutation(len(some))[: round((times - int(times)) * len(some))]
            examples += [some[i] for i in part]
        rows = list(batches.rows(examples, self.stage.negatives, 1.0, self.stage.room, rng))
        for start in range(0, len(rows), _CHUNK):
            for group in batches.grouped(rows[start : start + _CHUNK], self.places, self.stage.tokens, rng):
                if rng.random() < self.stage.seq2seq:
                    yield batches.collate_seq2seq(group, self.tokenizer)
                else:
                    yield batches.collate(group, self.tokenizer, self.places)

    def train(self, until: Callable[[], bool], save_minutes: float = 5.0) -> bool:
        """Train until the stage is over, or `until` says so; whether it is over."""
        self.network.train()
        began, saved, before = time.monotonic(), time.monotonic(), self.seconds
        sums: dict[str, list[float]] = {"masks": [], "seq2seq": []}
        places = 0
        if not any(self.sets[name] for name, times in self.stage.sets.items() if times):
            raise ValueError("there is nothing to train on")
        while True:
            for number, arrays in enumerate(self._batches()):
                if number < self.batch:
                    continue
                self.seconds = before + time.monotonic() - began
                share = self.seconds / 60 / self.stage.minutes
                if share >= 1 or until():
                    self.save()
                    return share >= 1
                warm = min(1.0, (self.updates + 1) / self.stage.warm_up)
                loss = self.network.loss(arrays, self.machine)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                self.optimizers.step(self.stage.rate * warm * 0.5 * (1 + math.cos(math.pi * share)))
                sums["masks" if len(arrays) == 4 else "seq2seq"].append(loss.item())
                places += arrays[0].size
                self.batch, self.updates = number + 1, self.updates + 1
                if self.updates % 50 == 0:
                    means = {f"{k} loss": round(float(np.mean(v)), 4) for k, v in sums.items() if v}
                    row = {"update": self.updates, "pass": self.passes, "minutes": round(self.seconds / 60, 1), **means}
                    row["places"] = places
                    self.say(json.dumps(row))
                    sums = {"masks": [], "seq2seq": []}
                if time.monotonic() - saved > save_minutes * 60:
                    self.save()
                    saved = time.monotonic()
            self.passes, self.batch = self.passes + 1, 0
