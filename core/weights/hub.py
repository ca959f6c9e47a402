"""Weights from the Hugging Face Hub, in huggingface_hub's cache.

A revision is resolved to a commit first, and every file is asked for at that commit.  huggingface_hub (2.4) gives the
session, the token, the file's metadata, the progress bar and the layout of the cache, which other programs share.
The bytes themselves are fetched here, for two things that its own download does not do: what a cut connection leaves
is kept and continued, in this call or at the next start, and a file enters the cache only when its hash is the one
that the Hub announced.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import httpx2
from huggingface_hub import HfApi, constants, get_hf_file_metadata, get_session, hf_hub_url
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import WeakFileLock, build_hf_headers, hf_raise_for_status, tqdm

from core.bert import WEIGHTS
from core.errors import WeightsError

RETRY_SECONDS = (1.0, 2.0, 4.0)  # waits after failures in a row
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ETAG = re.compile(r"[\w-]{1,128}", re.ASCII)  # becomes a file's name
_BAR_FROM = 1 << 20  # bytes; smaller files get no bar
_BLOCK = 1 << 20
_SLOW = 1000  # bytes a second; a server that sends less over _SOON seconds does not answer
_SOON = 30.0
_FURTHER = 0.01  # share of a file that tries have to bring, to be counted anew
T = TypeVar("T")
Choose = Callable[[Iterable[str]], list[str]]
Progress = Callable[[float], None]


def fetch(repo: str, revision: str | None, choose: Choose, progress: Progress | None = None) -> tuple[Path, str]:
    """A snapshot of a model repository, downloaded unless it is in the cache.

    Without a network the cache answers, when it holds that revision.

    Args:
        repo: owner/name.
        revision: branch, tag or commit; None is main.
        choose: which of the repository's files are wanted, in the order of download; raises WeightsError when they
            are of no use.
        progress: called with the share (0 to 1) of the weights file that is here.

    Returns:
        The folder, and the commit (40 hexadecimal digits).

    Raises:
        WeightsError: it is neither there nor in the cache, or cannot be downloaded.
    """
    wanted = revision or constants.DEFAULT_REVISION
    storage = cache_folder() / f"models--{repo.replace('/', '--')}"
    known = wanted if _COMMIT.fullmatch(wanted) else _recorded(storage, wanted)
    kept = known and _complete(storage / "snapshots" / known, choose)
    if kept and known == wanted:
        return storage / "snapshots" / known, known
    try:
        commit, names = _ask(repo, wanted, waits=() if kept else RETRY_SECONDS)
    except _ERRORS as error:
        if kept and (_is_passing(error) or isinstance(error, OfflineModeIsEnabled)):
            return storage / "snapshots" / known, known
        raise _sentence(error, repo, wanted) from error
    files = choose(names)
    folder = storage / "snapshots" / commit
    if not (kept and commit == known):
        for name in files:
            try:
                _file(repo, name, commit, storage, progress if name == WEIGHTS else None)
            except _ERRORS as error:
                raise _sentence(error, repo, wanted, name) from error
    if commit not in (wanted, known):
        with suppress(OSError):  # a cache that is read only
            _record(storage, wanted, commit)
    return folder, commit


def endpoint() -> str:
    """The Hub's address: HF_ENDPOINT as it stands now, else huggingface_hub's own."""
    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def cache_folder() -> Path:
    """huggingface_hub's cache: HF_HUB_CACHE or HF_HOME as they stand now, else its own."""
    home = os.environ.get("HF_HOME")
    folder = os.environ.get("HF_HUB_CACHE") or (home and os.path.join(home, "hub")) or constants.HF_HUB_CACHE
    return Path(os.path.expanduser(folder)).absolute()


