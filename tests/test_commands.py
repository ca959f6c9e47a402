"""The command line: results on standard output, a person's mistakes as exit code 2 and one sentence."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.__main__ import COMMANDS, main
from core.tasks import TASKS, Task

ROOT = Path(__file__).parent.parent
TRAINED = ["--data", "a", "--dev", "b", "--base", "c", "--out", "d"]
ARTICLE = "今天天气很好。研究表明该模型提高准确率。"


@pytest.fixture
def article(tmp_path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def command(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess:
    """One command in a process of its own, without what this environment says about language and weights."""
    silent = ("LC_ALL", "LC_MESSAGES", "LANG", "WANZHUAN_TITLING")
    inherited = {name: value for name, value in os.environ.items() if name not in silent}
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**inherited, "PYTHONUTF8": "1", **environment},
        timeout=120,
    )


def refused(done: subprocess.CompletedProcess) -> str:
    """The one sentence of a refusal."""
    sentence = done.stderr.decode()
    assert done.returncode == 2, sentence
    assert sentence.count("\n") == 1
    assert done.stdout == b""
    return sentence.strip()


def test_a_missing_file_in_a_process_of_its_own():
    assert refused(command("title", "none.txt")) == "There is no file none.txt."
    assert refused(command("title", "none.txt", LANG="zh_CN.UTF-8")) == "找不到文件 none.txt。"
    assert refused(command("title", "none.txt", LANG="zh_CN.UTF-8", LC_ALL="C.UTF-8")) == "There is no file none.txt."


@pytest.mark.parametrize(
    ("arguments", "stdin", "wanted"),
    [
        (["title", "-"], b" \n", "There is no text"),
        (["title", "-"], b"\x00\x01\x02\x03", "no text in UTF-8"),
        (["title", "-", "--count", "9"], b"a", "count must lie between 1 and 8"),
        (["title", "-", "--weights", "no/such/folder"], ARTICLE.encode(), "There are no weights no/such/folder"),
        (["title", "README.pdf"], b"", "There is no file README.pdf"),
        (["title", "core/errors.py"], b"", "is of a kind that is not read here"),
        (["title", "core"], b"", "core cannot be read"),
        (["score", "titling", "--data", "none.jsonl"], b"", "There is no file none.jsonl"),
        (["train", "titling", "--data", "n.jsonl", "--dev", "n.jsonl", "--base", "b", "--out", "o"], b"", "n.jsonl"),
        (["train", "titling", "--data", "a", "--dev", "b", "--base", "c", "--out", "d", "--rate", "0"], b"", "--rate"),
        *(
            (
                ["train", task, *TRAINED, flag, value],
                b"",
                f"{flag} must lie between",
            )
            for task, flag, value in (
                ("titling", "--ema", "1.5"),
                ("reading", "--ema", "1"),
                ("triples", "--seed", "-1"),
                ("reading", "--dropout", "2"),
                ("titling", "--dropout", "nan"),
            )
        ),
    ],
)
def test_mistakes(monkeypatch, capsys, arguments, stdin, wanted):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert wanted in err
    assert err.count("\n") == 1


def test_weights_that_are_none_of_titling(article, tmp_path, capsys):
    (tmp_path / "weights").mkdir()
    assert main(["title", str(article), "--weights", str(tmp_path / "weights")]) == 2
    assert "config.json" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["fly"], ["title"], ["title", "-", "--method", "guess"], ["score", "fly"]])
def test_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m core" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert "usage: python -m core" in capsys.readouterr().out


def test_titles_a_line_each(article, tiny_titling_folder, capsys):
    flags = ["--weights", str(tiny_titling_folder), "--count", "2", "--max-length", "8"]
    assert main(["title", str(article), *flags]) == 0
    out, err = capsys.readouterr()
    assert 1 <= len(out.splitlines()) <= 2
    assert f"{len(ARTICLE)} characters read" in err
    assert "folder:tiny-titling" in err


def test_title_as_json_from_standard_input(tiny_titling_folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode("gb18030"))))
    flags = ["--weights", str(tiny_titling_folder), "--json", "--method", "sample", "--seed", "5", "--max-length", "8"]
    assert main(["title", "-", *flags]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["characters"] == len(ARTICLE)
    assert found["titles"][0]["text"]
    for span in found["titles"][0]["spans"]:
        part = ARTICLE[span["source_start"] : span["source_end"]]
        assert found["titles"][0]["text"][span["start"] : span["end"]] == part


def test_scores(tiny_titling_folder, tmp_path, capsys):
    path = tmp_path / "dev.jsonl"
    path.write_text("\n".join([json.dumps({"text": ARTICLE, "title": "天气很好"})] * 3 + ["{"]), encoding="utf-8")
    assert main(["score", "titling", "--data", str(path), "--weights", str(tiny_titling_folder), "--json"]) == 0
    out, err = capsys.readouterr()
    row = json.loads(out.splitlines()[-1])
    assert list(row) == ["rouge-1", "rouge-2", "rouge-l", "bleu", "lead-rouge-l", "n", "seconds"]
    assert row["n"] == 3
    assert "dev.jsonl:4: no JSON" in err


def test_train_then_title(tiny_titling_folder, article, tmp_path, capsys):
    path, out = tmp_path / "train.tsv", tmp_path / "out"
    path.write_text("text\ttitle\n" + f"{ARTICLE}\t天气很好\n" * 6, encoding="utf-8")
    flags = ["--epochs", "1", "--max-source", "48", "--tokens", "512", "--copy", "prior", "--no-compile"]
    files = ["--data", str(path), "--dev", str(path), "--base", str(tiny_titling_folder), "--out", str(out)]
    assert main(["train", "titling", *files, *flags]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split()[:2] == ["epoch", "updates"]
    assert len(table) == 3
    assert main(["title", str(article), "--weights", str(out), "--max-length", "8"]) == 0


@dataclass(frozen=True)
class Row:
    """What a task's scores are to the command line."""

    def row(self) -> dict[str, float]:
        return {"f1": 82.2, "n": 7}


def test_a_fourth_task_is_a_row(monkeypatch, tiny_titling_folder, capsys):
    """Its rooms are found by the table alone."""
    rooms = {
        "fake_task.task": {"Fake": lambda folder, weights: weights},
        "fake_task.score": {"score_files": lambda model, files, limit, say: Row()},
    }
    for name, content in rooms.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "fake_task", types.ModuleType("fake_task"))
    monkeypatch.setitem(TASKS, "fake", Task("fake", "fake_task", "Fake"))
    assert main(["score", "fake", "--data", __file__, "--weights", str(tiny_titling_folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"f1": 82.2, "n": 7}


def test_interrupted(monkeypatch, article, capsys):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("core.cli.title.run", stop)
    assert main(["title", str(article)]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise here")
def test_whoever_reads_may_leave():
    """`python -m core title … | head -0`: no traceback, and the exit code that a shell gives."""
    stand_in = "from core.cli import title; title.run = lambda arguments: print('一' * 100)"
    code = f"import sys; {stand_in}; from core.__main__ import main; sys.exit(main(['title', '-']))"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
