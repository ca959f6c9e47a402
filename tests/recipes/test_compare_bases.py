"""The comparison of bases, on a tiny one and a handful of titles."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert
from core.reading import batches
from core.reading.data import Passage, Question
from core.titling import data as titling
from core.tokenizer import Tokenizer
from core.triples import data as triples
from core.triples import schema
from recipes import compare_bases
from recipes.compare_bases import TRIALS, Trial, distinct, untrained
from recipes.finetuning import cards, examples, packing, plans, questions
from recipes.pretraining.sources import is_for_measuring
from tests.reading.conftest import SIZES
from tests.recipes.test_finetuning_networks import WHOLE
from tests.triples.conftest import ROWS


@pytest.fixture(scope="module")
def base(tiny_titling_folder, tmp_path_factory) -> Path:
    """The tiny weights as a base: without the section of the task."""
    folder = tmp_path_factory.mktemp("bases") / "tiny"
    config = {k: v for k, v in bert.read_config(tiny_titling_folder).items() if k != "titling"}
    tensors = {k: v for k, v in bert.read_tensors(tiny_titling_folder).items() if not k.startswith("copy.")}
    bert.write_folder(folder, config, (tiny_titling_folder / bert.VOCAB).read_text(encoding="utf-8"), tensors)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A file to be scored."""
    folder = tmp_path_factory.mktemp("data")
    lines = [json.dumps({"text": article + "\u3002", "title": article[:4]}) for article in _articles(0)]
    (folder / "a.dev.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def packed(base, tmp_path_factory) -> Path:
    """Examples to train on."""
    tokenizer = Tokenizer(base / bert.VOCAB)
    some = titling.encode([titling.Pair(article, article[:4]) for article in _articles(1)], tokenizer, 48)
    path = tmp_path_factory.mktemp("examples") / "tasks.npz.xz"
    examples.save(path, {"titling": {"a": some}}, {"vocab": tokenizer.vocabulary_text, "labels": 1, "files": {}})
    return path


def _articles(seed: int) -> list[str]:
    letters = list("\u5929\u6c14\u7814\u7a76\u8868\u660e\u6a21\u578b\u63d0\u9ad8\u51c6\u786e\u7387")
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(letters, 20)) for _ in range(8)]


def test_only_what_may_be_is_trained_on_and_scored():
    known = {*packing.TITLES, "duie", "partial", *questions.REAL, *packing.MADE}
    for trial in TRIALS.values():
        assert set(trial.stage.sets) <= known
        assert all(map(is_for_measuring, trial.dev))


def test_a_row_for_each_start(base, data, packed, tmp_path, capsys, monkeypatch):
    stage = plans.Stage({"a": 1}, 1, 1e-3, 512, 0, options={"room": 48})
    monkeypatch.setitem(compare_bases.TRIALS, "titling", Trial(stage, ("a.dev.jsonl",)))
    plan = replace(plans.PLANS["titling"], section={"copy": "pointer", "max_source": 48}, places=160)
    monkeypatch.setitem(plans.PLANS, "titling", plan)

    def run(data: Path, *bases: Path) -> int:
        words = ["--data", str(data), "--bases", *map(str, bases), "--out", str(tmp_path), "--updates", "2"]
        words += ["--examples", str(packed), "--limit", "2", "--tasks", "titling"]
        monkeypatch.setattr(sys, "argv", ["compare_bases.py", *words])
        return compare_bases.main()

    assert run(data, base) == 0
    head, nothing, tiny = capsys.readouterr().out.strip().split("\n")
    assert "a rouge-l" in head
    assert "lead" not in head
    assert nothing.split()[:3] == ["titling", "nothing", "2"]
    assert tiny.split()[:3] == ["titling", "tiny", "2"]
    assert run(tmp_path, base) == 2
    assert "a.dev.jsonl" in capsys.readouterr().err
    assert run(data, tmp_path) == 2
    assert bert.VOCAB in capsys.readouterr().err


def _command(monkeypatch, task: str, trial: Trial, section: dict, packed: Path, data: Path, out: Path, *bases: Path):
    """The words of a command for a plan of a tiny network."""
    monkeypatch.setitem(compare_bases.TRIALS, task, trial)
    plan = replace(plans.PLANS[task], section={**plans.PLANS[task].section, **section}, places=160)
    monkeypatch.setitem(plans.PLANS, task, plan)
    words = ["--data", str(data), "--bases", *map(str, bases), "--out", str(out), "--updates", "2", "--limit", "2"]
    return [*words, "--examples", str(packed), "--tasks", task]


