"""Files that are written whole or not at all, and folders that can be written to."""

from __future__ import annotations

import os
from pathlib import Path

from recipes.pretraining import RecipeError


def write(path: Path, content: bytes | memoryview | str) -> None:
    """Write a file whole or not at all: the process can be killed at any moment.  Missing folders are made.

    Raises:
        RecipeError: it cannot be written.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except OSError as error:
        raise RecipeError(f"{path} cannot be written: {error.strerror or error}.") from None


def check_folder(path: Path) -> None:
    """Whether `path` is a folder, or can become one.

    Raises:
        RecipeError: it, or what it should lie in, is a file.
    """
    there = next((each for each in (path, *path.parents) if os.path.exists(each)), None)
    if there is not None and not there.is_dir():
        raise RecipeError(f"{there} is a file; a folder is needed there.")
