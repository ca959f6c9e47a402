"""The finished weights: a folder in the Hugging Face layout with its card, and the same in pieces to be carried."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shlex
import tarfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from recipes.pretraining import RecipeError, flags
from recipes.pretraining.bases import Start
from recipes.pretraining.files import write
from recipes.pretraining.settings import Settings

FILES = ("config.json", "vocab.txt", "model.safetensors", "README.md", "log.jsonl")
_SUM = "pieces.json"
_PIECE = re.compile(r"base(-\d+-[0-9a-f]{8})?\.tar\.\d+(\.part)?")  # without step: of an earlier version


def weights_folder(folder: Path, model: torch.nn.Module, vocabulary: str, card: str) -> None:
    """Write config.json, vocab.txt, model.safetensors (float16) and README.md.

    Raises:
        RecipeError: a weight is not finite, or too large for float16: the run has gone wrong.  Or a file cannot be
            written.
    """
    from safetensors.torch import save

    tensors = {}
    for name, parameter in model.state_dict().items():
        if name != "cls.predictions.decoder.weight" and name != "cls.predictions.decoder.bias":  # tied to others
            tensors[name] = parameter.detach().to("cpu", torch.float16).contiguous()
            if not torch.isfinite(tensors[name]).all():
                raise RecipeError(f"{name} is not finite in float16: nothing was written over {folder}.")
    keys = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "hidden_act", "layer_norm_eps", "pad_token_id",
            "hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range")  # fmt: skip
    config = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "dtype": "float16"}
    config |= {key: getattr(model.config, key) for key in keys}
    write(folder / "model.safetensors", save(tensors, metadata={"format": "pt"}))
    write(folder / "config.json", json.dumps(config, indent=1) + "\n")
    write(folder / "vocab.txt", vocabulary)
    write(folder / "README.md", card)


def card(
    manifest: Mapping[str, Any],
    model: torch.nn.Module,
    settings: Mapping[str, Any],
    held_out: Mapping[str, Any],
    state: str,
    start: Start | None = None,
) -> str:
    """The model card.

    Args:
        manifest: the corpus's.
        model: for its sizes.
        settings: of the run.
        held_out: figures by their name, with the windows they were measured on.
        state: a sentence: how long the run was, whether it is finished.
        start: the weights that it began with.
    """
    c = model.config
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    licence, terms = _terms(manifest, start)
    rows = "\n".join(
        f"| {row['name']} | {', '.join(Path(f).name for f in row['files'][:4])}{' …' if len(row['files']) > 4 else ''} "
        f"| {row['documents']:,} | {row['tokens']:,} | {row['times']} | {row['licence']} |"
        for row in manifest["sources"]
    )
    left_out = manifest.get("flags", {}).get("held_out")
    without = (
        f"\nLeft out: {manifest['left_out']:,} documents whose text, or a line of it, stands in {', '.join(left_out)}."
        if left_out
        else ""
    )
    figures = "\n".join(f"| {name} | {value} |" for name, value in held_out.items())
    shown = {**settings, "init": start.name if start else None}
    run = ", ".join(f"{name} {value}" for name, value in shown.items() if value not in (None, "", False))
    return f"""---
language: zh
license: other
license_name: {licence}
pipeline_tag: fill-mask
library_name: transformers
---

# A small Chinese BERT

BertForMaskedLM, {c.num_hidden_layers} layers, width {c.hidden_size}, {c.num_attention_heads} heads, \
{c.max_position_embeddings} places, {c.vocab_size:,} word pieces (lower case); {millions:.1f} million parameters, \
float16. Trained from {start.name if start else "nothing"} to fill masked words and, under the UniLM mask, to write on \
from left to right. A base to train tasks from, not a product.

## Data

| source | files | documents | pieces | times a pass | licence |
|---|---|---|---|---|---|
{rows}

{manifest["tokens"]:,} pieces were trained on; {manifest["held_tokens"]:,} in {manifest["held_documents"]:,} \
documents, chosen by a hash of their text, were held out.
Vocabulary: {manifest["vocabulary"]}.{without}

## Run

```
{_pack_command(manifest)}
{_train_command(shown)}
```

{state} Settings: {run}.

## Held out

| | |
|---|---|
{figures}

## Licence

