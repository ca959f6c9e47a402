"""The run itself, with a tiny network: it learns, stops, goes on exactly, and what it writes is read by `core.bert`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

# ruff: noqa: E402  (what needs torch is imported once it is known to be there)
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from core import bert
from recipes import pretrain
from recipes.pretraining import RecipeError, measuring, network, training
from recipes.pretraining.corpus import Corpus
from recipes.pretraining.training import Piece, Run

SETTINGS = {"layers": 2, "width": 32, "batch": 512, "short": 32, "long": 64, "warm_up": 5, "rate": 5e-3, "steps": 40}
CPU = network.Machine("cpu", "float32", "no")


def run(corpus: Corpus, out: Path, say=lambda line: None, machine=CPU, **others) -> Run:
    return Run(corpus, out, {**SETTINGS, **others}, machine, say)


def rows(out: Path) -> list[dict]:
    """The log without its clock, and without the rows at the ends of pieces."""
    found = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in found if row.get("end") != "of a piece"]


def assert_same_state(one: Path, other: Path) -> None:
    """The checkpoints are equal to the last bit: weights and optimizers."""
    states = [torch.load(out / "run" / "state.pt", weights_only=True) for out in (one, other)]
    for state in states:
        del state["seconds"]
    flat = [torch.utils._pytree.tree_flatten(state) for state in states]
    assert flat[0][1] == flat[1][1]
    for first, second in zip(flat[0][0], flat[1][0], strict=True):
        assert torch.equal(first, second) if isinstance(first, torch.Tensor) else first == second
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory) -> Path:
    """A run of 40 steps in one piece."""
    out = tmp_path_factory.mktemp("whole")
    run(corpus, out).train(Piece(every=2))
    return out


def test_it_learns_and_measures_what_it_never_saw(whole):
    found = rows(whole)
    masked, prefix = ([row[name] for row in found if name in row] for name in ("masked_loss", "prefix_loss"))
    assert np.mean(masked[-4:]) < masked[0] - 0.2
    assert np.mean(prefix[-4:]) < prefix[0] - 0.8
    assert found[-1]["end"] == "of the run"
    measured = [row for row in found if "held_masked_accuracy" in row]
    assert [row["step"] for row in measured] == [20, 40, 40]
    assert measured[-1]["held_prefix_loss"] < prefix[0] - 0.8
    assert 0.2 < measured[-1]["held_prefix_accuracy"] <= 1  # by chance it would be one in fifty
    assert 0 < measured[-1]["held_masked_accuracy"] <= 1


def test_in_two_pieces_it_ends_with_the_same_bits(corpus, whole, tmp_path):
    first = run(corpus, tmp_path)
    train_step = first._train_step

    def until_asked(batch):
        train_step(batch)
        if first.step == 17:  # between two rows of the log
            os.kill(os.getpid(), signal.SIGTERM)

    first._train_step = until_asked
    first.train(Piece(every=2))
    assert first.step == 17
    assert not first.finished
    assert "**Not finished**" in (tmp_path / "README.md").read_text()
    second = run(corpus, tmp_path)
    assert second.step == 17
    second.train(Piece(every=2))
    assert rows(tmp_path) == rows(whole)
    assert_same_state(tmp_path, whole)
    assert "**Not finished**" not in (tmp_path / "README.md").read_text()


def test_killed_it_loses_what_came_after_the_checkpoint(corpus, whole, tmp_path):
    """The last checkpoint is of step 9, the log has come to step 12, and no one is asked before the process dies."""
    code = f"""
import os, pathlib, signal
from recipes.pretraining.corpus import Corpus
from recipes.pretraining.network import Machine
from recipes.pretraining.training import Piece, Run

class Killed(Run):
    def save(self, piece):
        if self.step <= 9:
            super().save(piece)
    def _train_step(self, batch):
        if self.step == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        super()._train_step(batch)

