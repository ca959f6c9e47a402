"""Texts to a packed corpus: word pieces by the app's own tokenizer, the boundaries of words by jieba.

Which documents are held out, and in which order they stand, is decided by a hash of their text: adding or leaving out
a source moves no document of another one from one side to the other, and of two equal texts only one is kept.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterable, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np

from recipes.pretraining import RecipeError, sources
from recipes.pretraining.corpus import FORMAT, LONGEST, SPECIALS, Corpus, Pieces, read_vocabulary, special_ids
from recipes.pretraining.flags import LICENCE, PIECES, Asked

HELD_PER_THOUSAND = 5
# A title stands behind so many pieces of its text, by the document's hash: somewhere in the middle of a window, where
# the prefix objective can ask for it ("[CLS] text [SEP] title [SEP]", as the titling task does).
_ROOM = (48, 96, 192, 384)
_Encode = Callable[[str], tuple[np.ndarray, np.ndarray]]


def fingerprint(text: str) -> bytes:
    """The hash that decides about a document; white space does not count."""
    return hashlib.sha256("".join(text.split()).encode("utf-8", "replace")).digest()


def is_held_out(mark: bytes) -> bool:
    """Whether the document with this fingerprint is for measuring only."""
    return int.from_bytes(mark[:4], "big") % 1000 < HELD_PER_THOUSAND


def gather(
    found: Sequence[sources.Source], folder: Path, clean: Callable[[str], str], unwanted: Set[bytes] = frozenset()
) -> tuple[list[dict[bytes, sources.Document]], int]:
    """The documents of each source by their fingerprint, in its order, each text once over all sources, up to the
    source's limit of characters; and how many were left out because the fingerprint of their text, or of one of its
    lines, is among the `unwanted`."""
    seen: set[bytes] = set()
    left_out: set[bytes] = set()
    groups = []
    for source in found:
        group: dict[bytes, sources.Document] = {}
        for document in sources.documents(source, folder):
            mark = fingerprint(document.text)
            # a line of a plain text is often a text of its own: shorter ones share a document
            marks = (mark, *map(fingerprint, document.text.split("\n"))) if unwanted else ()
            if not unwanted.isdisjoint(marks):
                left_out.add(mark)
            elif document.text and mark not in seen:
                seen.add(mark)
                group[mark] = sources.Document(clean(document.text), clean(document.title))
        kept, size = {}, 0
        for mark in sorted(group, key=lambda mark: mark[16:]):  # other bytes than those that hold out
            if source.characters is not None and size >= source.characters:
                break
            kept[mark] = group[mark]
            size += len(group[mark].text)
        groups.append(kept)
    return groups, len(left_out)


def make_vocabulary(texts: Iterable[str], size: int) -> str:
    """The text of a `vocab.txt`: the five special pieces, single Chinese characters, pieces of Western words."""
    from tokenizers import BertWordPieceTokenizer

    rust = BertWordPieceTokenizer(lowercase=True, strip_accents=False, handle_chinese_chars=True)
    rust.train_from_iterator(
        texts, vocab_size=size, min_frequency=8, limit_alphabet=size * 7 // 9, special_tokens=list(SPECIALS),
        show_progress=False,
    )  # fmt: skip
    return "\n".join(sorted(rust.get_vocab(), key=rust.get_vocab().__getitem__)) + "\n"


def encoder(vocab: Path) -> _Encode:
    """What turns a text into ids (n,) uint16 and the beginnings of its words (n,) bool."""
    import jieba

    from core.tokenizer import Tokenizer

    tokenizer, words = Tokenizer(vocab), jieba.Tokenizer()
    if len(tokenizer) > 1 << 16:
        raise RecipeError(f"{vocab.name} has {len(tokenizer):,} pieces; 65,536 is the most that a corpus can hold.")
    jieba.setLogLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as own:  # jieba keeps a cache, by itself in a folder anyone can write to
        words.tmp_dir = own
        words.initialize()

    def encode(text: str) -> tuple[np.ndarray, np.ndarray]:
        pieces = tokenizer.encode(text)
        begins = np.zeros(len(text) + 1, bool)
        begins[np.cumsum([0, *map(len, words.cut(text))])] = True
        starts = begins[np.array([span[0] for span in pieces.spans], np.int64)]
        return np.array(pieces.ids, np.uint16), limited(starts)

    return encode


def limited(starts: np.ndarray) -> np.ndarray:
    """`starts` with a beginning added wherever a word has gone on for LONGEST pieces, and at the first piece."""
    place = np.arange(len(starts))
    begun = np.maximum.accumulate(np.where(starts, place, 0)) if len(starts) else place
    return starts | ((place - begun) % LONGEST == 0)


def lay_out(document: sources.Document, mark: bytes, encode: _Encode, sep: int) -> tuple[np.ndarray, np.ndarray]:
    """A document's pieces: text [SEP], or, with a title, beginning of the text [SEP] title [SEP] rest [SEP]."""
    ids, starts = encode(document.text)
    parts = [(ids, starts)]
    if document.title:
        cut = min(_ROOM[mark[8] % len(_ROOM)], len(ids))
        while 0 < cut < len(ids) and not starts[cut]:
            cut -= 1
        parts = [(ids[:cut], starts[:cut]), encode(document.title), (ids[cut:], starts[cut:])]
    parts = [part for part in parts if len(part[0])]
    end = np.array([sep], np.uint16), np.ones(1, bool)
    both = [each for part in parts for each in (part, end)]
    if not both:
        return ids, starts
    return np.concatenate([p[0] for p in both]), np.concatenate([p[1] for p in both])


