"""The model of 2018 beside the usual one: which of the two a command and the service ask."""

from __future__ import annotations

import json

import pytest

from core.__main__ import main
from core.errors import WeightsError
from core.service import Service
from core.weights import store
from tests.titling.tiny_seq2seq import tiny_folder


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


def test_a_service_has_both(tmp_path, tiny_titling_folder, monkeypatch):
    """Beside the usual model, where an installation ships it; a choice of weights is for the usual one."""
    monkeypatch.setattr(store, "EMBEDDED", tmp_path)
    without = Service({"titling": str(tiny_titling_folder)})
    assert not without.offers("titling", "seq2seq")
    with pytest.raises(WeightsError):
        without.titler(model="seq2seq")
    tiny_folder(tmp_path).rename(tmp_path / "titling-seq2seq")
    service = Service({"titling": str(tiny_titling_folder)})
    assert service.offers("titling", "seq2seq")
    assert not service.offers("titling", "unilm")
    assert service.titler(model="seq2seq").weights == "embedded:titling-seq2seq"
    assert service.titler(model="unilm").weights == service.titler().weights == "folder:tiny-titling"
    assert service.state(service.name_of("titling", "seq2seq")).stage == "ready"
