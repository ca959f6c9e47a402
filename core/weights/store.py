"""Which weights folder answers for a task: a local folder, a repository of the Hugging Face Hub, or the embedded one.

Whatever is chosen, what comes back is a checked folder in the Hugging Face layout.  The choice comes from who starts
the app (command line, environment), never from a visitor.  Nothing here imports TensorFlow.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from core import bert
from core.errors import VisitorError, WeightsError
from core.titling import seq2seq_config

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

HERE = Path(__file__).parent
EMBEDDED = HERE / "embedded"
BASE = "base"  # the "task" of an encoder to train from
NEEDED = (bert.CONFIG, bert.VOCAB, bert.WEIGHTS)
# All that is ever read or downloaded, the largest last.
FILES = ("README.md", "schema.json", "tokenizer_config.json", *NEEDED)
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".msgpack")
_HUB_NAME = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/\w[\w.-]*)(@(?P<revision>\w(?:[\w.+/-]*[\w+-])?))?", re.ASCII)


@dataclass(frozen=True)
class Preset:
    """One row of `presets.toml`.

    Args:
        name: what is typed for it.
        task: "titling", "triples", "reading", or "base" for an encoder to train from.
        description: one line.
        parameters: how many, about.
        source: "embedded:FOLDER" or a Hub id.
    """

    name: str
    task: str
    description: str
    parameters: int
    source: str


@dataclass(frozen=True)
class Weights:
    """A weights folder that passed the checks.

    Args:
        folder: config.json, vocab.txt and model.safetensors are in it.
        name: "embedded:titling", "owner/name@abcdef1" or "folder:NAME".
        notice: why these answer instead of the ones asked for, else None.
    """

    folder: Path
    name: str
    notice: VisitorError | None = None


def presets() -> dict[str, Preset]:
    """The table of presets by name."""
    rows = tomllib.loads((HERE / "presets.toml").read_text(encoding="utf-8"))["preset"]
    return {row["name"]: Preset(**row) for row in rows}


def find(task: str, choice: str | None = None, progress: Callable[[float], None] | None = None) -> Weights:
    """The weights for `task`.

    Args:
        task: "titling", "triples", "reading" or "base".
        choice: a folder, a preset's name, or owner/name[@revision] on the Hub.  None: the environment variable
            WANZHUAN_<TASK>, else the embedded weights.
        progress: called with the share (0 to 1) of the weights file that is here, while it is downloaded.

    Raises:
        WeightsError: no such weights, they cannot be downloaded, or they are not usable; the sentence says which.
    """
    choice = _choice(task, choice)
    if not choice:
        return embedded(task)
    folder = os.path.expanduser(choice)
    if os.path.isdir(folder):  # os.path, not Path: it says False to names that no file system takes
        path = Path(folder).resolve()
        return Weights(_checked(path, path.name), f"folder:{path.name}")
    preset = presets().get(choice)
    if preset and task not in (preset.task, BASE) and preset.task != BASE:
        raise WeightsError("weights_other_task", name=choice, found=preset.task, task=task)
    if preset and preset.source.startswith("embedded:"):
        return embedded(preset.source.removeprefix("embedded:"))
    match = _HUB_NAME.fullmatch(preset.source if preset else choice)
    if not match or ".." in choice:
        raise WeightsError("weights_no_folder", name=choice)
    return _from_hub(match["repo"], match["revision"], progress)


def find_or_embedded(task: str, choice: str | None = None, progress: Callable[[float], None] | None = None) -> Weights:
    """As `find`; when the choice fails, the embedded weights answer and `notice` says why.

    Raises:
        WeightsError: the embedded weights fail too; the sentence is that of the choice.
    """
    try:
        return find(task, choice, progress)
    except WeightsError as error:
        if not _choice(task, choice):
            raise
        try:
            return replace(embedded(task), notice=error)
        except WeightsError:
            raise error from None


def embedded(name: str) -> Weights:
    """The weights shipped with the package.

    Raises:
        WeightsError: this installation has none of that name.
    """
    folder = EMBEDDED / name
    if not folder.is_dir():
        raise WeightsError("weights_no_embedded", task=name)
    return Weights(_checked(folder, f"embedded:{name}"), f"embedded:{name}")


def is_embedded(name: str) -> bool:
    """Whether this installation ships weights of that name."""
    return (EMBEDDED / name).is_dir()


def is_portable(choice: str) -> bool:
    """Whether another machine finds these weights too: a preset's name, or owner/name[@revision] on the Hub."""
    return choice in presets() or (".." not in choice and _HUB_NAME.fullmatch(choice) is not None)


def usable_files(names: Iterable[str], label: str) -> list[str]:
    """Which of a folder's or repository's files are read, the weights last.

    Args:
        names: the files that are there.
        label: what the weights are called in the sentence.

    Raises:
        WeightsError: something is missing, in several pieces, or there as a pickle only.
    """
    names = set(names)
    if bert.WEIGHTS not in names:
        if f"{bert.WEIGHTS}.index.json" in names:
            raise WeightsError("weights_sharded", name=label)
        if any(name.endswith(_PICKLES) for name in names):
            raise WeightsError("weights_only_pickle", name=label, file=bert.WEIGHTS)
    for file in NEEDED:
        if file not in names:
            raise WeightsError("weights_no_file", name=label, file=file)
    return [file for file in FILES if file in names]


def _choice(task: str, choice: str | None) -> str:
    return (choice or os.environ.get(f"WANZHUAN_{task.upper()}") or "").strip()


def _from_hub(repo: str, revision: str | None, progress: Callable[[float], None] | None) -> Weights:
    from core.weights import hub  # huggingface_hub takes a while to import

    folder, commit = hub.fetch(repo, revision, lambda names: usable_files(names, repo), progress)
    name = f"{repo}@{commit[:7]}"
    return Weights(_checked(folder, name), name)


def _checked(folder: Path, label: str) -> Path:
    """`folder`, when its files are there, its configuration is a BERT's or that of the model of 2018, and its weights
    are safetensors."""
    from safetensors import SafetensorError, safe_open

    try:
        usable_files(os.listdir(folder), label)
        (seq2seq_config.read_config if seq2seq_config.is_seq2seq(folder) else bert.read_config)(folder)
        with safe_open(folder / bert.WEIGHTS, framework="np") as file:  # reads the header alone
            if not list(file.keys()):
                raise WeightsError("weights_bad_file", name=label, file=bert.WEIGHTS)
    except WeightsError as error:  # a snapshot's folder is named by its commit, which tells nobody anything
        raise WeightsError(error.key, **{**error.values, "name": label}) from None
    except SafetensorError:
        raise WeightsError("weights_bad_file", name=label, file=bert.WEIGHTS) from None
    except OSError as error:
        raise WeightsError("file_unreadable", file=label, why=error.strerror or error) from None
    return folder
