"""The tab 对话: a conversation that finds the right tool, and shows what it made as the other tabs do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from core.chat import classifier
from core.chat.conversation import turn
from core.chat.languages import language_of as language_for
from core.chat.replies import Reply
from core.chat.skills import TASKS
from core.documents import Document, read_documents
from core.errors import VisitorError
from core.patience import Limit
from core.service import Service
from core.text import printable
from demo import chat_api, common, limits
from demo.chat_desk import GATES, Talk, Turn, read_kept
from demo.chat_render import Messages
from demo.common import QUIET
from demo.examples import EXAMPLES, TRIPLES
from demo.i18n import both, language_of, phrase, sentence, warn, word
from demo.rates import admit
from demo.reading_desk import keep
from demo.theme import html_block
from demo.uploads import discard
from demo.watch import note

_log = logging.getLogger(__name__)
_NOW = {"queue": False, **QUIET}
_BOX = {"submit_btn": True, "stop_btn": False}
_BUSY = {"submit_btn": False, "stop_btn": True}
_CHIPS = {  # chip → the message: a phrase, and a text that follows it
    "chat_example_title": ("chat_say_title", EXAMPLES["example_news"]),
    "chat_example_triples": ("chat_say_triples", TRIPLES["triples_biography"]),
    "chat_example_question": ("", f"{TRIPLES['triples_film']}\n这部电影的导演是谁？"),
    "chat_example_matrix": ("chat_say_matrix", ""),
    "chat_example_rope": ("chat_say_rope", ""),
    "chat_example_race": ("chat_say_race", ""),
}


def tab(service: Service) -> None:
    """The tab's components and events, inside the `gr.Blocks` that is open."""
    talk = gr.State(None, time_to_live=limits.DESK_SECONDS)
    kept = gr.BrowserState([], storage_key="wanzhuan-chat", secret="wanzhuan-chat-words")
    with gr.Column(elem_id="wz-chat-panes"):
        chat = gr.Chatbot(
            show_label=False, container=False, elem_id="wz-chat",
            buttons=[], layout="bubble", sanitize_html=True, render_markdown=False, latex_delimiters=[],
            feedback_options=None, group_consecutive_messages=False, allow_file_downloads=False,
            autoscroll=False,  # assets/chat.js shows an answer from its beginning on
        )  # fmt: skip
        box = gr.MultimodalTextbox(
            placeholder=word("chat_placeholder"), show_label=False, label=word("chat_box"), file_count="multiple",
            lines=1, max_lines=8, max_plain_text_length=limits.CHAT_CHARACTERS, elem_id="wz-chat-box",
        )  # fmt: skip
        with gr.Row(elem_id="wz-chat-examples", elem_classes="wz-chat-examples"):
            html_block(f'<span class="wz-try">{both("try")}</span>', min_width=0)
            chips = {key: gr.Button(word(key), size="sm", min_width=0) for key in _CHIPS}
        html_block(f'<p class="wz-hint wz-chat-keeps">{both("chat_keeps")}</p>')

    shown = [chat, box, talk, kept]
    many = {"concurrency_limit": limits.TALKERS, "concurrency_id": "chat"}
    say = {"outputs": shown, "show_progress_on": [], **many, **QUIET}
    talks = Talking(service)
    running = [
        # what is sent while an answer still comes waits for its end, rather than being dropped without a word
        box.submit(talks.sent, inputs=[box, talk], trigger_mode="always_last", **say),
        chat.option_select(talks.chosen, inputs=talk, **say),
        chat.retry(talks.again, inputs=talk, **say),
    ]
    running += [chip.click(talks.example(key), inputs=talk, **say) for key, chip in chips.items()]
    chat.undo(talks.back, inputs=talk, outputs=shown, **_NOW)
    chat.clear(talks.cleared, outputs=shown, **_NOW)
    box.stop(talks.stopped, inputs=talk, outputs=shown, cancels=running, **_NOW)
    gr.context.Context.root_block.load(talks.opened, inputs=[talk, kept], outputs=shown, **_NOW)
    chat_api.add(service, **many)


