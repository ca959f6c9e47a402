"""The endpoint `/chat`: a message and what was said before in, the reply as JSON out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.chat.conversation import MOST_TURNS, replayed, turn
from core.chat.languages import language_of
from core.errors import VisitorError
from core.patience import Limit
from core.service import Service
from demo import limits, reading_files
from demo.chat_desk import GATES
from demo.common import endpoint_errors
from demo.i18n import language_of as language_of_page


def add(service: Service, **concurrency: Any) -> None:
    """The endpoint, inside the `gr.Blocks` that is open."""

    def chat(message: str, history: list[dict[str, Any]] | None = None, request: gr.Request = None) -> dict:
        """Say something in Chinese or English and get what it asks for: titles of a text, its triples, an answer to a
        question about it, a check of a matrix, a rope, a race of optimizers, an explanation.

        Args:
            message: what is said; a long text in it is the text to work on, for example "write a title:" and an
                article behind it.
            history: what was said before, [{"role": "user" or "assistant", "content": text}]; follow-ups such as
                "shorter" or "who is his wife?" need it. The last 20 messages of the user count.

        Returns:
            {"skill", "text", "data": [what came of it, each with its "type"], "suggestions", "weights", "device",
            "seconds", "failed"}: skill is "title", "triples", "answer", "matrix", "rope", "optimizers", "explain",
            "help", "text" (a text was given without a wish), "ask" (unsure: the suggestions are choices), "other" and
            the like; weights are empty where no model was asked.
        """
        with endpoint_errors("chat", request):
            if not isinstance(message, str) or (history is not None and not isinstance(history, list)):
                raise VisitorError("text_empty")
            with Limit(limits.WRITING_SECONDS):
                session, page = replayed((history or [])[-2 * MOST_TURNS :]), language_of_page(request)
            with Limit(limits.WRITING_SECONDS + limits.INDEX_SECONDS):  # a long text may have to be indexed
                *_, (reply, session) = turn(message, session, service, (), page, reading_files.build, GATES)
            return reply.data(language_of(message, session, page))

    gr.api(chat, api_name="chat", **concurrency)
