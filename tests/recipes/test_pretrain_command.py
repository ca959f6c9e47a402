"""The commands of `recipes/pretrain.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# ruff: noqa: E402  (what needs torch is imported once it is known to be there)
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from recipes import pretrain


@pytest.fixture(autouse=True, scope="module")
def few_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_command_packs_trains_and_goes_on(texts, tmp_path, capsys):
    flags = ["--data", str(texts), "--out", str(tmp_path / "out"), "--size-of-vocabulary", "300", "--layers", "1"]
    flags += ["--width", "16", "--batch", "256", "--short", "32", "--long", "64", "--device", "cpu", "--pieces", "1"]
    assert pretrain.main([*flags, "--minutes", "1e-9"]) == 0
    assert "begins at step 0" in capsys.readouterr().out
    assert pretrain.main([*flags, "--minutes", "0.01"]) == 0
    assert "goes on at step 0" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out" / "pieces").iterdir()} == {"base.tar.00", "pieces.json"}
    score = ["score", "--data", str(tmp_path / "out" / "corpus.npz.xz"), "--weights", str(tmp_path / "out")]
    assert pretrain.main([*score, "--short", "32"]) == 0
    assert "held_masked_accuracy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Say how long"),
        (["--last", "--steps", "3"], "--last needs --minutes"),
        (["--minutes", "1"], "no folder"),
    ],
)
def test_what_is_asked_wrongly_gets_a_sentence(words, sentence, tmp_path, capsys):
    assert pretrain.main(["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out"), *words]) == 2
    assert sentence in capsys.readouterr().err


def test_training_imports_nothing_of_the_app():
    """A machine that has torch, transformers and NumPy can train: neither jieba, TensorFlow nor core is there."""
    code = (
        "import sys; import recipes.pretrain, recipes.pretraining.training;"
        "print([m for m in sys.modules if m.split('.')[0] in ('core', 'jieba', 'tensorflow', 'bert4keras', 'tomli')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(pretrain.__file__).parent.parent
    )
    assert done.stdout.strip() == "[]", done.stderr
