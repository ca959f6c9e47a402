"""The run: steps, log, checkpoints, and going on exactly where it was stopped.

A checkpoint holds the weights, the state of the optimizers, the number of the step, and the sums that the next row of
the log is made of; the place in the data, the order and what is hidden follow from the step.  On one machine a run
in two pieces ends with the bits of a run in one (on a GPU: but for the order in which it adds).
"""

from __future__ import annotations

import collections
import concurrent.futures
import io
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from recipes._process import asked_to_end
from recipes.pretraining import RecipeError, bases, export, network
from recipes.pretraining.corpus import Corpus
from recipes.pretraining.files import write
from recipes.pretraining.measuring import Log, held_out
from recipes.pretraining.optimizers import Optimizers
from recipes.pretraining.sampling import Batch, Masking, Sampler
from recipes.pretraining.schedule import Plan, cool_down, is_prefix, learning_rate, steps_before
from recipes.pretraining.settings import Settings

_AHEAD = 8  # batches that are built while the network is busy
_MEASURED = 400  # windows of the held-out texts that are measured on the way; at the end it is all of them
_STATE = "run/state.pt"


@dataclass(frozen=True)
class Piece:
    """What this call of the recipe is to do: minutes at most (None: to the end); last: the run ends with them;
    save_minutes between checkpoints; every: steps a row of the log, of ten rows one measures the held-out texts;
    pieces: bytes of a piece for transport and the folder for them, None for none."""

    minutes: float | None = None
    last: bool = False
    save_minutes: float = 5
    every: int = 100
    pieces: tuple[int, Path] | None = None


