"""`python -m core answer`: with a reader that finds years, so that what is tested is the command."""

from __future__ import annotations

import io
import json
import re
import sys
import types
from pathlib import Path

import pytest

from core.__main__ import main
from core.errors import VisitorError
from core.messages import SENTENCES
from core.reading.results import Candidate, PassageRead, ReadingResult, Vote
from core.tasks import TASKS, Task
from tests.books import write_book


class Years:
    """Answers with the first year of the passage that fits best; questions of more than 64 characters are too long."""

    weights, device = "fake:years", "CPU"

    def __init__(self, folder, weights):
        pass

    def answer(self, question, library, asking):
        if len(question) > 64:
            raise VisitorError("reading_question_long", pieces=len(question), most=64)
        if not question.strip():
            raise VisitorError("reading_no_question")
        best = library.best(question, asking.passages)
        (passage, score), *_ = best
        found = re.search(r"\d{4}(?=年)", library.text(passage))
        read = tuple(PassageRead(p.source, p.start, p.end, s) for p, s in best)
        candidates, votes, answer = (Candidate("", 1.0, 0, 0, 0, 0, 0),), (), ""
        if found and (asking.threshold or 0) <= 0.9:
            answer, start = found[0], passage.start + found.start()
            text = library.documents[passage.source].text
            around = text.rfind("。", 0, start) + 1, text.find("。", start) + 1
            candidates = (Candidate(answer, 0.9, 0, start, start + 4, *around),)
            votes = (Vote(answer, 0.4, (0,)),)
        names = tuple(document.name for document in library.documents)
        return ReadingResult(
            answer, 0.9 if answer else 0.0, 0.4 if answer else 0.0, votes, candidates, read, names, question, 0.1,
            "masks", library.characters, self.weights, self.device, 0.01,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def years(monkeypatch, tiny_titling_folder):
    """The command's reader, and the flags that name its weights."""
    module = types.ModuleType("fake_reading.task")
    module.Years = Years
    monkeypatch.setitem(sys.modules, "fake_reading", types.ModuleType("fake_reading"))
    monkeypatch.setitem(sys.modules, "fake_reading.task", module)
    monkeypatch.setitem(TASKS, "reading", Task("reading", "fake_reading", "Years"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return ["--weights", str(tiny_titling_folder)]


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    return write_book(tmp_path_factory.mktemp("book") / "book.pdf")


def told(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_question_about_a_book_among_files(book, tmp_path, years, capsys):
    (tmp_path / "note.md").write_text("今天天气很好。", encoding="utf-8")
    question = "第37号院子里的树是哪年种下的？"
    assert main(["answer", "--question", question, str(tmp_path / "note.md"), str(book), *years]) == 0
    out, err = capsys.readouterr()
    answer, evidence = out.splitlines()
    assert answer == "1837"
    assert evidence.strip().startswith("book.pdf: 第37号院子里的桐树是1837年")
    assert evidence.endswith("。")
    assert "probability 0.90, 8 of" in err and "fake:years" in err


def test_as_json_from_standard_input(years, monkeypatch, capsys):
    text = "开头。屋子\n建于1901年，很旧。"
    told(monkeypatch, text.encode("gb18030"))
    assert main(["answer", "-", "--question", "屋子建于哪年？", "--json", *years]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["answer"], found["source"], found["evidence"]) == ("1901", "", "屋子 建于1901年，很旧。")
    (candidate,) = found["candidates"]
    assert text[candidate["start"] : candidate["end"]] == "1901"
    assert found["passages"][0]["relevance"] is None


def test_no_answer(years, monkeypatch, capsys):
    told(monkeypatch, "建于1901年。".encode())
    assert main(["answer", "-", "--question", "哪年？", "--threshold", "0.95", *years]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "No answer was found" in err


def test_no_answer_as_json(years, monkeypatch, capsys):
    told(monkeypatch, "没有年份。".encode())
    assert main(["answer", "-", "--question", "哪年？", "--json", *years]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["answer"], found["evidence"], found["votes"]) == ("", "", [])


def test_many_questions_lines_stay_lines(book, tmp_path, years, capsys):
    path = tmp_path / "questions.jsonl"
    rows = [{"question": "第3号院子里的树是哪年种下的？"}, {"text": "no question"}, {"question": "谁" * 500}]
    path.write_text("\n".join(json.dumps(row) for row in [*rows, rows[0]]), encoding="utf-8")
    assert main(["answer", str(book), "--questions", str(path), *years]) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line.get("answer") for line in lines] == ["1803", None, None, "1803"]
    assert "write one" in lines[1]["error"] and "500 word pieces" in lines[2]["error"]
    assert "4 questions" in err


def test_what_documents_say_does_not_steer_the_terminal(years, monkeypatch, capsys):
    told(monkeypatch, "\x1b[31m建于1901年\u202e，很旧。".encode())
    assert main(["answer", "-", "--question", "哪年？", *years]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out


@pytest.mark.parametrize(
    ("arguments", "stdin", "wanted"),
    [
        (["-", "--question", ""], b"a", "There is no question"),
        (["-", "--question", " \u3000"], b"a", "There is no question"),
        (["-", "--question", "a"], b"", "There is nothing to read"),
        (["-", "--question", "a"], " \u3000\n".encode(), "There is nothing to read"),
        (["-", "--question", "a"], b"\x00\x01\x02", "no text in UTF-8"),
        (["-", "--question", "谁" * 500], b"a", "The question has 500 word pieces"),
        (["-", "core/errors.py", "--question", "a"], b"a", "Standard input (-) is read alone"),
        (["none.pdf", "--question", "a"], b"", "There is no file none.pdf"),
        (["core/errors.py", "--question", "a"], b"", "is of a kind that is not read here"),
        (["core", "--question", "a"], b"", "core cannot be read"),
        (["broken.pdf", "--question", "a"], b"", "broken.pdf is no whole PDF"),
        (["large.pdf", "--question", "a"], b"", "large.pdf is larger than 64 MB"),
        (["-", "--questions", "none.jsonl"], b"a", "There is no file none.jsonl"),
        (["-", "--questions", "empty.jsonl"], b"a", "There is no question"),
        (["-", "--questions", "broken.pdf"], b"a", "broken.pdf is no jsonl"),
        (["-", "--question", "a", "--passages", "0"], b"a", "passages must lie between 1 and"),
        (["-", "--question", "a", "--threshold", "nan"], b"a", "threshold must lie between 0 and 1"),
        (["-", "--question", "a", "--weights", "no/such/folder"], b"a", "There are no weights"),
    ],
)
def test_mistakes(tmp_path, monkeypatch, years, capsys, arguments, stdin, wanted):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    with (tmp_path / "large.pdf").open("wb") as file:
        file.truncate(200_000_000)
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "errors.py").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told(monkeypatch, stdin)
    assert main(["answer", *years, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert wanted in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["-"], ["--question", "a"], ["-", "--question", "a", "--questions", "b"]])
def test_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["answer", *arguments])
    assert caught.value.code == 2
    assert "usage: python -m core answer" in capsys.readouterr().err


def test_from_python(years, monkeypatch):
    import core

    monkeypatch.setattr(core, "_model", lambda task, weights: Years(None, weights))
    library = core.Library.build([core.Document("", "建于1901年。")])
    assert core.answer("哪年？", library).answer == "1901"
    with pytest.raises(core.VisitorError):
        core.answer("哪年？", library, passages=0)
    assert set(core.__all__) >= {"answer", "Library", "Document", "Asking", "ReadingResult", "read_documents"}


def test_sentences_name_no_place_they_do_not_fill():
    for key in ("answer_none", "answer_dash"):
        assert all("{" not in sentence for sentence in SENTENCES[key])
