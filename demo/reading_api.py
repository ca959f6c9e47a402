"""The endpoint `/answer`: one event of parts that nobody sees, because files must come through Gradio's own upload,
which lets no path of the disk in; all else is checked by `core`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.api_component import Api

from core import documents
from core.documents import Document
from core.errors import VisitorError
from core.patience import Limit
from core.reading.citing import cited
from core.reading.results import METHODS, Asking
from core.service import Service
from core.text import printable
from demo import common, limits
from demo.i18n import word
from demo.reading_files import build
from demo.uploads import discard, opening

_TEXT, _NUMBER = {"type": "string"}, {"type": "number"}
_FILES = "documents"


def add(service: Service, **concurrency: Any) -> None:
    """The endpoint, inside the `gr.Blocks` that is open."""
    inputs = [
        Api(None, _TEXT, "question"),
        Api("", _TEXT, "text"),
        gr.File(file_count="multiple", visible=False, label=_FILES),
        Api(None, _maybe({"enum": list(METHODS)}), "method"),
        Api(None, _maybe(_NUMBER), "threshold"),
        Api(Asking().passages, {"type": "integer"}, "passages"),
    ]
    trigger = gr.Button(word("reading_ask"), visible=False)
    trigger.click(
        endpoint(service), inputs=inputs, outputs=Api(None, {"type": "object", "additionalProperties": {}}, "answer"),
        api_name="answer", **concurrency,
    )  # fmt: skip


def _maybe(schema: dict) -> dict:
    return {"oneOf": [{"type": "null"}, schema]}


def endpoint(service: Service) -> Callable[..., dict]:
    """The function behind `/answer`."""

    def answer(
        question: str,
        text: str = "",
        files: list[str] | None = None,
        method: str | None = None,
        threshold: float | None = None,
        passages: int = Asking().passages,
        request: gr.Request = None,
    ) -> dict:
        """Answer a question from a Chinese text or from documents: the answer is a span of them, with the sentence
        that it stands in as evidence.  Good at short answers: who, when, where, how many.

        Args:
            question: in Chinese, at most some 60 characters.
            text: what to read; it may be as long as a book.
            files: documents to read, as well or instead: .txt, .md, .html, .docx and .pdf with text in it.
            method: "masks" (all characters of the answer in one pass), "seq2seq" (one after the other), or "spans"
                (weights that know start and end only); null: the usual way of the weights.
            threshold: probability from which an answer counts, 0 to 1; null: the one tuned on held-out data.
            passages: how many passages are read, the likeliest by BM25, 1 to 64.

        Returns:
            {"answer", "probability", "evidence", "source", "score", "votes": [{"text", "score", "candidates"}],
            "candidates": [{"text", "probability", "passage", "start", "end", "evidence_start", "evidence_end",
            "places": [{"guesses": [{"piece", "probability"}], "chosen"}], "evidence", "source"}], "passages":
            [{"source", "start", "end", "relevance"}], "sources", "question", "threshold", "method", "characters",
            "weights", "device", "seconds", "notice"}: answer is "" when no passage holds one that is sure enough;
            source is the file's name, "" for the text; places are what the masks say, piece by piece.
        """
        with common.endpoint_errors("reading", request):
            uploads = [Path(path) for path in files or ()]
            try:
                if not isinstance(question, str) or not question.strip():
                    raise VisitorError("reading_no_question")
                asking = Asking(threshold, passages, method).checked()
                reader = service.model("reading", limits.LOADING_SECONDS)
                reader.check(question, asking)  # a book takes seconds to be read and indexed
                with opening(request, Limit(limits.OPEN_SECONDS)):
                    found = _documents(text, uploads)
                with Limit(limits.INDEX_SECONDS):
                    library = build(found)
            finally:
                discard(uploads)
            with Limit(limits.READING_SECONDS):
                return cited(reader.answer(question, library, asking), library)

    return answer


def _documents(text: object, uploads: list[Path]) -> list[Document]:
    """The files, and the text behind them if there is one."""
    found = documents.read_documents(uploads) if uploads else []
    pasted = printable(text) if isinstance(text, str) else ""
    if pasted.strip() or not found:
        found.append(Document("", pasted))
    return found
