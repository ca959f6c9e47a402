"""The finished weights: a folder in the Hugging Face layout with its card, and the same in pieces to be carried."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from recipes.pretraining import RecipeError

FILES = ("config.json", "vocab.txt", "model.safetensors", "README.md", "log.jsonl")
_SUM = "pieces.json"


def write(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    temporary.replace(path)


def weights_folder(folder: Path, model: torch.nn.Module, vocabulary: str, card: str) -> None:
    """Write config.json, vocab.txt, model.safetensors (float16) and README.md.

    Raises:
        RecipeError: a weight is not finite, or too large for float16: the run has gone wrong.
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
    folder.mkdir(parents=True, exist_ok=True)
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
) -> str:
    """The model card.

    Args:
        manifest: the corpus's.
        model: for its sizes.
        settings: of the run.
        held_out: figures by their name, with the windows they were measured on.
        state: a sentence: how long the run was, whether it is finished.
    """
    c = model.config
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    research = manifest["research"]
    licences = dict.fromkeys(row["licence"] for row in manifest["sources"])
    rows = "\n".join(
        f"| {row['name']} | {', '.join(Path(f).name for f in row['files'][:4])}{' …' if len(row['files']) > 4 else ''} "
        f"| {row['documents']:,} | {row['tokens']:,} | {row['times']} | {row['licence']} |"
        for row in manifest["sources"]
    )
    if research:
        use = "Sets for **research only** were read: the weights, and what is trained from them, are for research only."
    else:
        use = (
            "No set that is for research only was read.  The texts stay under their own licences, some of which ask "
            "for attribution or state nothing (see the table): whoever ships the weights should name them: "
            + "; ".join(licences)
            + "."
        )
    figures = "\n".join(f"| {name} | {value} |" for name, value in held_out.items())
    run = ", ".join(f"{name} {value}" for name, value in settings.items() if value not in (None, "", False))
    length = f"--steps {settings['steps']}" if settings.get("steps") else "--minutes MINUTES --last"
    return f"""---
language: zh
license: other
license_name: {"research-only" if research else "see-the-table-of-sources"}
pipeline_tag: fill-mask
library_name: transformers
---

# A small Chinese BERT

BertForMaskedLM, {c.num_hidden_layers} layers, width {c.hidden_size}, {c.num_attention_heads} heads, \
{c.max_position_embeddings} places, {c.vocab_size:,} word pieces (lower case); {millions:.1f} million parameters, \
float16. Trained from {settings.get("init") or "nothing"} to fill masked words and, under the UniLM mask, to write on \
from left to right. A base to train tasks from, not a product.

## Data

| source | files | documents | pieces | times a pass | licence |
|---|---|---|---|---|---|
{rows}

{manifest["tokens"]:,} pieces were trained on; {manifest["held_tokens"]:,} in {manifest["held_documents"]:,} \
documents, chosen by a hash of their text, were held out.
Vocabulary: {manifest["vocabulary"]}.

## Run

```
python recipes/pretrain.py pack --data DIR --out corpus.npz.xz{" --research" if research else ""}
python recipes/pretrain.py --data corpus.npz.xz --out OUT {length}
```

{state} Settings: {run}.

## Held out

| | |
|---|---|
{figures}

## Licence

{use}
"""


def in_pieces(folder: Path, to: Path, size: int) -> list[Path]:
    """Write the files of a weights folder as one archive in pieces of at most `size` bytes; `join` puts them together.

    Returns:
        The pieces, and the small file that names them and their sum.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name in FILES:
            if (folder / name).is_file():
                archive.add(folder / name, name)
    content = raw.getvalue()
    to.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, start in enumerate(range(0, len(content), size)):
        paths.append(to / f"base.tar.{number:02}")
        write(paths[-1], content[start : start + size])
    total = {"pieces": [path.name for path in paths], "sha256": hashlib.sha256(content).hexdigest()}
    write(to / _SUM, json.dumps(total) + "\n")
    return [*paths, to / _SUM]


def join(pieces: Path, folder: Path) -> list[str]:
    """Put together what `in_pieces` wrote.

    Returns:
        The names of the files that are now in `folder`.

    Raises:
        RecipeError: a piece is missing or damaged.
    """
    try:
        total = json.loads((pieces / _SUM).read_text(encoding="utf-8"))
        content = b"".join((pieces / Path(name).name).read_bytes() for name in total["pieces"])
        if hashlib.sha256(content).hexdigest() != total["sha256"]:
            raise RecipeError(f"The pieces in {pieces} do not belong together, or one is damaged.")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            names = [name for name in FILES if name in archive.getnames()]
            for name in names:
                write(folder / name, archive.extractfile(name).read())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, tarfile.TarError) as error:
        raise RecipeError(f"{pieces} does not hold all pieces: {error}") from None
    return names
