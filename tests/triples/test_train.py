"""The worked example through the commands, the warning about short runs, and files that do not fit."""

from __future__ import annotations

import json

import pytest

from core import bert, training
from core.__main__ import main
from core.errors import VisitorError
from core.triples.model import TriplesModel
from core.triples.train import Options, train, warnings
from tests.triples.conftest import DOCS

DATA, SCHEMA = DOCS / "dishes.jsonl", DOCS / "dishes.schema.jsonl"


@pytest.fixture(scope="module")
def trained(dishes_base, tmp_path_factory):
    """The example's command, for an encoder that has learned nothing."""
    out = tmp_path_factory.mktemp("dishes") / "weights"
    files = ["--data", str(DATA), "--dev", str(DATA), "--schema", str(SCHEMA), "--base", str(dishes_base)]
    flags = ["--out", str(out), "--epochs", "30", "--rate", "0.01", "--warm-up", "5", "--ema", "0.9"]
    more = ["--max-length", "64", "--dropout", "0", "--tokens", "256", "--save-minutes", "60"]
    assert main(["train", "triples", *files, *flags, *more]) == 0
    return out


def test_the_worked_example_is_learned(trained, capsys):
    capsys.readouterr()
    assert main(["score", "triples", "--data", str(DATA), "--weights", str(trained), "--json"]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(row) == ["precision", "recall", "f1", "n", "seconds"]
    assert row["n"] == 30
    assert row["f1"] > 60
    assert main(["score", "triples", "--data", str(DATA), "--weights", str(trained)]) == 0
    table = capsys.readouterr().out
    assert all(predicate in table for predicate in ("产地", "主料", "口味", "招牌菜"))


def test_the_command_answers_with_the_users_schema(trained, tmp_path, capsys):
    (tmp_path / "text.txt").write_text("宫保鸡丁是四川的名菜，主料是鸡肉和花生。", encoding="utf-8")
    assert main(["triples", str(tmp_path / "text.txt"), "--weights", str(trained)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    answer = json.loads(line)
    assert answer["triples"]
    for triple in answer["triples"]:
        assert triple["predicate"] in ("产地", "主料", "口味", "招牌菜")
        assert triple["probability"] >= answer["threshold"] == answer["tuned"]
    assert "菜品" in {triple["subject"]["type"] for triple in answer["triples"]}
    rows = [json.dumps({"text": t}) for t in ("宫保鸡丁是四川的名菜。", " ")] + ["{"]
    (tmp_path / "many.jsonl").write_text("\n".join(rows), encoding="utf-8")
    assert main(["triples", str(tmp_path / "many.jsonl"), "--weights", str(trained), "--threshold", "1"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [("error" in line) for line in lines] == [False, True, True]
    assert lines[0]["triples"] == []


def test_the_threshold_is_tuned_and_stored(trained):
    stored = bert.read_config(trained)["triples"]["threshold"]
    assert stored == TriplesModel(trained).threshold
    assert stored != 0.3


def test_a_run_too_short_for_its_average_is_warned_of(dishes_base, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    lines: list[str] = []
    options = Options(str(SCHEMA), 64, settings=training.Settings(epochs=1, ema=0.999, warm_up=1))
    train([DATA], [DATA], dishes_base, tmp_path / "out", options, lines.append)
    warned = next(i for i, line in enumerate(lines) if line.startswith("warning"))
    assert not any("epoch" in line for line in lines[:warned])  # before the run
    assert "0.999" in lines[warned]


@pytest.mark.parametrize(
    ("settings", "batches", "warned"),
    [
        ({"epochs": 3, "ema": 0.999}, 100, True),
        ({"epochs": 30, "ema": 0.999}, 100, False),
        ({"epochs": 1000, "updates": 50, "ema": 0.99}, 100, True),
        ({"epochs": 3, "ema": 0.99}, 100, False),
        ({"epochs": 0.01, "ema": 0.0}, 100, False),
    ],
)
def test_when_it_is_warned(settings, batches, warned):
    lines = warnings(training.Settings(**settings), batches)
    assert bool(lines) == warned
    if warned:  # the ema that the sentence proposes is not warned of
        fitting = float(lines[0].split("--ema ")[1].split()[0])
        assert not warnings(training.Settings(**{**settings, "ema": fitting}), batches)


def test_data_and_schema_that_do_not_belong_together(dishes_base, schema_file, tmp_path):
    with pytest.raises(VisitorError, match="--schema"):
        train([DATA], [DATA], dishes_base, tmp_path / "out", Options(str(schema_file), 64))
    with pytest.raises(VisitorError, match="no file"):
        train([DATA], [DATA], dishes_base, tmp_path / "out", Options(str(tmp_path / "none.json"), 64))
    with pytest.raises(VisitorError, match="not trained for triples"):
        train([DATA], [DATA], dishes_base, tmp_path / "out", Options(None, 64))
