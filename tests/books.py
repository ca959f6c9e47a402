"""A real PDF to read: made here, with a Chinese font in it."""

from __future__ import annotations

from pathlib import Path

import fpdf
import pytest

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)
BOOK_PAGES = 100
_TREES = "松柏杉桦榆槐柳桐枫樟"


def book_sentence(number: int) -> str:
    """What page `number` alone says."""
    tree, other = _TREES[number % 10], _TREES[number // 10 % 10]
    return f"第{number}号院子里的{tree}树是{1800 + number}年由姓{other}的园丁种下的，他那时住在山脚的小屋里。"


def write_book(path: Path) -> Path:
    """A hundred pages with running heads and page numbers, lines and pages broken in the middle of sentences."""
    font = next((f for f in FONTS if Path(f).exists()), None)
    if font is None:
        pytest.skip("no Chinese font: on Debian the package fonts-noto-cjk has one")
    paper = fpdf.FPDF()
    paper.set_auto_page_break(False)
    paper.add_font("chinese", fname=font, collection_font_number=2)
    paper.set_font("chinese", size=11)
    words = "".join(
        f"{book_sentence(n)}{f'这一年冬天来得早，雪从十月下到三月，路上没有行人，只有{n}只鸟在飞。' * 8}"
        for n in range(1, BOOK_PAGES + 1)
    )
    lines = [words[i : i + 40] for i in range(0, len(words), 40)]
    for page in range(BOOK_PAGES):
        paper.add_page()
        paper.text(80, 10, f"山中集 Page {page + 1}")
        for row, line in enumerate(lines[page * len(lines) // BOOK_PAGES : (page + 1) * len(lines) // BOOK_PAGES]):
            paper.text(20, 30 + row * 8, line)
        paper.text(100, 285, str(page + 1))
    paper.output(path)
    return path
