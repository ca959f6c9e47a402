"""The training loop: it stops and goes on, tells the losses of the whole stage, and makes batches ahead."""

import itertools
import threading
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert  # noqa: E402
from core.tokenizer import Tokenizer  # noqa: E402
from recipes.finetuning import loop, plans  # noqa: E402
from recipes.finetuning.network import ReadingNetwork  # noqa: E402
from recipes.pretraining import RecipeError  # noqa: E402
from recipes.pretraining.network import Machine  # noqa: E402

MACHINE = Machine("cpu", "float32", "no", 16384)
OPTIONS = {"room": 40, "seq2seq": 0.25, "negatives": 0.1}
STAGE = plans.Stage({"one": 1.0, "other": 0.5}, 1.0, 3e-3, 400, 0.1, warm_up=1, options=OPTIONS, updates=40)


def trained(base, reading, folder, updates, stage=STAGE):
    """Train until so many updates; the run and its network."""
    torch.manual_seed(0)
    network = ReadingNetwork(bert.read_config(base), stage.dropout)
    network.load(base)
    tokenizer = Tokenizer(base / bert.VOCAB)

    def of_pass(number):
        seed = [0, number]
        return plans.PLANS["reading"].batches(plans.of_a_pass(reading, stage, seed), stage, tokenizer, seed)

    one = loop.Run(stage, of_pass, network, MACHINE, folder, lambda line: None)
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


SHORT = replace(STAGE, updates=12)


def test_the_losses_of_a_short_stage_are_told(base, reading, tmp_path):
    run, _ = trained(base, reading, tmp_path / "run", 99, SHORT)
    assert run.updates == 12 and set(run.losses) == {"masks", "seq2seq"}


def test_the_losses_are_the_same_stopped_or_not(base, reading, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_EVERY", 8)
    whole, _ = trained(base, reading, tmp_path / "whole", 99, SHORT)
    for updates in (2, 6, 8, 10):
        trained(base, reading, tmp_path / "parts", updates, SHORT)
    again, _ = trained(base, reading, tmp_path / "parts", 99, SHORT)
    assert again.losses == whole.losses and again.updates == 12
    over, _ = trained(base, reading, tmp_path / "parts", 99, SHORT)  # ended between its state and its weights
    assert over.losses == whole.losses and over.updates == 12


def test_a_state_of_before_without_losses_goes_on(base, reading, tmp_path):
    trained(base, reading, tmp_path / "run", 5, SHORT)
    file = tmp_path / "run" / "state.pt"
    kept = torch.load(file, weights_only=True)
    torch.save({name: kept[name] for name in ("network", "optimizers", "progress", "identity")}, file)
    run, _ = trained(base, reading, tmp_path / "run", 99, SHORT)
    assert run.updates == 12 and run.losses
