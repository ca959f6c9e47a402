"""The card of trained weights: README.md beside them, with what they were trained on and the licence that this leaves.

Weights that are handed on without it would hide that some sets are for research only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recipes.finetuning.plans import RESEARCH_ONLY

CARD = "README.md"
_RESEARCH = "license_name: research-only"
_TAGS = {  # of the Hub
    "titling": "summarization",
    "triples": "token-classification",
    "reading": "question-answering",
}
_THRESHOLDS = re.compile(r"\n## Thresholds\n.*?(?=\n## |\Z)", re.DOTALL)


def read(folder: Path) -> str:
    """The card of a weights folder; empty where there is none."""
    try:
        return (folder / CARD).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def for_research_only(text: str) -> bool:
    """Whether the front matter of a card says so."""
    head = text.split("\n---", 1)[0] if text.startswith("---") else ""
    return _RESEARCH in (line.strip() for line in head.splitlines())


def card(task: str, stages: Sequence[Mapping[str, Any]], base: Path, command: str) -> str:
    """The card.

    Args:
        task: a key of `plans.PLANS`.
        stages: what the weights were trained in, the last one at the end: from (a folder's name), sets (name → times a
            pass), updates, minutes, losses (kind → nats).
        base: what the last stage began with; its own card counts.
        command: what made them; may be empty.
    """
    before, name_of_base = read(base), base.resolve().name
    sets = dict.fromkeys(name for stage in stages for name in stage["sets"])
    bound = [f"{name} ({RESEARCH_ONLY[name]})" for name in sets if name in RESEARCH_ONLY]
    bound += [f"what `{name_of_base}` read, by its card"] if for_research_only(before) else []
    if bound:
        use = f"Research and non-commercial use only, because of {', '.join(bound)}."
    else:
        use = "The weights are under the terms of their sets and of their base: whoever ships them should name them."
    if not before:
        use += f" `{name_of_base}` had no card: what it read before is not known here."
    licences = "\n".join(f"| {name} | {_licence(name)} |" for name in sets)
    training = "\n".join(
        f"| `{stage['from']}` | {_listed(stage['sets'])} | {stage['updates']:,} | {stage['minutes']} "
        f"| {_listed(stage['losses'])} |"
        for stage in stages
    )
    made = f"```\n{command}\n```\n\n" if command else ""
    return f"""---
language: zh
license: other
license_name: {"research-only" if bound else "see-the-table-of-sets"}
pipeline_tag: {_TAGS[task]}
library_name: bert4keras
tags:
  - {task}
---

# Weights for {task}

Trained with the networks of `recipes/finetuning`; their sizes stand in `config.json`.

## Data

| set | licence |
|---|---|
{licences}

## Training

{made}| from | sets, times a pass | updates | minutes | training loss (nats) |
|---|---|---|---|---|
{training}

## Licence

{use}
"""


def _licence(name: str) -> str:
    return f"**research only** ({RESEARCH_ONLY[name]})" if name in RESEARCH_ONLY else "its own"


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def with_thresholds(text: str, thresholds: Mapping[str, float], held: Mapping[str, int]) -> str:
    """The card of weights after tuning.

    Args:
        text: the card before; thresholds that it tells of are replaced.
        thresholds: name → probability.
        held: name of a held-out file → records of it that chose them.
    """
    chosen = "\n".join(f"| {name} | {value} |" for name, value in thresholds.items())
    files = ", ".join(f"{name} ({count:,} records)" for name, count in held.items())
    return f"""{_THRESHOLDS.sub("", text).rstrip()}

## Thresholds

Chosen on {files}: scores on the same records are not quite blind.

| threshold | probability |
|---|---|
{chosen}
"""
