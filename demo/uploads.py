"""Files that visitors send: each is read once, and gone; what nobody read goes in time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from demo import limits


def discard(paths: Iterable[Path | str]) -> None:
    """Delete them, and the folder that each has to itself."""
    for path in map(Path, paths):
        path.unlink(missing_ok=True)
        if path.parent.parent == Path(get_upload_folder()):
            with contextlib.suppress(OSError):  # there is something else in it
                path.parent.rmdir()


class Leftovers:
    """The files that a page took or made, and that nobody deleted.

    In the place of Gradio's clearing, which ends for good at the first name that it cannot look at, or when an upload
    comes meanwhile; remembers names of files that are gone, or never were, for as long as the process lives; and goes
    by the wall clock.
    """

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}  # path → when it was first seen

    def clear(self, page: gr.Blocks, age: float | None, now: float) -> None:
        """Delete those that have been known for a while, and forget those that are gone.

        Args:
            page: whose files.
            age: seconds.  None: none stays.
            now: seconds of a clock that never goes back.
        """
        kept = {file for block in list(page.blocks.values()) for file in getattr(block, "keep_in_cache", ())}
        seen = {}
        for known in list(page.temp_file_sets):
            for file in list(known):
                if file in kept:
                    continue
                since = self._seen.get(file, now)
                if age is not None and now - since <= age and _is_there(file):
                    seen[file] = since
                    continue
                with contextlib.suppress(OSError, ValueError):
                    os.remove(file)
                known.discard(file)
        self._seen = seen


def _is_there(file: str) -> bool:
    try:
        return os.path.lexists(file)
    except ValueError:  # a NUL
        return False


class EmptyFolders:
    """The folders of uploads that nobody read: Gradio clears what lay in them in time, and leaves them."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}  # path → when it was first found empty
        self._looked = float("-inf")

    def sweep(self, now: float) -> None:
        """Remove those that have been empty for a while: one that an upload is about to be put into has not.

        now: seconds of a clock that never goes back.
        """
        if now - self._looked < limits.FILE_LIFE[0]:
            return
        self._looked = now
        with contextlib.suppress(OSError):  # there is no such folder before the first upload
            empty = [one.path for one in os.scandir(get_upload_folder()) if one.is_dir() and not os.listdir(one.path)]
            self._seen = {path: self._seen.get(path, now) for path in empty}
        for path, since in self._seen.items():
            if now - since >= limits.FILE_LIFE[0]:
                with contextlib.suppress(OSError):
                    os.rmdir(path)
