"""A photograph that one visitor has opened in the tab 绳, with what was clicked on it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from demo.held import Held

MOST = 300  # clicks

Place = tuple[float, float]  # in pixels, from the upper left corner


@dataclass(frozen=True)
class Marks:
    """What was clicked, and in which order: a letter a click, c on the chain, s for an end of the scale."""

    clicks: tuple[Place, ...] = ()
    ends: tuple[Place, ...] = ()
    order: str = ""


class Photo:
    """A photograph (of Pillow) and its marks.

    One for all that a visitor opens, and changed in place: clicks that are on their way at once all count, and none
    brings back what another has just replaced.  It lives in a `gr.State`, so it is its visitor's alone.
    """

    def __init__(self, held: Held) -> None:
        self._held, self._marks = held, Marks()
        self._lock = threading.Lock()

    def seen(self) -> tuple[Held, Marks]:
        """The photograph and what is on it, of one moment."""
        with self._lock:
            return self._held, self._marks

    def open(self, held: Held) -> None:
        """Another photograph, with nothing on it."""
        with self._lock:
            self._held, self._marks = held, Marks()

    def click(self, place: Place, scale: bool) -> None:
        """One more mark, on the chain or at an end of the scale, whose third begins it anew; none after `MOST`."""
        with self._lock:
            clicks, ends, order = self._marks.clicks, self._marks.ends, self._marks.order
            if len(order) >= MOST:
                return
            if not scale:
                self._marks = Marks((*clicks, place), ends, order + "c")
            elif len(ends) < 2:
                self._marks = Marks(clicks, (*ends, place), order + "s")
            else:
                self._marks = Marks(clicks, (place,), order.replace("s", "") + "s")

    def undo(self) -> None:
        """Without the last mark."""
        with self._lock:
            clicks, ends, order = self._marks.clicks, self._marks.ends, self._marks.order
            if order.endswith("s"):
                self._marks = Marks(clicks, ends[:-1], order[:-1])
            elif order:
                self._marks = Marks(clicks[:-1], ends, order[:-1])

    def clear(self) -> None:
        """With nothing on it."""
        with self._lock:
            self._marks = Marks()
