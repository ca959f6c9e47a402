"""Files named on the command line, and what comes through standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from core import documents
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


def standard_input() -> str:
    """The text on standard input; it may be blank.

    Raises:
        VisitorError: too large, or not text.
    """
    data = sys.stdin.buffer.read(documents.MAX_BYTES + 1)
    if len(data) > documents.MAX_BYTES:
        raise VisitorError("document_too_large", file="-", megabytes=documents.MAX_BYTES // 1_000_000)
    return documents.decode(data, "-")
