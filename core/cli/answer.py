"""`python -m core answer --question Q FILE…`: the answer to a question, found in documents."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core import documents
from core.cli.fields import add_fields, from_arguments
from core.cli.files import check_readable, standard_input
from core.cli.models import add_weights
from core.cli.output import download_progress, print_json, say
from core.errors import VisitorError
from core.tables import BadRow, rows
from core.text import clean

if TYPE_CHECKING:
    from core.reading.results import ReadingResult

HELPS = {
    "threshold": "probability from which an answer counts, 0 to 1; default: the one tuned on held-out data",
    "passages": "passages of the documents that are read, the likeliest by BM25",
    "method": "masks or seq2seq; spans, for weights with a head of start and end; default: the model's own",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    from core.reading.results import Asking

    kinds = " ".join(documents.KINDS)
    parser.add_argument("files", metavar="FILE", nargs="+", help=f"documents, {kinds}; - is standard input")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--question", metavar="Q", help="the question")
    asked.add_argument("--questions", metavar="FILE", help="many, .jsonl with the field question: a line of JSON each")
    add_weights(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object with candidates, votes and places")
    add_fields(parser, Asking, HELPS)


def run(arguments: argparse.Namespace) -> None:
    """The answer on standard output, under it the sentence it stands in; nothing there when there is no answer.

    Raises:
        VisitorError: no usable question, file, weights or value.
    """
    from core.reading.citing import best, cited, evidence, line
    from core.reading.index import Library
    from core.reading.results import Asking
    from core.tasks import TASKS
    from core.weights import store

    asking = from_arguments(Asking, arguments).checked()  # a wrong value is told before a model is loaded
    asked = list(_questions(arguments))
    library = Library.build(_documents(arguments.files), _progress())
    found = store.find("reading", arguments.weights, download_progress())
    reader = TASKS["reading"].load(found.folder, found.name)
    if arguments.questions:
        for question in asked:
            try:
                print_json(cited(reader.answer(question, library, asking), library))
            except VisitorError as error:
                print_json({"question": question, "error": error.sentence(arguments.language)})
        sys.stdout.flush()
        say(f"{len(asked):,} questions, {reader.weights} on {reader.device}")
        return
    result: ReadingResult = reader.answer(asked[0], library, asking)
    if arguments.json:
        print_json(cited(result, library))
        return
    if result.answer:
        print(clean(result.answer))
        source, *parts = evidence(result, best(result), library)
        sentence = line("".join(parts))
        print(f"    {clean(source)}: {sentence}" if source else f"    {sentence}")
    else:
        say(VisitorError("answer_none").sentence(arguments.language))
    sys.stdout.flush()
    if result.notice:
        say(VisitorError(result.notice).sentence(arguments.language))
    read = f"{len(result.passages):,} of {len(library.passages):,} passages read"
    say(f"probability {result.probability:.2f}, {read}, {result.seconds:.2f} s, {result.weights} on {result.device}")


def _questions(arguments: argparse.Namespace) -> Iterator[str]:
    """The questions; a row that holds none is an empty one, so that lines stay lines.

    Raises:
        VisitorError: there is none at all.
    """
    if arguments.questions:
        check_readable([Path(arguments.questions)])
        found = ["" if isinstance(r, BadRow) else r["question"] for r in rows(Path(arguments.questions), ("question",))]
    else:
        found = [arguments.question]
    if not any(question.strip() for question in found):
        raise VisitorError("reading_no_question")
    yield from found


def _documents(files: list[str]) -> list[documents.Document]:
    check_readable([Path(file) for file in files if file != "-"])
    if files == ["-"]:
        return [documents.Document("", standard_input())]
    if "-" in files:
        raise VisitorError("answer_dash")
    return documents.read_documents(files)


def _progress():
    """What shows how far the index is; None where nobody looks at it."""
    show = download_progress()
    return None if show is None else lambda share, _passages: show(share)
