"""What all benchmarks share, and the readme's tables."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from benchmarks import __main__ as every
from benchmarks import frame, tables

RESULTS = sorted(tables.RESULTS.glob("*.json"))


def made(**more) -> frame.Result:
    columns = (frame.Column("way"), frame.Column("ms", ",.1f"), frame.Column("F1", ".2f"))
    rows = (("ours", 1234.56, None), ("theirs", 2.0, 50.0))
    values = {
        "name": "x",
        "command": "python -m benchmarks.x",
        "said": "two ways.",
        "tables": (frame.Table(columns, rows),),
    }
    return frame.Result(**{**values, "machine": "A processor", "packages": {"numpy": "1"}, **more})


def test_a_result_as_markdown():
    text = made(notes=("A note.",)).markdown()
    assert text.splitlines()[:3] == ["`python -m benchmarks.x`: two ways.", "", "A processor, numpy 1"]
    assert "| way | ms | F1 |\n| --- | --- | --- |\n| ours | 1,234.6 | |\n| theirs | 2.0 | 50.00 |" in text
    assert text.endswith("\n\nA note.")


def test_a_result_is_read_back_as_it_was(tmp_path, capsys):
    found = made(notes=("A note.",))
    frame.told(found, tmp_path / "further" / "x.json")
    assert capsys.readouterr().out == found.markdown() + "\n"
    assert frame.read(tmp_path / "further" / "x.json") == found


def test_rounds_are_in_turn_and_the_first_is_not_counted():
    order = []
    found = frame.measured({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == ["a", "b"] * 3
    assert set(found) == {"a", "b"} and all(len(pair) == 2 for pair in found.values())
    frame.measured({"a": lambda: order.append("a")}, 1, first=False)
    assert len(order) == 7


def test_the_command_is_told_without_folders_of_this_machine(monkeypatch):
    monkeypatch.setattr(
        sys, "argv", ["x", "--data", "/somewhere/deep/csl.jsonl", "--json", "/a/b.json", "--limit", "3"]
    )
    found = frame.result("x", "said.", (), ("numpy", "no-such-package"))
    assert found.command == "python -m benchmarks.x --data DIR/csl.jsonl --limit 3"
    assert set(found.packages) == {"numpy"}
    assert re.search(r", \d+ cores?, Python 3\.\d+", found.machine)


def test_parts_of_a_text_are_made_anew_and_the_rest_is_left(tmp_path):
    frame.told(made(), tmp_path / "x.json")
    mark = "<!-- x: made by python -m benchmarks.tables -->\nold\n<!-- /x -->"
    text = tables.filled(f"before\n{mark}\nafter", tmp_path)
    assert text.startswith("before\n<!-- x:") and text.endswith("<!-- /x -->\nafter")
    assert "old" not in text and made().markdown() in text
    assert tables.filled(text, tmp_path) == text


@pytest.mark.parametrize("file", tables.FILES, ids=lambda file: file.name)
def test_tables_are_what_the_results_make_them(file):
    text = file.read_text(encoding="utf-8")
    assert tables.filled(text) == text, "python -m benchmarks.tables writes them"


def test_each_result_stands_somewhere():
    shown = {name for file in tables.FILES for name in tables.names(file.read_text(encoding="utf-8"))}
    assert {file.stem for file in RESULTS} == shown


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.stem)
def test_results_say_nothing_of_who_made_them(file):
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept["name"] == file.stem and kept["machine"] and kept["packages"] and kept["tables"]
    assert not re.search(r"/(work|home|root|tmp)\b", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", every.ALL)
def test_each_benchmark_is_a_command(name):
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    told = subprocess.run(command, cwd=frame.ROOT, capture_output=True, text=True, check=True).stdout
    assert all(flag in told for flag in ("--short", "--json", "--threads"))
