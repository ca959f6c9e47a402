"""Plain text out of the files that people have: .txt, .md, .html, .docx and .pdf; one of them, or several.

It does not read old .doc or archives: each is refused with a sentence that says what to do.  A file is never trusted:
its size is looked at before it is read, and what a .docx unpacks to before it is unpacked; every PDF, and what is not
small of the others that need a parser, is read by a child process (`core.child`), which can be ended.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import docx_text, html_text, pdf
from core.errors import VisitorError

KINDS = (".txt", ".md", ".html", ".htm", ".docx", ".pdf")
MAX_BYTES = 20_000_000  # of the file as it lies on disk
MAX_PDF_BYTES = 64_000_000  # of a PDF, which is mostly pictures
MAX_FILES = 50  # read together
MAX_CHARACTERS = 3_000_000  # of all files read together
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MAX_CONTROL_SHARE = 0.01  # control characters beyond this share, and what was decoded is not text


@dataclass(frozen=True)
class Document:
    """A text, and what the visitor calls it: a file's name, "" for what was pasted."""

    name: str
    text: str


def read_documents(paths: Sequence[Path | str], names: Sequence[str] | None = None) -> list[Document]:
    """Several files in their order.

    Args:
        paths: the files.
        names: what the visitor calls them; None: their own names.
    Raises:
        VisitorError: as `read_text`, the sentence names the file; too many files, or too much text in all of them.
    """
    if len(paths) > MAX_FILES:
        raise VisitorError("too_many_documents", most=MAX_FILES)
    found, characters = [], 0
    for path, name in zip(paths, names or [Path(path).name for path in paths], strict=True):
        found.append(Document(name, read_text(path, name)))
        characters += len(found[-1].text)
        if characters > MAX_CHARACTERS:
            raise VisitorError("documents_too_long", most=MAX_CHARACTERS)
    return found


def read_text(path: Path | str, name: str | None = None) -> str:
    """The text of a file, with `\\n` between lines.

    Args:
        path: the file.
        name: what the visitor calls it, when `path` is a temporary name; its ending says which kind it is.
    Raises:
        VisitorError: an unknown kind; nothing in it; too large; broken; locked; not text; of another kind than its name
            says; not read in half a minute.
    """
    path = Path(path)
    name = name or path.name
    kind = Path(name).suffix.lower()
    if kind not in KINDS:
        raise VisitorError("document_kind", file=name, kinds=" ".join(KINDS))
    most = MAX_PDF_BYTES if kind == ".pdf" else MAX_BYTES
    try:
        if path.stat().st_size > most:
            raise VisitorError("document_too_large", file=name, megabytes=most // 1_000_000)
        with path.open("rb") as file:
            data = file.read(most + 1)  # no more, should it have grown
    except OSError as error:
        raise VisitorError("file_unreadable", file=name, why=error.strerror or type(error).__name__) from error
    return text_of(data, kind, name)


def text_of(data: bytes, kind: str, name: str) -> str:
    """The text of a file that has been read, as `read_text` gives it.

    Args:
        data: all of the file, no larger than the bounds above.
        kind: one of `KINDS`.
        name: what the sentence of an error calls it.
    Raises:
        VisitorError: nothing in it; broken; locked; not text; of another kind than `kind`; not read in half a minute.
    """
    text = _text(data, kind, name).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise VisitorError("document_empty", file=name)
    return text


def _text(data: bytes, kind: str, name: str) -> str:
    really = _kind_by_content(data)
    if really and really != kind:
        raise VisitorError("document_other_kind", file=name, kind=really)
    if kind == ".pdf":
        return pdf.read(data, name)
    if kind == ".docx":
        return docx_text.read(data, name)
    if kind in (".html", ".htm"):
        return html_text.read(decode(data, name, html_text.stated_encoding(data)), name)
    return decode(data, name)


def _kind_by_content(data: bytes) -> str | None:
    """The kind, where the bytes leave no doubt."""
    if data.startswith(b"%PDF-"):
        return ".pdf"
    return ".docx" if data.startswith(b"PK\x03\x04") and b"word/document" in data else None


def decode(data: bytes, name: str, stated: str | None = None) -> str:
    """The text of `data`: by its byte order mark, else as `stated`, else UTF-8, else GB18030 (which holds GBK and
    GB2312).

    Raises:
        VisitorError: it is none of these, or what comes out is not text.
    """
    marked = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    for encoding in [marked] if marked else [*filter(None, [stated]), "utf-8", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and len(_CONTROL.findall(text)) <= MAX_CONTROL_SHARE * len(text):
            return text
    raise VisitorError("document_binary", file=name)