def _rows(path: Path, *rows: dict) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def test_triples_have_a_row_for_each_start_under_a_caption(base, tmp_path, capsys, monkeypatch):
    tokenizer = Tokenizer(base / bert.VOCAB)
    (tmp_path / "schema.jsonl").write_text(ROWS, encoding="utf-8")
    known = schema.read(tmp_path / "schema.jsonl")
    about = {"vocab": tokenizer.vocabulary_text, "labels": len(known.labels)}
    about["files"] = {"triples": {schema.FILE: known.text()}}
    file = tmp_path / "tasks.npz.xz"
    examples.save(file, {"triples": {"a": triples.encode(WHOLE, tokenizer, known, 96)}}, about)
    fact = {"subject": "研究", "predicate": "作者", "object": {"@value": "王莹"}}
    _rows(tmp_path / "a.dev.jsonl", *[{"text": "《研究》是王莹的文章。", "spo_list": [fact]}] * 2)
    trial = Trial(plans.Stage({"a": 1}, 1, 1e-3, 512, 0), ("a.dev.jsonl",))
    words = _command(monkeypatch, "triples", trial, {"max_length": 96}, file, tmp_path, tmp_path / "out", base)
    assert compare_bases.main(words) == 0
    caption, head, nothing, tiny = capsys.readouterr().out.strip().split("\n")
    assert caption == "triples: thresholds chosen on the same records, for all starts alike"
    assert "training loss" in head and "a f1" in head
    assert nothing.split()[:3] == ["triples", "nothing", "2"] and tiny.split()[:3] == ["triples", "tiny", "2"]
    card = cards.read(tmp_path / "out" / "triples" / "tiny" / "tuned")
    assert "recipes/compare_bases.py --tasks triples --updates 2 --seed 0" in card and "## Thresholds" in card
    _rows(tmp_path / "a.dev.jsonl", {"text": "今天天气很好。", "spo_list": []})
    assert compare_bases.main(words) == 2
    assert "no threshold can be chosen" in capsys.readouterr().err


def test_reading_has_a_row_for_each_start_under_a_caption(base, tmp_path, capsys, monkeypatch):
    tokenizer, file = Tokenizer(base / bert.VOCAB), tmp_path / "tasks.npz.xz"
    some = [Question(f"{a}在？", (Passage(f"{a}在北京。", ("北京",)),), ("北京",)) for a in "王林东海"]
    sets, about = {"a": batches.encode(some, tokenizer, SIZES)[0]}, {"vocab": tokenizer.vocabulary_text, "files": {}}
    examples.save(file, {"reading": sets}, {**about, "labels": 1})
    row = {"question": "林在？", "passages": [{"passage": "林海在北京。", "answer": "北京"}]}
    _rows(tmp_path / "a.dev.json", row, row)
    options = {"room": 40, "seq2seq": 0.2, "negatives": 0.1}
    sizes = {"places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage}
    monkeypatch.setattr(plans, "READING", SIZES)
    trial = Trial(plans.Stage({"a": 1}, 1, 1e-3, 512, 0, options=options), ("a.dev.json",), {"passage": 38})
    words = _command(monkeypatch, "reading", trial, sizes, file, tmp_path, tmp_path / "out", base)
    assert compare_bases.main(words) == 0
    caption, head, nothing, tiny = capsys.readouterr().out.strip().split("\n")
    assert caption == "reading: thresholds chosen on the same records, for all starts alike"
    assert "masks loss" in head and "a f1" in head
    assert nothing.split()[:3] == ["reading", "nothing", "2"] and tiny.split()[:3] == ["reading", "tiny", "2"]


def test_nothing_has_the_shape_of_the_base_and_other_weights(base, tmp_path):
    folder = untrained(base, tmp_path / "untrained", seed=1)
    before, after = bert.read_tensors(base), bert.read_tensors(folder)
    assert {n: t.shape for n, t in before.items()} == {n: t.shape for n, t in after.items()}
    name = "bert.encoder.layer.0.output.dense.weight"
    assert not np.array_equal(before[name], after[name])


def test_bases_are_told_apart(tmp_path):
    one, other = tmp_path / "one" / "base", tmp_path / "other" / "base"
    assert list(distinct([one, other])) == ["one-base", "other-base"]
    assert list(distinct([one])) == ["base"]
    assert list(distinct([tmp_path / "a" / "nothing", tmp_path / "nothing"])) == [
        "a-nothing",
        f"{tmp_path.name}-nothing",
    ]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(["one", "other", "one"], "named twice"), (["one", "other/../one"], "named twice"), (["nothing"], "may not be")],
)
def test_bases_that_would_overwrite_each_other_are_refused(names, sentence, tmp_path, capsys):
    words = ["--examples", "e", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    assert compare_bases.main([*words, "--bases", *(str(tmp_path / name) for name in names)]) == 2
    assert sentence in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_seed_that_none_takes_is_refused(tmp_path, capsys):
    words = ["--examples", "e", "--data", str(tmp_path), "--out", str(tmp_path), "--bases", "b"]
    with pytest.raises(SystemExit) as ended:
        compare_bases.main([*words, "--seed", "-1"])
    assert ended.value.code == 2 and "0 to 2,147,483,647" in capsys.readouterr().err
