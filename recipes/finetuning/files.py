"""Files that recipes are given: what tells one from another, and the titling files of a data folder.

Needs nothing of torch or TensorFlow, so that a wrong folder is told before they are loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from recipes.pretraining import RecipeError


def digest(path: Path) -> str:
    """Tells a file from another one: twelve hexadecimal digits.

    Raises:
        RecipeError: it is not there.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError:
        raise RecipeError(f"There is no file {path}.") from None


def titling_files(data: Path, names: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The train and the dev file of each set.

    Args:
        data: the folder of the titling files itself.
        names: of the sets; one that is named twice is there twice.

    Raises:
        RecipeError: one of the files is not there.
    """
    train = [data / f"{name}.train.jsonl.xz" for name in names]
    dev = [data / f"{name}.dev.jsonl" for name in names]
    for path in (*train, *dev):
        if not path.is_file():
            sets = ", ".join(dict.fromkeys(names))
            raise RecipeError(
                f"There is no file {path}: DIR of --data must hold the titling files, NAME.train.jsonl.xz and "
                f"NAME.dev.jsonl of {sets}."
            )
    return train, dev
