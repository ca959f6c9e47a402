"""Files in, a library out, with word of how far it is; and the shelf that shows what is open."""

from __future__ import annotations

import contextlib
import html
import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from core import documents, patience
from core.documents import Document
from core.errors import LateError, VisitorError
from core.patience import Limit
from core.reading.index import Library
from demo import common, limits
from demo.i18n import both, notice, phrase, spans
from demo.reading_desk import Desk, keep
from demo.uploads import discard, opening

Refused = tuple[str, VisitorError]  # a file's name, and why it was not opened


class _Unwanted(Exception):
    """Nobody waits for the index any more."""


_indexing = threading.BoundedSemaphore(limits.INDEXERS)


def build(texts: Sequence[Document], told: Callable[[float, int], None] | None = None) -> Library:
    """`Library.build`; long texts wait for each other, since each of them takes a core and much memory.

    Raises:
        LateError: the limit of time that this runs in is over, or others' texts take too long.
        VisitorError: as `Library.build`.
    """
    if not _long(texts):
        return Library.build(texts, told)
    if not _indexing.acquire(timeout=patience.left(limits.INDEX_SECONDS)):
        raise LateError("files_busy")
    try:
        return Library.build(texts, told)
    finally:
        _indexing.release()


def _long(texts: Sequence[Document]) -> bool:
    return sum(len(document.text) for document in texts) > limits.INDEXED_FREELY


def indexed(texts: Sequence[Document]) -> Generator[tuple[float, int], None, Library]:
    """Index documents in a thread of its own: yields (share that is done, passages so far), returns the library.

    Raises:
        VisitorError: as `Library.build`.
    """
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    unwanted = threading.Event()

    def tell(share: float, passages: int) -> None:
        if unwanted.is_set():
            raise _Unwanted
        told.put((share, passages))

    def work() -> None:
        try:
            if _long(texts):
                told.put((0.0, 0))  # it may have to wait
            told.put(build(texts, tell))
        except BaseException as error:  # goes on where the library is waited for
            told.put(error)

    threading.Thread(target=work, name="indexing", daemon=True).start()
    try:
        while True:
            news = told.get()
            while isinstance(news, tuple) and not told.empty():  # only the latest word counts
                news = told.get()
            if isinstance(news, Library):
                return news
            if isinstance(news, BaseException):
                raise news
            yield news
    finally:
        unwanted.set()


def read_uploads(
    paths: Sequence[Path], refused: list[Refused], request: gr.Request | None = None
) -> Generator[tuple[int, str], None, list[Document]]:
    """The texts of uploaded files, each deleted once it has been read: yields (number from 1, name) before each.

    refused: gets those that cannot be read, or not in time; the others are read nevertheless.
    """
    found, limit = [], Limit(limits.OPEN_SECONDS)
    for number, path in enumerate(paths, 1):
        yield number, path.name
        try:
            limit.check()
            with opening(request, limit):
                found += documents.read_documents([path], [path.name])
        except LateError:  # whose own sentence names no file
            seconds = int(limits.OPEN_SECONDS)
            refused.append((path.name, VisitorError("document_too_slow", file=path.name, seconds=seconds)))
        except VisitorError as error:
            refused.append((path.name, error))
        finally:
            discard([path])
    return found


# ---- events -----------------------------------------------------------------------------------------------------
def opened(paths: Sequence[str] | None, listed: str | None, desk: Desk, request: gr.Request) -> Iterator[tuple]:
    """The event behind the upload: yields (shelf, where to read from, button that closes, desk).  Several may be at
    work at once: each adds its files to what is open when it has read them.

    listed: the shelf as it stands on the page.
    """
    uploads, closings = [Path(path) for path in paths or ()], desk.closings
    nothing = (gr.skip(), gr.skip(), gr.skip(), desk)
    with desk.opening(), contextlib.ExitStack() as ends:
        ends.callback(discard, uploads)
        if desk.missing(lists(listed)):  # else they would go from the shelf without a word
            desk.refused.append(("", VisitorError("reading_cleared")))
        steps = common.mistakes_told(_opened(uploads, desk, closings, request), "reading", nothing, nothing, request)
        for step in ends.enter_context(contextlib.closing(steps)):
            if desk.closings != closings:  # the visitor has put the files away, and these with them
                break
            yield step
        yield shelf(desk, desk.refused), gr.skip(), gr.Button(visible=bool(desk.files)), desk


