"""Text out of PDF files, by PDFium in a process of its own.

A PDF is a program of its maker's: it may be built to fill the memory, never to end, or to crash what reads it.  So the
file goes to a child (`core.child`), which is ended after `SECONDS`, sooner over a single page; nothing but text, or the
name of what is wrong, comes back.
"""

from __future__ import annotations

import contextlib
import io
import re
import signal
import statistics
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core import child
from core.errors import VisitorError

MAX_PAGES = 3_000
MAX_CHARACTERS = 3_000_000  # of a file's text
SECONDS = 30  # for a file
PAGE_SECONDS = 5  # of the processor's time for a page, which takes a hundredth of one
MAX_STREAM = 50_000_000  # bytes that a stream other than a picture may unpack to; a full page is some 10 kB
MAX_UNPACKED = 200_000_000  # bytes that all of them may
MAX_FOR_NO_TEXT = 300_000_000  # bytes of memory that reading may take where no text is found; pictures are not unpacked
_BROKEN, _PASSWORD, _PAGES, _CHARACTERS, _UNPACKED = "broken", "password", "pages", "characters", "unpacked"
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_DICTIONARY = 1_000  # bytes before a stream in which its dictionary is looked for
_PART = 65_536  # bytes of a stream that are unpacked at once
_FULL = 0.8  # a line as wide as this share of the page's full lines goes on in the next one
_PROSE = 24  # half-width characters: where all lines are shorter they are a list, not prose
_PAGE_NUMBER = re.compile(r"[\s\-\u2013\u2014\u00b7/|]*(?:\u7b2c\s*)?\d{1,4}[\s\-\u2013\u2014\u00b7/|]*\u9875?\s*")
_HYPHENS = "\ufffe\x02\xad"  # what PDFium gives for a hyphen that breaks a word at a line's end
_CLOSING = "\u3002\uff0c\uff01\uff1f\uff1b\uff1a\u3001\u201d\u2019\uff09\u300b\u300d\u300f\u3011\u2026,.!?;:)"
_RUNNING = 3  # a line that begins or ends so many pages, and half of all, is a running head


def read(data: bytes, name: str) -> str:
    """The text of a PDF, lines of a paragraph joined, pages one after the other.

    Args:
        data: the file's bytes.
        name: what the visitor calls it.
    Raises:
        VisitorError: broken; locked by a password; more than `MAX_PAGES` or `MAX_CHARACTERS`; too large once unpacked;
            not done in `SECONDS`, or a page not in `PAGE_SECONDS`; no text in it, as in a scanned one.
    """
    found = child.ask("core.pdf", data, SECONDS)
    if found.late:
        raise VisitorError("pdf_too_slow", file=name, seconds=SECONDS)
    if found.code == -getattr(signal, "SIGPROF", 0) != 0:
        raise VisitorError("pdf_page_too_slow", file=name, seconds=PAGE_SECONDS)
    answer = found.value
    if answer == _PASSWORD:
        raise VisitorError("pdf_password", file=name)
    if answer == _PAGES:
        raise VisitorError("pdf_pages", file=name, most=MAX_PAGES)
    if answer == _UNPACKED:
        raise VisitorError("document_unpacks_too_large", file=name)
    if answer == _CHARACTERS:
        raise VisitorError("document_too_long", file=name, most=MAX_CHARACTERS)
    if not isinstance(answer, list):
        raise VisitorError("pdf_broken", file=name)
    text = join_pages(answer)
    if not text.strip():
        raise VisitorError("pdf_no_text", file=name)
    return text


# ---- lines to paragraphs ---------------------------------------------------------------------------------------
def join_pages(pages: Sequence[str]) -> str:
    """One text of the pages' texts: without page numbers, running heads only once, and a paragraph's lines in one line,
    also where it goes on over the page."""
    # PDFium joins some words by itself, and leaves the hyphen's sign in the middle
    clean = (re.sub(f"[{_HYPHENS}](?=.)", "", page) for page in pages)
    split = [[line.strip() for line in page.splitlines() if line.strip()] for page in clean]
    split = [_without_page_number(lines) for lines in split]
    for end in (0, -1):
        split = _without_running(split, end)
    out: list[str] = []
    goes_on = False
    for lines in split:
        widths = [_width(line) for line in lines]
        full = statistics.quantiles(widths, n=10, method="inclusive")[-1] if len(widths) > 2 else max(widths, default=0)
        for line, width in zip(lines, widths, strict=True):
            if out and (goes_on or line[0] in _CLOSING):
                out[-1], between = _joint(out[-1], line)
                out += [between, line]
            else:
                out += ["\n", line]
            goes_on = line[-1] in _HYPHENS or (len(widths) > 2 and width >= max(_FULL * full, _PROSE))
    return "".join(out[1:])


