"""The card beside trained weights, and the thresholds that held-out files choose."""

import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert  # noqa: E402
from core.tokenizer import Tokenizer  # noqa: E402
from core.triples import data as triples  # noqa: E402
from core.triples import schema  # noqa: E402
from recipes import finetune as recipe  # noqa: E402
from recipes.finetuning import cards, packing, plans, questions, running  # noqa: E402
from recipes.pretraining.sources import table  # noqa: E402
from tests.reading.conftest import SIZES, write  # noqa: E402
from tests.recipes.test_finetuning_loop import MACHINE  # noqa: E402
from tests.recipes.test_finetuning_networks import PARTIAL, WHOLE  # noqa: E402
from tests.triples.conftest import ROWS  # noqa: E402

STAGE = plans.Stage({"duie": 1, "partial": 0.5}, 1.0, 1e-3, 400, 0.0, warm_up=1, updates=2)
SENTENCE = {
    "text": "《研究》是王莹的文章。",
    "spo_list": [{"subject": "研究", "predicate": "作者", "object": {"@value": "王莹"}}],
}
QUESTION = {"question": "林在？", "passages": [{"passage": "林海在北京。", "answer": "北京"}], "answer": "北京"}


@pytest.fixture
def packed(base, tmp_path, monkeypatch):
    """Sentences that the tiny network has room for."""
    tokenizer = Tokenizer(base / bert.VOCAB)
    (tmp_path / "schema.jsonl").write_text(ROWS, encoding="utf-8")
    known = schema.read(tmp_path / "schema.jsonl")
    sets = {n: triples.encode(s, tokenizer, known, 96) for n, s in (("duie", WHOLE), ("partial", PARTIAL))}
    about = {"vocab": tokenizer.vocabulary_text, "labels": len(known.labels)}
    about["files"] = {"triples": {schema.FILE: known.text()}}
    section = {**plans.PLANS["triples"].section, "max_length": 96}
    monkeypatch.setitem(plans.PLANS, "triples", replace(plans.PLANS["triples"], section=section, places=160))
    return running.Packed({"triples": sets}, about, "0")


