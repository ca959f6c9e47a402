"""Files become text, or one sentence; never a crash and never a full memory."""

import io
import time
import zipfile

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import child, documents, docx_text, pdf
from core.errors import VisitorError
from core.messages import SENTENCES
from tests.books import write_book

TEXT = "北京今天下雪。\nSnow fell in Beijing. 𠮷野家"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return write_book(tmp_path_factory.mktemp("book") / "book.pdf")


def key_of(path, name=None):
    with pytest.raises(VisitorError) as caught:
        documents.read_text(path, name)
    for language in ("en", "zh"):
        assert "{" not in caught.value.sentence(language)
    return caught.value.key


def word_file(path, *paragraphs):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])
@pytest.mark.parametrize("kind", [".txt", ".md", ".TXT"])
def test_text_in_the_encodings_people_have(tmp_path, encoding, kind):
    path = tmp_path / f"a{kind}"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    assert documents.read_text(path) == TEXT


def test_utf16_big_endian_with_a_mark(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert documents.read_text(path) == TEXT


def test_the_name_given_says_the_kind(tmp_path):
    path = tmp_path / "upload"
    path.write_text(TEXT, encoding="utf-8")
    assert documents.read_text(path, "文章.md") == TEXT
    assert key_of(path) == "document_kind"


def test_word_paragraphs_and_tables_in_their_order(tmp_path):
    document = docx.Document()
    document.add_paragraph("开头。")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "左", "右"
    document.add_paragraph("结尾。")
    document.save(tmp_path / "a.docx")
    assert documents.read_text(tmp_path / "a.docx") == "开头。\n左\n右\n结尾。"


@pytest.mark.parametrize("name", ["a.doc", "a.epub", "a", "a.docx.exe", ".txt"])
def test_other_kinds_are_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text(TEXT, encoding="utf-8")
    assert key_of(path) == "document_kind"


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf", "\u3000\n".encode()])
def test_nothing_in_it(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert key_of(path) == "document_empty"


def test_an_empty_word_file(tmp_path):
    assert key_of(word_file(tmp_path / "a.docx")) == "document_empty"


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\xff\xfe\x00", b"\x00" * 10, b"\x80\xff"]
)
def test_what_is_not_text(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert key_of(path) == "document_binary"


def test_too_large_on_disk(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(documents.MAX_BYTES + 1)
    assert key_of(path) == "document_too_large"


def test_missing_file_and_folder(tmp_path):
    assert key_of(tmp_path / "none.txt") == "file_unreadable"
    (tmp_path / "folder.txt").mkdir()
    assert key_of(tmp_path / "folder.txt") == "file_unreadable"


def test_broken_word_files(tmp_path):
    whole = word_file(tmp_path / "whole.docx", "完整。").read_bytes()
    path = tmp_path / "a.docx"
    for content in [b"no zip", b"", whole[: len(whole) // 2], b"PK\x03\x04" + whole[10:]]:
        path.write_bytes(content)
        assert key_of(path) == "document_broken"


def test_a_zip_that_is_no_word_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert key_of(tmp_path / "a.docx") == "document_broken"


@pytest.mark.parametrize("part", ["word/document.xml", "word/media/image.png"])
def test_a_zip_bomb_is_not_unpacked(tmp_path, part):
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(part, "w") as file:
        for _ in range(201):
            file.write(bytes(1_000_000))
    assert path.stat().st_size < documents.MAX_BYTES
    begin = time.monotonic()
    assert key_of(path) == "document_unpacks_too_large"
    assert time.monotonic() - begin < 1


def with_document_xml(path, xml):
    """The Word file at `path` with its main part replaced."""
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, xml if part.filename == "word/document.xml" else old.read(part))
    return path


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.mark.parametrize("external", [True, False])
def test_xml_entities_bring_nothing_in(tmp_path, external):
    secret = tmp_path / "secret"
    secret.write_text("SECRET", encoding="utf-8")
    entity = f'SYSTEM "{secret.as_uri()}"' if external else '"SECRET"'
    xml = (
        f"<!DOCTYPE w:document [<!ENTITY x {entity}>]>"
        f"<w:document {W}><w:body><w:p><w:r><w:t>前&x;后</w:t></w:r></w:p></w:body></w:document>"
    )
    path = with_document_xml(word_file(tmp_path / "a.docx", "x"), xml)
    try:
        text = documents.read_text(path)
    except VisitorError as error:
        assert error.key in {"document_broken", "document_empty"}
    else:
        assert "SECRET" not in text


def test_a_billion_laughs_end_quickly(tmp_path):
    lines = ["<!ENTITY a0 'ha'>"] + [f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12)]
    xml = (
        f"<!DOCTYPE w:document [{''.join(lines)}]>"
        f"<w:document {W}><w:body><w:p><w:r><w:t>笑&a11;</w:t></w:r></w:p></w:body></w:document>"
    )
    path = with_document_xml(word_file(tmp_path / "a.docx", "x"), xml)
    begin = time.monotonic()
    try:
        assert len(documents.read_text(path)) < 100
    except VisitorError as error:
        assert error.key in {"document_broken", "document_empty"}
    assert time.monotonic() - begin < 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), kind=st.sampled_from([kind for kind in documents.KINDS if kind != ".pdf"]))
def test_any_bytes_give_text_or_a_sentence(tmp_path, data, kind):
    path = tmp_path / f"a{kind}"
    path.write_bytes(data)
    try:
        assert documents.read_text(path).strip()
    except VisitorError as error:
        assert error.key in SENTENCES


def test_xml_under_another_name_counts_too(tmp_path):
    """python-docx reads whatever the content types say is the document."""
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.bin", b" " * (docx_text.MAX_XML + 1))
    with pytest.raises(VisitorError) as caught:
        documents.read_text(path)
    assert caught.value.key == "document_unpacks_too_large"


def test_a_document_that_calls_itself_a_picture(tmp_path, monkeypatch):
    """Where pictures lie more is let through; so a child reads it, and may die of it."""
    path = tmp_path / "a.docx"
    word_file(path, *["京" * 5_000] * 150)
    parts = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parts[name.replace("word/document.xml", "word/media/document.xml")
                 .replace("word/_rels/document", "word/media/_rels/document")] = archive.read(name)  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            data = data.replace(b"word/document.xml", b"word/media/document.xml")
            if name.startswith("word/media/_rels"):
                data = data.replace(b'Target="', b'Target="../')
            archive.writestr(name, data)
    assert documents.read_text(path).count("京") == 750_000
    monkeypatch.setattr(child, "ask", lambda module, data, seconds: child.Answer(code=-9))
    assert key_of(path) == "document_unpacks_too_large"
    monkeypatch.setattr(child, "ask", lambda module, data, seconds: child.Answer(late=True))
    assert key_of(path) == "document_too_slow"


def test_a_file_of_nothing_but_paragraphs(tmp_path, monkeypatch):
    monkeypatch.setattr(docx_text, "MAX_PARAGRAPHS", 3)
    monkeypatch.setattr(docx_text, "SMALL", docx_text.MAX_UNPACKED)  # in this process: a child has bounds of its own
    path = tmp_path / "a.docx"
    word_file(path, *"甲乙丙丁")
    assert key_of(path) == "document_unpacks_too_large"


# ---- names that lie, and several files -------------------------------------------------------------------------
def test_another_kind_than_the_name_says(tmp_path, book):
    word = word_file(tmp_path / "whole.docx", "完整。").read_bytes()
    for name, data in [("a.txt", book.read_bytes()), ("a.docx", book.read_bytes()), ("a.pdf", word), ("a.html", word)]:
        (tmp_path / name).write_bytes(data)
        assert key_of(tmp_path / name) == "document_other_kind"


def test_a_pdf_of_two_hundred_megabytes_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    monkeypatch.setattr(pdf, "read", None)
    assert key_of(path) == "document_too_large"
    with pytest.raises(VisitorError, match="larger than 64 MB"):
        documents.read_text(path)


def test_several_files_in_their_order(tmp_path, monkeypatch):
    first, second = tmp_path / "x1", tmp_path / "b.txt"
    first.write_text("甲", encoding="utf-8")
    second.write_text("乙乙", encoding="utf-8")
    found = documents.read_documents([second, first], ["b.txt", "a.md"])
    assert found == [documents.Document("b.txt", "乙乙"), documents.Document("a.md", "甲")]
    assert [d.name for d in documents.read_documents([second, str(second)])] == ["b.txt", "b.txt"]
    monkeypatch.setattr(documents, "MAX_CHARACTERS", 3)
    with pytest.raises(VisitorError, match="more than 3 characters together"):
        documents.read_documents([second, second])
    monkeypatch.setattr(documents, "MAX_FILES", 1)
    with pytest.raises(VisitorError, match="more than 1 files"):
        documents.read_documents([second, second])
