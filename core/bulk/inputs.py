"""Which files a run reads: files, folders and patterns, here or at any address that fsspec knows.

A file's kind is told by its name; a kind that is not read is passed over in a folder, and refused where it was named.
Files of a folder come in the order of their names, so that the same folder is always the same rows.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core import documents
from core.errors import VisitorError
from core.text import printable

TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
PARQUET = (".parquet", ".pq")
PACKED = (".gz", ".xz", ".bz2", ".zst")
_PLAIN_ONLY = (*PARQUET, ".docx", ".pdf")  # packed already, or read from both ends
_HIDDEN = re.compile(r"(^|/)[._][^/]*$|/[._][^/]*/")
_TOGETHER = 16_000_000  # bytes of small files that are one split


@dataclass(frozen=True)
class Source:
    """A file: its address; its size in bytes, 0 where the store does not tell; and what changes when the file does."""

    address: str
    size: int
    stamp: str = ""

    @property
    def name(self) -> str:
        """The address as it can be written: names of files need not be text."""
        return printable(self.address)


@dataclass(frozen=True)
class Inputs:
    """The files of a run in their order, which of them were named one by one, and how many others were passed over."""

    sources: tuple[Source, ...]
    named: frozenset[int]
    passed_over: int

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(source.size for source in self.sources)

    def digest(self) -> str:
        """The same as long as the files are the same, by name, size and time."""
        found = hashlib.sha256()
        for source in self.sources:
            found.update(f"{source.address}\0{source.size}\0{source.stamp}\n".encode(errors="surrogatepass"))
        return found.hexdigest()

    def splits(self) -> Iterator[tuple[int, int]]:
        """(first, last + 1) of files that one reader takes, one after the other: a large file, or many small ones.  No
        part crosses a split's end."""
        first = size = 0
        for i, source in enumerate(self.sources):
            if i > first and size + source.size > _TOGETHER:
                yield first, i
                first, size = i, 0
            size += source.size
        if first < len(self.sources):
            yield first, len(self.sources)


def kind_of(address: str) -> tuple[str, str] | None:
    """(".jsonl", ".gz") and the like of a name, the second part "" for a plain file; None: not read here."""
    name = address.split("::")[0]
    if "://" in name:
        name = re.split(r"[?#]", name)[0]  # what a web address says behind the name
    name = name.rsplit("/", 1)[-1].lower()
    stem, packed = os.path.splitext(name)
    if packed not in PACKED:
        stem, packed = name, ""
    kind = os.path.splitext(stem)[1]
    if kind not in (*TABLES, *PARQUET, *documents.KINDS) or (packed and kind in _PLAIN_ONLY):
        return None
    return kind, packed


def find(addresses: Sequence[str]) -> Inputs:
    """All files of the addresses.

    Args:
        addresses: files, folders, patterns such as "s3://bucket/2018-*.parquet".

    Raises:
        VisitorError: one is not there or of a kind that is not read, or there is nothing to read in all of them.
    """
    sources: list[Source] = []
    named: set[int] = set()
    passed_over = 0
    for address in addresses:
        one, many = (_remote if "://" in address else _local)(address)
        if one:
            if kind_of(one.address) is None:
                kinds = " ".join((*TABLES, *PARQUET, *documents.KINDS))
                raise VisitorError("bulk_kind", file=address, kinds=kinds, packed=" ".join(PACKED))
            named.add(len(sources))
            sources.append(one)
            continue
        for source in many:
            if kind_of(source.address):
                sources.append(source)
            else:
                passed_over += 1
    if not sources:
        raise VisitorError("bulk_nothing", places=", ".join(addresses))
    return Inputs(tuple(sources), frozenset(named), passed_over)


def _local(address: str) -> tuple[Source | None, Iterator[Source]]:
    try:
        if not os.path.isdir(address):
            return _stated(address), iter(())
        return None, _walk(address)
    except FileNotFoundError:
        if glob.has_magic(address) and (found := sorted(glob.glob(address, recursive=True))):
            return None, (source for path in found for source in _below(path))
        raise VisitorError("file_missing", file=address) from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file system takes
        raise VisitorError("file_unreadable", file=address, why=getattr(error, "strerror", error)) from None


def _below(path: str) -> Iterator[Source]:
    return _walk(path) if os.path.isdir(path) else iter((_stated(path, missing=True),))


def _walk(folder: str) -> Iterator[Source]:
    """Files below a folder; hidden ones, and those that begin with "_" as the marks of other programs do, are none."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        path = os.path.join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path)
        elif not entry.is_dir():
            yield _stated(path, missing=True)


def _stated(path: str, missing: bool = False) -> Source:
    try:
        found = os.stat(path)
    except OSError:
        if not missing:
            raise
        return Source(path, 0)  # a link into nowhere: told when it is read
    return Source(path, found.st_size, str(found.st_mtime_ns))


def _remote(address: str) -> tuple[Source | None, Iterator[Source]]:
    import fsspec
    from fsspec.core import has_magic, url_to_fs

    try:
        files, path = url_to_fs(address)
        pattern = has_magic(path) and not address.startswith(("http://", "https://"))  # "?" begins a query there
        if not pattern:
            about = files.info(path)
            if about["type"] == "file":
                return _told(address, about), iter(())
            found = files.find(path, detail=True)
        else:
            found = files.glob(path, detail=True)
    except FileNotFoundError:
        raise VisitorError("file_missing", file=address) from None
    except ImportError as error:
        raise VisitorError("bulk_package", address=address, why=error) from None
    except Exception as error:  # each store has kinds of its own, and none is a fault of this program
        raise VisitorError("file_unreadable", file=address, why=why_of(error)) from None
    scheme, chained, rest = address.partition("::")
    protocol = scheme.split("://")[0]
    assert isinstance(files, fsspec.AbstractFileSystem)

    def full(name: str) -> str:
        return f"{protocol}://{name}::{rest}" if chained else files.unstrip_protocol(name)

    plain = (about for _, about in sorted(found.items()) if about["type"] == "file")
    root = "" if pattern else path.rstrip("/")  # names above it may be anything
    shown = (a for a in plain if not _HIDDEN.search(a["name"].removeprefix(root)))
    return None, (_told(full(about["name"]), about) for about in shown)


def _told(address: str, about: dict[str, Any]) -> Source:
    stamp = next((about[key] for key in ("ETag", "etag", "LastModified", "mtime", "md5Hash") if about.get(key)), "")
    return Source(address, int(about.get("size") or 0), str(stamp))


def why_of(error: BaseException) -> str:
    """What an exception says, on one line."""
    return " ".join(str(getattr(error, "strerror", None) or error or type(error).__name__).split())[:300]
