"""The table of limits in the README says what the code does."""

from pathlib import Path

import pytest

from core import documents, text
from core.mathtoys import parsing, points
from core.titling import task as titling
from core.triples import task as triples
from demo import blocks, limits

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TABLE = dict(
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in README.split("### Limits of a public page")[1].split("\n## ")[0].splitlines()
    if line.startswith("|") and line.count("|") == 3
)


def _mb(size):
    return f"{size // 10**6} MB"


@pytest.mark.parametrize(
    ("row", "limit"),
    [
        ("events that wait", f"{limits.QUEUE}, {limits.QUEUE_ADDRESS}"),
        ("questions a minute of one visitor", f"{limits.QUESTIONS}"),
        ("questions a minute of one address", f"{limits.QUESTIONS_ADDRESS:,}"),
        ("an article", f"{titling.MAX_CHARACTERS:,} characters, of which the first {text.KEYWORD_SCAN:,} are read"),
        ("a text for triples", f"{triples.MAX_CHARACTERS:,} characters"),
        ("documents", f"{documents.MAX_FILES} files, {documents.MAX_CHARACTERS:,} characters together"),
        ("what a visitor has open", "an hour after the last question, a quarter of one after the page was closed"),
        ("visitors of whom", f"{limits.SESSIONS:,}; those who have nothing open go first"),
        ("all conversations", f"{limits.TALKS_SHOWN:,} and {limits.DESK_CHARACTERS:,} characters; "
         "those unused longest become words alone"),
        ("a message to the chat", f"{limits.CHAT_CHARACTERS:,} characters pasted, {limits.CHAT_FILES} files"),
        ("an uploaded file", f"{_mb(limits.FILE_BYTES)}; of a text or Word file {_mb(documents.MAX_BYTES)}"),
        ("a file of many texts", f"{_mb(limits.BATCH_BYTES)}, {limits.BATCH_ROWS:,} texts"),
        ("a matrix", f"{parsing.MOST:,} × {parsing.MOST:,}"),
        ("points of a curve",
         f"{points.MAX_POINTS:,} from a file, fewer than {limits.BODY_PARTS:,} in a call"),
        ("waiting for a model", f"{limits.LOADING_SECONDS:.0f} s"),
        ("titles of one article", f"{limits.WRITING_SECONDS:.0f} s"),
        ("an answer of the chat",
         f"{limits.WRITING_SECONDS:.0f} s, and {limits.INDEX_SECONDS:.0f} s more when it comes with files"),
        ("any other request", f"{_mb(limits.BODY_BYTES)} of JSON, {limits.BODY_PARTS:,} brackets and "
         f"{limits.BODY_VALUES:,} commas in it"),
        ("all files of an upload", f"{limits.OPEN_SECONDS:.0f} s; {limits.INDEX_SECONDS:.0f} s"),
        ("matrices, points and photographs", f"{_mb(limits.HELD_BYTES)}; those unused longest go"),
        ("triples of one text", f"{limits.READING_SECONDS:.0f} s"),
        ("triples of a file", f"{limits.BATCH_SECONDS:.0f} s"),
        ("at once", ", ".join(map(str, (limits.TALKERS, limits.WRITERS, limits.READERS, limits.ASKERS, limits.BATCHES,
                                        limits.MATRICES, limits.OPTIMIZERS)))),
    ],
)  # fmt: skip
def test_the_readme_says_what_holds(row, limit):
    assert [said for name, said in TABLE.items() if name.startswith(row)] == [limit]


def test_gradio_is_told():
    options = blocks.launch_options()
    assert options["max_file_size"] == limits.FILE_BYTES
    assert limits.DESK_SECONDS == 3600, "an hour, as the README says"
    assert limits.FILE_LIFE[0] <= limits.FILE_LIFE[1] <= 1800, "half an hour, as the README says"