@pytest.fixture
def said(monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr(recipe, "say", lambda line, **_: lines.append(str(line)))
    return lines


def trained(packed, base, out, stage=STAGE, command=""):
    done = running.stage(
        "triples", stage, packed, base, out, 0, MACHINE, lambda: False, lambda _: None, command=command
    )
    assert "stages" not in done and done["updates"] == 2
    return cards.read(out)


def _written(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


# ---- cards -----------------------------------------------------------------------------------------------------
def test_the_card_tells_what_the_weights_were_trained_on(packed, base, tmp_path):
    card = trained(packed, base, tmp_path / "stage-1", command="python recipes/finetune.py train triples")
    assert cards.for_research_only(card) and card.startswith("---\nlanguage: zh\nlicense: other\n")
    assert "| duie | **research only** (DuIE 2.0) |" in card and "| partial | its own |" in card
    loss = json.loads((tmp_path / "stage-1" / running.RECORD).read_text(encoding="utf-8"))["losses"]["training"]
    assert f"| `tiny-base` | duie 1, partial 0.5 | 2 | 0.0 | training {loss:g} |" in card
    assert "```\npython recipes/finetune.py train triples\n```" in card
    assert str(tmp_path) not in card
    assert "`tiny-base` had no card" in card


def test_the_second_stage_tells_of_the_first_and_has_its_licence(packed, base, tmp_path):
    trained(packed, base, tmp_path / "stage-1")
    card = trained(packed, tmp_path / "stage-1", tmp_path / "stage-2", replace(STAGE, sets={"partial": 4}))
    assert "| `tiny-base` | duie 1, partial 0.5 |" in card and "| `stage-1` | partial 4 |" in card
    assert cards.for_research_only(card) and "had no card" not in card


def test_what_a_base_may_not_be_used_for_its_weights_may_not(packed, base, tmp_path):
    free = replace(STAGE, sets={"partial": 4})
    card = trained(packed, base, tmp_path / "free", free)
    assert not cards.for_research_only(card) and "license: other" in card
    (base / cards.CARD).write_text("---\nlicense_name: research-only\n---\n", encoding="utf-8")
    card = trained(packed, base, tmp_path / "bound", free)
    assert cards.for_research_only(card) and "what `tiny-base` read" in card


def test_the_words_alone_bind_nobody():
    assert not cards.for_research_only("---\nlicense: mit\n---\nlicense_name: research-only\n")
    assert not cards.for_research_only("license_name: research-only\n")


def test_the_table_of_research_knows_the_sets_and_agrees_with_that_of_the_sources():
    known = {*packing.TITLES, "duie", "partial", *questions.REAL, *packing.MADE}
    files = {file.split("/")[-1].split(".train.")[0] for row in table() if row.research for file in row.files}
    assert set(plans.RESEARCH_ONLY) <= known
    assert files & known == set(plans.RESEARCH_ONLY) - set(packing.MADE)
    for plan in plans.PLANS.values():
        assert all(set(stage.sets) & set(plans.RESEARCH_ONLY) for stage in plan.stages)


def test_the_command_on_the_card_names_no_folder_of_this_machine(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(running.Packed, "load", lambda path: running.Packed({"titling": {}}, {}, "0"))
    monkeypatch.setattr(running.Packed, "check", lambda *_: None)
    monkeypatch.setattr(running, "stage", lambda *_, command, **__: told.append(command) or {"updates": 1})
    words = ["train", "titling", "--examples", str(tmp_path / "tasks.npz.xz"), "--base", str(tmp_path / "a base")]
    assert recipe.main([*words, "--out", str(tmp_path / "out"), "--minutes", "4", "--seed", "3"]) == 0
    said = "python recipes/finetune.py train titling --examples tasks.npz.xz --base 'a base' --out DIR --minutes 4"
    assert told == [f"{said} --seed 3"] * 2


# ---- thresholds ------------------------------------------------------------------------------------------------
def test_the_threshold_of_triples(packed, base, tmp_path, said):
    trained(packed, base, tmp_path / "weights")
    partial = {"text": "中国的首都是北京。", "subject": "中国", "predicate": "首都", "object": "北京"}
    dev = [
        _written(tmp_path / "a.dev.jsonl", [SENTENCE, {"text": "没有"}, SENTENCE, SENTENCE]),
        _written(tmp_path / "b.dev.jsonl", [partial, SENTENCE]),
    ]
    words = ["tune", "triples", "--weights", str(tmp_path / "weights"), "--dev", *map(str, dev), "--limit", "2"]
    assert recipe.main([*words, "--out", str(tmp_path / "out")]) == 0
    threshold = json.loads((tmp_path / "out" / bert.CONFIG).read_text(encoding="utf-8"))["triples"]["threshold"]
    assert f"threshold: {threshold}" in said
    assert any("a.dev.jsonl:2" in line for line in said) and "left out 1 partially labelled rows" in said
    card = cards.read(tmp_path / "out")
    assert "Chosen on a.dev.jsonl (2 records), b.dev.jsonl (1 records)" in card  # the limit is that of each file
    assert f"| threshold | {threshold} |" in card and cards.for_research_only(card)
    assert "| duie | **research only** (DuIE 2.0) |" in card


def test_the_thresholds_of_reading(tmp_path, said):
    sizes = {"places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage}
    weights = write(tmp_path / "weights", 0.3, **sizes)
    (weights / cards.CARD).write_text("---\nlicense: mit\n---\n\n# A card\n", encoding="utf-8")
    dev = _written(tmp_path / "a.dev.jsonl", [QUESTION, {"question": "?"}, QUESTION])
    words = ["tune", "reading", "--dev", str(dev)]
    assert recipe.main([*words, "--weights", str(weights), "--out", str(tmp_path / "out")]) == 0
    found = json.loads((tmp_path / "out" / bert.CONFIG).read_text(encoding="utf-8"))["reading"]["thresholds"]
    assert {f"{method}: {value}" for method, value in found.items()} <= set(said)
    assert set(found) == {"masks", "seq2seq"} and any("a.dev.jsonl:2" in line for line in said)
    card = cards.read(tmp_path / "out")
    assert card.startswith("---\nlicense: mit\n---\n\n# A card\n") and "a.dev.jsonl (2 records)" in card
    again = cards.with_thresholds(card, {"masks": 0.5}, {"other.dev.jsonl": 1})
    assert again.count("## Thresholds") == 1 and "a.dev.jsonl" not in again and again.startswith(card[:20])
    (weights / cards.CARD).unlink()
    assert recipe.main([*words, "--weights", str(weights), "--out", str(tmp_path / "bare")]) == 0
    assert not (tmp_path / "bare" / cards.CARD).exists() and "has no README.md" in said[-1]


@pytest.mark.parametrize(
    ("task", "rows", "sentence"),
    [
        ("triples", [], "holds no fully labelled sentence"),
        ("triples", [{"question": "?"}], "holds no fully labelled sentence"),
        (
            "triples",
            [{"text": "中国", "subject": "中", "predicate": "首都", "object": "国"}],
            "holds no fully labelled",
        ),
        ("triples", [{"text": "今天天气很好。", "spo_list": []}], "No sentence"),
        ("reading", [], "holds no question"),
        ("reading", [{"text": "今天"}], "holds no question"),
        ("reading", [{"question": "？", "passages": [{"passage": "今天"}]}], "No question"),
    ],
)
def test_a_file_that_chooses_nothing_is_refused(task, rows, sentence, tmp_path, said):
    good = _written(tmp_path / "good.dev.jsonl", [SENTENCE if task == "triples" else QUESTION])
    bad = _written(tmp_path / "bad.dev.jsonl", rows)
    dev = [str(bad)] if sentence.startswith("No ") else [str(good), str(bad)]
    words = ["tune", task, "--weights", str(tmp_path / "none"), "--dev", *dev, "--out", str(tmp_path / "out")]
    assert recipe.main(words) == 2
    assert sentence in said[-1] and (len(dev) == 1 or "bad.dev.jsonl" in said[-1])
    assert not (tmp_path / "out").exists()


def test_a_base_has_no_thresholds(base, tmp_path, said):
    dev = _written(tmp_path / "a.dev.jsonl", [QUESTION])
    words = ["tune", "reading", "--weights", str(base), "--dev", str(dev), "--out", str(tmp_path / "out")]
    assert recipe.main(words) == 2
    assert "tiny-base" in said[-1] and not (tmp_path / "out").exists()