def _opened(uploads: Sequence[Path], desk: Desk, closings: int, request: gr.Request | None) -> Iterator[tuple]:
    _check_number(uploads, desk.documents)
    reading = read_uploads(uploads, desk.refused, request)
    try:
        while True:
            number, name = next(reading)
            source = "files" if number == 1 else gr.skip()  # later it is the visitor's choice
            yield working("reading_opening", number=number, total=len(uploads), name=name), source, gr.skip(), desk
    except StopIteration as done:
        texts = done.value
    finally:
        reading.close()
    try:
        while texts:  # again, if another upload was done meanwhile
            before = desk.files
            documents_before = before.documents if before else ()
            _check_number(texts, documents_before)
            library = yield from _progress([*documents_before, *texts], desk)
            if desk.open_files(library, before, closings) or desk.closings != closings:
                break
        keep(desk)
    except VisitorError as error:  # too much together: what was open before stays open
        desk.refused.append(("", error))


def _check_number(new: Sequence[object], old: Sequence[object]) -> None:
    if len(new) + len(old) > documents.MAX_FILES:
        raise VisitorError("too_many_documents", most=documents.MAX_FILES)


def _progress(texts: Sequence[Document], desk: Desk) -> Generator[tuple, None, Library]:
    steps = indexed(texts)
    try:
        while True:
            share, passages = next(steps)
            yield progress(share, passages), gr.skip(), gr.skip(), desk
    except StopIteration as done:
        return done.value
    finally:
        steps.close()


def closed(desk: Desk) -> tuple:
    """The event behind the button that puts the files away; outputs as of `opened`."""
    desk.close_files()
    return shelf(desk), "text", gr.Button(visible=False), desk


# ---- the shelf --------------------------------------------------------------------------------------------------
def shelf(desk: Desk, refused: Sequence[Refused] = ()) -> str:
    """What is open, and what was not opened and why."""
    if desk.files:
        items = "".join(
            f'<li><span class="wz-r-name">{html.escape(document.name)}</span>'
            f"<span>{both('reading_characters', characters=f'{len(document.text):,}')}</span></li>"
            for document in desk.files.documents
        )
        told = spans(*(_indexed(desk.files, language) for language in ("en", "zh")))
        inside = f'<ul class="wz-r-files" tabindex="0">{items}</ul><p class="wz-r-indexed">{told}</p>'
    elif desk.cleared:
        inside = f"<p>{notice('reading_cleared')}</p>"
    else:
        megabytes = {"megabytes": documents.MAX_BYTES, "pdf_megabytes": documents.MAX_PDF_BYTES}
        rounded = {key: value // 1_000_000 for key, value in megabytes.items()}
        kinds = " ".join(documents.KINDS)
        inside = f"<p>{both('reading_no_files', kinds=kinds, most=documents.MAX_FILES, **rounded)}</p>"
    return f'<div class="wz-r-shelf" role="status">{inside}{_refusals(refused)}</div>'


def lists(shelf: str | None) -> bool:
    """Whether a shelf as it stands on a page lists files."""
    return '<ul class="wz-r-files"' in (shelf or "")  # in a file's name this would be escaped


def _indexed(files: Library, language: str) -> str:
    """How much is open, as plain text."""
    counts = {"reading_n_files": len(files.documents), "reading_n_passages": len(files.passages)}
    told = [phrase(key if n != 1 else f"{key}_1", language, number=f"{n:,}") for key, n in counts.items()]
    characters = f"{files.characters:,}"
    return phrase("reading_indexed", language, files=told[0], passages=told[1], characters=characters)


def _refusals(refused: Sequence[Refused]) -> str:
    if not refused:
        return ""
    items = "".join(f"<li>{notice(error)}</li>" for _, error in refused)  # the sentence names the file
    return f'<div class="wz-r-refused"><p>{both("reading_refused")}</p><ul>{items}</ul></div>'


def working(key: str, **values: object) -> str:
    """One sentence about what is being done."""
    spinner = '<span class="wz-spinner" aria-hidden="true"></span>'
    return f'<div class="wz-r-shelf wz-r-working" role="status">{spinner}<p>{both(key, **values)}</p></div>'


def progress(share: float, passages: int) -> str:
    """How far the index is."""
    bar = f'<progress value="{share:.3f}" max="1"></progress>'
    told = both("reading_indexing", passages=f"{passages:,}")
    return f'<div class="wz-r-shelf wz-r-working" role="status">{bar}<p>{told}</p></div>'


def privacy() -> str:
    """What becomes of uploads."""
    return f'<p class="wz-hint wz-r-privacy">{both("reading_privacy")}</p>'
