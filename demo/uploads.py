"""Files that visitors send: each is read once, and gone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from gradio.utils import get_upload_folder


def discard(paths: Iterable[Path | str]) -> None:
    """Delete them, and the folder that each has to itself."""
    for path in map(Path, paths):
        path.unlink(missing_ok=True)
        if path.parent.parent == Path(get_upload_folder()):
            with contextlib.suppress(OSError):  # there is something else in it
                path.parent.rmdir()
