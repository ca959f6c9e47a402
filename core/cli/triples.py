"""`python -m core triples FILE`: triples of one text, or of many, a line of JSON a text."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from core import documents
from core.cli.fields import add_fields, from_arguments
from core.cli.files import check_readable, standard_input
from core.cli.models import add_weights
from core.cli.output import download_progress, print_json, say
from core.errors import VisitorError
from core.tables import BadRow, rows

HELPS = {"threshold": "probability from which a triple counts, 0.05 to 1; default: the one tuned on held-out data"}
_TABLES = tuple(kind + packed for kind in (".jsonl", ".json") for packed in ("", ".xz", ".gz"))
_TOGETHER = 256  # texts whose results are waited for before they are written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    from core.triples.task import Extraction

    parser.add_argument(
        "file",
        metavar="FILE",
        help=f"one text, {' '.join(documents.KINDS)}; or many, .jsonl with the field text; - reads one from standard"
        " input",
    )
    parser.add_argument("--lines", action="store_true", help="each line is a text of its own")
    add_weights(parser)
    add_fields(parser, Extraction, HELPS)


def run(arguments: argparse.Namespace) -> None:
    """A line of JSON a text on standard output: its triples with their places and probabilities, or why it has none.

    Raises:
        VisitorError: no usable file, weights or value; or the only text there is cannot be read.
    """
    from core.tasks import TASKS
    from core.triples.task import Extraction
    from core.weights import store

    settings = from_arguments(Extraction, arguments).checked()  # a wrong value is told before a model is loaded
    single = arguments.file == "-" or not arguments.file.endswith(_TABLES)
    texts = _texts(arguments.file, arguments.lines)
    some = list(islice(texts, _TOGETHER))
    if not some:
        raise VisitorError("text_empty")
    found = store.find("triples", arguments.weights, download_progress())
    extractor = TASKS["triples"].load(found.folder, found.name)
    if single and not arguments.lines:
        print_json(_shown(extractor.extract(some[0], settings), arguments.language))
        return
    n = triples = 0
    while some:
        for result in extractor.extract_many(some, settings):
            row = _shown(result, arguments.language)
            n, triples = n + 1, triples + len(row.get("triples", ()))
            print_json(row)
        some = list(islice(texts, _TOGETHER))
    sys.stdout.flush()
    say(f"{n:,} texts, {triples:,} triples, {extractor.weights} on {extractor.device}")


def _shown(result: Any, language: str) -> dict[str, Any]:
    """The result as it is written; of the triples those that count."""
    if isinstance(result, VisitorError):
        return {"error": result.sentence(language)}
    return dataclasses.asdict(dataclasses.replace(result, triples=result.above()))


def _texts(file: str, lines: bool) -> Iterator[str]:
    """The texts in their order; a row of a table that holds none is an empty text, so that lines stay lines."""
    if file != "-":
        check_readable([Path(file)])
    if file.endswith(_TABLES):
        for row in rows(Path(file), ("text",)):
            yield "" if isinstance(row, BadRow) else row["text"]
        return
    text = documents.read_text(Path(file)) if file != "-" else standard_input()
    yield from text.splitlines() if lines else [text]
