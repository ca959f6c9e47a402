"""`python -m core title FILE`: titles of one article."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from core import documents
from core.cli.fields import add_fields, from_arguments
from core.cli.files import check_readable, standard_input
from core.cli.models import add_model, add_weights, loaded
from core.cli.output import print_json, say
from core.errors import VisitorError

HELPS = {
    "count": "titles wanted, 1 to 8",
    "method": "beam: the likeliest titles; sample: others at each seed",
    "beams": "beams searched, 1 to 8",
    "temperature": "sampling: above 1 bolder, below 1 safer",
    "top_k": "sampling: among the k likeliest pieces only; 0: all",
    "top_p": "sampling: among the likeliest pieces that make up this probability",
    "min_length": "fewest pieces of a title (a Chinese character is one)",
    "max_length": "most pieces of a title",
    "length_penalty": "exponent of the length that a score is divided by",
    "no_repeat": "no n-gram of so many pieces twice; 0: allowed",
    "seed": "sampling: the same seed gives the same titles",
}
CHOICES = {"method": ("beam", "sample")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    from core.titling.task import Decoding

    kinds = " ".join(documents.KINDS)
    parser.add_argument("file", metavar="FILE", help=f"the article, {kinds}; - reads text from standard input")
    add_weights(parser)
    add_model(parser, "unilm: a BERT; seq2seq: the LSTMs of 2018")
    parser.add_argument("--json", action="store_true", help="print one JSON object with scores, places and device")
    add_fields(parser, Decoding, HELPS, CHOICES)


def run(arguments: argparse.Namespace) -> None:
    """Titles on standard output, best first, a line each; what is worth knowing about them on standard error.

    Raises:
        VisitorError: no usable file, weights or value.
    """
    from core.tasks import TASKS
    from core.titling.task import Decoding

    decoding = from_arguments(Decoding, arguments)
    decoding.rules()  # a wrong value is told before a model is loaded
    text = _read(arguments.file)
    _, titler = loaded(TASKS["titling"], arguments.model, arguments.weights)
    result = titler.title(text, decoding)
    if arguments.json:
        print_json(dataclasses.asdict(result))
        return
    for title in result.titles:
        print(title.text)
    sys.stdout.flush()
    if result.notice:
        say(VisitorError(result.notice).sentence(arguments.language))
    read = f"{result.characters_read:,} of {result.characters:,} characters read"
    say(f"{read}, {result.seconds:.2f} s, {result.weights} on {result.device}")


def _read(file: str) -> str:
    if file != "-":
        check_readable([Path(file)])
        return documents.read_text(Path(file))
    text = standard_input()
    if not text.strip():
        raise VisitorError("text_empty")
    return text
