"""What is fed in: texts made of the pieces that a grammar has, files broken in every way, values of every type."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import strategies as st

PIECES = (
    *"0123456789.,;:+-*/^%()[]{}<>|&!?=_~`'\"\\ \t\n\r\0", "1e308", "-0", "1e-400", "9" * 40, "i", "1j", "nan", "inf",
    "pi", "e", "x", "y", "t", "sin(", "exp(", "sqrt(", "log(", "abs(", "**", "//", "@", "lambda ", "__class__",
    "import ", "π", "ω", "−", "×", "÷", "（", "）", "，", "。", "？", "《", "》", "你好", "李四导演了《大河》", "谁？",
    "\u202e", "\ufeff", "\U0001f600", "e\u0301", "\ud7ff", "<script>", "<img src=x onerror=a()>", "${7*7}",
    "{{7*7}}", "../", "file:///etc/passwd", "=cmd|' /C calc'!A0", "%s%n", "'; DROP TABLE x; --", "[CLS]", "[MASK]",
    "[SEP]", "##", "$$\\frac{1}{0}$$", "![x](y)", "给下面的文章起标题：", "抽取三元组：", "检查矩阵 ",
    "画一根跳绳，L=2 D=1", "再短一点",
    "换一个", "用英文说", "what can you do?",
)  # fmt: skip


def texts(*seeds: str) -> st.SearchStrategy[str]:
    """Any text; pieces put together; a text that is right, with pieces put in."""
    pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
    return st.one_of(st.text(max_size=200), pieces, mixed(st.sampled_from(seeds or ("",)), pieces))


@st.composite
def mixed(draw, seeds: st.SearchStrategy[str], pieces: st.SearchStrategy[str]) -> str:
    """A piece of one text, something between, and a piece of the same or another."""
    first, second = draw(seeds), draw(seeds)
    return first[: draw(st.integers(0, len(first)))] + draw(pieces) + second[draw(st.integers(0, len(second))) :]


@st.composite
def broken(draw, seeds: Sequence[bytes]) -> bytes:
    """A file that is right, cut short, with bytes put in, changed, doubled or taken away."""
    data = bytearray(draw(st.sampled_from(list(seeds))))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 4)):
            case 0:
                del data[at:]
            case 1:
                data[at:at] = draw(st.binary(max_size=12))
            case 2:
                data[at : at + 4] = draw(st.binary(min_size=4, max_size=4))
            case 3:
                data[at:at] = data[at : at + draw(st.integers(1, 64))] * draw(st.integers(1, 20))
            case _:
                del data[at : at + draw(st.integers(1, 64))]
    return bytes(data)


def json_values() -> st.SearchStrategy:
    """Anything that JSON can say."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False),
        texts(),
        st.just("x" * 5000),
    )
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=3))


def lines(*records: object) -> bytes:
    """jsonl."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)
