"""A weights folder with its card, to a model repository on the Hub."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import VisitorError
from core.tasks import TASKS
from core.weights import store

CARD = "README.md"
_FRONT = re.compile(r"\A---\r?\n.*?^---\s*?$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Upload:
    """What goes where.

    Args:
        repo: owner/name on the Hub.  kind: "model" or "space".  address: where it can be looked at.
        files: name in the repository → bytes of it, in the order they are named.
        variables: of a Space.
    """

    repo: str
    kind: str
    address: str
    files: dict[str, int]
    variables: dict[str, str]


def publish(task: str, folder: Path, repo: str, private: bool = False, dry_run: bool = False) -> Upload:
    """Upload a weights folder: its configuration, vocabulary, weights and card, and the task's own small files.

    Nothing else that lies in the folder (checkpoints, logs, optimizers) goes along: only what `core.weights.store`
    reads.  The folder is loaded as the task's model first, so that what is published can be used.

    Args:
        task: "titling", "triples" or "reading".
        folder: on this machine.
        repo: owner/name.
        private: whether a repository that is made is private.
        dry_run: look at everything, send nothing; wants neither a token nor a network.

    Raises:
        VisitorError: the name is none, the folder holds no weights of this task or no card, or the Hub refuses.
    """
    from core.weights import upload  # huggingface_hub takes a while to import

    upload.checked_name(repo)
    files = files_of(task, folder)
    if not dry_run:
        upload.push(repo, "model", files, f"{task.capitalize()} weights", private)
    sizes = {name: path.stat().st_size for name, path in files.items()}
    return Upload(repo, "model", upload.address(repo, "model"), sizes, {})


def files_of(task: str, folder: Path) -> dict[str, Path]:
    """The files of a weights folder that are published, by name.

    Raises:
        VisitorError: it is no folder, has no card, or does not load as weights of this task.
    """
    if not os.path.isdir(folder):
        raise VisitorError("publish_no_folder", folder=folder)
    found = store.find(task, str(folder))
    names = store.usable_files(os.listdir(found.folder), found.folder.name)
    if CARD not in names or not _said(found.folder / CARD):
        raise VisitorError("publish_no_card", folder=found.folder.name)
    TASKS[task].load(found.folder, found.name)
    return {name: found.folder / name for name in names}


def _said(card: Path) -> bool:
    """Whether a card says anything below its front matter."""
    text = card.read_text(encoding="utf-8", errors="replace").lstrip("\ufeff")
    return any(line.strip() and not line.startswith("#") for line in _FRONT.sub("", text, count=1).splitlines())
