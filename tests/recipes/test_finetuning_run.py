"""The recipe for the tasks: examples that travel, a stage that stops and goes on, and weights that the app loads."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert  # noqa: E402
from core.reading import batches  # noqa: E402
from core.reading.model import ReadingModel  # noqa: E402
from core.tasks import TASKS  # noqa: E402
from core.titling import data as titling  # noqa: E402
from core.titling.model import TitlingModel  # noqa: E402
from core.tokenizer import Tokenizer  # noqa: E402
from core.triples import data as triples  # noqa: E402
from core.triples import schema  # noqa: E402
from core.triples.model import TriplesModel  # noqa: E402
from recipes import finetune as recipe  # noqa: E402
from recipes.finetuning import examples as packed  # noqa: E402
from recipes.finetuning import loop, plans  # noqa: E402
from recipes.finetuning.network import ReadingNetwork  # noqa: E402
from recipes.pretraining import RecipeError  # noqa: E402
from tests.reading.conftest import SIZES  # noqa: E402
from tests.recipes.test_finetuning_loop import MACHINE  # noqa: E402
from tests.recipes.test_finetuning_networks import PAIRS, PARTIAL, WHOLE  # noqa: E402
from tests.triples.conftest import ROWS  # noqa: E402


@pytest.fixture
def travelling(base, reading, tmp_path):
    """A file of examples of all tasks."""
    tokenizer = Tokenizer(base / bert.VOCAB)
    (tmp_path / "schema.jsonl").write_text(ROWS, encoding="utf-8")
    known = schema.read(tmp_path / "schema.jsonl")
    titles = titling.encode(PAIRS, tokenizer, 96)
    facts = {
        "duie": triples.encode(WHOLE, tokenizer, known, 96),
        "partial": triples.encode(PARTIAL, tokenizer, known, 96),
    }
    tasks = {
        "titling": dict.fromkeys(("news", "weibo", "csl", "tech"), titles),
        "triples": facts,
        "reading": {name: reading["other"] for stage in plans.PLANS["reading"].stages for name in stage.sets},
    }
    about = {
        "vocab": tokenizer.vocabulary_text,
        "labels": len(known.labels),
        "files": {"triples": {schema.FILE: known.text()}},
    }
    packed.save(tmp_path / "tasks.npz.xz", tasks, about)
    return tmp_path / "tasks.npz.xz", tasks, about


def _plain(value):
    """Arrays as lists, so that examples can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def test_examples_come_back_as_they_were(travelling):
    file, tasks, about = travelling
    found, beside = packed.load(file)
    assert beside == about
    assert _plain(found) == _plain(tasks)


def test_a_file_that_is_none_is_refused(tmp_path, travelling):
    with pytest.raises(RecipeError):
        packed.load(tmp_path / "nothing")
    (tmp_path / "broken").write_bytes(travelling[0].read_bytes()[:-20])
    with pytest.raises(RecipeError):
        packed.load(tmp_path / "broken")


MODELS = {"titling": TitlingModel, "triples": TriplesModel, "reading": ReadingModel}
TEXT = "林在上海。"


