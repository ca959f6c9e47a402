"""`python -m core space --repo owner/name`: the app as a Space on the Hub."""

from __future__ import annotations

import argparse

from core.cli.output import say
from core.cli.publish import add_shared, told
from core.tasks import TASKS

_MORE = (
    "It uploads what the app needs and nothing else, and sets the variables that say which weights answer. With --gpu "
    "the Space asks for TensorFlow with CUDA and suggests a T4; the hardware itself is chosen, and paid for, on the "
    "Space's page. ZeroGPU is not supported: it lends a GPU to single calls through PyTorch, and TensorFlow takes its "
    "devices once, for the life of the process. A private weights repository needs a secret HF_TOKEN in the Space's "
    "settings; no token is uploaded from here."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    parser.epilog = _MORE
    add_shared(parser)
    parser.add_argument("--gpu", action="store_true", help="for hardware with a GPU of its own (not ZeroGPU)")
    for task in TASKS:
        parser.add_argument(f"--{task}", metavar="WEIGHTS", help=f"{task} weights: a preset or owner/name[@revision]")


def run(arguments: argparse.Namespace) -> None:
    """The Space's address on standard output; what went there on standard error.

    Raises:
        VisitorError: no name, weights, file or token; or the Hub refuses.
    """
    from core import space

    weights = {task: getattr(arguments, task) for task in TASKS}
    told(space.publish(arguments.repo, weights, arguments.gpu, arguments.private, arguments.dry_run), arguments.dry_run)
    if arguments.gpu and not arguments.dry_run:
        say(f"Choose the hardware ({space.GPU_HARDWARE}) in the Space's settings.")
