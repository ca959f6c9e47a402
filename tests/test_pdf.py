"""PDF files become text, or one sentence, whatever is in them."""

import subprocess
import sys
import zlib

import fpdf
import pytest
from PIL import Image

from core import child, documents, pdf
from core.errors import VisitorError
from tests.books import BOOK_PAGES, book_sentence, write_book
from tests.test_documents import key_of

RUN = subprocess.run


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return write_book(tmp_path_factory.mktemp("book") / "book.pdf")


@pytest.mark.parametrize(
    "content", [b"", b"no pdf", b"%PDF-1.7", b"%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 1 0 R>>\nendobj\n%%EOF"]
)
def test_broken_pdfs(tmp_path, content):
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    assert key_of(path) == "pdf_broken"


def test_half_a_pdf_gives_text_or_a_sentence(tmp_path, book):
    path = tmp_path / "a.pdf"
    data = book.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    try:
        assert documents.read_text(path).strip()
    except VisitorError as error:
        assert error.key in ("pdf_broken", "pdf_no_text")


def test_a_locked_pdf(tmp_path):
    paper = fpdf.FPDF()
    paper.set_encryption(owner_password="a", user_password="b")
    paper.add_page()
    paper.output(tmp_path / "a.pdf")
    assert key_of(tmp_path / "a.pdf") == "pdf_password"


def test_a_scanned_pdf(tmp_path):
    """Pages with pictures and nothing else."""
    paper = fpdf.FPDF()
    for _ in range(2):
        paper.add_page()
        paper.image(Image.new("L", (60, 80), 200), x=10, y=10, w=100)
    paper.output(tmp_path / "a.pdf")
    assert key_of(tmp_path / "a.pdf") == "pdf_no_text"


def test_a_book_comes_back(book):
    """A hundred pages: sentences whole, also those that lines and pages break; no page numbers, no running heads."""
    text = documents.read_text(book)
    for number in range(1, BOOK_PAGES + 1):
        assert book_sentence(number) in text
    assert "Page" not in text and "山中集" not in text


def test_limits_of_pages_and_characters(monkeypatch, book):
    """In this process: the limits of the child are its own."""
    data = book.read_bytes()
    monkeypatch.setattr(pdf, "MAX_PAGES", BOOK_PAGES - 1)
    assert pdf.pages(data) == "pages"
    monkeypatch.setattr(pdf, "MAX_PAGES", BOOK_PAGES)
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 1000)
    assert pdf.pages(data) == "characters"


@pytest.mark.parametrize(
    ("answer", "key"), [('"pages"', "pdf_pages"), ('"characters"', "document_too_long"), ("", "pdf_broken")]
)
def test_what_the_child_says_becomes_a_sentence(tmp_path, monkeypatch, answer, key):
    stand_in(monkeypatch, f"print({answer!r})")
    assert key_of(pdf_of(tmp_path, b"%PDF-1.7")) == key


def test_a_child_that_dies_or_never_ends(tmp_path, monkeypatch):
    """A hostile file can take the child with it, and no more; it is ended when its time is over."""
    path = pdf_of(tmp_path, b"%PDF-1.7")
    stand_in(monkeypatch, "import os; os.abort()")
    assert key_of(path) == "pdf_broken"
    monkeypatch.setattr(pdf, "SECONDS", 0.3)
    stand_in(monkeypatch, "while True: pass")
    assert key_of(path) == "pdf_too_slow"


@pytest.mark.parametrize("words", [b" ", b"q Q ", b"0 0 m 1 1 l S "])
@pytest.mark.parametrize("megabytes", [60, 300])
def test_a_stream_that_unpacks_without_end(tmp_path, words, megabytes):
    """As a page's content, in a file of less than a megabyte: it is told, and PDFium never sees it."""
    data = page_of(packed(words, megabytes))
    assert len(data) < 1_000_000
    assert key_of(pdf_of(tmp_path, data)) == "document_unpacks_too_large"
    assert pdf.pages(data) == "unpacked"


def test_a_stream_packed_twice(tmp_path):
    """It is found by the memory that PDFium took."""
    data = page_of(zlib.compress(packed(b" ", 200), 9), b"[/FlateDecode/FlateDecode]")
    assert key_of(pdf_of(tmp_path, data)) == "document_unpacks_too_large"


