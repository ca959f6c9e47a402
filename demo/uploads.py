"""Files that visitors send: each is read once, and gone; what nobody read goes in time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from core import child
from core.patience import Limit
from demo import limits
from demo.rates import address_of


def discard(paths: Iterable[Path | str]) -> None:
    """Delete them, and the folder that each has to itself."""
    for path in map(Path, paths):
        with contextlib.suppress(OSError, ValueError):  # it is gone, or its name is none that a file can have
            path.unlink()
        if path.parent.parent == Path(get_upload_folder()):
            with contextlib.suppress(OSError):  # there is something else in it
                path.parent.rmdir()


@contextlib.contextmanager
def opening(request: gr.Request | None, limit: Limit) -> Iterator[None]:
    """Inside, files are read that a visitor sent: within a limit of time, and by two child processes at a time for
    each address, so that those whose files are slow keep none but themselves waiting."""
    who = address_of(request) or None if request is not None else None
    with limit, child.asked_by(who):
        yield


class Leftovers:
    """The files that a page took or made, and that nobody deleted.

    In the place of Gradio's clearing, which ends for good at the first name that it cannot look at, or when an upload
    comes meanwhile; remembers names of files that are gone, or never were, for as long as the process lives; and goes
    by the wall clock.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}  # path → since when it has been so, and what tells that it has

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
                stamp = _stamp(file)
                since, before = self._seen.get(file, (now, stamp))
                if stamp != before:  # Gradio gives the same content out as the same file, and touches it
                    since = now
                if age is not None and now - since <= age and stamp is not None:
                    seen[file] = since, stamp
                    continue
                known.discard(file)
                with contextlib.suppress(OSError, ValueError):
                    os.remove(file)
        self._seen = seen


def _stamp(file: str) -> int | None:
    """What changes when a file does; None for one that is not there."""
    try:
        return os.lstat(file).st_ctime_ns
    except (OSError, ValueError):
        return None


class EmptyFolders:
    """The folders of uploads that nobody read: what lay in them has been cleared in time."""

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
