"""Files that cannot be read, for the tests of the page: each with the key of the sentence that refuses it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import fpdf
from PIL import Image


def write_bad_files(folder: Path) -> dict[str, str]:
    """Write them; name → key."""
    locked = fpdf.FPDF()
    locked.set_encryption(owner_password="a", user_password="b")
    locked.add_page()
    locked.output(folder / "locked.pdf")
    scanned = fpdf.FPDF()
    scanned.add_page()
    scanned.image(Image.new("L", (60, 80), 200), x=10, y=10, w=100)
    scanned.output(folder / "scanned.pdf")
    with zipfile.ZipFile(folder / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("word/a.xml", "w") as part:
        for _ in range(31):
            part.write(bytes(1_000_000))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (folder / "program.exe").write_bytes(b"MZ")
    (folder / "empty.txt").write_bytes(b" \n")
    return {
        "locked.pdf": "pdf_password",
        "scanned.pdf": "pdf_no_text",
        "bomb.docx": "document_unpacks_too_large",
        "broken.pdf": "pdf_broken",
        "program.exe": "document_kind",
        "empty.txt": "document_empty",
    }