# ---- the Hub ---------------------------------------------------------------------------------------------------
def _ask(repo: str, revision: str, waits: tuple[float, ...]) -> tuple[str, list[str]]:
    """The commit that a revision is now, and the names of its files."""
    api = HfApi(endpoint=endpoint())
    info = _patiently(lambda: api.model_info(repo, revision=revision, timeout=constants.HF_HUB_ETAG_TIMEOUT), waits)
    if not _COMMIT.fullmatch(info.sha or ""):
        raise FileMetadataError("no commit")
    return info.sha, [sibling.rfilename for sibling in info.siblings or ()]


def _file(repo: str, name: str, commit: str, storage: Path, progress: Progress | None) -> None:
    """Bring one file into the cache, unless it is there."""
    pointer = storage / "snapshots" / commit / name
    if _intact(pointer):
        return
    url = hf_hub_url(repo, name, revision=commit, endpoint=endpoint())
    patience = constants.HF_HUB_ETAG_TIMEOUT
    about = _patiently(lambda: get_hf_file_metadata(url, timeout=patience, endpoint=endpoint()), RETRY_SECONDS)
    if not _ETAG.fullmatch(about.etag or ""):
        raise FileMetadataError("no ETag")
    if about.size is None:  # the Hub always says it; without it a download would have no end that can be known
        raise FileMetadataError("no size")
    blob = storage / "blobs" / about.etag
    lock = storage.parent / ".locks" / storage.name / f"{about.etag}.lock"
    for folder in (blob.parent, pointer.parent, lock.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        if _intact(pointer):  # another process was faster
            return
        if not _matches(blob, about.etag, about.size):
            blob.unlink(missing_ok=True)
            _bytes(url, blob, about.size, repo, name, progress)
        _link(blob, pointer)


def _bytes(url: str, blob: Path, size: int | None, repo: str, name: str, progress: Progress | None) -> None:
    """Download to `blob`, continuing what an earlier try left, and keep it only if its hash is its name."""
    part = blob.with_name(f"{blob.name}.incomplete")
    left = _length(part)
    if size is not None and shutil.disk_usage(part.parent).free < size - left:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    step = (size or 1) * _FURTHER
    _patiently(lambda: _stream(url, part, size, name, progress), RETRY_SECONDS, lambda: int(_length(part) / step))
    if _matches(part, blob.name, size):
        os.replace(part, blob)
        return
    part.unlink()
    if not left:
        raise WeightsError("weights_bytes", name=repo, file=name)
    _bytes(url, blob, size, repo, name, progress)  # the part of an earlier try may be to blame: once more, all of it


def _stream(url: str, part: Path, size: int | None, name: str, progress: Progress | None) -> None:
    """Append to `part` what it lacks."""
    have = _length(part) if size is not None else 0
    if size is not None and have > size:
        have = 0
    if have and have == size:
        return
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    # The session follows to the store of large files, and drops the token on the way to another host.
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:  # the server sends all of it
            have = 0
        small = size is None or size < _BAR_FROM
        bar = tqdm(total=size, initial=have, desc=name, unit="B", unit_scale=True, disable=small or None)
        began, first = time.monotonic(), have
        with bar, part.open("ab" if have else "wb") as file:
            for chunk in response.iter_bytes():
                seconds = time.monotonic() - began
                if seconds > _SOON and have - first < _SLOW * seconds:
                    raise httpx2.ReadTimeout(f"{have - first} bytes in {seconds:.0f} s")
                file.write(chunk)
                have += len(chunk)
                bar.update(len(chunk))
                if size is not None and have > size:
                    return  # the check of the bytes will say so
                if progress and size:
                    progress(have / size)
    if size is not None and have < size:
        raise httpx2.RemoteProtocolError(f"{have} of {size} bytes")


def _patiently(call: Callable[[], T], waits: tuple[float, ...], reached: Callable[[], int] = lambda: 0) -> T:
    """`call()`, again after failures that may pass; what gets further (`reached` grew) starts counting anew."""
    failures, before = 0, reached()
    while True:
        try:
            return call()
        except (httpx2.TransportError, HfHubHTTPError) as error:
            now = reached()
            failures = 1 if now > before else failures + 1
            before = now
            if failures > len(waits) or not _is_passing(error):
                raise
            time.sleep(waits[failures - 1])


# ---- the cache -------------------------------------------------------------------------------------------------
def _recorded(storage: Path, revision: str) -> str | None:
    """The commit that a revision was when it was last downloaded."""
    try:
        commit = (storage / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return commit if _COMMIT.fullmatch(commit) else None


def _record(storage: Path, revision: str, commit: str) -> None:
    path = storage / "refs" / revision
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(commit, encoding="ascii")
    os.replace(fresh, path)


def _complete(folder: Path, choose: Choose) -> bool:
    """Whether a snapshot holds all that is needed, as the Hub sent it.  The weights are the last to be downloaded."""
    try:
        return all(_intact(folder / name) for name in choose(os.listdir(folder)))
    except (WeightsError, OSError):
        return False


def _intact(pointer: Path) -> bool:
    """Whether a snapshot's file is there with the bytes its blob is named after; a damaged one is removed."""
    if not pointer.is_symlink():  # a file system without links has the file itself here, and no hash
        return pointer.is_file()
    blob = pointer.parent / os.readlink(pointer)
    if _matches(blob, blob.name, None):
        return True
    with suppress(OSError):
        pointer.unlink()
        blob.unlink(missing_ok=True)
    return False


def _matches(path: Path, etag: str, size: int | None) -> bool:
    """Whether a file has this size and hash: an ETag is the SHA-256 (large files) or git's SHA-1 of the bytes."""
    if not path.is_file() or (size is not None and _length(path) != size):
        return False
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", etag):
        return True
    if len(etag) == 64:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(b"blob %d\0" % _length(path), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest() == etag


def _link(blob: Path, pointer: Path) -> None:
    pointer.unlink(missing_ok=True)
    try:
        pointer.symlink_to(os.path.relpath(blob, pointer.parent))
    except OSError:  # Windows without the right to make links: as huggingface_hub does there
        os.replace(blob, pointer)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


# ---- errors ----------------------------------------------------------------------------------------------------
# What huggingface_hub and its answers raise (KeyError, TypeError and ValueError: an answer that is not the Hub's).
_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError, KeyError, TypeError)
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)


def _is_passing(error: Exception) -> bool:
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _PASSING
    return isinstance(error, httpx2.TransportError)


def _sentence(error: Exception, repo: str, revision: str, file: str | None = None) -> WeightsError:
    """The error as a sentence; `file` is the one being downloaded, None while the repository is looked up."""
    host = re.sub(r"^https?://", "", endpoint())
    if isinstance(error, HFValidationError):
        return WeightsError("weights_no_folder", name=repo)
    if isinstance(error, OfflineModeIsEnabled):
        return WeightsError("weights_offline", name=repo)
    if isinstance(error, RevisionNotFoundError):
        return WeightsError("weights_no_revision", name=repo, revision=revision)
    if isinstance(error, RemoteEntryNotFoundError):
        return WeightsError("weights_no_file", name=repo, file=file)
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        if isinstance(error, GatedRepoError) or status == 403:
            return WeightsError("weights_gated", name=repo, host=host)
        plain = {401: "weights_private", 404: "weights_no_repository", 429: "weights_rate_limit"}
        return WeightsError(plain.get(status, "weights_hub_down"), name=repo, host=host, status=status)
    if isinstance(error, httpx2.TransportError):
        return WeightsError("weights_cut" if file else "weights_unreachable", name=repo, file=file, host=host)
    if isinstance(error, OSError) and not isinstance(error, FileMetadataError) and error.errno:
        folder = cache_folder()
        if error.errno in _FULL:
            return WeightsError("weights_disk_full", name=repo, folder=folder)
        return WeightsError("weights_cache", name=repo, folder=folder, why=error.strerror or error)
    return WeightsError("weights_hub_answer", name=repo, host=host)
