"""A stage of a task from weights to weights: what `finetune.py` and `compare_bases.py` both do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core import bert
from core.tokenizer import Tokenizer
from recipes.finetuning import examples, plans
from recipes.finetuning.loop import Run, stopping
from recipes.pretraining import RecipeError
from recipes.pretraining.network import Machine


@dataclass(frozen=True)
class Packed:
    """What `examples.save` wrote: task → its sets, and what travels beside."""

    tasks: dict[str, examples.Sets]
    about: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> Packed:
        """Read it.

        Raises:
            RecipeError: the file is not there, or is none of ours.
        """
        return cls(*examples.load(path))

    def check(self, base: Path) -> None:
        """Whether weights have the vocabulary of the examples.

        Raises:
            RecipeError: they have not, or none at all.
        """
        try:
            vocabulary = (base / bert.VOCAB).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise RecipeError(f"{base} holds no {bert.VOCAB}: name a folder of weights.") from None
        if vocabulary != self.about["vocab"]:
            raise RecipeError(f"{base} has another vocabulary than the examples: pack them with --base {base}.")


def stage(
    task: str,
    one: plans.Stage,
    packed: Packed,
    base: Path,
    out: Path,
    seed: int,
    machine: Machine,
    say: Callable[[str], None],
) -> Run | None:
    """Train a stage whose length is set, and write the weights folder; a stage found in `out` goes on.

    Args:
        task: a key of `plans.PLANS`.
        one: the stage.
        packed: the examples; `check` has passed.
        base: a base, or weights of the task.
        out: gets the weights, and until it is over what it goes on from.
        seed: of heads that begin anew, of the order, and of dropout.
        machine: with everything decided.
        say: a line of progress.

    Returns:
        The run; None if it was asked to stop before its end.
    """
    plan, sets, about = plans.PLANS[task], packed.tasks[task], packed.about
    tokenizer, config = Tokenizer(base / bert.VOCAB), bert.read_config(base)
    torch.manual_seed(seed)
    network = plan.network(config, one.dropout, about)
    network.load(base)

    def batches(number: int) -> Iterator[tuple[np.ndarray, ...]]:
        return plan.batches(plans.of_a_pass(sets, one, [seed, number]), one, tokenizer, [seed, number])

    run = Run(one, batches, network.to(machine.device), machine, out, say, seed)
    with stopping() as stopped:
        if not run.train(stopped):
            return None
    known = {name: value for name, value in config.items() if name not in plans.PLANS}
    bert.write_folder(out, {**known, task: dict(plan.section)}, about["vocab"], network.tensors())
    for name, text in about["files"].get(task, {}).items():
        (out / name).write_text(text, encoding="utf-8")
    return run