@pytest.fixture
def small(monkeypatch):
    """Plans for the tiny network, which has 160 places."""
    sections = {
        "titling": {"max_source": 96},
        "triples": {"max_length": 96},
        "reading": {"places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage},
    }
    for task, plan in plans.PLANS.items():
        stages = tuple(replace(s, tokens=400, warm_up=1, options={**s.options, "room": 40}) for s in plan.stages)
        section = {**plan.section, **sections[task]}
        monkeypatch.setitem(plans.PLANS, task, replace(plan, stages=stages, section=section, places=160))
    monkeypatch.setattr(plans, "READING", SIZES)


@pytest.fixture
def said(monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr(recipe, "say", lambda line, **_: lines.append(str(line)))
    return lines


def command(task, travelling, base, out, *more):
    words = ["train", task, "--examples", str(travelling[0]), "--base", str(base), "--out", str(out)]
    return recipe.main([*words, "--device", "cpu", *(more or ("--updates", "4"))])


@pytest.mark.parametrize("task", plans.PLANS)
def test_the_command_trains_weights_that_the_app_answers_with(task, base, travelling, tmp_path, small, said):
    assert command(task, travelling, base, tmp_path / "out") == 0
    done = [json.loads(line) for line in said if '"stage"' in line]
    assert [row["stage"] for row in done] == [1, 2] and sum(row["updates"] for row in done) >= 4
    folder = tmp_path / "out" / "stage-2"
    before, after = bert.read_tensors(base), bert.read_tensors(folder)
    name = "bert.encoder.layer.0.output.dense.weight"
    assert np.abs(before[name] - after[name]).max() > 1e-4
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["stage-1", "stage-2"]
    model = TASKS[task].load(folder, "tiny")
    if task == "titling":
        assert model.title(TEXT).characters == len(TEXT)
    elif task == "triples":
        assert model.extract(TEXT).weights == "tiny"
    else:
        assert model.answer("林在？", TEXT).question == "林在？"
    again = len(said)
    assert command(task, travelling, base, tmp_path / "out") == 0
    assert all('"was": "there"' in line for line in said[again + 1 :]) and len(said) > again + 1


def test_the_apps_loss_of_trained_weights(base, travelling, tmp_path, small, said):
    """All that was trained comes into the file, the encoder too."""
    assert command("reading", travelling, base, tmp_path / "out") == 0
    folder = tmp_path / "out" / "stage-2"
    network = ReadingNetwork(bert.read_config(folder), 0.0).eval()
    assert network.load(folder)
    model = ReadingModel(folder)
    (row, *_) = batches.rows(travelling[1]["reading"]["webqa"], 0.0, 1.0, 40, np.random.default_rng(0))
    arrays = batches.collate([row], model.tokenizer, SIZES.places)
    total, count = model.masks_loss(*arrays, training=False)
    with torch.no_grad():
        assert float(network.loss(arrays, MACHINE)) == pytest.approx(float(total) / float(count), rel=1e-3)


def test_what_was_begun_with_something_else_is_refused(base, travelling, tmp_path, small, said):
    out = tmp_path / "out"
    assert command("titling", travelling, base, out) == 0
    assert command("titling", travelling, base, out, "--updates", "6") == 2
    assert "take another --out" in said[-1]
    assert command("triples", travelling, base, out) == 2
    assert "take another --out" in said[-1]
    (tmp_path / "other" / "stage-1").mkdir(parents=True)
    assert command("titling", travelling, base, tmp_path / "other") == 2
    assert "no finished stage" in said[-1]


def test_a_run_that_was_asked_to_end_says_so_and_goes_on(base, travelling, tmp_path, small, said, monkeypatch):
    out, update = tmp_path / "out", loop.Run._update

    def interrupted(run, *args):
        update(run, *args)
        if run.updates == 1:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(loop.Run, "_update", interrupted)
    assert command("titling", travelling, base, out) == 2
    assert any("stopped at update 1; the same command goes on" in line for line in said)
    assert [path.name for path in out.iterdir()] == ["stage-1.run"]
    monkeypatch.setattr(loop.Run, "_update", update)
    assert command("titling", travelling, base, out) == 0
    assert any("resumed at update 1" in line for line in said)


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_nothing(base, travelling, tmp_path, small, said, monkeypatch):
    monkeypatch.setattr(loop, "_EVERY", 2)
    nan = lambda *_: torch.tensor(float("nan"), requires_grad=True)  # noqa: E731
    monkeypatch.setattr(loop.Run, "_update", lambda run, *_: _no_number(run, nan()))
    assert command("titling", travelling, base, tmp_path / "out") == 2
    assert "no number" in said[-1] and not (tmp_path / "out" / "stage-1").exists()


def _no_number(run, loss):
    run._recent.setdefault("training", []).append(loss.detach())
    run.batch, run.updates = run.batch + 1, run.updates + 1


@pytest.mark.parametrize("length", [["--minutes", "0"], ["--updates", "-1"], []])
def test_a_run_has_a_length(length, tmp_path):
    with pytest.raises(SystemExit):
        recipe.main(["train", "titling", "--examples", "e", "--base", "b", "--out", str(tmp_path), *length])


def test_files_that_are_missing_are_named(base, tmp_path, said):
    where = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    assert recipe.main(["questions", *where]) == 2 and "duie.train.jsonl.xz" in said[-1]
    assert recipe.main(["pack", *where, "--questions", str(tmp_path), "--base", str(base)]) == 2
    assert "duie.schema.json" in said[-1]
    words = ["train", "titling", "--examples", str(tmp_path / "none"), "--base", str(base), "--minutes", "1"]
    assert recipe.main([*words, "--out", str(tmp_path / "out")]) == 2 and "none" in said[-1]


def test_a_base_of_another_vocabulary_or_too_few_places_is_refused(base, travelling, tmp_path, said):
    assert command("titling", travelling, base, tmp_path / "out") == 2
    assert "160 places, titling takes 320" in said[-1]
    (base / bert.VOCAB).write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", encoding="utf-8")
    assert command("titling", travelling, base, tmp_path / "out") == 2
    assert "another vocabulary" in said[-1]


def test_examples_without_a_set_are_refused(base, travelling, tmp_path, small, said):
    file, tasks, about = travelling
    packed.save(file, {"titling": {"news": tasks["titling"]["news"]}}, about)
    assert command("titling", travelling, base, tmp_path / "out") == 2
    assert "weibo" in said[-1]
    assert command("triples", travelling, base, tmp_path / "out") == 2


@pytest.mark.parametrize("task", plans.PLANS)
def test_the_stages_share_the_minutes(task):
    assert sum(stage.share for stage in plans.PLANS[task].stages) == pytest.approx(1)
