"""The flags of packing: kept in the manifest, and compared with those of a later call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipes.pretraining import RecipeError
from recipes.pretraining.corpus import Corpus, read_vocabulary, words_of

PIECES, LICENCE = 9000, "not stated"


@dataclass(frozen=True)
class Asked:
    """What packing was asked for; None: it was not said.

    vocab: a vocabulary to take.  size: pieces of one that is made.  research: whether sets for research only are read.
    licence: of the texts of a folder that the table of sources lacks.  held_out: files whose texts are left out.
    """

    vocab: Path | None = None
    size: int | None = None
    research: bool | None = None
    licence: str | None = None
    held_out: tuple[Path, ...] = ()

    def kept(self) -> dict[str, Any]:
        """What the manifest keeps of it, with what is so by itself filled in; of files the names."""
        return {
            "vocab": self.vocab.name if self.vocab else None,
            "size": None if self.vocab else self.size or PIECES,
            "research": bool(self.research),
            "licence": self.licence or LICENCE,
            "held_out": sorted(path.name for path in self.held_out),
        }

    def check(self, corpus: Corpus, name: str) -> None:
        """Whether a packed corpus is what was asked for; what was not said agrees with all.

        Args:
            corpus: the corpus.
            name: of its file, for the message.

        Raises:
            RecipeError: a flag disagrees with it, or the vocabulary cannot be read.
        """
        before, now = kept(corpus.manifest), self.kept()
        same_words = self.vocab is None or words_of(read_vocabulary(self.vocab)) == words_of(corpus.vocabulary)
        other = {
            "--vocab": not same_words,
            "--size-of-vocabulary": self.vocab is None and self.size is not None and self.size != before["size"],
            "--research" if self.research else "--open":
                None not in (self.research, before["research"]) and self.research != before["research"],
            "--licence": None not in (self.licence, before["licence"]) and self.licence != before["licence"],
            "--held-out": bool(self.held_out) and now["held_out"] != before["held_out"],
        }  # fmt: skip
        flags = ", ".join(flag for flag, is_other in other.items() if is_other)
        if flags:
            raise RecipeError(f"{name} was packed otherwise than {flags} says: leave that out, or pack it again.")


def kept(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest keeps of the flags; of a corpus that was packed before they were kept, what can be told."""
    made = re.match(r"made from the texts, ([\d,]+) pieces", manifest["vocabulary"])
    # the two names of what is no set of the table: there --research changes nothing, and --licence something
    licences = {row["licence"] for row in manifest["sources"] if row["name"] in ("texts", "rows")}
    told = {
        "vocab": None if made else manifest["vocabulary"],
        "size": int(made[1].replace(",", "")) if made else None,
        "research": None if licences else manifest["research"],
        "licence": licences.pop() if len(licences) == 1 else None,
        "held_out": [],
    }
    return told | manifest.get("flags", {})