class Run:
    """A run in the folder `out`: a new one, or the one found there.

    Args:
        corpus: what is trained on.
        out: gets the weights folder, log.jsonl, and run/state.pt.
        given: settings that were asked for; the others are as usual, or as the run found in `out` has them.
        machine: how it is computed.
        say: one line of progress.

    Raises:
        RecipeError: what is in `out` is of another corpus or has other settings; a setting is none, see
            `Settings.check`; the folder to start from cannot be used, or `out` not be written.
    """

    def __init__(
        self,
        corpus: Corpus,
        out: Path,
        given: Mapping[str, Any],
        machine: network.Machine | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.began = time.monotonic()
        self.corpus, self.out, self.say = corpus, out, say
        self.machine = (machine or network.Machine()).resolved()
        state = self._read_state(given)
        s = self.settings = Settings(**(state["settings"] if state else given))
        if not state:
            s.check()
        self.sampler = Sampler(corpus, s.batch, s.short, s.long, s.seed, Masking(s.share, s.only_mask))
        self.model = network.make(len(corpus.ordinary), s.layers, s.width, s.long, s.seed)
        # known from now on: the folder may be gone, or another one, when the run goes on
        known = state and state.get("start")
        self.start = known or (astuple(bases.start(Path(s.init))) if s.init else None)
        if s.init and not state:
            bases.read(Path(s.init), corpus)
            network.load_base(self.model, Path(s.init))
        self.model.to(self.machine.device).train()
        self.optimizers = Optimizers(self.model, s.decay, self.machine.dtype)
        self.ask = network.Asker(self.model, self.machine)
        self.plan = Plan(s.rate, s.warm_up, *(cool_down(s.steps, s.cool) if s.steps else ()))
        self.step, self.seconds, self.held_out = 0, 0.0, {}
        # masked and prefix: loss, found, asked since the last row of the log
        self.sums = torch.zeros(2, 3, dtype=torch.float64 if self.machine.device == "cpu" else torch.float32)
        if state:
            self.model.load_state_dict(state["model"])
            self.optimizers.load_state_dict(state["optimizers"])
            self.plan = Plan(s.rate, s.warm_up, *state["cool"])
            self.step, self.seconds, self.held_out = state["step"], state["seconds"], state["held_out"]
            self.sums.copy_(state["sums"])
        self.sums = self.sums.to(self.machine.device)
        self.log = Log(out / "log.jsonl", self.step, say)
        size = sum(p.numel() for p in self.model.parameters()) / 1e6
        say(f"{'goes on at' if state else 'begins at'} step {self.step:,}: {size:.1f} million parameters, "
            f"{self.machine.device}, {self.machine.precision}, {torch.get_num_threads()} threads")  # fmt: skip

    @property
    def finished(self) -> bool:
        """Whether the rate has come down to its end."""
        return self.plan.end is not None and self.step >= self.plan.end

    def train(self, piece: Piece) -> None:
        """Train for a piece of the run, save, measure, and save with the figures.  Stops after a step when the minutes
        are over, or when the process is asked to end (SIGINT, SIGTERM).  A finished run is only written again, and
        measured if it was killed before it had been.

        Raises:
            RecipeError: the loss is no number any more, or something cannot be written; the last checkpoint stands.
        """
        if not self.finished:
            self._train_steps(piece)
        if not self.finished or not self.held_out:
            self.held_out = held_out(self.ask, self.sampler, None if self.finished else _MEASURED)
            end = "of the run" if self.finished else "of a piece"
            self.log.add({"step": self.step, "end": end, **self.held_out}, self.seconds)
        self.save(piece)
        self.say("the run is finished" if self.finished else f"stopped at step {self.step:,}; call again to go on")

    def _train_steps(self, piece: Piece) -> None:
        """The steps of a piece; what they did is saved before who asks again can end the process."""
        deadline = math.inf if piece.minutes is None else self.began + piece.minutes * 60
        if self.machine.compile == "yes":
            self.ask.compile(self._trials(), self.say)
        clock, saved = time.monotonic(), time.monotonic()
        times: collections.deque[float] = collections.deque(maxlen=200)
        with asked_to_end() as asked, _ahead(self.sampler) as batches:
            while not self.finished and not asked and time.monotonic() < deadline:
                times.append(time.monotonic())
                if piece.last and self.plan.cool_from is None:
                    self._perhaps_cool_down(piece, deadline, times)
                self._train_step(batches(self.plan, self.step))
                now = time.monotonic()
                self.seconds, clock = self.seconds + now - clock, now
                if self.step % piece.every == 0:
                    self._log_row()
                    if self.step % (10 * piece.every) == 0:
                        self.held_out = held_out(self.ask, self.sampler, _MEASURED)
                        self.log.add({"step": self.step, **self.held_out}, self.seconds)
                if time.monotonic() - saved > piece.save_minutes * 60:
                    self.save(piece)
                    saved = time.monotonic()
                    times.clear()
            self.held_out = {}  # what was measured on the way are not the figures of these weights
            self.save(piece)

    def _train_step(self, batch: Batch) -> None:
        asked = max(1, batch.asked)
        for part in batch.parts(max(1, self.machine.micro // batch.tokens.shape[1])):
            sums = self.ask(part)
            (sums[0] / asked).backward()
            self.sums[int(is_prefix(self.step))] += sums.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizers.step(learning_rate(self.plan, self.step))
        self.step += 1

    def _perhaps_cool_down(self, piece: Piece, deadline: float, times: collections.deque[float]) -> None:
        """Once only the last share of the minutes is left, decide how many steps the rate takes to fall: a few fewer
        than fit at the present pace, since long sequences are slower."""
        left = deadline - time.monotonic()
        if piece.minutes is None or left > self.settings.cool * piece.minutes * 60 or len(times) < 20:
            return
        self.sums.sum().item()  # a GPU is behind: wait for it before the pace is taken
        pace = (time.monotonic() - times[0]) / (len(times) - 1)
        steps = max(1, int(left / pace * 0.85) - _AHEAD)
        self.plan = replace(self.plan, cool_from=self.step + _AHEAD, cool_steps=steps)  # those ahead are ordered
        self.say(f"the rate falls from step {self.plan.cool_from:,} to {self.plan.end:,}")

    def _trials(self) -> list[Batch]:
        """A batch of each shape, as large as those that are computed at once."""
        trials = []
        for step in range(30):  # every combination of objective and length comes within 15 steps of a cool-down
            batch = self.sampler.build(self.sampler.order(Plan(1, 1, 0, 30), step))
            part = next(batch.parts(max(1, self.machine.micro // batch.tokens.shape[1])))
            if all(part.tokens.shape != t.tokens.shape or (part.seps is None) != (t.seps is None) for t in trials):
                trials.append(part)
        return trials

    def _log_row(self) -> None:
        sums = self.sums.tolist()
        self.sums.zero_()
        row: dict[str, Any] = {"step": self.step, "pieces": self._seen()}
        row |= {"passes": self.sampler.passes(self.plan, self.step), "rate": learning_rate(self.plan, self.step - 1)}
        for name, (loss, found, asked) in zip(("masked", "prefix"), sums, strict=True):
            if not math.isfinite(loss):
                raise RecipeError(f"The loss is no number at step {self.step:,}: begin anew with a lower --rate.")
            if asked:
                row |= {f"{name}_loss": loss / asked, f"{name}_accuracy": found / asked}
        self.log.add(row, self.seconds)

    def _seen(self) -> int:
        """Pieces that were trained on."""
        lengths = (self.settings.short, self.settings.long)
        counts = zip(steps_before(self.plan, self.step), lengths, strict=True)
        return sum(count * self.sampler.rows[length] * length for count, length in counts)

    def save(self, piece: Piece) -> None:
        """Write the weights folder and the checkpoint, and the pieces for transport if they are asked for.

        Raises:
            RecipeError: a weight is not finite, or a file cannot be written.
        """
        passes = self.sampler.passes(self.plan, self.step)
        state = f"{self.step:,} steps, {self._seen() / 1e6:.1f} million pieces, {passes:.2f} passes; "
        state += f"{self.seconds / 60:.0f} minutes on {self.machine.device}, {self.machine.precision}."
        state += "" if self.finished else " **Not finished**: the rate has not come down yet."
        figures = {"windows": f"{self.settings.short} pieces"} | {
            key.removeprefix("held_").replace("_", ", "): f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
            for key, value in self.held_out.items()
        }
        start = bases.Start(*self.start) if self.start else None
        card = export.card(self.corpus.manifest, self.model, asdict(self.settings), figures, state, start)
        export.weights_folder(self.out, self.model, self.corpus.vocabulary, card)
        kept = {"settings": asdict(self.settings), "corpus": self.corpus.digest, "step": self.step,
                "seconds": self.seconds, "held_out": self.held_out, "sums": self.sums,
                "cool": (self.plan.cool_from, self.plan.cool_steps), "model": self.model.state_dict(),
                "optimizers": self.optimizers.state_dict(), "start": self.start}  # fmt: skip
        raw = io.BytesIO()
        torch.save(kept, raw)
        write(self.out / _STATE, raw.getbuffer())
        if piece.pieces:
            size, folder = piece.pieces
            export.in_pieces(self.out, folder, size, self.step)
        self.say(f"saved at step {self.step:,}")

    def _read_state(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        path = self.out / _STATE
        if not path.is_file():
            return None
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            saved = state["settings"]
        except Exception as error:  # torch raises what the damage leads to
            raise RecipeError(f"{path} cannot be read ({type(error).__name__}); take another --out.") from None
        if state["corpus"] != self.corpus.digest:
            raise RecipeError(f"The run in {self.out} was begun on another corpus; take another --out.")
        other = [f"{name} {saved.get(name)}" for name, value in given.items() if saved.get(name) != value]
        if other:
            raise RecipeError(f"The run in {self.out} was begun with {', '.join(other)}; take another --out.")
        return state


@contextmanager
def _ahead(sampler: Sampler) -> Iterator[Callable[[Plan, int], Batch]]:
    """What gives the batch of a step, and lets threads build those of the next steps meanwhile."""
    waiting: collections.deque = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(min(4, max(1, (os.cpu_count() or 2) // 2))) as threads:

        def batch(plan: Plan, step: int) -> Batch:
            while len(waiting) < _AHEAD:
                waiting.append(threads.submit(sampler.build, sampler.order(plan, step + len(waiting))))
            return waiting.popleft().result()

        try:
            yield batch
        finally:
            for future in waiting:
                future.cancel()
