"""Questions, passages and answers out of files.

Four forms of JSON are read, plain, `.gz` or `.xz`; which one it is shows in the rows themselves:

- SQuAD's (CMRC 2018, DRCD; of the second version `is_impossible`): `data` → `paragraphs` → `context`, `qas`;
- WebQA's: question ids → `question`, `evidences` → `answer`, `evidence`;
- SogouQA's: a list, or a line each, of `question`, `passages` → `passage`, `answer`, and `answer`;
- tokenised WebQA with retrieved passages: a line each of `question_tokens`, `evidences` → `evidence_tokens`,
  `golden_answers`, `type`.
"""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import VisitorError
from core.tables import OPENERS, BadRow, name_bad

FIELDS = "question, passage, answer"
_NO_ANSWER = ("", "no_answer")


@dataclass(frozen=True)
class Passage:
    """A passage, and the answers that stand in it: none where it does not answer its question.

    start: where the first answer stands, if the file says so.
    """

    text: str
    answers: tuple[str, ...]
    start: int | None = None


@dataclass(frozen=True)
class Question:
    """A question with its passages, mostly one.

    answers: what counts as right when all passages have been read; empty: it has none.
    """

    text: str
    passages: tuple[Passage, ...]
    answers: tuple[str, ...]


def read_questions(paths: Iterable[Path], limit: int | None = None) -> tuple[list[Question], list[BadRow]]:
    """All questions of the files, and the rows that were none.

    A `BadRow` has the line in files of a row a line, else the number of the row among the file's rows.

    Raises:
        VisitorError: a file cannot be read at all.
    """
    questions: list[Question] = []
    bad: list[BadRow] = []
    for path in paths:
        for number, row in _rows(path):
            found: Question | str
            try:
                found = _question(row)
            except (TypeError, ValueError, KeyError, AttributeError, IndexError):
                found = "neither SQuAD's, WebQA's nor SogouQA's form"
            if isinstance(found, str):
                bad.append(BadRow(path.name, number, found))
            elif limit is None or len(questions) < limit:
                questions.append(found)
    return questions, bad


def usable_questions(paths: Iterable[Path], limit: int | None, say: Callable[[str], None]) -> list[Question]:
    """`read_questions`, with the first bad rows named to `say` and all of them counted.

    Raises:
        VisitorError: a file cannot be read, or there is no question at all.
    """
    questions, bad = read_questions(paths, limit)
    name_bad(bad, say)
    if not questions:
        raise VisitorError("no_rows", fields=FIELDS)
    return questions


# ---- files -----------------------------------------------------------------------------------------------------
def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """(number, row) of a file: a JSON document's rows, else its lines; a row that is no JSON is a string."""
    opener = OPENERS.get(path.suffix)
    if (Path(path.stem).suffix if opener else path.suffix) not in (".json", ".jsonl"):
        raise VisitorError("reading_file_kind", file=path.name)
    try:
        with (opener or open)(path, "rb") as file:
            text = file.read().decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise VisitorError("file_missing", file=path.name) from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise VisitorError("file_unreadable", file=path.name, why=str(error)) from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield from _lines(text)
        return
    yield from enumerate(_document(document), 1)


def _lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, "no JSON"


def _document(document: Any) -> Iterator[Any]:
    """The rows of a whole JSON document, each a row of one question."""
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        for article in document["data"]:
            paragraphs = article.get("paragraphs") if isinstance(article, dict) else None
            if not isinstance(paragraphs, list):
                yield "no paragraphs"
                continue
            for paragraph in paragraphs:
                qas = paragraph.get("qas") if isinstance(paragraph, dict) else None
                if not isinstance(qas, list):
                    yield "no qas"
                    continue
                yield from ({"squad": qa, "context": paragraph.get("context")} for qa in qas)
    elif isinstance(document, list):
        yield from document
    elif isinstance(document, dict) and not {"question", "question_tokens"} & document.keys():
        yield from document.values()
    else:
        yield document


# ---- forms -----------------------------------------------------------------------------------------------------
def _question(row: Any) -> Question | str:
    """The question of a row, or why it is none."""
    if isinstance(row, str):
        return row
    if "squad" in row:
        return _squad(row["squad"], row["context"])
    if "question_tokens" in row:
        return _made("".join(row["question_tokens"]), [_retrieved(e) for e in row["evidences"]])
    if "evidences" in row:
        evidences = row["evidences"]
        evidences = evidences.values() if isinstance(evidences, dict) else evidences
        return _made(row["question"], [_marked(e["evidence"], e["answer"]) for e in evidences])
    if "passages" in row:
        passages = [_marked(p["passage"], p.get("answer", "")) for p in row["passages"]]
        return _made(row["question"], passages, _answers(row.get("answer", "")))
    return "neither SQuAD's, WebQA's nor SogouQA's form"


def _made(question: str, passages: list[Passage], answers: tuple[str, ...] = ()) -> Question | str:
    if not isinstance(question, str) or not question.strip():
        return "no question"
    if not passages or not all(isinstance(p.text, str) and p.text.strip() for p in passages):
        return "no passage"
    if any("\ufffd" in text for text in (question, *(p.text for p in passages))):
        return "it is not UTF-8"
    answers = answers or tuple(dict.fromkeys(a for p in passages for a in p.answers))
    return Question(question, tuple(passages), answers)


def _squad(qa: dict[str, Any], context: Any) -> Question | str:
    answers = qa.get("answers") or []
    texts = [answer["text"] for answer in answers]
    if not answers and not qa.get("is_impossible"):
        return "no answers"
    if qa.get("is_impossible"):
        return _made(qa["question"], [Passage(context, ())])
    if not all(isinstance(text, str) and text.strip() for text in texts):
        return "an answer is empty"
    start = answers[0].get("answer_start")
    start = start if type(start) is int and context[start : start + len(texts[0])] == texts[0] else None
    return _made(qa["question"], [Passage(context, tuple(dict.fromkeys(texts)), start)])


def _answers(given: Any) -> tuple[str, ...]:
    """A string or a list of strings, what says that there is none left out."""
    given = [given] if isinstance(given, str) else given
    return tuple(dict.fromkeys(answer.strip() for answer in given if answer.strip() not in _NO_ANSWER))


def _marked(text: str, given: Any) -> Passage:
    return Passage(text, _answers(given))


def _retrieved(evidence: dict[str, Any]) -> Passage:
    """A retrieved passage; its type says whether it holds one of the golden answers (lists of tokens)."""
    golden = _answers(["".join(tokens) for tokens in evidence["golden_answers"]])
    text = "".join(evidence["evidence_tokens"])
    return Passage(text, golden if evidence.get("type", "positive") == "positive" else ())
