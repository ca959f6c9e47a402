"""Arrays and pictures that a visitor has opened: with a size, so that all of them together have a bound."""

from __future__ import annotations

from typing import Any

from core.errors import VisitorError
from demo.reading_desk import keep


class Held:
    """What one visitor has opened in a tab of the laboratory; it may have to make room for others'.

    Args:
        value: what it is.
        size: its bytes.
        gone: key of the sentence that says it has made room.
    """

    characters = shown = 0  # of texts and answers: none

    def __init__(self, value: Any, size: int, gone: str) -> None:
        self._value, self._size, self._gone = value, size, gone
        self.used = 0.0
        keep(self)

    @property
    def size(self) -> int:
        """Bytes that it takes now."""
        return 0 if self._value is None else self._size

    def value(self) -> Any:
        """What it is; from now on others make room before it.

        Raises:
            VisitorError: it has made room.
        """
        value = self._value
        if value is None:
            raise VisitorError(self._gone)
        keep(self)
        return value

    def clear(self) -> None:
        """Make room for others."""
        self._value = None
