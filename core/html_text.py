"""The text of a web page: what a reader sees of it, without scripts and styles."""

from __future__ import annotations

import re

from core import child
from core.errors import VisitorError

SMALL = 32_000  # bytes: up to here a page is read in this process, in a quarter of a second at worst
SECONDS = 30  # for a page
# Neither is text: what is in them is dropped, tags and all.
DROPPED = frozenset(
    ("audio", "canvas", "embed", "head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template",
     "video")
)  # fmt: skip
_KEPT_OF_HEAD = "title"
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "br", "center", "dd", "details", "dialog", "div", "dl", "dt",
     "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
     "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th",
     "thead", "title", "tr", "ul")
)  # fmt: skip
_META = re.compile(rb"<meta\b[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_STATED = 4096  # bytes at the beginning in which a page says how it is encoded
_CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "gb18030": "gb18030", "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "shift_jis": "cp932", "euc-jp": "euc-jp",
    "euc-kr": "cp949", "iso-8859-1": "cp1252", "windows-1252": "cp1252", "us-ascii": "cp1252",
}  # fmt: skip
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
# a line's end in the source between two Chinese characters is no blank of the text
_BROKEN_WIDE = re.compile(f"(?<=[{_WIDE}])[ \\t]*\\n\\s*(?=[{_WIDE}])")


def stated_encoding(data: bytes) -> str | None:
    """Python's name of the encoding that a page states in a `meta`; None where it states none that is known."""
    found = _META.search(data[:_STATED])
    return _CODECS.get(found[1].decode("ascii").lower()) if found else None


class _Text:
    """Takes a parser's events; a tree is not built, so that no nesting is too deep."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.dropped: list[str] = []  # open tags of what is not text
        self.preformatted = 0

    def start(self, tag: str, _attributes: object) -> None:
        if tag == _KEPT_OF_HEAD and self.dropped == ["head"]:
            self.dropped.append("")  # until it ends, nothing is dropped
        elif tag in DROPPED:
            self.dropped.append(tag)
        self.preformatted += tag == "pre"
        if tag in _BLOCKS:
            self.parts.append("\n")

    def end(self, tag: str) -> None:
        if tag == _KEPT_OF_HEAD and self.dropped[-1:] == [""] or tag in self.dropped[-1:]:
            self.dropped.pop()
        elif tag in self.dropped:  # what stood open in it ends with it
            del self.dropped[self.dropped.index(tag) :]
        self.preformatted -= tag == "pre"
        if tag in _BLOCKS:
            self.parts.append("\n")

    def data(self, text: str) -> None:
        if not self.dropped or not self.dropped[-1]:
            self.parts.append(text if self.preformatted > 0 else re.sub(r"\s+", " ", _BROKEN_WIDE.sub("", text)))

    def comment(self, _text: str) -> None:
        """Nothing to see."""

    def close(self) -> str:
        lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(self.parts).split("\n"))
        return "\n".join(line for line in lines if line)


def read(page: str, name: str) -> str:
    """The text of an HTML page: of a small one at once, of any other by a child process (`core.child`), since the
    parser looks through all open elements at each end that fits none.

    Args:
        page: all of it.
        name: what the visitor calls the file.
    Raises:
        VisitorError: not done in `SECONDS`, or not at all.
    """
    data = page.encode("utf-8", "replace")
    if len(data) <= SMALL:
        return text_of(page)
    answer = child.ask("core.html_text", data, SECONDS)
    if answer.late:
        raise VisitorError("document_too_slow", file=name, seconds=SECONDS)
    if not isinstance(answer.value, str):
        raise VisitorError("document_unreadable", file=name)
    return answer.value


def text_of(page: str) -> str:
    """The text of an HTML page, a line a block (paragraph, heading, table cell).

    The parser is lxml's: it mends what is not closed, loads nothing and runs nothing.
    """
    from lxml import etree

    parser = etree.HTMLParser(target=_Text(), encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(page.encode("utf-8", "replace"))
    try:
        return parser.close()
    except etree.LxmlError:  # nothing in it
        return ""


def main() -> None:
    """A page in UTF-8 on standard input, its text as JSON on standard output."""
    child.answer(lambda data: text_of(data.decode("utf-8")))


if __name__ == "__main__":
    main()
