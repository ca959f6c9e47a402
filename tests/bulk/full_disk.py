"""Two runs of the command on a disk that is too small for its output, and then is not: in a mount namespace of its own.

unshare --map-root-user --mount python -m tests.bulk.full_disk FOLDER INPUT WEIGHTS
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from core.__main__ import main
from core.titling import task
from tests.bulk.conftest import Beginnings


def _mount(folder: str, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


if __name__ == "__main__":
    folder, data, weights = sys.argv[1:]
    task.Titler = Beginnings
    _mount(folder, "size=160k")
    arguments = ["bulk", "titling", data, "--out", f"{folder}/out", "--weights", weights, "--part-rows", "200"]
    arguments += ["--format", "jsonl"]

    def rows() -> list[int]:
        parts = sorted(Path(folder).glob("out/part-*"))
        return [json.loads(line)["row"] for part in parts for line in part.read_text().splitlines()]

    print(main(arguments), file=sys.stderr)
    print(json.dumps(rows()))
    _mount(folder, "remount,size=50m")
    print(main(arguments), file=sys.stderr)
    print(json.dumps(rows()))
