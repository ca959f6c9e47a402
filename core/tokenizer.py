"""Text to word pieces with their places in the original text.

The Rust `tokenizers` library does the work: it is the tokenizer that the weights of the Hub were trained with, it
knows the offsets of every piece in the text as it was given, and it needs no TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import WeightsError

PAD, UNK, CLS, SEP, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"


@functools.cache
def _opencc(kind: str):
    import opencc

    return opencc.OpenCC(kind)


@functools.lru_cache(maxsize=1 << 16)
def _converted(character: str, kind: str) -> str:
    """The character's other form where that is a single character, else itself."""
    other = _opencc(kind).convert(character)
    return other if len(other) == 1 else character


@functools.lru_cache(maxsize=1 << 16)
def _is_traditional_only(character: str) -> bool:
    """Whether it has a simplified form and is none itself: GB 2312 is the list of those in common use."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return _converted(character, "t2s") != character
    return False


@dataclass(frozen=True)
class Pieces:
    """Word pieces of one text: ids, and for each the characters `start:end` of the text it stands for."""

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.ids)

    def __add__(self, other: Pieces) -> Pieces:
        return Pieces(self.ids + other.ids, self.spans + other.spans)

    def __getitem__(self, part: slice) -> Pieces:
        return Pieces(self.ids[part], self.spans[part])

    def shifted(self, by: int) -> Pieces:
        """The same pieces, in a text where they begin `by` characters later."""
        return Pieces(self.ids, tuple((start + by, end + by) for start, end in self.spans))


class Tokenizer:
    """A BERT tokenizer from a `vocab.txt`.

    Args:
        vocab: the file; one piece a line, the line's number its id.
        lower_case: whether the model reads lower case (most Chinese ones do).
    """

    def __init__(self, vocab: Path, lower_case: bool = True) -> None:
        from tokenizers import Tokenizer as Rust
        from tokenizers import models, normalizers, pre_tokenizers

        try:
            self.vocabulary_text = vocab.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise WeightsError("weights_bad_file", name=vocab.parent.name, file=vocab.name) from None
        except OSError:
            raise WeightsError("weights_no_file", name=vocab.parent.name, file=vocab.name) from None
        self.pieces = [line.rstrip("\r") for line in self.vocabulary_text.rstrip("\n").split("\n")]
        ids = {piece: i for i, piece in enumerate(self.pieces)}
        if any(special not in ids for special in (PAD, UNK, CLS, SEP, MASK)) or ids[PAD] != 0:
            raise WeightsError("weights_bad_file", name=vocab.parent.name, file=vocab.name)
        self.pad, self.unk, self.cls, self.sep, self.mask = (ids[s] for s in (PAD, UNK, CLS, SEP, MASK))
        self._known = {piece for piece in ids if len(piece) == 1}
        # put together by hand: the library's own BERT tokenizer reads a typed "[SEP]" as the special piece
        self._rust = Rust(models.WordPiece(ids, unk_token=UNK, max_input_chars_per_word=100))
        self._rust.normalizer = normalizers.BertNormalizer(
            clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=lower_case
        )
        self._rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str) -> Pieces:
        """The pieces of `text`, without [CLS] and [SEP]; offsets are in `text` as it was given.

        Traditional characters that the vocabulary lacks are read as the simplified ones they correspond to.
        """
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[Pieces]:
        """`encode` for the parts of one text at once, on all cores; whether it is traditional is decided over all."""
        traditional = self.is_traditional("".join(texts))
        simplified = [self._simplified(text, traditional) for text in texts]
        encodings = self._rust.encode_batch(simplified, add_special_tokens=False)
        return [Pieces(tuple(e.ids), tuple(e.offsets)) for e in encodings]

    def is_traditional(self, text: str) -> bool:
        """Whether more than a twentieth of the Chinese characters (of the first 2,000) are traditional only; 著 and 乾
        belong to simplified writing too."""
        chinese = [c for c in text[:2000] if "㐀" <= c <= "鿿"]
        return sum(_is_traditional_only(c) for c in chinese) * 20 > len(chinese)

    def traditional(self, text: str) -> str:
        """`text` in traditional characters."""
        return _opencc("s2t").convert(text)

    def _simplified(self, text: str, traditional: bool) -> str:
        """One character for one, so that places stay.  In a traditional text all that can be is simplified; in
        another only what the vocabulary lacks (a 著 or 乾 of simplified text is right as it is)."""
        chinese = {c for c in text if "㐀" <= c <= "鿿"}
        if not traditional:
            chinese -= self._known
        table = {ord(c): other for c in chinese if (other := _converted(c, "t2s")) != c and other in self._known}
        return text.translate(table) if table else text

    def is_special(self, piece: int) -> bool:
        """Whether the id is one of [PAD], [UNK], [CLS], [SEP], [MASK], or an unused place of the vocabulary."""
        text = self.pieces[piece]
        return len(text) > 2 and text[0] == "[" and text[-1] == "]"
