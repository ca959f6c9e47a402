"""玩转: what a visitor can do on the page, from Python.

    from core import title
    title("……").titles[0].text

`title` answers with the embedded weights; `Titler` holds others.  TensorFlow is imported when a model is first used.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from core.errors import VisitorError

if TYPE_CHECKING:
    from core.titling.task import Decoding, Titler, TitleResult

__all__ = ["Decoding", "TitleResult", "Titler", "VisitorError", "title"]


def title(text: str, weights: str | None = None, **decoding: Any) -> TitleResult:
    """Titles of an article.

    Args:
        text: up to a million characters; of a long one the beginning and the sentences richest in keywords are read.
        weights: a folder, a preset or `owner/name[@revision]`; None: the embedded ones.
        **decoding: fields of `Decoding`, such as count=3, method="sample", seed=1.

    Raises:
        VisitorError: no text, too long a text, weights that cannot be had, or a value out of range.
    """
    from core.titling.task import Decoding

    with _loading:
        titler = _titler(weights)
    return titler.title(text, Decoding(**decoding))


_loading = threading.Lock()  # two threads that come first load the model once


@functools.cache
def _titler(weights: str | None) -> Titler:
    from core.tasks import TASKS
    from core.weights import store

    found = store.find("titling", weights)
    return TASKS["titling"].load(found.folder, found.name)


def __getattr__(name: str) -> Any:
    if name in ("Decoding", "TitleResult", "Titler"):
        from core.titling import task

        return getattr(task, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
