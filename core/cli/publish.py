"""`python -m core publish TASK --weights DIR --repo owner/name`: a weights folder with its card, to the Hub."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.output import say, table
from core.tasks import TASKS

if TYPE_CHECKING:
    from core.weights.publish import Upload


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    parser.add_argument("task", choices=TASKS, help="what the weights do")
    parser.add_argument("--weights", metavar="DIR", type=Path, required=True, help="the folder, with its README.md")
    add_shared(parser)


def add_shared(parser: argparse.ArgumentParser) -> None:
    """The flags of everything that goes to the Hub."""
    parser.add_argument("--repo", metavar="OWNER/NAME", required=True, help="the repository; made if it is not there")
    parser.add_argument("--private", action="store_true", help="when it is made, only its owner sees it")
    parser.add_argument("--dry-run", action="store_true", help="say what would be uploaded, and upload nothing")


def run(arguments: argparse.Namespace) -> None:
    """The repository's address on standard output; what went there on standard error.

    Raises:
        VisitorError: no name, folder, card or token; or the Hub refuses.
    """
    from core.weights import publish

    found = publish.publish(arguments.task, arguments.weights, arguments.repo, arguments.private, arguments.dry_run)
    told(found, arguments.dry_run)


def told(found: Upload, dry_run: bool) -> None:
    """The files with their sizes, the variables, and the address, last and alone on standard output."""
    say(table([{"bytes": size, "file": name} for name, size in found.files.items()]))
    for name, value in found.variables.items():
        say(f"{name}={value}")
    total = sum(found.files.values())
    done = "would be uploaded" if dry_run else "uploaded"
    say(f"{len(found.files):,} files, {total / 1e6:.1f} MB {done}")
    print(found.address)
    sys.stdout.flush()
