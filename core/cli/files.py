"""Files named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.errors import VisitorError


def check_readable(files: Iterable[Path]) -> None:
    """See that all can be opened, before minutes go into loading a model.

    Raises:
        VisitorError: one cannot; the sentence names it.
    """
    for file in files:
        try:
            file.open("rb").close()
        except FileNotFoundError:
            raise VisitorError("file_missing", file=file) from None
        except (OSError, ValueError) as error:  # ValueError: a name that no file system takes
            raise VisitorError("file_unreadable", file=file, why=getattr(error, "strerror", error)) from None
