"""The recipe for the tasks: examples that travel, a stage that stops and goes on, and weights that the app loads."""

import itertools
import json
import threading
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert  # noqa: E402
from core.reading import batches  # noqa: E402
from core.reading.data import Passage, Question  # noqa: E402
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
from recipes.pretraining.network import Machine  # noqa: E402
from tests.reading.conftest import SIZES, write  # noqa: E402
from tests.recipes.test_finetuning_networks import PAIRS, PARTIAL, WHOLE  # noqa: E402
from tests.triples.conftest import ROWS  # noqa: E402

MACHINE = Machine("cpu", "float32", "no", 16384)
OPTIONS = {"room": 40, "seq2seq": 0.25, "negatives": 0.1}
STAGE = plans.Stage({"one": 1.0, "other": 0.5}, 1.0, 3e-3, 400, 0.1, warm_up=1, options=OPTIONS, updates=40)


@pytest.fixture
def base(tmp_path):
    return write(tmp_path / "base", 0.0)


@pytest.fixture
def reading(base):
    tokenizer = Tokenizer(base / bert.VOCAB)
    some = [Question(f"{a}在？", (Passage(f"{a}在{b}。", (b,)),), (b,)) for a in "王林东" for b in ("北京", "上海")]
    examples, _ = batches.encode(some, tokenizer, SIZES)
    return {"one": examples * 20, "other": examples}


def trained(base, reading, folder, updates):
    """Train until so many updates; the run and its network."""
    torch.manual_seed(0)
    network = ReadingNetwork(bert.read_config(base), STAGE.dropout)
    network.load(base)
    tokenizer = Tokenizer(base / bert.VOCAB)

    def of_pass(number):
        seed = [0, number]
        return plans.PLANS["reading"].batches(plans.of_a_pass(reading, STAGE, seed), STAGE, tokenizer, seed)

    one = loop.Run(STAGE, of_pass, network, MACHINE, folder, lambda line: None)
    one.train(lambda: one.updates >= updates)
    return one, network


def test_a_stage_goes_on_where_it_was(base, reading, tmp_path):
    whole, wanted = trained(base, reading, tmp_path / "whole", 12)
    trained(base, reading, tmp_path / "parts", 5)
    again, found = trained(base, reading, tmp_path / "parts", 12)
    assert again.updates == 12
    assert (again.updates, again.passes, again.batch) == (whole.updates, whole.passes, whole.batch)
    for name, tensor in wanted.state_dict().items():
        assert torch.equal(tensor, found.state_dict()[name]), name


def test_a_state_that_is_broken_is_refused_and_kept(base, reading, tmp_path):
    trained(base, reading, tmp_path / "run", 2)
    state = tmp_path / "run" / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(RecipeError, match="another --out"):
        trained(base, reading, tmp_path / "run", 3)
    assert state.stat().st_size == 1000


def test_nothing_to_train_on_is_an_error_and_no_endless_loop(base, tmp_path):
    with pytest.raises(RecipeError, match="nothing to train on"):
        trained(base, {"one": [], "other": []}, tmp_path / "run", 1)


def test_batches_are_made_ahead_in_their_order_and_errors_are_heard():
    def failing():
        yield 1
        raise KeyError("two")

    with loop.ahead(range(100)) as some:
        assert list(some) == list(range(100))
    with loop.ahead(failing()) as some, pytest.raises(KeyError):
        list(some)


def test_batches_that_nobody_wants_any_more_are_not_made():
    with loop.ahead(itertools.count()) as some:
        assert next(some) == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]


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


@pytest.mark.parametrize("task", plans.PLANS)
def test_the_command_trains_weights_that_the_app_answers_with(task, base, travelling, tmp_path, monkeypatch):
    stages = tuple(  # the tiny network has 160 places
        replace(stage, tokens=400, options={**stage.options, "room": 40}) for stage in plans.PLANS[task].stages
    )
    section = {"titling": {"max_source": 96}, "triples": {"max_length": 96}}.get(
        task, {"places": SIZES.places, "question": SIZES.question, "passage": SIZES.passage}
    )
    plan = replace(plans.PLANS[task], stages=stages, section={**plans.PLANS[task].section, **section})
    monkeypatch.setitem(plans.PLANS, task, plan)
    monkeypatch.setattr(plans, "READING", SIZES)
    said = []
    monkeypatch.setattr(recipe, "say", lambda line, **_: said.append(line))
    words = ["train", task, "--examples", str(travelling[0]), "--base", str(base), "--out", str(tmp_path / "out")]
    assert recipe.main([*words, "--minutes", "0.01", "--device", "cpu"]) == 0
    assert [json.loads(line)["stage"] for line in said if '"stage"' in line] == [1, 2]
    folder = tmp_path / "out" / "stage-2"
    MODELS[task](folder)
    TASKS[task].load(folder, "tiny")


@pytest.mark.parametrize("length", [["--minutes", "0"], ["--updates", "-1"], []])
def test_a_run_has_a_length(length, tmp_path):
    with pytest.raises(SystemExit):
        recipe.main(["train", "titling", "--examples", "e", "--base", "b", "--out", str(tmp_path), *length])


def test_files_that_are_missing_are_named(base, tmp_path, capsys):
    words = ["pack", "--data", str(tmp_path), "--questions", str(tmp_path), "--base", str(base)]
    assert recipe.main([*words, "--out", str(tmp_path / "out")]) == 2
    words = ["train", "titling", "--examples", str(tmp_path / "none"), "--base", str(base), "--minutes", "1"]
    assert recipe.main([*words, "--out", str(tmp_path / "out")]) == 2


def test_a_base_of_another_vocabulary_is_refused(base, travelling, tmp_path, capsys):
    (base / bert.VOCAB).write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", encoding="utf-8")
    words = ["train", "titling", "--examples", str(travelling[0]), "--base", str(base), "--out", str(tmp_path / "out")]
    assert recipe.main([*words, "--minutes", "1"]) == 2


@pytest.mark.parametrize("task", plans.PLANS)
def test_the_stages_share_the_minutes(task):
    assert sum(stage.share for stage in plans.PLANS[task].stages) == pytest.approx(1)


def test_no_set_for_measuring_is_trained_on():
    from recipes.finetuning import packing, questions

    assert not [name for name in (*questions.REAL, *packing.TITLES, *packing.MADE) if "dev" in name.split(".")]
