"""Held-out figures, and the log of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from recipes.pretraining import RecipeError, bases, network
from recipes.pretraining.corpus import Corpus
from recipes.pretraining.files import write
from recipes.pretraining.sampling import Sampler
from recipes.pretraining.settings import Settings

_ROWS = 64  # windows that are measured at once


@torch.no_grad()
def held_out(ask: network.Asker, sampler: Sampler, most: int | None = None) -> dict[str, Any]:
    """Loss (nats) and accuracy of both objectives on the held-out texts, on windows of the short length.  Pieces are
    hidden by the masking of `Sampler.held_out`, which is the same for all runs.

    Args:
        ask: the network.
        sampler: for the windows; `most`: of them at most, evenly spaced.
    """
    found: dict[str, Any] = {}
    ask.model.eval()
    for name, prefix in (("masked", False), ("prefix", True)):
        sums = torch.zeros(3, dtype=torch.float64)
        for batch in sampler.held_out(sampler.short, prefix, _ROWS, most):
            sums += ask(batch).to("cpu", torch.float64)
        loss, right, asked = sums.tolist()
        found |= {f"held_{name}_loss": loss / max(asked, 1), f"held_{name}_accuracy": right / max(asked, 1)}
        found |= {f"held_{name}_asked": int(asked)}
    ask.model.train()
    return found


def score(corpus: Corpus, weights: Path, short: int = 128, machine: network.Machine | None = None) -> dict[str, Any]:
    """`held_out` of a weights folder, on all held-out texts of a corpus, in windows of `short` pieces.

    Raises:
        RecipeError: the folder holds no BERT, or one of another vocabulary or shape; the network has fewer places than
            a window.
    """
    base = bases.read(weights, corpus)
    Settings(layers=base.layers, width=base.width, short=short, long=base.places).check()
    machine = (machine or network.Machine()).resolved()
    model = network.make(len(corpus.ordinary), base.layers, base.width, base.places, seed=0)
    network.load_weights(model, weights)
    ask = network.Asker(model.to(machine.device), machine)
    return held_out(ask, Sampler(corpus, short, short, short, seed=0))


class Log:
    """The rows of a run, in a file and to `say`.  All but the seconds of a row is the same whenever it is repeated.

    Args:
        path: a jsonl file; rows are added to it.
        step: the step that the run is at; rows of later steps, which a killed process left, are taken out.
        say: one line of progress.

    Raises:
        RecipeError: the file cannot be read or written.
    """

    def __init__(self, path: Path, step: int, say: Callable[[str], None]) -> None:
        self.path, self.say = path, say
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        except OSError as error:
            raise RecipeError(f"{path} cannot be read: {error.strerror or error}.") from None
        write(path, "".join(f"{line}\n" for line in lines if step and _step_of(line) <= step))

    def add(self, row: dict[str, Any], seconds: float) -> None:
        """Write a row; seconds: of training, over all pieces of the run.

        Raises:
            RecipeError: the file cannot be written.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**row, "seconds": round(seconds, 1)}) + "\n")
        except OSError as error:
            raise RecipeError(f"{self.path} cannot be written: {error.strerror or error}.") from None
        self.say("  ".join(_words({"minutes": seconds / 60, **row})))


def _step_of(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, LookupError, TypeError):  # it was being written when the process was killed
        return float("inf")


def _words(row: dict[str, Any]) -> Iterable[str]:
    for key, value in row.items():
        if isinstance(value, int):
            yield f"{key} {value:,}"
        else:
            yield f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
