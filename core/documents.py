"""Plain text out of the files that people have: .txt, .md and .docx.

It does not read PDF, old .doc or archives: each is refused with a sentence that says what to do.  A file is never
trusted: its size is looked at before it is read, what a .docx unpacks to before it is unpacked, and its XML is read
by python-docx, whose parser resolves no entities.
"""

from __future__ import annotations

import codecs
import io
import itertools
import re
import zipfile
from pathlib import Path

from core.errors import VisitorError

KINDS = (".txt", ".md", ".docx")
MAX_BYTES = 20_000_000  # of the file as it lies on disk
MAX_UNPACKED = 200_000_000  # bytes a .docx may unpack to, pictures and all
MAX_XML = 30_000_000  # bytes of XML in it; lxml needs about ten times as much memory
MAX_PARAGRAPHS = 50_000  # in a .docx, about a second's work
MAX_PARTS = 5_000  # files in a .docx
_MARKUP_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MAX_CONTROL_SHARE = 0.01  # control characters beyond this share, and what was decoded is not text


def read_text(path: Path | str, name: str | None = None) -> str:
    """The text of a file, with `\\n` between lines.

    Args:
        path: the file.
        name: what the visitor calls it, when `path` is a temporary name; its ending says which kind it is.
    Raises:
        VisitorError: an unknown kind; nothing in it; too large; broken; not text.
    """
    path = Path(path)
    name = name or path.name
    kind = Path(name).suffix.lower()
    if kind not in KINDS:
        raise VisitorError("document_kind", file=name, kinds=" ".join(KINDS))
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise VisitorError("document_too_large", file=name, megabytes=MAX_BYTES // 1_000_000)
        data = path.read_bytes()
    except OSError as error:
        raise VisitorError("file_unreadable", file=name, why=error.strerror or type(error).__name__) from error
    text = _read_docx(data, name) if kind == ".docx" else decode(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise VisitorError("document_empty", file=name)
    return text


def decode(data: bytes, name: str) -> str:
    """The text of `data`: by its byte order mark, else UTF-8, else GB18030 (which holds GBK and GB2312).

    Raises:
        VisitorError: it is none of these, or what comes out is not text.
    """
    marked = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text and len(_CONTROL.findall(text)) <= MAX_CONTROL_SHARE * len(text):
            return text
    raise VisitorError("document_binary", file=name)


def _read_docx(data: bytes, name: str) -> str:
    """The paragraphs of a Word file in their order, those in tables and text boxes too."""
    _check_unpacked(data, name)
    import docx  # slow to import, and only few files need it
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    try:
        document = docx.Document(io.BytesIO(data))
        paragraphs = document.element.body.iter(qn("w:p"))
        # A text box stands twice in the file, once for programs that do not know it: `Fallback`.
        shown = (p for p in paragraphs if next(p.iterancestors(_MARKUP_FALLBACK), None) is None)
        texts = [Paragraph(p, document).text for p in itertools.islice(shown, MAX_PARAGRAPHS + 1)]
    except Exception as error:  # python-docx and lxml raise many kinds on a broken file, none of them documented
        raise VisitorError("document_broken", file=name) from error
    if len(texts) > MAX_PARAGRAPHS:
        raise VisitorError("document_unpacks_too_large", file=name)
    return "\n".join(texts)


def _check_unpacked(data: bytes, name: str) -> None:
    """Refuse what is no zip, and what would fill the memory.  The sizes that the zip's directory states can be
    trusted as bounds: `zipfile` reads no more than them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise VisitorError("document_broken", file=name) from error
    media = tuple(f"{folder}/{kind}/" for folder in ("word", "docProps") for kind in ("media", "fonts", "embeddings"))
    xml = sum(part.file_size for part in parts if not part.filename.startswith(media))  # by name any part may be XML
    if sum(part.file_size for part in parts) > MAX_UNPACKED or xml > MAX_XML or len(parts) > MAX_PARTS:
        raise VisitorError("document_unpacks_too_large", file=name)
