"""The model of 2018 beside the usual one: which of the two a command and the service ask."""

from __future__ import annotations

import json
import shutil

import pytest

from core.__main__ import main
from core.errors import VisitorError
from core.service import Service
from core.weights import store
from tests.titling.tiny_seq2seq import tiny_folder


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv("WANZHUAN_TITLING", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_commands(tmp_path, tiny_titling_folder, monkeypatch, capsys):
    """`--model seq2seq` asks the embedded weights of that kind, or such a folder, and no other."""
    monkeypatch.setattr(store, "EMBEDDED", tmp_path)
    article = tmp_path / "a.txt"
    article.write_text("今天天气很好。研究表明模型提高准确率。", encoding="utf-8")
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"text": "今天天气很好。", "title": "天气"}), encoding="utf-8")
    asked = ["--model", "seq2seq", "--json"]
    assert main(["title", str(article), *asked]) == 2
    assert "titling-seq2seq" in capsys.readouterr().err
    folder = tiny_folder(tmp_path).rename(tmp_path / "titling-seq2seq")
    assert main(["title", str(article), "--max-length", "8", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "embedded:titling-seq2seq"
    assert main(["score", "titling", "--data", str(pairs), "--weights", str(folder), *asked]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["n"] == 1
    for model, weights in (("unilm", folder), ("seq2seq", tiny_titling_folder)):
        assert main(["title", str(article), "--model", model, "--weights", str(weights)]) == 2
        assert f"not for {model}" in capsys.readouterr().err
    assert main(["title", str(article), "--model", "rnn"]) == 2
    assert main(["score", "triples", "--data", str(pairs), *asked]) == 2


def test_commands_ask_what_the_environment_names(tmp_path, tiny_titling_folder, monkeypatch, capsys):
    """Where it is of the kind that was asked for; else the embedded ones of that kind, and it is told."""
    (tmp_path / "embedded").mkdir()
    monkeypatch.setattr(store, "EMBEDDED", tmp_path / "embedded")
    shutil.copytree(tiny_titling_folder, tmp_path / "embedded" / "titling")
    tiny_folder(tmp_path / "embedded").rename(tmp_path / "embedded" / "titling-seq2seq")
    own = tiny_folder(tmp_path).rename(tmp_path / "own")
    article = tmp_path / "a.txt"
    article.write_text("今天天气很好。研究表明模型提高准确率。", encoding="utf-8")

    def answering(*flags):
        assert main(["title", str(article), "--max-length", "8", "--json", *flags]) == 0
        told = capsys.readouterr()
        return json.loads(told.out)["weights"], told.err

    def bulk(*flags):
        assert main(["bulk", "titling", str(article), "--out", str(tmp_path / f"out{len(flags)}"), *flags]) == 0
        return capsys.readouterr().err

    monkeypatch.setenv("WANZHUAN_TITLING", str(own))
    assert answering() == ("folder:own", "") == answering("--model", "seq2seq")
    weights, told = answering("--model", "unilm")
    assert weights == "embedded:titling" and "WANZHUAN_TITLING names folder:own, which is seq2seq" in told
    assert answering("--model", "unilm", "--weights", str(tiny_titling_folder)) == ("folder:tiny-titling", "")
    assert "folder:own" in bulk("--model", "seq2seq")
    monkeypatch.setenv("WANZHUAN_TITLING", str(tiny_titling_folder))
    weights, told = answering("--model", "seq2seq")
    assert weights == "embedded:titling-seq2seq" and "which is unilm" in told
    monkeypatch.setenv("WANZHUAN_TITLING", str(tmp_path / "nothing"))
    assert main(["title", str(article), "--model", "seq2seq"]) == 2
    assert "nothing" in capsys.readouterr().err
    monkeypatch.setenv("WANZHUAN_TITLING", "")
    assert answering("--model", "seq2seq") == ("embedded:titling-seq2seq", "")


def settled(service):
    """Nothing is loaded any more: a thread that is still at work may end the process badly."""
    service._thread.join()


def test_a_service_has_both(tmp_path, tiny_titling_folder, monkeypatch):
    """Beside the usual model, where an installation ships it; a choice of weights is for the usual one."""
    monkeypatch.setattr(store, "EMBEDDED", tmp_path)
    without = Service({"titling": str(tiny_titling_folder)})
    assert without.kinds("titling") == ("unilm",)
    with pytest.raises(VisitorError, match="no model seq2seq here: choose unilm"):
        without.titler(model="seq2seq")
    settled(without)
    tiny_folder(tmp_path).rename(tmp_path / "titling-seq2seq")
    service = Service({"titling": str(tiny_titling_folder)})
    assert service.kinds("titling") == ("unilm", "seq2seq")
    assert service.titler(model="seq2seq").weights == "embedded:titling-seq2seq"
    assert service.titler(model="unilm").weights == service.titler().weights == "folder:tiny-titling"
    assert service.state(service.name_of("titling", "seq2seq")).stage == "ready"
    settled(service)


def test_a_service_whose_usual_model_is_that_of_2018(tmp_path, monkeypatch):
    """It answers by its name before the embedded one of its kind, and not by the other's."""
    monkeypatch.setattr(store, "EMBEDDED", tmp_path)
    tiny_folder(tmp_path).rename(tmp_path / "titling-seq2seq")
    service = Service({"titling": str(tiny_folder(tmp_path).rename(tmp_path / "own"))})
    assert service.titler().weights == service.titler(model="seq2seq").weights == "folder:own"
    assert service.kinds("titling") == ("seq2seq",)
    with pytest.raises(VisitorError, match="no model unilm here: choose seq2seq"):
        service.titler(model="unilm")
    settled(service)
    assert service.state("titling-seq2seq").stage == "waiting"  # nobody can ask for it
