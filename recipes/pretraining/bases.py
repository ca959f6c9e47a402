"""A weights folder that is read: to be scored, or as the start of a run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from recipes.pretraining import RecipeError
from recipes.pretraining.corpus import Corpus, words_of
from recipes.pretraining.settings import heads


@dataclass(frozen=True)
class Base:
    """layers, width, places: of its network."""

    layers: int
    width: int
    places: int


@dataclass(frozen=True)
class Start:
    """What a card says of the weights that a run began with.  name: of their folder, without its path.  terms: the
    licence that their own card states, None if it states none."""

    name: str
    terms: str | None

    @property
    def research(self) -> bool:
        """Whether they are for research only."""
        return self.terms is not None and "research" in self.terms.lower()


def read(folder: Path, corpus: Corpus) -> Base:
    """The shape of the weights in a folder, which has the vocabulary of `corpus`.

    Raises:
        RecipeError: the folder holds no BERT, or one of another vocabulary, or with other heads than ours have.
    """
    keys = ("num_hidden_layers", "hidden_size", "max_position_embeddings", "num_attention_heads")
    try:
        vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        sizes = [config[key] for key in keys]
        if not all(type(size) is int and size > 0 for size in sizes):
            raise ValueError("config.json states no sizes")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"The weights of {folder} cannot be read: {error}") from None
    if words_of(vocabulary) != words_of(corpus.vocabulary):
        raise RecipeError(f"{folder} has another vocabulary than the corpus: pack it with the folder's --vocab.")
    *shape, count = sizes
    if count != heads(shape[1]):
        raise RecipeError(f"{folder} has {count} heads; a network of width {shape[1]} has {heads(shape[1])} here.")
    return Base(*shape)


def start(folder: Path) -> Start:
    """What is known of a folder that a run begins with."""
    try:
        card = (folder / "README.md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        card = ""
    head = re.match(r"---\n(.*?)\n---", card, re.DOTALL)
    stated = dict(re.findall(r"^(license|license_name):[ \t]*(.+?)[ \t]*$", head[1] if head else "", re.MULTILINE))
    terms = stated.get("license_name", stated.get("license", "")).strip("\"'")
    return Start(folder.resolve().name, terms or None)
