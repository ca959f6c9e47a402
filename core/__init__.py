"""玩转: what a visitor can do on the page, from Python.

    from core import title
    title("……").titles[0].text

    from core import extract
    extract("……").above()[0].predicate

Both answer with the embedded weights; a `Titler` or an `Extractor` holds others.  TensorFlow is imported when a model
is first used.

    from core import catenary, fit_catenary, rope, turning_rope, pole_rope
    rope(span=1, length=2).k

are the laboratory's curves, which need no model.

    from core import matrix
    matrix("1 2; 3 4").relative_error

compares both sides of det(exp A) = exp(tr A).
"""

from __future__ import annotations

import functools
import importlib
import threading
from typing import TYPE_CHECKING, Any

from core.errors import VisitorError

if TYPE_CHECKING:
    from core.mathtoys.catenary import catenary
    from core.mathtoys.fit import fit_catenary
    from core.mathtoys.matrix import matrix
    from core.mathtoys.pole import pole_rope
    from core.mathtoys.rope import rope
    from core.mathtoys.turning import turning_rope
    from core.titling.task import Decoding, Titler, TitleResult
    from core.triples.task import Extraction, Extractor, TripleResult

__all__ = [
    "Decoding", "Extraction", "Extractor", "TitleResult", "Titler", "TripleResult", "VisitorError", "catenary",
    "extract", "fit_catenary", "matrix", "pole_rope", "rope", "title", "turning_rope",
]  # fmt: skip


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
        titler: Titler = _model("titling", weights)
    return titler.title(text, Decoding(**decoding))


def extract(text: str, weights: str | None = None, threshold: float | None = None) -> TripleResult:
    """The triples (subject, predicate, object) that a text states.

    Named `extract`, since `core.triples` is the package that does it.

    Args:
        text: up to 100,000 characters, read in windows of whole sentences.
        weights: a folder, a preset or `owner/name[@revision]`; None: the embedded ones.
        threshold: probability from which a triple counts, 0.05 to 1; None: the one tuned on held-out data.

    Raises:
        VisitorError: no text, too long a text, weights that cannot be had, or a value out of range.
    """
    from core.triples.task import Extraction

    settings = Extraction(threshold).checked()
    with _loading:
        extractor: Extractor = _model("triples", weights)
    return extractor.extract(text, settings)


_LABORATORY = {  # name → module; numbers alone, no TensorFlow
    "catenary": "core.mathtoys.catenary",
    "fit_catenary": "core.mathtoys.fit",
    "matrix": "core.mathtoys.matrix",
    "pole_rope": "core.mathtoys.pole",
    "rope": "core.mathtoys.rope",
    "turning_rope": "core.mathtoys.turning",
}
_loading = threading.Lock()  # two threads that come first load the model once


@functools.cache
def _model(task: str, weights: str | None) -> Any:
    from core.tasks import TASKS
    from core.weights import store

    found = store.find(task, weights)
    return TASKS[task].load(found.folder, found.name)


def __getattr__(name: str) -> Any:
    if name in ("Decoding", "TitleResult", "Titler"):
        from core.titling import task

        return getattr(task, name)
    if name in ("Extraction", "Extractor", "TripleResult"):
        from core.triples import task as triples_task

        return getattr(triples_task, name)
    if name in _LABORATORY:
        return getattr(importlib.import_module(_LABORATORY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