corpus = Corpus.load(pathlib.Path("corpus.npz.xz"))
Killed(corpus, pathlib.Path("out"), {SETTINGS!r}, {CPU!r}, print).train(Piece(every=2, save_minutes=0))
"""
    corpus.save(tmp_path / "corpus.npz.xz")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(pretrain.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    out = tmp_path / "out"
    assert rows(out)[-1]["step"] == 12
    again = run(corpus, out)
    assert again.step == 9
    assert rows(out)[-1]["step"] == 8
    again.train(Piece(every=2))
    assert rows(out) == rows(whole)
    assert_same_state(out, whole)


@pytest.mark.parametrize("step", [17, 40])
def test_asked_again_while_it_measures_it_loses_nothing(corpus, whole, tmp_path, monkeypatch, step):
    """What a second signal does: the process ends at once.  A finished run is then measured by the next call."""
    first = run(corpus, tmp_path)
    train_step = first._train_step

    def until_asked(batch):
        train_step(batch)
        if first.step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    def ended(*arguments):
        raise SystemExit

    first._train_step = until_asked
    monkeypatch.setattr(training, "held_out", ended)
    with pytest.raises(SystemExit):
        first.train(Piece(every=8))  # so that no held-out texts are measured on the way
    monkeypatch.undo()
    again = run(corpus, tmp_path)
    assert again.step == step
    assert again.held_out == {}
    again.train(Piece(every=2))
    assert rows(tmp_path)[-1] == rows(whole)[-1]
    assert_same_state(tmp_path, whole)


def test_minutes_end_a_piece_and_the_last_one_ends_the_run(corpus, tmp_path):
    """The last piece decides, once it knows its pace, where the rate begins to fall; that is kept, and is the end."""
    lines: list[str] = []
    given = {"steps": None, "cool": 1.0}
    run(corpus, tmp_path, **given).train(Piece(minutes=1e-9))
    assert rows(tmp_path) == []
    last = run(corpus, tmp_path, lines.append, **given)
    assert last.step == 0
    train_step = last._train_step

    def until_asked(batch):
        train_step(batch)
        if last.step == 30:
            os.kill(os.getpid(), signal.SIGTERM)

    last._train_step = until_asked
    last.train(Piece(minutes=600, last=True))
    assert any(line.startswith("the rate falls from step 27 to") for line in lines)  # 20 steps for the pace, 8 ahead
    again = run(corpus, tmp_path, lines.append, **given)
    assert again.plan == last.plan
    assert again.plan.cool_from == 27
    assert not again.finished
    again.plan = replace(again.plan, cool_steps=5)
    again.train(Piece(minutes=600))
    assert again.finished
    assert again.step == 32
    run(corpus, tmp_path, lines.append, **given).train(Piece(minutes=600))
    assert lines[-1] == "the run is finished"
    assert [row["step"] for row in rows(tmp_path)] == [32]


def test_accumulated_gradients_are_those_of_the_batch(corpus, tmp_path):
    first = [run(corpus, tmp_path / str(micro), machine=network.Machine("cpu", "float32", "no", micro))
             for micro in (512, 96)]  # fmt: skip
    for each in first:
        for _ in range(3):
            each._train_step(each.sampler.build(each.sampler.order(each.plan, each.step)))
    for one, other in zip(*(each.model.parameters() for each in first), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_a_run_is_not_continued_as_another_one(corpus, texts, whole, tmp_path):
    with pytest.raises(RecipeError, match="begun with width 32"):
        run(corpus, whole, width=64)
    other = Corpus(corpus.held, corpus.train, np.array([0, len(corpus.held)]), np.ones(1, int), corpus.vocabulary, {})
    with pytest.raises(RecipeError, match="another corpus"):
        run(other, whole)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.pt").write_bytes(b"nothing")
    with pytest.raises(RecipeError, match="cannot be read"):
        run(corpus, tmp_path)


def test_a_loss_that_is_no_number_leaves_the_checkpoint_alone(corpus, tmp_path):
    broken = run(corpus, tmp_path)
    broken.save(Piece())
    before = (tmp_path / "run" / "state.pt").read_bytes()
    with torch.no_grad():
        broken.model.cls.predictions.bias.fill_(float("nan"))
    with pytest.raises(RecipeError, match="no number"):
        broken.train(Piece(every=2))
    assert (tmp_path / "run" / "state.pt").read_bytes() == before
    with pytest.raises(RecipeError, match="not finite"):
        broken.save(Piece())


# ---- the weights -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("application", ["encoder", "unilm"])
def test_the_app_computes_what_was_trained(corpus, whole, application):
    """The batches that were trained on, masked and prefix, through core's TensorFlow: the same logits."""
    each = measuring.Sampler(corpus, 512, 32, 64, 0)
    batch = next(each.held_out(32, application == "unilm", 4))
    place = np.arange(32)
    segments = np.zeros_like(batch.tokens) if batch.seps is None else (place > batch.seps[:, None]).astype(np.int32)
    ours = np.asarray(bert.build(whole, application).model([batch.tokens, segments]))
    config = bert.read_config(whole)
    assert config["vocab_size"] == len(corpus.ordinary)
    model = network.make(config["vocab_size"], 2, 32, 64, seed=1).eval()
    network.load_weights(model, whole)
    logits = []
    model.cls.register_forward_hook(lambda module, given, result: logits.append(result))
    with torch.no_grad():
        network.Asker(model, CPU)(batch)
    asked = batch.labels >= 0
    at = np.take_along_axis(ours, batch.places[..., None], axis=1)[asked]
    assert np.abs(at - logits[0].numpy()).max() < 1e-4


