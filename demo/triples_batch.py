"""A file of many texts in, two files of triples out: the page's side of it, for files that fit through a browser."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from core.documents import decode
from core.errors import LateError, VisitorError
from core.patience import Limit
from core.service import Service
from core.text import printable
from core.triples.task import Extraction, Extractor, TripleResult
from demo import common, limits
from demo.graph import items
from demo.i18n import both, phrase, spans
from demo.triples_render import COLUMNS, csv_cells, csv_line
from demo.uploads import discard

_KINDS = (".txt", ".jsonl")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """A line of the file: its number from 1, and its text; or, for a line that has none, None."""

    number: int
    text: str | None


def read_rows(data: bytes, name: str, most: int = limits.BATCH_ROWS) -> list[Row]:
    """The texts of a file, blank lines left out, and no more than one beyond `most`.

    Args:
        data: of a .txt, a text a line, or a .jsonl, an object with a string "text" a line.
        name: what the visitor calls it; its ending says which of the two it is.

    Raises:
        VisitorError: it is not text.
    """
    lines = enumerate(io.StringIO(decode(data, name), newline=None), 1)
    read = _jsonl_text if name.lower().endswith(".jsonl") else str
    rows = (Row(number, read(line.removesuffix("\n"))) for number, line in lines if line.strip())
    return list(itertools.islice(rows, most + 1))


def _jsonl_text(line: str) -> str | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    text = row.get("text") if isinstance(row, dict) else None
    return text if isinstance(text, str) else None


def batch(service: Service) -> Callable[..., Iterator[tuple]]:
    """The event behind the upload: yields (report, jsonl button, csv button, stop button)."""

    def run(path: str, threshold: float | None, request: gr.Request) -> Iterator[tuple]:
        steps = _steps(service, Path(path), Extraction(threshold or None), request)
        nothing = ("", *stopped()[1:])
        try:
            yield from common.mistakes_told(steps, "triples", nothing, stopped(), request)
        finally:  # also of a file that nobody has read, since its visitor asks too often
            discard([path])

    return run


def stopped() -> tuple:
    """What stands there after the visitor stopped."""
    hidden = gr.DownloadButton(visible=False)
    return said("triples_stopped"), hidden, hidden, gr.Button(interactive=False)


def _steps(service: Service, path: Path, settings: Extraction, request: gr.Request) -> Iterator[tuple]:
    rows = _opened(path)
    discard([path])
    on, hidden = gr.Button(interactive=True), gr.DownloadButton(visible=False)
    waiting = (said("triples_waiting", busy=True), hidden, hidden, on)
    yield from common.waiting(service, "triples", waiting)
    texts = [row for row in rows if row.text is not None]
    bad = {row.number: VisitorError("row_no_text") for row in rows if row.text is None}
    done: list[tuple[Row, TripleResult]] = []
    model, began, late = service.model("triples"), time.monotonic(), False
    limit = Limit(limits.BATCH_SECONDS)
    yield progress(0, len(texts)), hidden, hidden, on
    for first in range(0, len(texts), limits.BATCH_CHUNK):
        some = [dataclasses.replace(row, text=printable(row.text)) for row in texts[first : first + limits.BATCH_CHUNK]]
        try:
            with limit:
                results = _together(model, some, settings)
        except LateError:
            late = True
            break
        for row, result in zip(some, results, strict=True):
            if isinstance(result, VisitorError):
                bad[row.number] = result
            else:
                done.append((row, result))
        yield progress(first + len(some), len(texts)), hidden, hidden, on
        if not limit.left() and first + len(some) < len(texts):
            late = True
            break
    told = report(done, bad, time.monotonic() - began, late)
    # Gradio copies the files into its own folder, which limits.FILE_LIFE clears, before this goes on
    with tempfile.TemporaryDirectory(prefix="wanzhuan-") as folder:
        saves = [gr.DownloadButton(value=str(file), visible=bool(done)) for file in _write(Path(folder), done)]
        yield told, *saves, gr.Button(interactive=False)


def _together(model: Extractor, rows: list[Row], settings: Extraction) -> list[TripleResult | VisitorError]:
    """The triples of a few rows.  A row that the model breaks on must not take the others along: it is found, and told
    as one that was passed over."""
    try:
        return list(model.extract_many([row.text for row in rows], settings))
    except LateError:
        raise
    except Exception:
        _log.exception("a batch of %d rows: they are tried one by one", len(rows))
    return [_alone(model, row, settings) for row in rows]


def _alone(model: Extractor, row: Row, settings: Extraction) -> TripleResult | VisitorError:
    try:
        return next(iter(model.extract_many([row.text], settings)))
    except LateError:
        raise
    except Exception:
        _log.exception("row %d", row.number)
        return VisitorError("row_failed")


def _opened(path: Path) -> list[Row]:
    name = path.name
    if path.suffix.lower() not in _KINDS:
        raise VisitorError("document_kind", file=name, kinds=" ".join(_KINDS))
    try:
        if path.stat().st_size > limits.BATCH_BYTES:
            raise VisitorError("document_too_large", file=name, megabytes=limits.BATCH_BYTES // 1_000_000)
        data = path.read_bytes()
    except OSError as error:  # it waited too long in the queue, and was cleared away
        raise VisitorError("file_unreadable", file=name, why=error.strerror or type(error).__name__) from error
    rows = read_rows(data, name)
    if not rows:
        raise VisitorError("document_empty", file=name)
    if len(rows) > limits.BATCH_ROWS:
        raise VisitorError("too_many_texts", file=name, most=limits.BATCH_ROWS)
    return rows


# ---- the files --------------------------------------------------------------------------------------------------
def json_line(row: Row, result: TripleResult) -> str:
    """A text and what counts as its triples, as one line of jsonl."""
    value = {**dataclasses.asdict(result), "triples": [dataclasses.asdict(triple) for triple in result.above()]}
    del value["predicates"]
    return json.dumps({"row": row.number, "text": row.text, **value}, ensure_ascii=False) + "\n"


def csv_lines(row: Row, result: TripleResult) -> Iterator[str]:
    """The same as lines of csv, a statement a line."""
    for item in items(result.above()):
        if item.probability >= result.threshold:
            yield csv_line((row.number, *csv_cells(item))) + "\r\n"


def _write(folder: Path, done: Sequence[tuple[Row, TripleResult]]) -> tuple[Path, Path]:
    jsonl, table = folder / "triples.jsonl", folder / "triples.csv"
    with jsonl.open("w", encoding="utf-8", newline="") as out:
        out.writelines(json_line(row, result) for row, result in done)
    with table.open("w", encoding="utf-8-sig", newline="") as out:  # the mark tells Excel the encoding
        out.write(csv_line(("row", *COLUMNS)) + "\r\n")
        out.writelines(line for row, result in done for line in csv_lines(row, result))
    return jsonl, table


# ---- the report -------------------------------------------------------------------------------------------------
def said(key: str, busy: bool = False, **values: object) -> str:
    """One sentence under the upload."""
    spinner = '<span class="wz-spinner" aria-hidden="true"></span>' if busy else ""
    return f'<div class="wz-t-report" role="status">{spinner}{both(key, **values)}</div>'


def progress(done: int, total: int) -> str:
    """How many of the texts have been read."""
    bar = f'<progress value="{done}" max="{total}"></progress>'
    told = both("triples_many_reading", done=f"{done:,}", total=f"{total:,}")
    return f'<div class="wz-t-report" role="status">{bar}{told}</div>'


def report(
    done: Sequence[tuple[Row, TripleResult]], bad: Mapping[int, VisitorError], seconds: float, late: bool
) -> str:
    """What came of the file: figures, rows that were passed over, and whether time ran out."""
    found = sum(len(result.above()) for _, result in done)
    values = {"texts": f"{len(done):,}", "triples": f"{found:,}", "seconds": f"{seconds:.1f}"}
    told = [both("triples_many_done", **values)]
    if late:
        told.append(both("triples_many_long", seconds=int(limits.BATCH_SECONDS)))
    lines = "".join(f"<p>{line}</p>" for line in told)
    rows = [
        spans(
            *(
                phrase("triples_many_bad_row", language, row=row, why=why.sentence(language))
                for language in ("en", "zh")
            )
        )
        for row, why in sorted(bad.items())
    ]
    if len(rows) > limits.BAD_ROWS:
        rows[limits.BAD_ROWS :] = [both("triples_many_bad_more", count=f"{len(rows) - limits.BAD_ROWS:,}")]
    listed = "".join(f"<li>{row}</li>" for row in rows)
    passed = f"<p>{both('triples_many_bad', count=f'{len(bad):,}')}</p><ul>{listed}</ul>" if rows else ""
    return f'<div class="wz-t-report" role="status">{lines}{passed}</div>'
