"""The text of a Word file (.docx), by python-docx, whose parser resolves no entities.

What the file unpacks to is looked at before it is unpacked.  A small one is read here, any other by a child process
(`core.child`): which of its parts are XML is the file's own word, XML takes ten times its size in memory, and the text
of a run the square of its parts in time.
"""

from __future__ import annotations

import io
import itertools
import zipfile

from core import child
from core.errors import VisitorError

MAX_UNPACKED = 200_000_000  # bytes that a file may unpack to, pictures and all
MAX_XML = 30_000_000  # bytes of what does not lie where pictures and fonts lie
MAX_PARAGRAPHS = 50_000  # about a second's work
MAX_PARTS = 5_000  # files in it
SMALL = 200_000  # bytes unpacked: up to here it is read in this process, in half a second at worst
SECONDS = 30  # for a file
_BROKEN, _PARAGRAPHS = "broken", "paragraphs"
_MARKUP_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MEDIA = tuple(f"{folder}/{kind}/" for folder in ("word", "docProps") for kind in ("media", "fonts", "embeddings"))


def read(data: bytes, name: str) -> str:
    """The paragraphs of a Word file in their order, those in tables and text boxes too, with `\\n` between them.

    Args:
        data: the file's bytes.
        name: what the visitor calls it.
    Raises:
        VisitorError: broken; too large once unpacked; not done in `SECONDS`.
    """
    if _unpacked(data, name) <= SMALL:
        found = paragraphs(data)
    else:
        answer = child.ask("core.docx_text", data, SECONDS)
        if answer.late:
            raise VisitorError("document_too_slow", file=name, seconds=SECONDS)
        found = _PARAGRAPHS if answer.value is None else answer.value
    if found == _BROKEN:
        raise VisitorError("document_broken", file=name)
    if not isinstance(found, list):
        raise VisitorError("document_unpacks_too_large", file=name)
    return "\n".join(found)


def paragraphs(data: bytes) -> list[str] | str:
    """The text of each paragraph, or what is wrong with the file."""
    import docx  # slow to import, and only few files need it
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    try:
        document = docx.Document(io.BytesIO(data))
        every = document.element.body.iter(qn("w:p"))
        # A text box stands twice in the file, once for programs that do not know it: `Fallback`.
        shown = (p for p in every if next(p.iterancestors(_MARKUP_FALLBACK), None) is None)
        texts = [Paragraph(p, document).text for p in itertools.islice(shown, MAX_PARAGRAPHS + 1)]
    except MemoryError:
        return _PARAGRAPHS
    except Exception:  # python-docx and lxml raise many kinds on a broken file, none of them documented
        return _BROKEN
    return texts if len(texts) <= MAX_PARAGRAPHS else _PARAGRAPHS


def _unpacked(data: bytes, name: str) -> int:
    """The bytes that a file unpacks to; what is no zip, and what would fill the memory, is refused.  The sizes that
    the zip's directory states can be trusted as bounds: `zipfile` reads no more than them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise VisitorError("document_broken", file=name) from error
    total = sum(part.file_size for part in parts)
    xml = sum(part.file_size for part in parts if not part.filename.startswith(_MEDIA))  # by name any may be XML
    if total > MAX_UNPACKED or xml > MAX_XML or len(parts) > MAX_PARTS:
        raise VisitorError("document_unpacks_too_large", file=name)
    return total


def main() -> None:
    """Bytes on standard input, JSON on standard output: a list of paragraphs, or the name of what is wrong."""
    child.answer(paragraphs)


if __name__ == "__main__":
    main()