def pack(
    folder: Path,
    vocab: Path | None = None,
    size: int = PIECES,
    research: bool = False,
    licence: str = LICENCE,
    held_out: Sequence[Path] = (),
    say: Callable[[str], None] = print,
) -> Corpus:
    """Read a folder of texts into a corpus.

    Args:
        folder: see `sources.find`.
        vocab: a vocabulary to take; None makes one of `size` pieces from the texts.
        research: read the sets that are for research only as well; the manifest says so.
        licence: of the texts in a folder that the table of sources does not know.
        held_out: files for measuring; documents whose text, or a line of it, is one of theirs but for blanks are left
            out.
        say: one line of progress.

    Raises:
        RecipeError: nothing to read, fewer than two documents, or a vocabulary that is none.
    """
    from core.text import clean

    found, passed = sources.find(folder, research, licence)
    for line in passed:
        say(line)
    unwanted = {fingerprint(text) for file in held_out for text in sources.held_out_texts(file)}
    text = None if vocab is None else read_vocabulary(vocab)
    if text is not None:
        special_ids(text)  # a text that is no vocabulary is better refused before all is read
    groups, left_out = gather(found, folder, clean, unwanted)
    if held_out:
        names = ", ".join(file.name for file in held_out)
        say(f"{left_out:,} documents left out: their text, or a line of it, stands in {names}")
    texts = [part for group in groups for document in group.values() for part in (document.text, document.title)]
    if text is None:
        say(f"making a vocabulary from {sum(map(len, texts)):,} characters")
        text = make_vocabulary(texts, size)
    del texts
    marks = [mark for group in groups for mark in group]
    if len(marks) < 2:
        raise RecipeError(f"{folder} holds {len(marks)} document(s); at least two are needed, one to be held out.")
    # of a few documents none may be held out by its hash: then the one with the smallest
    measured = {mark for mark in marks if is_held_out(mark)} or {min(marks)}
    with tempfile.TemporaryDirectory() as own:
        path = Path(own) / "vocab.txt"
        path.write_text(text, encoding="utf-8")
        encode = encoder(path)
    rows: list[dict[str, Any]] = []
    sides: dict[bool, list] = {False: [], True: []}
    bounds, total = [0], 0
    special = special_ids(text)
    for source, group in zip(found, groups, strict=True):
        characters = tokens = 0
        for mark, document in group.items():
            pieces = lay_out(document, mark, encode, special["[SEP]"])
            if len(pieces[0]):
                sides[mark in measured].append(pieces)
                characters += len(document.text) + len(document.title)
                tokens += len(pieces[0])
                total += 0 if mark in measured else len(pieces[0])
        bounds.append(total)
        rows.append({"name": source.name, "files": list(source.files), "licence": source.licence,
                     "research": source.research, "times": source.times, "documents": len(group),
                     "characters": characters, "tokens": tokens})  # fmt: skip
        say(f"{source.name}: {len(group):,} documents, {characters:,} characters, {tokens:,} pieces, "
            f"{source.times} x a pass, {source.licence}")  # fmt: skip
    train, held = (_joined(sides[side]) for side in (False, True))
    if not len(train):
        raise RecipeError(f"{folder} holds too little text to be trained on.")
    unknown = float((train.ids == special["[UNK]"]).mean())
    manifest = {"format": FORMAT, "sources": rows, "research": any(row["research"] for row in rows),
                "vocabulary": vocab.name if vocab else f"made from the texts, {size:,} pieces asked for",
                "tokens": len(train), "documents": len(train.lengths), "held_tokens": len(held),
                "held_documents": len(held.lengths), "left_out": left_out, "unknown": unknown,
                "flags": Asked(vocab, size, research, licence, tuple(held_out)).kept()}  # fmt: skip
    say(f"{len(train):,} pieces to train on, {len(held):,} held out, {unknown:.4%} unknown")
    times = np.array([source.times for source in found], np.int64)
    return Corpus(train, held, np.array(bounds, np.int64), times, text, manifest)


def _joined(parts: list[tuple[np.ndarray, np.ndarray]]) -> Pieces:
    empty = (np.zeros(0, np.uint16), np.zeros(0, bool))
    ids, starts = (np.concatenate([p[i] for p in [empty, *parts]]) for i in range(2))
    return Pieces(ids, starts, np.array([len(p[0]) for p in parts], np.int64))