def test_pictures_may_be_large(tmp_path):
    """They are not unpacked, so a scanned page is one without text."""
    picture = packed(b" ", 60)
    kind = b"/Subtype/Image/Width 60000/Height 1000/ColorSpace/DeviceGray/BitsPerComponent 8"
    data = page_of(b"", b"/None", b"5 0 obj<</Length %d/Filter/FlateDecode%b>>" % (len(picture), kind), picture)
    assert key_of(pdf_of(tmp_path, data)) == "pdf_no_text"


def test_a_reader_of_much_memory_may_read_a_scanned_page(tmp_path):
    """What the process holds that started the child is not the child's."""
    held = bytearray(pdf.MAX_FOR_NO_TEXT)
    held[::4096] = b"x" * len(held[::4096])
    test_pictures_may_be_large(tmp_path)


def test_many_streams_count_together(monkeypatch):
    data = page_of(packed(b" ", 2)) * 3
    assert not pdf.unpacks_too_large(data)
    monkeypatch.setattr(pdf, "MAX_UNPACKED", 5_000_000)
    assert pdf.unpacks_too_large(data)


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such timer")
def test_a_page_that_takes_too_long(tmp_path, monkeypatch):
    stand_in(monkeypatch, "from core import pdf\npdf._end_after(0.05)\nwhile True: pass")
    assert key_of(pdf_of(tmp_path, b"%PDF-1.7")) == "pdf_page_too_slow"


def packed(words, megabytes):
    """So many megabytes of these words, by zlib."""
    packer = zlib.compressobj(9)
    million = words * (1_000_000 // len(words) + 1)
    return b"".join([*(packer.compress(million) for _ in range(megabytes)), packer.flush()])


def page_of(content, filters=b"/FlateDecode", more=b"", stream=b""):
    """A PDF of one page with this content, and one stream more."""
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    page = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    body = b"4 0 obj<</Length %d/Filter%b>>stream\n%b\nendstream endobj\n" % (len(content), filters, content)
    rest = b"%bstream\n%b\nendstream endobj\n" % (more, stream) if more else b""
    return head + page + body + rest + b"trailer<</Root 1 0 R>>\n%%EOF"


def pdf_of(tmp_path, data):
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    return path


def stand_in(monkeypatch, code):
    """Another program in the place of the child."""
    monkeypatch.setattr(child.subprocess, "run", lambda command, **how: RUN([sys.executable, "-c", code], **how))


def test_lines_become_paragraphs():
    pages = [
        "山中集 1\n第一章\n北京今天下雪，气温零下三度，研究者\n在山上种了六棵树。据说那是很久以后\n最冷的一个冬\ufffe"
        "\n天。\n1",
        "山中集 2\n次日放晴，大家都到院子里扫雪，直到\n天黑。\nThe quick br\ufffeown fox jumps over the dog\nand runs."
        "\n- 2 -",
        "山中集 3\n完\n第 3 页",
    ]
    assert pdf.join_pages(pages).split("\n") == [
        "第一章",
        "北京今天下雪，气温零下三度，研究者在山上种了六棵树。据说那是很久以后最冷的一个冬天。",
        "次日放晴，大家都到院子里扫雪，直到天黑。",
        "The quick brown fox jumps over the dog and runs.",
        "完",
    ]


def test_what_pages_share_is_not_lost():
    """A running head stays on its first page; sums that differ stay on all."""
    pages = [f"年度报告\n条目 {n}\n合计 {n * n + 70}" for n in range(9)]
    wanted = ["年度报告", *(line for n in range(9) for line in (f"条目 {n}", f"合计 {n * n + 70}"))]
    assert pdf.join_pages(pages).replace(" ", "") == "\n".join(wanted).replace(" ", "")


def test_a_book_of_one_paragraph():
    """Three million characters, none of the lines a paragraph's last."""
    page = "\n".join(["雪" * 40] * 25)
    text = pdf.join_pages([page] * 3000)
    assert text == "雪" * 40 * (25 * 3000 - 2999 - 2999)
