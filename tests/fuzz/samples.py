"""Files that are right, of every kind that is read: what the fuzz breaks."""

from __future__ import annotations

import io
import zipfile

import fpdf
import numpy as np
from docx import Document as Docx
from PIL import Image
from safetensors.numpy import save

from core import bert
from tests.conftest import TINY_CONFIG, tiny_vocabulary


def docx() -> bytes:
    document, out = Docx(), io.BytesIO()
    document.add_paragraph("《大河》由李四导演。")
    document.add_table(1, 2).cell(0, 0).text = "主演"
    document.save(out)
    return out.getvalue()


def pdf() -> bytes:
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("Helvetica")
    document.cell(text="The river was made by Li Si.")
    return bytes(document.output())


def stored_docx() -> bytes:
    """The same, not compressed, so that what is changed is XML and not only a checksum."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


def npy(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


HTML = "<html><head><meta charset=gbk><title>大河</title></head><body><p>李四<b>导演</b>&amp;&#20320;<table><tr><td>a"
SQUAD = {"data": [{"paragraphs": [{"context": "李四导演了《大河》。", "qas": [
    {"id": "1", "question": "谁导演了《大河》？", "answers": [{"text": "李四", "answer_start": 0}]}]}]}]}  # fmt: skip
DUIE = {"text": "李四导演了《大河》。", "spo_list": [{
        "subject": "大河", "predicate": "导演", "object": {"@value": "李四"},
        "subject_type": "影视作品", "object_type": {"@value": "人物"}}]}  # fmt: skip
SCHEMA = {"subject_type": "影视作品", "predicate": "导演", "object_type": {"@value": "人物"}}
PAIR = {"text": "今天下雪，学校停课。", "title": "下雪停课"}


def right_tensors() -> dict[str, np.ndarray]:
    config = {**TINY_CONFIG, "vocab_size": len(tiny_vocabulary())}
    return {name: tensor.astype(np.float16) for name, tensor in bert.random_tensors(config).items()}


def weights() -> list[bytes]:
    tensors = right_tensors()
    bad = {name: np.full_like(tensor, np.nan) for name, tensor in tensors.items()}
    other = {name: tensor[..., :-1].copy() for name, tensor in tensors.items()}
    return [save(tensors), save(bad), save(other), (1 << 40).to_bytes(8, "little") + b"{}", b"\x80\x04pickle"]


def pictures() -> list[bytes]:
    """One of each kind that is opened, one turned by its EXIF, and one that says it is larger than it is."""
    image, turned = Image.new("RGB", (9, 5), (200, 30, 30)), Image.Exif()
    turned[0x0112] = 6
    found = []
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"):
        out = io.BytesIO()
        image.save(out, kind, **({"exif": turned} if kind in ("JPEG", "PNG", "WEBP") else {}))
        found.append(out.getvalue())
    large = bytearray(found[4])
    large[18:26] = (30_000).to_bytes(4, "little") * 2
    return [*found, bytes(large)]


def tables(delimiter: str) -> list[bytes]:
    table = delimiter.join(("id", "text", "question")) + f"\n1{delimiter}李四导演了《大河》。{delimiter}谁？\n"
    return [(table + table).encode(code) for code in ("utf-8", "utf-8-sig", "gbk", "utf-16")]