{terms}
"""


def _terms(manifest: Mapping[str, Any], start: Start | None) -> tuple[str, str]:
    """The name of the weights' licence, and the sentences about it."""
    if manifest["research"]:
        said = [
            "Sets for **research only** were read: the weights, and what is trained from them, are for research only."
        ]
    elif start and start.research:
        said = [f"They were trained from {start.name}, which by its card is for **research only**: the weights, and "
                "what is trained from them, are for research only."]  # fmt: skip
    else:
        licences = dict.fromkeys(row["licence"] for row in manifest["sources"])
        said = [f"No set that is for research only was read{' in this run' if start else ''}.  The texts stay under "
                "their own licences, some of which ask for attribution or state nothing (see the table): whoever ships "
                f"the weights should name them: {'; '.join(licences)}."]  # fmt: skip
    if start:
        stated = f"its card states {start.terms}" if start.terms else "no card of it states them"
        said.append(f"Plus the terms of {start.name}: {stated}.")
    alike = [row["name"] for row in manifest["sources"] if "BY-SA" in row["licence"]]
    if alike:
        said.append(f"Sharing alike (CC BY-SA) is asked for by the licence of {', '.join(alike)}.")
    research = manifest["research"] or start is not None and start.research
    return "research-only" if research else "see-the-table-of-sources", "  ".join(said)


def _pack_command(manifest: Mapping[str, Any]) -> str:
    kept = flags.kept(manifest)
    words = ["python recipes/pretrain.py pack --data DIR --out corpus.npz.xz"]
    words += ["--research"] if kept["research"] else []
    words += ["--vocab", shlex.quote(kept["vocab"])] if kept["vocab"] else []
    words += ["--size-of-vocabulary", str(kept["size"])] if kept["size"] not in (None, flags.PIECES) else []
    words += ["--licence", shlex.quote(kept["licence"])] if kept["licence"] not in (None, flags.LICENCE) else []
    words += ["--held-out", *map(shlex.quote, kept["held_out"])] if kept["held_out"] else []
    return " ".join(words)


def _train_command(settings: Mapping[str, Any]) -> str:
    """With every setting that is not so by itself; the decay of weights has no flag."""
    words = ["python recipes/pretrain.py --data corpus.npz.xz --out OUT"]
    words += ["--steps", str(settings["steps"])] if settings.get("steps") else ["--minutes MINUTES --last"]
    for field in fields(Settings):
        value = settings.get(field.name, field.default)
        if value != field.default and field.name not in ("steps", "decay"):
            words.append(f"--{field.name.replace('_', '-')}")
            words += [] if value is True else [shlex.quote(str(value))]
    return " ".join(words)


def in_pieces(folder: Path, to: Path, size: int, step: int) -> list[Path]:
    """Write the files of a weights folder as one archive in pieces of at most `size` bytes; `join` puts them together.

    The pieces of another step, or of other content, have other names, and those before are deleted once the small file
    names the new ones: whenever the process is killed, there are pieces that can be joined.

    Args:
        folder: the weights.
        to: the folder for the pieces.
        size: bytes.
        step: of the run.

    Returns:
        The pieces, and the small file that names them and their sum.

    Raises:
        RecipeError: a piece cannot be written.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name in FILES:
            if (folder / name).is_file():
                archive.add(folder / name, name)
    content = raw.getvalue()
    total = hashlib.sha256(content).hexdigest()
    name = f"base-{step:06}-{hashlib.sha256(f'{total} {size}'.encode()).hexdigest()[:8]}.tar"
    paths = []
    for number, start in enumerate(range(0, len(content), size)):
        paths.append(to / f"{name}.{number:02}")
        write(paths[-1], content[start : start + size])
    write(to / _SUM, json.dumps({"pieces": [path.name for path in paths], "sha256": total}) + "\n")
    with contextlib.suppress(OSError):  # what cannot be deleted is in nobody's way
        for path in to.iterdir():
            if _PIECE.fullmatch(path.name) and path not in paths:
                path.unlink()
    return [*paths, to / _SUM]


def join(pieces: Path, folder: Path) -> list[str]:
    """Put together what `in_pieces` wrote.

    Returns:
        The names of the files that are now in `folder`.

    Raises:
        RecipeError: a piece is missing or damaged, or a file cannot be written.
    """
    try:
        total = json.loads((pieces / _SUM).read_text(encoding="utf-8"))
        content = b"".join((pieces / Path(name).name).read_bytes() for name in total["pieces"])
        if hashlib.sha256(content).hexdigest() != total["sha256"]:
            raise RecipeError(f"The pieces in {pieces} do not belong together, or one is damaged.")
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            found = {name: archive.extractfile(name).read() for name in FILES if name in archive.getnames()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, tarfile.TarError) as error:
        raise RecipeError(f"{pieces} does not hold all pieces: {error}") from None
    for name, file in found.items():
        write(folder / name, file)
    return list(found)
