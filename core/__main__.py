"""The command line: `python -m core title | triples | answer | bulk | train | score | publish | space`.

A person's mistake ends a command with exit code 2 and one sentence on standard error, in the language of the
environment (LC_ALL, LC_MESSAGES, LANG).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from core.errors import VisitorError, language

# A command is a row here and a module (see `core.cli`), imported when it is the one that was asked for.
COMMANDS = {
    "title": ("core.cli.title", "write titles for an article"),
    "triples": ("core.cli.triples", "find triples (subject, predicate, object) in texts"),
    "answer": ("core.cli.answer", "answer a question from documents"),
    "bulk": ("core.cli.bulk", "titles, triples or answers for whole collections of files"),
    "train": ("core.cli.train", "train weights for a task; a run that was stopped goes on where it was"),
    "score": ("core.cli.score", "measure a task's weights on labelled examples"),
    "publish": ("core.cli.publish", "upload a weights folder with its card to the Hugging Face Hub"),
    "space": ("core.cli.space", "upload the app to a Space on the Hugging Face Hub"),
}
INTERRUPTED, BROKEN_PIPE = 130, 141  # as a shell says it: 128 + the signal's number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a character that the terminal lacks must not end a command
            stream.reconfigure(errors="replace")
    try:
        arguments = _parser(argv[0] if argv else None).parse_args(argv)
        arguments.language = language()
        importlib.import_module(COMMANDS[arguments.command][0]).run(arguments)
        sys.stdout.flush()
        return 0
    except VisitorError as error:
        return _refuse(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
        return BROKEN_PIPE
    except OSError as error:
        if not error.filename:  # of the program's making rather than the person's
            raise
        return _refuse(VisitorError("file_unreadable", file=error.filename, why=error.strerror))
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED


def _refuse(error: VisitorError) -> int:
    print(error.sentence(language()), file=sys.stderr)
    return 2


def _parser(asked: str | None) -> argparse.ArgumentParser:
    """The parser; only the command that was asked for gets its flags, so that the others need not be imported."""
    parser = argparse.ArgumentParser(prog="python -m core", description="Small Chinese language models in a shell.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, text) in COMMANDS.items():
        one = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == asked:
            importlib.import_module(module).add_arguments(one)
    return parser


if __name__ == "__main__":
    sys.exit(main())
