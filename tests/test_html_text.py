"""Pages of the web become text: what their readers see."""

import pytest

from core import child, documents, html_text
from core.errors import VisitorError
from tests.test_documents import key_of

PAGE = """<!doctype html><html><head><meta charset="{charset}"><title>雪 与山</title><style>p {{ color: red }}</style>
<script>document.write("<p>SCRIPT</p>")</script></head><body><h1>第一章</h1><p>北京
今天<b>下雪</b>，a&lt;b &amp; c。<script>alert("SCRIPT")</script><br>次日<table><tr><td>左<td>右</table>
<noscript>NO</noscript><svg><text>NO</text></svg><!-- NO --><pre>甲
乙</pre>尾</body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "GBK", "Big5"])
@pytest.mark.parametrize("kind", [".html", ".HTM"])
def test_a_page_is_what_its_reader_sees(tmp_path, charset, kind):
    path = tmp_path / f"a{kind}"
    path.write_bytes(PAGE.format(charset=charset).encode(charset))
    text = "雪 与山\n第一章\n北京今天下雪，a<b & c。\n次日\n左\n右\n甲\n乙\n尾"
    assert documents.read_text(path) == text


def test_a_page_that_lies_about_its_encoding(tmp_path):
    path = tmp_path / "a.html"
    for charset in ("rot13", "zip", "utf-7", "\u96ea", "x" * 1000):
        path.write_text(f"<meta charset='{charset}'><p>北京下雪。", encoding="utf-8")
        assert documents.read_text(path) == "北京下雪。"


@pytest.mark.parametrize(
    "page", ["<div>" * 200_000 + "深", "<p a='" + "y" * 11_000_000 + "'>深", "<b><p>" * 50_000 + "深"]
)
def test_pages_made_to_choke_a_parser(tmp_path, page):
    path = tmp_path / "a.html"
    path.write_text(page, encoding="utf-8")
    assert documents.read_text(path) == "深"


def test_a_page_that_takes_a_parser_its_square_is_given_up(tmp_path, monkeypatch):
    """At each end that fits none libxml2 looks through all that is open."""
    monkeypatch.setattr(html_text, "SECONDS", 2)
    path = tmp_path / "a.html"
    path.write_text("<b>" * 400_000 + "</i>" * 400_000, encoding="utf-8")
    assert key_of(path) == "document_too_slow"


def test_a_child_reads_a_page_as_it_is_read_here():
    page = PAGE.format(charset="utf-8") + "<p>" + "山上有雪。<br>" * 10_000
    assert len(page.encode()) > html_text.SMALL
    assert html_text.read(page, "a.html") == html_text.text_of(page)


def test_a_child_that_dies_of_a_page(monkeypatch):
    monkeypatch.setattr(child, "ask", lambda module, data, seconds: child.Answer(code=-9))
    with pytest.raises(VisitorError) as caught:
        html_text.read("<p>" * html_text.SMALL, "a.html")
    assert caught.value.key == "document_unreadable"


def test_a_page_of_scripts_alone(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("<script>var a = 1;</script><style>p {}</style>", encoding="utf-8")
    assert key_of(path) == "document_empty"
