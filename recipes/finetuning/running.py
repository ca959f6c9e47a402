"""A stage of a task from weights to weights: what `finetune.py` and `compare_bases.py` both do."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core import bert
from core.tokenizer import Tokenizer
from recipes.finetuning import cards, examples, plans
from recipes.finetuning.files import digest
from recipes.finetuning.loop import Run
from recipes.pretraining import RecipeError
from recipes.pretraining.network import Machine

RECORD = "training.json"  # beside the weights: what they were trained with, and how long it took


@dataclass(frozen=True)
class Packed:
    """What `examples.save` wrote: task → its sets, what travels beside, and what tells the file from another one."""

    tasks: dict[str, examples.Sets]
    about: dict[str, Any]
    digest: str

    @classmethod
    def load(cls, path: Path) -> Packed:
        """Read it.

        Raises:
            RecipeError: the file is not there, or is none of ours.
        """
        return cls(*examples.load(path), digest(path))

    def check(self, base: Path, task: str, stages: tuple[plans.Stage, ...]) -> None:
        """Whether a task can be trained from weights on these examples.

        Raises:
            RecipeError: the weights have another vocabulary or too few places, or the file lacks a set.
        """
        try:
            vocabulary = (base / bert.VOCAB).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise RecipeError(f"{base} holds no {bert.VOCAB}: name a folder of weights.") from None
        if vocabulary != self.about["vocab"]:
            raise RecipeError(f"{base} has another vocabulary than the examples: pack them with --base {base}.")
        lost = [name for stage in stages for name in stage.sets if name not in self.tasks.get(task, {})]
        if lost:
            raise RecipeError(f"The examples have no set {lost[0]} for {task}: pack them again.")
        places, most = bert.read_config(base).get("max_position_embeddings", 512), plans.PLANS[task].places
        if places < most:
            raise RecipeError(f"{base} has {places} places, {task} takes {most}.")


def stage(
    task: str,
    one: plans.Stage,
    packed: Packed,
    base: Path,
    out: Path,
    seed: int,
    machine: Machine,
    until: Callable[[], Any],
    say: Callable[[str], None],
    section: Mapping[str, Any] | None = None,
    command: str = "",
) -> dict[str, Any] | None:
    """Train a stage whose length is set, and write the weights folder with its card, whole or not at all.

    A stage that is in `out` is not trained again; one that was stopped goes on from `out`.run.

    Args:
        task: a key of `plans.PLANS`.
        one: the stage.
        packed: the examples; `check` has passed.
        base: a base, or weights of the task.
        out: the weights folder.
        seed: of heads that begin anew, of the order, and of dropout.
        machine: with everything decided.
        until: says that the process was asked to end.
        say: a line of progress.
        section: what is to stand in config.json instead of the plan's own.
        command: what the card says that made them.

    Returns:
        updates, passes, places, minutes, losses; None if it was asked to stop before its end.

    Raises:
        RecipeError: what is in `out` was begun with something else, or the loss is no number any more.
    """
    length = {"updates": one.updates} if one.updates is not None else {"minutes": one.minutes}
    of = {"task": task, "base": digest(base / bert.WEIGHTS), "examples": packed.digest, "seed": seed, **length}
    identity = json.dumps({**of, "stage": hashlib.sha256(json.dumps(asdict(one)).encode()).hexdigest()[:8]})
    if out.exists():
        return _finished(out, identity)
    config, files = bert.read_config(base), packed.about["files"].get(task, {})
    torch.manual_seed(seed)
    network = plans.PLANS[task].network(config, one.dropout, packed.about)
    network.load(base, heads=all(_is(base / Path(name).name, text) for name, text in files.items()))
    network.to(machine.device).check()

    tokenizer, sets = Tokenizer(base / bert.VOCAB), packed.tasks[task]

    def batches(number: int) -> Iterator[tuple[np.ndarray, ...]]:
        return plans.PLANS[task].batches(plans.of_a_pass(sets, one, [seed, number]), one, tokenizer, [seed, number])

    state = out.with_name(out.name + ".run")
    run = Run(one, batches, network, machine, state, say, seed, identity)
    if not run.train(until):
        say(f"stopped at update {run.updates}; the same command goes on")
        return None
    record = {"updates": run.updates, "passes": run.passes, "places": run.places}
    record |= {"minutes": round(run.seconds / 60, 1), "losses": run.losses}
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    known = {name: value for name, value in config.items() if name not in plans.PLANS}
    settings = {**plans.PLANS[task].section, **(section or {})}
    bert.write_folder(part, {**known, task: settings}, packed.about["vocab"], network.tensors())
    stages = [*_stages(base), {"from": base.resolve().name, "sets": dict(one.sets), **record}]
    files = {**files, RECORD: json.dumps({"of": identity, **record, "stages": stages}) + "\n"}
    files[cards.CARD] = cards.card(task, stages, base, command)
    for name, text in files.items():
        (part / Path(name).name).write_text(text, encoding="utf-8")
    part.replace(out)
    shutil.rmtree(state)
    return record


def _finished(out: Path, identity: str) -> dict[str, Any]:
    try:
        record = json.loads((out / RECORD).read_text(encoding="utf-8"))
        was = record.pop("of")
    except (OSError, ValueError, LookupError, AttributeError):
        raise RecipeError(f"{out} is there and holds no finished stage: take another --out.") from None
    if was != identity:
        raise RecipeError(f"{out} was trained with {was}: take another --out.")
    record.pop("stages", None)
    return record


def _stages(base: Path) -> list[dict[str, Any]]:
    """What was trained before, where the base is a stage itself; older records do not tell."""
    try:
        return list(json.loads((base / RECORD).read_text(encoding="utf-8"))["stages"])
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _is(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
