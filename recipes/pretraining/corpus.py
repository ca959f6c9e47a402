"""A packed corpus: one file with everything a training reads.

It is a NumPy archive inside xz: uint16 ids of all pieces, one bit a piece for the beginnings of words, the lengths of
the documents, where each source ends, the held-out pieces, the vocabulary, and a manifest (sources and licences).
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recipes.pretraining import RecipeError
from recipes.pretraining.files import write

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FORMAT = 1
LONGEST = 8  # pieces of a word at most: what jieba takes for longer ones (links, numbers) is cut
_DAMAGE = (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, ValueError, LookupError, TypeError, AttributeError)
# Pieces are two bytes wide: told so, xz makes the file about a tenth smaller.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 0, "lp": 1, "pb": 1}]


def words_of(vocabulary: str) -> list[str]:
    """The pieces of the text of a `vocab.txt`, in the order of their ids."""
    return [line.rstrip("\r") for line in vocabulary.rstrip("\n").split("\n")]


def read_vocabulary(path: Path) -> str:
    """The text of a `vocab.txt`.

    Raises:
        RecipeError: the file is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecipeError(f"There is no file {path}.") from None
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path} is not UTF-8, as a vocabulary has to be.") from None


def special_ids(vocabulary: str) -> dict[str, int]:
    """The id of each of SPECIALS.

    Raises:
        RecipeError: one is missing, or [PAD] is not the first piece.
    """
    ids = {word: i for i, word in enumerate(words_of(vocabulary))}
    if any(word not in ids for word in SPECIALS) or ids["[PAD]"]:
        raise RecipeError(f"The vocabulary lacks one of {', '.join(SPECIALS)}, or [PAD] is not its first piece.")
    return {word: ids[word] for word in SPECIALS}


@dataclass(frozen=True)
class Pieces:
    """Ids (n,) uint16 of documents one after the other, each ended by [SEP]; starts (n,) bool: begins a word;
    lengths (documents,) int64, [SEP]s included."""

    ids: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Corpus:
    """What is trained on and what is held out.

    bounds: (sources + 1,) int64, where each source begins in `train`.  times: (sources,), how often a pass sees it.
    manifest: sources with their licences and sizes, and how the corpus was made; what a model card is written from.
    """

    train: Pieces
    held: Pieces
    bounds: np.ndarray
    times: np.ndarray
    vocabulary: str
    manifest: dict[str, Any]
    special: dict[str, int] = field(init=False)  # [SEP] → its id …
    ordinary: np.ndarray = field(init=False)  # (vocabulary,) bool: neither special nor an unused place

    def __post_init__(self) -> None:
        words = words_of(self.vocabulary)
        object.__setattr__(self, "special", special_ids(self.vocabulary))
        object.__setattr__(self, "ordinary", np.array([len(w) < 3 or w[0] != "[" or w[-1] != "]" for w in words]))

    @property
    def digest(self) -> str:
        """Tells this corpus from another one."""
        known = hashlib.sha256(self.vocabulary.encode())
        for array in (self.train.ids, self.held.ids, np.packbits(self.train.starts), self.bounds, self.times):
            known.update(np.ascontiguousarray(array).tobytes())
        return known.hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the file; whole or not at all.

        Raises:
            RecipeError: it cannot be written.
        """
        arrays = {"bounds": self.bounds.astype("<i8"), "times": self.times.astype("<i8")}
        for name, pieces in (("train", self.train), ("held", self.held)):
            arrays[f"{name}_ids"] = pieces.ids.astype("<u2")
            arrays[f"{name}_starts"] = np.packbits(pieces.starts)
            arrays[f"{name}_lengths"] = pieces.lengths.astype("<u4")
        for name, text in (("vocabulary", self.vocabulary), ("manifest", json.dumps(self.manifest))):
            arrays[name] = np.frombuffer(text.encode(), np.uint8)
        raw = io.BytesIO()
        np.savez(raw, **arrays)
        write(path, lzma.compress(raw.getbuffer(), filters=_FILTERS))

    @classmethod
    def load(cls, path: Path) -> Corpus:
        """Read what `save` wrote.

        Raises:
            RecipeError: the file is not there, or is none of ours.
        """
        try:
            with np.load(io.BytesIO(lzma.decompress(path.read_bytes())), allow_pickle=False) as found:
                arrays = dict(found)
            manifest = json.loads(arrays["manifest"].tobytes())
            if manifest["format"] != FORMAT:
                raise RecipeError(f"{path.name} was packed by another version: pack it again.")
            parts: list[Any] = []
            for name in ("train", "held"):
                ids = arrays[f"{name}_ids"]
                starts = np.unpackbits(arrays[f"{name}_starts"], count=len(ids)).astype(bool)
                parts.append(Pieces(ids, starts, arrays[f"{name}_lengths"].astype(np.int64)))
            parts += [arrays["bounds"], arrays["times"], arrays["vocabulary"].tobytes().decode()]
        except FileNotFoundError:
            raise RecipeError(f"There is no file {path}.") from None
        except _DAMAGE:
            raise RecipeError(f"{path} is not a packed corpus: make it with `pack`.") from None
        return cls(*parts, manifest)