def _without_page_number(lines: list[str]) -> list[str]:
    for end in (0, -1):
        if len(lines) > 1 and _PAGE_NUMBER.fullmatch(lines[end]):
            lines = lines[1:] if end == 0 else lines[:-1]
    return lines


def _without_running(pages: Sequence[list[str]], end: int) -> list[list[str]]:
    """Without the first (0) or last (-1) lines that most pages share: those with the page's number in them on all
    pages, equal ones on all but the first, so that nothing a document says is lost."""
    whole = [lines[end] if len(lines) > 1 else "" for lines in pages]
    counted = [re.sub(r"\d{1,5}", lambda m, n=n: str(int(m[0]) - n), line) for n, line in enumerate(whole)]
    least = max(_RUNNING, sum(map(bool, whole)) / 2)
    same, numbered = Counter(whole), Counter(counted)
    seen, out = set(), []
    for lines, line, key in zip(pages, whole, counted, strict=True):
        running = line and (
            line in seen and same[line] >= least or any(map(str.isdigit, line)) and numbered[key] >= least
        )
        seen.add(line)
        out.append((lines[1:] if end == 0 else lines[:-1]) if running else lines)
    return out


def _width(line: str) -> int:
    """In half-width characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def _joint(before: str, line: str) -> tuple[str, str]:
    """How two lines of a paragraph meet: the first one without its hyphen, and what comes between them."""
    if before[-1] in _HYPHENS:
        return before[:-1], ""
    wide = any(unicodedata.east_asian_width(c) in "WF" for c in (before[-1], line[0]))
    if before[-1].isdigit() and line[0].isdigit():  # Chinese lines break anywhere, in a number too
        wide = _width(before) > 1.5 * len(before)
    return before, "" if wide or line[0] in _CLOSING else " "


# ---- the child -------------------------------------------------------------------------------------------------
def pages(data: bytes) -> list[str] | str:
    """The text of each page, or what is wrong with the file.  To be called in a process that may die of it."""
    import pypdfium2
    import pypdfium2.raw

    if unpacks_too_large(data):
        return _UNPACKED
    try:
        document = pypdfium2.PdfDocument(io.BytesIO(data))
        if len(document) > MAX_PAGES:
            return _PAGES
    except pypdfium2.PdfiumError:
        locked = pypdfium2.raw.FPDF_GetLastError() == pypdfium2.raw.FPDF_ERR_PASSWORD
        return _PASSWORD if locked else _BROKEN
    texts, characters = [], 0
    for i in range(len(document)):
        _end_after(PAGE_SECONDS)
        try:
            page = document[i]
            plain = page.get_textpage().get_text_range()
            page.close()
        except pypdfium2.PdfiumError:  # one bad page does not spoil a book
            plain = ""
        finally:
            _end_after(0)
        characters += len(plain)
        if characters > MAX_CHARACTERS:
            return _CHARACTERS
        texts.append(plain)
    # a stream packed in ways that were not looked into: PDFium gives its page up without a word
    return texts if any(map(str.strip, texts)) or _peak() <= MAX_FOR_NO_TEXT else _UNPACKED


def unpacks_too_large(data: bytes) -> bool:
    """Whether the streams of a PDF that zlib packed, pictures aside, unpack to more than can be read; what is beyond
    the bounds is not unpacked."""
    total = 0
    for found in _STREAM.finditer(data):
        dictionary = data[max(0, found.start() - _DICTIONARY) : found.start()].rpartition(b"obj")[2]
        if b"/Image" in dictionary:
            continue
        unpacker, size, packed = zlib.decompressobj(), 0, memoryview(data)[found.end() :]
        with contextlib.suppress(zlib.error):  # packed otherwise, or not at all
            while packed and not unpacker.eof:
                # little at a time: what is behind the stream is not copied into the rest that waits
                part, packed = packed[:_PART], packed[_PART:]
                while part and not unpacker.eof and size <= MAX_STREAM:
                    size += len(unpacker.decompress(part, 1_000_000))
                    part = unpacker.unconsumed_tail
                if size > MAX_STREAM:
                    return True
        total += size
        if total > MAX_UNPACKED:
            return True
    return False


def _end_after(seconds: float) -> None:
    """Let the system end this process once it has computed for so long from now on, in whatever code; 0: no more."""
    with contextlib.suppress(AttributeError):  # not on Windows
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _peak() -> int:
    """The most memory that this process has held, in bytes; 0 where the system does not say."""
    with contextlib.suppress(OSError):  # not by getrusage: on Linux that of a child begins with its parent's
        return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    with contextlib.suppress(ImportError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return 0


def main() -> None:
    """Bytes on standard input, JSON on standard output: a list of pages, or the name of what is wrong."""
    child.answer(pages)


if __name__ == "__main__":
    main()
