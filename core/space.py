"""The project as a Space on the Hugging Face Hub: which files it needs, and what differs from this folder.

A Space installs pre-requirements.txt, then requirements.txt, and runs app.py.  With a GPU, requirements.txt asks for
`tensorflow[and-cuda]`, which brings CUDA, and README.md's front matter suggests a T4; the hardware itself is chosen,
and paid for, on the Space's page.  ZeroGPU is not supported: it lends a GPU to one decorated call at a time through
PyTorch, while TensorFlow takes its devices once, for the life of the process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from core.errors import VisitorError
from core.tasks import TASKS
from core.weights import store
from core.weights.publish import Upload

ROOT = Path(__file__).parent.parent
TOP = ("app.py", "README.md", "LICENSE", "pre-requirements.txt", "requirements.txt")
FOLDERS = ("core", "demo")
KINDS = (".py", ".toml", ".json", ".txt", ".md", ".safetensors", ".css", ".js", ".jpg", ".png", ".svg", ".gz", ".xz")
GPU_HARDWARE = "t4-small"
CARD = "demo/assets/card.png"  # the picture that the Space's page is shared with
_BASE = "core/weights/embedded/base"  # what tasks are trained from: a Space trains nothing
_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)


def publish(
    repo: str,
    weights: Mapping[str, str | None] | None = None,
    gpu: bool = False,
    private: bool = False,
    dry_run: bool = False,
) -> Upload:
    """Make or renew a Space: its files in one commit, and its variables, which say what weights answer.

    Args:
        repo: owner/name.
        weights: task → preset or owner/name[@revision]; a task that is missing or None gets its embedded weights.
        gpu: for hardware with a GPU.
        private: whether a Space that is made is private.
        dry_run: look at everything, send nothing; wants neither a token nor a network.

    Raises:
        VisitorError: a name is none, a file is missing here, or the Hub refuses.
    """
    from core.weights import upload  # huggingface_hub takes a while to import

    upload.checked_name(repo)
    variables = variables_of(weights or {})
    files = files_of(ROOT, upload.address(repo, "space"), gpu)
    if not dry_run:
        upload.push(repo, "space", files, "The project as it stands", private, variables, is_ours)
    sizes = {name: len(one) if isinstance(one, bytes) else one.stat().st_size for name, one in files.items()}
    return Upload(repo, "space", upload.address(repo, "space"), sizes, variables)


def variables_of(weights: Mapping[str, str | None]) -> dict[str, str]:
    """The Space's environment variables: a task's weights under the name that the app looks for.

    A task without a choice is set to the preset of its own name where there is one, so that an earlier choice does
    not linger; a task that has no embedded weights gets no variable.

    Raises:
        VisitorError: the weights are a folder, or nothing that can be found elsewhere.
    """
    found, presets = {}, store.presets()
    for task in TASKS:
        choice = (weights.get(task) or "").strip() or (task if task in presets else "")
        if not choice:
            continue
        if not store.is_portable(choice):
            raise VisitorError("space_weights_here", name=choice, task=task)
        found[f"WANZHUAN_{task.upper()}"] = choice
    return found


def files_of(root: Path, address: str, gpu: bool = False) -> dict[str, Path | bytes]:
    """What a Space needs, by its name there: a path, or the bytes where they differ from the file here.

    Args:
        root: the project's folder.
        address: of the Space, for its picture.

    Raises:
        VisitorError: a file is missing.
    """
    for name in (*TOP, CARD):
        if not (root / name).is_file():
            raise VisitorError("space_incomplete", file=name)
    names = list(TOP)
    for folder in FOLDERS:
        paths = sorted((root / folder).rglob("*"))
        names += [path.relative_to(root).as_posix() for path in paths if _needed(path.relative_to(root), path)]
    files: dict[str, Path | bytes] = {name: root / name for name in names}
    files["README.md"] = readme((root / "README.md").read_text(encoding="utf-8"), address, gpu).encode()
    if gpu:
        files["requirements.txt"] = requirements((root / "requirements.txt").read_text(encoding="utf-8")).encode()
    return files


def is_ours(name: str) -> bool:
    """Whether a file of the Space is one that an earlier upload brought, and goes when it is no longer needed."""
    return name.split("/")[0] in FOLDERS


def readme(text: str, address: str, gpu: bool) -> str:
    """README.md with the front matter of this Space: its picture, and the hardware that suits.

    Raises:
        VisitorError: there is no front matter.
    """
    match = _FRONT.match(text)
    if not match:
        raise VisitorError("space_readme")
    front = _set(match[1], "thumbnail", f"{address}/resolve/main/{CARD}")
    if gpu:
        front = _set(front, "suggested_hardware", GPU_HARDWARE)
    return f"---\n{front}---\n{text[match.end() :]}"


def requirements(text: str) -> str:
    """requirements.txt with the TensorFlow that brings CUDA."""
    return re.sub(r"^tensorflow(?=[=<>!~ ]|$)", "tensorflow[and-cuda]", text, flags=re.MULTILINE)


def _set(front: str, key: str, value: str) -> str:
    line = f"{key}: {value}\n"
    changed, times = re.subn(rf"^{key}:.*\n", lambda _: line, front, flags=re.MULTILINE)
    return changed if times else front + line


def _needed(name: Path, path: Path) -> bool:
    if name.is_relative_to(_BASE):
        return False
    hidden = any(part.startswith((".", "__pycache__")) for part in name.parts)
    return path.suffix in KINDS and path.is_file() and not hidden
