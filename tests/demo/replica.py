"""A process of the page with fake models, for tests of several of them and of their end:
`python -m tests.demo.replica --port PORT [--name NAME] [--root-path PATH] [--until FILE]`.

Its titles say by which process they were written, and wait until there is a file, if one is named.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from gradio.exceptions import ServerFailedToStartError

from core.errors import VisitorError
from demo import blocks, matrix, serving, titling
from tests.demo.fakes import FakeService, FakeTitler


class Waiting(FakeTitler):
    """A titler that waits for a file."""

    def __init__(self, name: str, until: Path | None) -> None:
        super().__init__(kind=f"titling@{name}")
        self._until = until

    def stream(self, text, decoding):
        while self._until is not None and not self._until.exists():
            time.sleep(0.01)
        yield from super().stream(text, decoding)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", default="one")
    parser.add_argument("--root-path")
    parser.add_argument("--until", type=Path)
    flags = parser.parse_args()
    serving.begin("json")
    blocks.TABS = (("tab_titling", titling.tab), ("tab_matrix", matrix.tab))
    service = FakeService()
    service.fake = Waiting(flags.name, flags.until)
    for tries in reversed(range(3)):
        page = blocks.build(service, metrics=True)
        options = {**blocks.launch_options(), "root_path": flags.root_path, "quiet": True}
        try:
            serving.launch(page, "127.0.0.1", flags.port, **options)
            break
        except (ValueError, ServerFailedToStartError):  # Gradio waits 3 s for itself; a busy machine may take longer
            page.close(verbose=False)
            if not tries:
                raise
    serving.until_told(page)


if __name__ == "__main__":
    try:
        main()
    except VisitorError as problem:
        sys.exit(str(problem))
