"""The tab 对话: a conversation that finds the right tool, and shows what it made as the other tabs do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from core.chat import classifier
from core.chat.conversation import turn
from core.chat.languages import language_of as language_for
from core.chat.replies import Reply
from core.chat.skills import TASKS
from core.documents import Document
from core.errors import VisitorError
from core.patience import Limit
from core.service import Service
from core.text import printable
from demo import chat_api, common, limits, stopping
from demo.chat_desk import GATES, Talk, Turn, known, never_said, read_files
from demo.chat_render import Messages
from demo.examples import EXAMPLES, TRIPLES
from demo.i18n import both, language_of, phrase, sentence, warn, word
from demo.listening import NOW, QUIET
from demo.rates import admit
from demo.reading_desk import keep
from demo.theme import html_block
from demo.watch import note

_log = logging.getLogger(__name__)
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

    shown, memory = [chat, box, talk, kept], [talk, kept]
    many = {"concurrency_limit": limits.TALKERS, "concurrency_id": "chat"}
    # what is said while an answer still comes is said at once, and answered after it
    say = {"outputs": shown, "show_progress_on": [], "trigger_mode": "multiple", **many, **QUIET}
    talks = Talking(service)
    box.submit(None, inputs=box, outputs=box, js="(value) => window.wanzhuan.chat.take(value)", **QUIET)
    sending = box.submit(talks.sent, inputs=[box, *memory], js="(...all) => window.wanzhuan.chat.send(...all)", **say)
    sending.then(None, inputs=box, outputs=box, js="(value) => window.wanzhuan.chat.done(value)")
    sending.failure(None, inputs=box, outputs=box, js="(value) => window.wanzhuan.chat.failed(value)")
    asking = [
        sending,
        chat.option_select(talks.chosen, inputs=memory, **say),
        chat.retry(talks.again, inputs=memory, **say),
        *(chip.click(talks.example(key), inputs=memory, **say) for key, chip in chips.items()),
    ]
    stop_all = stopping.stopper(asking, lambda: (gr.skip(),) * len(shown), never_said)

    def cleared(talk: Talk | None, request: gr.Request) -> tuple:
        """With the conversation goes what still waits in the queue to be said in it."""
        stop_all(request.session_hash)
        return talks.cleared(talk)

    # None of these waits for what runs: that ends by itself, as soon as it sees that it is not wanted any more.  What
    # it sent last may still be on its way, so each is told once more, in the order of the queue.
    for ends in (
        chat.undo(talks.back, inputs=[box, *memory], outputs=shown, **NOW),
        chat.clear(cleared, inputs=talk, outputs=shown, **NOW),
        box.stop(talks.stopped, inputs=memory, outputs=shown, **NOW),
    ):
        ends.then(talks.shown, inputs=memory, outputs=shown, concurrency_limit=None, **QUIET)
    gr.context.Context.root_block.load(talks.opened, inputs=memory, outputs=shown, **NOW)
    chat_api.add(service, **many)


class Talking:
    """The events.  Each yields or returns (chat, box, conversation, what the browser keeps).

    The conversation is one object, changed in place: whatever is still being answered sees what became of it.  Where
    the server has let it go, `kept` says what the browser has of it.
    """

    def __init__(self, service: Service) -> None:
        self._service, self._show = service, Messages()

    # ---- what a visitor does ------------------------------------------------------------------------------------
    def sent(self, value: dict[str, Any] | None, talk: Talk | None, kept: Any, request: gr.Request) -> Iterator[tuple]:
        """A message was sent, maybe with files."""
        talk = known(talk, kept)
        text, files = (value or {}).get("text") or "", tuple((value or {}).get("files") or ())
        if talk.turns and not (text.strip() or files):  # Enter was pressed once more than needed
            yield self._now(talk, gr.skip())
        elif files and talk.has(printable(text), files):  # or while files were still on their way
            yield self._now(talk)
        elif self._admitted(request):
            yield from self._said(text, talk, request, files)
        else:
            yield self._now(talk, self._box(talk, text, files))

    def chosen(self, talk: Talk | None, kept: Any, event: gr.SelectData, request: gr.Request) -> Iterator[tuple]:
        """A suggestion was clicked."""
        yield from self._clicked(str(event.value), known(talk, kept), request)

    def example(self, key: str) -> Callable[..., Iterator[tuple]]:
        """A chip was clicked."""
        lead, text = _CHIPS[key]

        def event(talk: Talk | None, kept: Any, request: gr.Request) -> Iterator[tuple]:
            said = phrase(lead, language_of(request)) if lead else ""
            yield from self._clicked(f"{said}\n{text}".strip(), known(talk, kept), request)

        return event

    def again(self, talk: Talk | None, kept: Any, event: gr.RetryData, request: gr.Request) -> Iterator[tuple]:
        """The answer once more, from what was known before it."""
        talk = known(talk, kept)
        if not talk.turns or not self._admitted(request):  # before anything is taken back
            yield self._now(talk)
            return
        number = self._turns_from(talk, event)
        before = talk.turns[-number]
        said = talk.back(number)
        yield from self._said(said, talk, request, before.files, before.documents)

    def back(self, value: dict[str, Any] | None, talk: Talk | None, kept: Any, event: gr.UndoData) -> tuple:
        """A turn is taken back; its words stand in the box again, above what was being written there."""
        talk = known(talk, kept)
        said, written = talk.back(self._turns_from(talk, event)), (value or {}).get("text") or ""
        text = "\n".join(part for part in (said, written) if part)
        return self._now(talk, self._box(talk, text, (value or {}).get("files") or ()))

    def cleared(self, talk: Talk | None) -> tuple:
        """Nothing is left, here and in the browser."""
        talk = known(talk, None)
        talk.forget()
        return self._now(talk)

    def stopped(self, talk: Talk | None, kept: Any, request: gr.Request) -> tuple:
        """What has grown so far stays, and a line says that it was stopped."""
        talk = known(talk, kept)
        for current in talk.growing:
            self._stopped(talk, current, language_of(request))
        return self._now(talk)

    def shown(self, talk: Talk | None, kept: Any) -> tuple:
        """What stands there now."""
        return self._now(known(talk, kept))

    def opened(self, talk: Talk | None, kept: Any) -> tuple:
        """The page was opened: what the browser kept stands there again, words alone."""
        threading.Thread(target=classifier.trained, name="chat", daemon=True).start()  # while the visitor still reads
        return self._now(known(talk if talk and talk.turns else None, kept))

    # ---- a turn -------------------------------------------------------------------------------------------------
    def _admitted(self, request: gr.Request) -> bool:
        """Whether this visitor may ask now; where not, they are told."""
        try:
            admit(request)
        except VisitorError as error:
            note("mistake")
            warn(sentence(error, request), request)
            return False
        return True

    def _clicked(self, text: str, talk: Talk, request: gr.Request) -> Iterator[tuple]:
        """One of the page's own messages; clicked twice, it is said once."""
        if any(turn.said == text for turn in talk.growing) or not self._admitted(request):
            yield self._now(talk)
            return
        yield from self._said(text, talk, request)

    def _said(
        self, text: str, talk: Talk, request: gr.Request, files: Sequence[str] = (), documents: Sequence[Document] = ()
    ) -> Iterator[tuple]:
        """One turn, step by step; whatever goes wrong becomes a sentence, and the conversation stays.

        documents: what the files became, where they have been read before.
        """
        page, box, unread = language_of(request), None, bool(files and not documents)
        current = self._begun(talk, printable(text), files, documents, page)
        try:
            yield self._now(talk)
            if unread:
                current.documents = tuple(read_files(files, request))
                unread = False
                keep(talk)
            yield from self._answered(talk, current, page, request)
        except VisitorError as error:
            note(common.outcome(error))
            self._ended(current, sentence(error, request), request)
        except Exception:  # a visitor never sees a stack trace
            note("failed")
            _log.exception("chat")
            self._ended(current, phrase("something_wrong", page), request)
        finally:  # also where the page was closed
            self._stopped(talk, current, page)
            current.ended.set()
            if unread and not current.stopped:  # files were refused: what was written stands in the box again
                talk.drop(current)
                box = self._box(talk, text)
            if talk.shorten():
                talk.turns[-1].messages[1:] = [self._show.remembered("assistant", talk.turns[-1].words)]
            keep(talk)
        yield self._now(talk, box)

    def _begun(self, talk: Talk, text: str, files: Sequence[str], documents: Sequence[Document], page: str) -> Turn:
        current = talk.begin(text)
        current.files, current.documents = tuple(files), tuple(documents)
        keep(talk)  # they count from now on
        names = [document.name for document in documents] or [Path(path).name for path in files]
        current.messages = [self._show.asked(text, names, page), self._show.told("chat_thinking", busy=True)]
        return current

    def _answered(self, talk: Talk, current: Turn, page: str, request: gr.Request) -> Iterator[tuple]:
        yield from self._until_its_turn(talk, current)
        if current.stopped:
            return
        documents, before = current.documents, current.before
        build = partial(talk.indexed, turn=current)
        steps = turn(current.said, before, self._service, documents, page, build, GATES)
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
            answer = self._show.answered(reply, language)
            with talk.lock:  # it may be stopped while that is made
                if current.stopped:
                    return
                current.messages[1:] = [answer]
                current.words, current.growing = reply.words(language), reply.growing
                current.part = reply if reply.results else None
            if reply.growing:
                yield self._now(talk, gr.skip(), gr.skip())
                limit.check()

    def _until_its_turn(self, talk: Talk, current: Turn) -> Iterator[tuple]:
        """What was said before is answered first: "shorter" may be about the titles that still grow."""
        while not current.stopped and (ahead := talk.ahead(current)):
            if not ahead.growing:
                current.before = current.after = ahead.after
                return
            ahead.ended.wait(limits.POLL_SECONDS / 2)
            yield (gr.skip(),) * 4

    def _until_loaded(self, talk: Talk, current: Turn, reply: Reply, request: gr.Request) -> Iterator[tuple]:
        for _ in common.waiting(self._service, TASKS[reply.skill], ()):
            if current.stopped:
                return
            with talk.lock:
                if not current.stopped:
                    current.messages[1:] = [self._show.told("chat_waiting", busy=True)]
            yield self._now(talk, gr.skip(), gr.skip())

    def _stopped(self, talk: Talk, current: Turn, page: str) -> None:
        with talk.lock:
            if not current.growing:
                return
            current.stop()
        grown = [self._show.answered(replace(current.part, growing=False), page)] if current.part else []
        current.words = phrase("chat_stopped", page)
        current.messages[1:] = [*grown, self._show.told("chat_stopped")]

    def _ended(self, current: Turn, told: str, request: gr.Request) -> None:
        """A mistake's sentence, in the turn that it ended; who stopped that, or took it back, does not ask for it."""
        if current.stopped:
            return
        warn(told, request)
        if current.growing:
            current.messages[1:] = [self._show.remembered("assistant", told)]
            current.words, current.growing = told, False

    # ---- what stands there --------------------------------------------------------------------------------------
    def _turns_from(self, talk: Talk, event: gr.EventData) -> int:
        """How many turns are taken back by a click on one of the messages."""
        place = event.index if isinstance(event.index, int) else event.index[0]
        return talk.turns_from(place, 1 + len(talk.earlier) + bool(talk.earlier))

    def _box(self, talk: Talk, text: str, files: Sequence[str] = ()) -> gr.MultimodalTextbox:
        return gr.MultimodalTextbox(value={"text": text, "files": list(files)}, **_buttons(talk))

    def _now(self, talk: Talk, box: Any = None, kept: Any = None) -> tuple:
        messages = self._show.above(talk) + [one for turn in talk.turns for one in turn.messages]
        box = gr.MultimodalTextbox(**_buttons(talk)) if box is None else box
        return messages, box, talk, talk.kept() if kept is None else kept


def _buttons(talk: Talk) -> dict[str, bool]:
    """Of the box: Stop while anything is being answered, Send otherwise."""
    return {"submit_btn": not talk.growing, "stop_btn": bool(talk.growing)}
