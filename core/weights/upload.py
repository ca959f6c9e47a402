"""Files to a repository on the Hugging Face Hub: made when it is not there, all files in one commit.

huggingface_hub does the talking, large files included; its token is the one that HF_TOKEN or `hf auth login` gives,
and nothing here reads, prints or keeps it.  What goes wrong becomes one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    OIDCError,
)
from huggingface_hub.utils import validate_repo_id

from core.errors import VisitorError
from core.weights.hub import endpoint

PREFIX = {"model": "", "space": "spaces/"}  # of a repository's address
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/\w[\w.-]*", re.ASCII)
_STATUS = {
    401: "token",
    402: "payment",
    403: "forbidden",
    404: "missing",
    409: "conflict",
    412: "conflict",
    429: "rate",
}
_OF_XET = re.compile(r"\((\d{3}) ")  # hf_xet, which sends large files, says an answer's status in words alone
_WHY = 160  # characters of the Hub's own words
# What huggingface_hub raises (KeyError, TypeError, ValueError: an answer that is not the Hub's; RuntimeError and
# OSError: around a failure while a large file is sent).
_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, KeyError, TypeError, RuntimeError, OIDCError)


def checked_name(repo: str) -> str:
    """`repo`, when it can be a repository's name.

    Raises:
        VisitorError: it is not owner/name as the Hub takes it.
    """
    try:
        if not _NAME.fullmatch(repo):
            raise HFValidationError
        validate_repo_id(repo)
    except HFValidationError:
        raise VisitorError("publish_name", repo=_one_line(repo)) from None
    return repo


def address(repo: str, kind: str) -> str:
    """Where a repository can be looked at."""
    return f"{endpoint()}/{PREFIX[kind]}{repo}"


def push(
    repo: str,
    kind: str,
    files: Mapping[str, Path | bytes],
    message: str,
    private: bool = False,
    variables: Mapping[str, str] | None = None,
    ours: Callable[[str], bool] = lambda name: False,
) -> str:
    """Make the repository if it is not there, set its variables, and commit the files.

    Files that the repository already holds with the same bytes are not sent again.

    Args:
        repo: owner/name.
        kind: "model" or "space".
        files: name in the repository → path here, or the bytes themselves.
        message: of the commit.
        private: whether a repository that is made is private; one that is there stays as it is.
        variables: of a Space; those that have the value already are left alone, because each change restarts it.
        ours: which names in the repository are deleted when they are not among `files`.

    Returns:
        The repository's address.

    Raises:
        VisitorError: the name, the token, the network, or what the Hub says.
    """
    checked_name(repo)
    with _told(repo):
        if get_token() is None:
            raise LocalTokenNotFoundError
        api = HfApi(endpoint=endpoint())
        sdk = {"space_sdk": "gradio"} if kind == "space" else {}
        api.create_repo(repo, repo_type=kind, private=private or None, exist_ok=True, **sdk)
        if variables:
            known = {name: variable.value for name, variable in api.get_space_variables(repo).items()}
            for name, value in variables.items():
                if known.get(name) != value:
                    api.add_space_variable(repo, name, value)
        there = {file.rfilename for file in api.repo_info(repo, repo_type=kind).siblings or ()}
        operations = [CommitOperationAdd(name, content) for name, content in files.items()]
        operations += [CommitOperationDelete(name) for name in sorted(there - set(files)) if ours(name)]
        api.create_commit(repo, operations, commit_message=message, repo_type=kind)
    return address(repo, kind)


@contextmanager
def _told(repo: str) -> Iterator[None]:
    """Inside, whatever the Hub or the way to it refuses becomes a sentence."""
    try:
        yield
    except _ERRORS as error:
        raise _sentence(error, repo) from error


def _sentence(error: Exception, repo: str) -> VisitorError:
    host = re.sub(r"^https?://", "", endpoint())
    chain = [error]  # a failure while a large file is sent is wrapped in another
    while (inner := chain[-1].__cause__) is not None and inner not in chain:
        chain.append(inner)

    def told(key: str, **values: object) -> VisitorError:
        return VisitorError(f"publish_{key}", repo=repo, host=host, **values)

    if type(error) is ValueError and str(error).startswith("Invalid metadata"):  # of README.md's front matter
        return told("refused", why=_one_line(str(error)))
    for one in chain:
        if isinstance(one, LocalTokenNotFoundError):
            return told("no_token")
        if isinstance(one, OIDCError):
            return told("token")
        if isinstance(one, OfflineModeIsEnabled):
            return told("offline")
        if isinstance(one, HfHubHTTPError):
            return _status(one.response.status_code, one.server_message, told)
        if isinstance(one, httpx2.TransportError):
            return told("unreachable")
    if isinstance(error, ConnectionError) and (match := _OF_XET.search(str(error))):
        return _status(int(match[1]), None, told)
    if isinstance(error, PermissionError) and not error.filename:  # of hf_xet: the token for the store was refused
        return told("token")
    if isinstance(error, OSError) and error.filename:
        return VisitorError("file_unreadable", file=error.filename, why=error.strerror or error)
    if isinstance(error, ConnectionError | TimeoutError):
        return told("unreachable")
    return told("answer")


def _status(status: int, words: str | None, told: Callable[..., VisitorError]) -> VisitorError:
    if status in _STATUS:
        return told(_STATUS[status])
    if 400 <= status < 500:
        return told("refused", why=_one_line(words or str(status)))
    return told("hub_down", status=status)


def _one_line(text: str) -> str:
    """The Hub's own words, short and printable, without an end of their own."""
    words = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(words.split())[:_WHY].rstrip(" .。")