def test_the_score_of_the_folder_is_that_of_the_run(corpus, whole):
    found = measuring.score(corpus, whole, 32, CPU)
    for name, value in rows(whole)[-1].items():
        if name.startswith("held_"):
            assert found[name] == pytest.approx(value, abs=0.01)
    with pytest.raises(RecipeError, match="places: 64"):
        measuring.score(corpus, whole, 65, CPU)
    with pytest.raises(RecipeError, match="at least 8"):
        measuring.score(corpus, whole, 2, CPU)


def test_what_is_measured_is_masked_the_same_in_all_runs(corpus, whole, tmp_path):
    """The figures of a run with masking of its own are those that `score` gives."""
    other = run(corpus, tmp_path, share=0.4, only_mask=True, steps=4)
    other.train(Piece())
    found = measuring.score(corpus, tmp_path, 32, CPU)
    usual = rows(whole)[-1]
    for name in ("held_masked_asked", "held_prefix_asked"):
        assert other.held_out[name] == found[name] == usual[name]
    assert other.held_out["held_masked_loss"] == pytest.approx(found["held_masked_loss"], abs=0.01)


def test_the_run_can_start_from_a_folder(corpus, whole, tmp_path):
    each = run(corpus, tmp_path / "out", init=str(whole))
    before = bert.read_tensors(whole)["bert.encoder.layer.1.output.dense.weight"]
    np.testing.assert_array_equal(each.model.bert.encoder.layer[1].output.dense.weight.detach().numpy(), before)
    with pytest.raises(RecipeError, match="cannot be read"):
        run(corpus, tmp_path / "none", init=str(tmp_path))
    with pytest.raises(RecipeError, match="another shape"):
        run(corpus, tmp_path / "none", init=str(whole), width=16)
    with pytest.raises(RecipeError, match=r"another shape.*layer\.1\."):
        run(corpus, tmp_path / "none", init=str(whole), layers=1)
    with pytest.raises(RecipeError, match="lack"):
        run(corpus, tmp_path / "none", init=str(whole), layers=3)
    assert not (tmp_path / "none" / "run").exists()


@pytest.mark.parametrize("change", ["order", "piece", "heads", "pooler"])
def test_a_folder_to_start_from_has_the_same_pieces_in_the_same_order(corpus, whole, tmp_path, change):
    from safetensors.torch import load_file, save_file

    base = tmp_path / "base"
    base.mkdir()
    words, config = corpus.vocabulary.splitlines(), json.loads((whole / "config.json").read_text())
    if change == "order":
        words[-2:] = words[:-3:-1]
    if change == "piece":
        words[-1] = "another"
    config["num_attention_heads"] = 2 if change == "heads" else 1
    (base / "vocab.txt").write_text("\r\n".join(words), encoding="utf-8", newline="")
    (base / "config.json").write_text(json.dumps(config))
    pooler = {"bert.pooler.dense.bias": torch.zeros(32)} if change == "pooler" else {}
    save_file(load_file(whole / "model.safetensors") | pooler, base / "model.safetensors")
    if change == "pooler":  # other makers' bases have one, and end their lines otherwise
        assert run(corpus, tmp_path / "out", init=str(base)).start == ("base", None)
        return
    with pytest.raises(RecipeError, match="2 heads" if change == "heads" else "another vocabulary"):
        run(corpus, tmp_path / "out", init=str(base))
