"""Documents out of a folder of texts: one of the layout that `sources.toml` knows, or any folder of .txt and .jsonl."""

from __future__ import annotations

import gzip
import json
import lzma
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipes.pretraining import RecipeError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("sources.toml")
PART = 400  # characters after which a document of a plain text ends with its line: a book is many documents
_OPENERS = {".xz": lzma.open, ".gz": gzip.open}
_PLAIN, _ROWS = (".txt",), (".jsonl",)
_BAD = (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError, KeyError, TypeError, AttributeError)
# What the texts of rows are called, in the files of all tasks and at any depth.
_FIELDS = ("text", "title", "abstract", "context", "passage", "evidence", "evidence_tokens")


@dataclass(frozen=True)
class Source:
    """A row of the table: see the head of `sources.toml`."""

    name: str
    files: tuple[str, ...]
    kind: str
    licence: str
    times: int = 1
    characters: int | None = None
    research: bool = False


@dataclass(frozen=True)
class Document:
    """A text, and its title where it has one."""

    text: str
    title: str = ""


def table() -> list[Source]:
    """The rows of `sources.toml`."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["source"]
    return [Source(**{**row, "files": tuple(row["files"])}) for row in rows]


def is_for_measuring(file: str) -> bool:
    """Whether the name says that the file is held out: one of its parts is "dev"."""
    return "dev" in Path(file).name.split(".")


def find(folder: Path, research: bool, licence: str) -> tuple[list[Source], list[str]]:
    """The sources that `folder` holds, and a line for each that is passed over.

    Args:
        folder: of the layout that the table knows, or any other: then all its .txt and .jsonl files (also .xz, .gz,
            also in subfolders) are one source.
        research: read the sets that are for research only as well.
        licence: what is said of the texts of a folder that the table does not know.

    Raises:
        RecipeError: there is nothing to read.
    """
    if not folder.is_dir():
        raise RecipeError(f"There is no folder {folder}.")
    passed, found = [], []
    for row in table():
        there = tuple(file for file in row.files if (folder / file).is_file())
        if there and row.research and not research:
            passed.append(f"{row.name}: left out, {row.licence}")
        elif there:
            found.append(Source(**{**vars(row), "files": there}))
        passed += [f"{row.name}: no file {file}" for file in row.files if file not in there]
    if found:
        return found, passed
    passed = []
    for kind, endings in (("plain", _PLAIN), ("texts", _ROWS)):
        files = []
        for path in sorted(folder.rglob("*")):
            if _bare_suffix(path) in endings and path.is_file():
                (passed if is_for_measuring(path.name) else files).append(path.relative_to(folder).as_posix())
        if files:
            found.append(Source("texts" if kind == "plain" else "rows", tuple(files), kind, licence))
    if not found:
        raise RecipeError(f"{folder} holds neither .txt nor .jsonl files, nor the sets that {TABLE.name} names.")
    return found, [f"{file}: left out, for measuring" for file in passed]


def documents(source: Source, folder: Path) -> Iterator[Document]:
    """The documents of a source, in the order of its files.

    Raises:
        RecipeError: a file cannot be read as what it should be.
    """
    for name in source.files:
        if is_for_measuring(name):
            raise RecipeError(f"{name} is for measuring; take it out of the table.")
        try:
            with _opened(folder / name) as file:
                yield from _KINDS[source.kind](file)
        except _BAD as error:
            raise RecipeError(f"{name} cannot be read: {type(error).__name__}: {error}") from None


def held_out_texts(path: Path) -> set[str]:
    """The texts of a file for measuring, which is read for this alone: to leave them out of what is trained on.

    Args:
        path: lines of a .txt, or a .jsonl or .json of any of the tasks (also .xz, .gz).

    Raises:
        RecipeError: the file cannot be read, or there is no text in it.
    """
    if _bare_suffix(path) not in (*_PLAIN, *_ROWS, ".json"):
        raise RecipeError(f"{path} is neither .txt, .jsonl nor .json: its texts cannot be left out.")
    try:
        with _opened(path) as file:
            lines = file.read().split("\n")
        found = lines if _bare_suffix(path) in _PLAIN else [text for row in _json(lines) for text in _texts_in(row)]
    except _BAD as error:
        raise RecipeError(f"{path} cannot be read: {type(error).__name__}: {error}") from None
    texts = {text for text in found if text.strip()}
    if not texts:
        raise RecipeError(f"{path} holds no text under any of {', '.join(_FIELDS)}.")
    return texts


def _bare_suffix(path: Path) -> str:
    """What the name ends with, but for .xz or .gz."""
    return Path(path.stem if path.suffix in _OPENERS else path.name).suffix


def _opened(path: Path):
    return _OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8-sig")


def _json(lines: list[str]) -> list[Any]:
    """The rows of a file that is one document, or one a line."""
    try:
        return [json.loads("\n".join(lines))]
    except ValueError:
        return [json.loads(line) for line in lines if line.strip()]


def _texts_in(row: Any) -> Iterator[str]:
    for field in _FIELDS if isinstance(row, dict) else ():
        words = row.get(field)
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            words = "".join(words)
        if isinstance(words, str):
            yield words
    for inner in row.values() if isinstance(row, dict) else row if isinstance(row, list) else ():
        yield from _texts_in(inner)


def _rows(file) -> Iterator[Document]:
    for line in file:
        if line.strip():
            row = json.loads(line)
            title = row.get("title")
            yield Document(row["text"].strip(), title.strip() if isinstance(title, str) else "")


def _squad(file) -> Iterator[Document]:
    for article in json.load(file)["data"]:
        for paragraph in article["paragraphs"]:
            yield Document(paragraph["context"].strip())


def _webqa(file) -> Iterator[Document]:
    for question in json.load(file).values():
        for evidence in question["evidences"].values():
            yield Document(evidence["evidence"].strip())


def _plain(file) -> Iterator[Document]:
    """A document ends at a blank line, or with the line in which it grows beyond PART characters."""
    lines, size = [], 0
    for line in [*file, ""]:
        line = line.strip()
        if line:
            lines.append(line)
            size += len(line)
        if lines and (size > PART or not line):
            yield Document("\n".join(lines))
            lines, size = [], 0


_KINDS = {"titled": _rows, "texts": _rows, "squad": _squad, "webqa": _webqa, "plain": _plain}
