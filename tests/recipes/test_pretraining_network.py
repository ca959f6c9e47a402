"""The network and its optimizers: precision, compiling, the mask, Muon."""

from __future__ import annotations

import pytest

# ruff: noqa: E402  (what needs torch is imported once it is known to be there)
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from recipes.pretraining import RecipeError, network
from recipes.pretraining.optimizers import Optimizers, orthogonal
from recipes.pretraining.training import Run

SETTINGS = {"layers": 2, "width": 32, "batch": 512, "short": 32, "long": 64, "warm_up": 5, "rate": 5e-3, "steps": 40}
CPU = network.Machine("cpu", "float32", "no")


def test_in_bfloat16_it_is_about_the_same(corpus, tmp_path):
    asked = []
    for precision in ("bfloat16", "float32"):
        each = Run(corpus, tmp_path, SETTINGS, network.Machine("cpu", precision, "no"), lambda line: None)
        asked.append(each.ask(each.sampler.build(each.sampler.order(each.plan, 1)))[0].item())
    assert asked[0] == pytest.approx(asked[1], rel=0.01)


def refuses(*arguments):
    raise RuntimeError("no compiler here\nand more")


@pytest.mark.parametrize(
    ("compiler", "sentence"),
    [
        (lambda plain: plain, "compiled"),
        (lambda plain: lambda *arguments: 2 * plain(*arguments), "goes on without compiling: ValueError: a loss of"),
        (lambda plain: refuses, "goes on without compiling: RuntimeError: no compiler here"),
    ],
)
def test_what_is_compiled_is_kept_only_if_it_computes_the_same(corpus, tmp_path, monkeypatch, compiler, sentence):
    """Compilers that give the function back, one of another loss, and one that fails."""
    made = []

    def compiled(plain, **others):
        made.append(compiler(plain))
        return made[0]

    monkeypatch.setattr(torch, "compile", compiled)
    lines: list[str] = []
    each = Run(corpus, tmp_path, SETTINGS, CPU, lambda line: None)
    trials = each._trials()
    assert len(trials) == 4
    each.ask.compile(trials, lines.append)
    assert len(lines) == 1
    assert lines[0].startswith(sentence)
    assert "\n" not in lines[0]
    assert each.ask._forward == (made[0] if sentence == "compiled" else each.ask._plain)
    assert all(parameter.grad is None for parameter in each.model.parameters())


def test_a_run_that_compiles_takes_its_steps_with_what_was_compiled(corpus, tmp_path, monkeypatch):
    calls = []

    def compiled(plain, **others):
        return lambda *arguments: calls.append(len(arguments)) or plain(*arguments)

    monkeypatch.setattr(torch, "compile", compiled)
    each = Run(corpus, tmp_path, SETTINGS, network.Machine("cpu", "float32", "yes"), lambda line: None)
    each.ask.compile(each._trials(), lambda line: None)
    tried = len(calls)
    each._train_step(each.sampler.build(each.sampler.order(each.plan, 0)))
    assert len(calls) == tried + 1


def test_a_network_that_sees_what_it_should_foretell_is_not_trained():
    model = network.make(20, 1, 16, 16, seed=0)
    network.Asker(model, CPU)
    forward = model.bert.forward
    model.bert.forward = lambda tokens, **view: forward(tokens)
    with pytest.raises(RecipeError, match="does not follow the mask"):
        network.Asker(model, CPU)


# ---- Muon --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 8, 32), (2, 32, 8)])
def test_orthogonal_makes_all_singular_values_about_one(shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape), torch.float32))
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_the_steps_are_those_of_torchs_own():
    models = [network.make(20, 2, 16, 16, seed=0) for _ in range(2)]
    ours = Optimizers(models[0], 0.05, torch.bfloat16)
    inner = [p for name, p in models[1].named_parameters() if p.ndim == 2 and ".encoder." in name]
    assert sum(map(len, ours.matrices)) == len(inner) == 12
    theirs = torch.optim.Muon(inner, lr=1e-2, weight_decay=0.05, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    for seed in range(4):
        for model in models:
            torch.manual_seed(seed)
            for parameter in model.parameters():
                parameter.grad = torch.randn_like(parameter)
        ours.step(1e-2)
        theirs.step()
    mine = [p for name, p in models[0].named_parameters() if p.ndim == 2 and ".encoder." in name]
    for one, other in zip(mine, inner, strict=True):
        torch.testing.assert_close(one, other, atol=2e-3, rtol=0)  # bfloat16, in another order
