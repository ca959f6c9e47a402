"""玩转: what a visitor can do on the page, from Python.

    from core import title
    title("……").titles[0].text

    from core import extract
    extract("……").above()[0].predicate

    from core import answer
    answer("……？", "……").answer

All answer with the embedded weights, or those that `WANZHUAN_TITLING` and the like name; a `Titler`, an `Extractor` or
a `Reader` holds others.  TensorFlow is imported when a model is first used, and a model that was used is kept.

    from core import catenary, fit_catenary, rope, turning_rope, pole_rope
    rope(span=1, length=2).k

are the laboratory's curves, which need no model.

    from core import matrix
    matrix("1 2; 3 4").relative_error

compares both sides of det(exp A) = exp(tr A).

    from core import optimize
    optimize("rosenbrock", ["gd", "adam"], steps=1000).paths[1].loss[-1]

runs optimizers down a surface, beside the exact flow θ' = −∇L.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import VisitorError

if TYPE_CHECKING:
    from core.documents import Document
    from core.mathtoys.catenary import catenary
    from core.mathtoys.fit import fit_catenary
    from core.mathtoys.matrix import matrix
    from core.mathtoys.pole import pole_rope
    from core.mathtoys.rope import rope
    from core.mathtoys.turning import turning_rope
    from core.optim.flow import optimize
    from core.reading.index import Library
    from core.reading.task import Asking, Reader, ReadingResult
    from core.titling.task import Decoding, Titler, TitleResult
    from core.triples.task import Extraction, Extractor, TripleResult

__all__ = [
    "Asking", "Decoding", "Document", "Extraction", "Extractor", "Library", "Reader", "ReadingResult", "TitleResult",
    "Titler", "TripleResult", "VisitorError", "answer", "catenary", "extract", "fit_catenary", "matrix", "optimize",
    "pole_rope", "read_documents", "rope", "title", "turning_rope",
]  # fmt: skip


def title(text: str, weights: str | None = None, **decoding: Any) -> TitleResult:
    """Titles of an article.

    Args:
        text: up to a million characters; of a long one the beginning and the sentences richest in keywords are read,
            all out of its first 20,000 characters.
        weights: a folder, a preset or `owner/name[@revision]`; None: those that WANZHUAN_TITLING names, else the
            embedded ones.
        **decoding: fields of `Decoding`, such as count=3, method="sample", seed=1.

    Raises:
        VisitorError: no text, too long a text, weights that cannot be had, or a value out of range.
    """
    from core.titling.task import Decoding

    titler: Titler = _model("titling", weights)
    return titler.title(text, Decoding(**decoding))


def extract(text: str, weights: str | None = None, threshold: float | None = None) -> TripleResult:
    """The triples (subject, predicate, object) that a text states.

    Named `extract`, since `core.triples` is the package that does it.

    Args:
        text: up to 100,000 characters, read in windows of whole sentences.
        weights: a folder, a preset or `owner/name[@revision]`; None: those that WANZHUAN_TRIPLES names, else the
            embedded ones.
        threshold: probability from which a triple counts, 0.05 to 1; None: the one tuned on held-out data.

    Raises:
        VisitorError: no text, too long a text, weights that cannot be had, or a value out of range.
    """
    from core.triples.task import Extraction

    settings = Extraction(threshold).checked()
    extractor: Extractor = _model("triples", weights)
    return extractor.extract(text, settings)


def answer(
    question: str, sources: str | Sequence[Document] | Library, weights: str | None = None, **asking: Any
) -> ReadingResult:
    """The answer to a question, read in a passage or in documents.

    Args:
        question: one.
        sources: a pasted text; documents, as `read_documents(paths)` gives them; or a `Library`, which is indexed once
            for many questions.
        weights: a folder, a preset or `owner/name[@revision]`, of this project or with a head of start and end
            (`BertForQuestionAnswering`); None: those that WANZHUAN_READING names, else the embedded ones.
        **asking: fields of `Asking`, such as threshold=0.5, passages=16.

    Raises:
        VisitorError: no or too long a question, nothing to read, weights that cannot be had, or a value out of range.
    """
    from core.reading.results import Asking

    settings = Asking(**asking).checked()
    reader: Reader = _model("reading", weights)
    return reader.answer(question, sources, settings)


_LABORATORY = {  # name → module; numbers alone, no TensorFlow
    "catenary": "core.mathtoys.catenary",
    "fit_catenary": "core.mathtoys.fit",
    "matrix": "core.mathtoys.matrix",
    "optimize": "core.optim.flow",
    "pole_rope": "core.mathtoys.pole",
    "rope": "core.mathtoys.rope",
    "turning_rope": "core.mathtoys.turning",
}
_READING = {
    "Asking": "core.reading.results",
    "Document": "core.documents",
    "Library": "core.reading.index",
    "Reader": "core.reading.task",
    "ReadingResult": "core.reading.results",
    "read_documents": "core.documents",
}
_loading = threading.Lock()  # two threads that come first load the model once; who finds it loaded never waits
_loaded: dict[tuple[str, str | None], Any] = {}


def _model(task: str, weights: str | None) -> Any:
    from core.tasks import TASKS
    from core.weights import store

    if (task, weights) not in _loaded:
        with _loading:
            if (task, weights) not in _loaded:
                found = store.find(task, weights)
                _loaded[task, weights] = TASKS[task].load(found.folder, found.name)
    return _loaded[task, weights]


def __getattr__(name: str) -> Any:
    if name in ("Decoding", "TitleResult", "Titler"):
        from core.titling import task

        return getattr(task, name)
    if name in ("Extraction", "Extractor", "TripleResult"):
        from core.triples import task as triples_task

        return getattr(triples_task, name)
    if name in _READING:
        return getattr(importlib.import_module(_READING[name]), name)
    if name in _LABORATORY:
        return getattr(importlib.import_module(_LABORATORY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