class Talking:
    """The events.  Each yields or returns (chat, box, conversation, what the browser keeps)."""

    def __init__(self, service: Service) -> None:
        self._service, self._show = service, Messages()

    # ---- what a visitor does ------------------------------------------------------------------------------------
    def sent(self, value: dict[str, Any] | None, talk: Talk | None, request: gr.Request) -> Iterator[tuple]:
        """A message was sent, maybe with files."""
        text, files = (value or {}).get("text") or "", (value or {}).get("files") or []
        if talk and talk.turns and not (text.strip() or files):  # Enter was pressed once more than needed
            yield self._now(talk, gr.skip())
            return
        yield from self._said(text, files, talk, request)

    def chosen(self, talk: Talk | None, event: gr.SelectData, request: gr.Request) -> Iterator[tuple]:
        """A suggestion was clicked."""
        yield from self._said(str(event.value), [], talk, request)

    def example(self, key: str) -> Callable[..., Iterator[tuple]]:
        """A chip was clicked."""
        lead, text = _CHIPS[key]

        def event(talk: Talk | None, request: gr.Request) -> Iterator[tuple]:
            said = phrase(lead, language_of(request)) if lead else ""
            yield from self._said(f"{said}\n{text}".strip(), [], talk, request)

        return event

    def again(self, talk: Talk | None, event: gr.RetryData, request: gr.Request) -> Iterator[tuple]:
        """The answer once more, from what was known before it."""
        talk = talk or Talk()
        if not talk.turns:
            yield self._now(talk)
            return
        try:
            admit(request)  # before anything is taken back
        except VisitorError as error:
            note("mistake")
            warn(sentence(error, request), request)
            yield self._now(talk)
            return
        place = event.index if isinstance(event.index, int) else event.index[0]
        number = talk.turns_from(place, self._above(talk))
        documents = talk.turns[-number].documents
        said = talk.back(number)
        yield from self._said(said, [], talk, request, documents, admitted=True)

    def back(self, talk: Talk | None, event: gr.UndoData) -> tuple:
        """A turn is taken back; its words stand in the box again."""
        talk = talk or Talk()
        place = event.index if isinstance(event.index, int) else event.index[0]
        said = talk.back(talk.turns_from(place, self._above(talk)))
        return self._now(talk, gr.MultimodalTextbox(value={"text": said, "files": []}, **_BOX))

    def cleared(self) -> tuple:
        """Nothing is left, here and in the browser."""
        return self._now(Talk())

    def stopped(self, talk: Talk | None, request: gr.Request) -> tuple:
        """What has grown so far stays, and a line says that it was stopped."""
        talk = talk or Talk()
        if talk.turns and talk.turns[-1].growing:
            last = talk.turns[-1]
            last.growing, last.stopped, last.words = False, True, phrase("chat_stopped", language_of(request))
            last.messages.append(self._show.told("chat_stopped"))
        return self._now(talk)

    def opened(self, talk: Talk | None, kept: Any) -> tuple:
        """The page was opened: what the browser kept stands there again, words alone."""
        threading.Thread(target=classifier.trained, name="chat", daemon=True).start()  # while the visitor still reads
        if talk is not None and talk.turns:
            return self._now(talk)
        return self._now(Talk(earlier=read_kept(kept)))

    # ---- a turn -------------------------------------------------------------------------------------------------
    def _said(
        self, text: str, files: Sequence[str], talk: Talk | None, request: gr.Request,
        documents: Sequence[Document] = (), admitted: bool = False,
    ) -> Iterator[tuple]:  # fmt: skip
        """One turn, step by step; whatever goes wrong becomes a sentence, and the conversation stays."""
        talk, text, page = talk or Talk(), printable(text), language_of(request)
        busy, done = gr.MultimodalTextbox(value={"text": "", "files": []}, **_BUSY), gr.MultimodalTextbox(**_BOX)
        turns, taken = talk.turns, False
        try:
            if not admitted:
                admit(request)
            if not files:
                current = self._begun(talk, text, documents, page)
            else:
                taken = True
                yield (*self._now(talk)[:1], busy, talk, gr.skip())
                documents = self._read(files)
                current = self._begun(talk, text, documents, page)
            yield self._now(talk, busy)
            yield from self._answered(talk, current, documents, page, request)
        except VisitorError as error:
            note(common.outcome(error))
            self._ended(talk, sentence(error, request), request)
        except Exception:  # a visitor never sees a stack trace
            note("failed")
            _log.exception("chat")
            self._ended(talk, phrase("something_wrong", page), request)
        finally:  # also after a stop
            if taken and talk.turns is turns:  # files were refused: what was written stands in the box again
                done = gr.MultimodalTextbox(value={"text": text, "files": []}, **_BOX)
            if talk.shorten():
                talk.turns[-1].messages[1:] = [self._show.remembered("assistant", talk.turns[-1].words)]
            keep(talk)
        yield self._now(talk, done)

    def _begun(self, talk: Talk, text: str, documents: Sequence[Document], page: str) -> Turn:
        current = talk.begin(text)
        current.documents = tuple(documents)
        keep(talk)  # they count from now on
        names = [document.name for document in documents]
        current.messages = [self._show.asked(text, names, page), self._show.told("chat_thinking", busy=True)]
        return current

    def _read(self, files: Sequence[str]) -> list[Document]:
        """The texts of uploaded files, which are then deleted."""
        paths = [Path(path) for path in files]
        try:
            if len(paths) > limits.CHAT_FILES:
                raise VisitorError("too_many_documents", most=limits.CHAT_FILES)
            return read_documents(paths, [path.name for path in paths])
        finally:
            discard(paths)

    def _answered(
        self, talk: Talk, current: Turn, documents: Sequence[Document], page: str, request: gr.Request
    ) -> Iterator[tuple]:
        steps = turn(current.said, current.before, self._service, documents, page, talk.indexed, GATES)
        before = current.before
        to_index = documents or (before.documents and before.library is None)  # given with a message before, perhaps
        seconds = limits.WRITING_SECONDS + (limits.INDEX_SECONDS if to_index else 0)
        limit = Limit(seconds)
        while True:
            with limit:
                step = next(steps, None)
            if step is None or current.stopped:
                return
            reply, session = step
            language = language_for(current.said, session, page)
            current.after = session
            if reply.growing and not reply.results:
                yield from self._until_loaded(talk, current, reply, request)
                if current.stopped:
                    return
                limit = Limit(seconds)
            current.messages[1:] = [self._show.answered(reply, language)]
            current.words, current.growing = reply.words(language), reply.growing
            if reply.growing:
                yield self._now(talk, gr.skip(), gr.skip())
                limit.check()

    def _until_loaded(self, talk: Talk, current: Turn, reply: Reply, request: gr.Request) -> Iterator[tuple]:
        for _ in common.waiting(self._service, TASKS[reply.skill], ()):
            if current.stopped:
                return
            current.messages[1:] = [self._show.told("chat_waiting", busy=True)]
            yield self._now(talk, gr.skip(), gr.skip())

    def _ended(self, talk: Talk, told: str, request: gr.Request) -> None:
        """A mistake's sentence: in the turn that it ended, or as a message where there is none."""
        warn(told, request)
        if talk.turns and talk.turns[-1].growing:
            last = talk.turns[-1]
            last.messages[1:] = [self._show.remembered("assistant", told)]
            last.words, last.growing = told, False

    # ---- what stands there --------------------------------------------------------------------------------------
    def _above(self, talk: Talk) -> int:
        return 1 + len(talk.earlier) + bool(talk.earlier)

    def _now(self, talk: Talk, box: Any = None, kept: Any = None) -> tuple:
        above = [self._show.told("chat_hello")]
        above += [self._show.remembered(one["role"], one["text"]) for one in talk.earlier]
        above += [self._show.told("chat_made_room" if talk.cleared else "chat_restored")] if talk.earlier else []
        messages = [one for turn in talk.turns for one in turn.messages]
        box = gr.MultimodalTextbox(**_BOX) if box is None else box
        return [*above, *messages], box, talk, talk.kept() if kept is None else kept
