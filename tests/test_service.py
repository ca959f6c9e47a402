"""Which weights an app ends up with, and what it says about them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import bert
from core.errors import VisitorError
from core.service import Service
from core.weights import store


def test_chosen_weights_answer(tiny_titling_folder):
    service = Service({"titling": str(tiny_titling_folder)})
    assert service.state("titling").stage == "waiting"
    assert service.titler().title("今天天气很好").titles
    state = service.state("titling")
    assert (state.stage, state.weights, state.device) == ("ready", "folder:tiny-titling", "CPU")
    assert state.notice is None


@pytest.fixture
def embedded(tiny_titling_folder, tmp_path, monkeypatch) -> Path:
    """An installation whose embedded titling weights are the tiny ones."""
    shutil.copytree(tiny_titling_folder, tmp_path / "embedded" / "titling")
    monkeypatch.setattr(store, "EMBEDDED", tmp_path / "embedded")
    monkeypatch.delenv("WANZHUAN_TITLING", raising=False)
    return tmp_path / "embedded" / "titling"


def test_embedded_ones_by_themselves(embedded):
    service = Service()
    assert service.titler().weights == "embedded:titling"


SECTIONS = {
    "a number": 5,
    "unknown head": {"copy": "x", "max_source": 96},
    "no number": {"copy": "pointer", "max_source": "abc"},
    "too long": {"copy": "pointer", "max_source": 10**9},
    "other head": {"copy": "bio", "max_source": 96},
}


@pytest.mark.parametrize("name", SECTIONS)
def test_embedded_ones_stand_in_for_a_hostile_section(embedded, tiny_titling_folder, tmp_path, name):
    shutil.copytree(tiny_titling_folder, tmp_path / "chosen")
    config = json.loads((tmp_path / "chosen" / "config.json").read_text())
    (tmp_path / "chosen" / "config.json").write_text(json.dumps({**config, "titling": SECTIONS[name]}))
    service = Service({"titling": str(tmp_path / "chosen")})
    assert service.titler().weights == "embedded:titling"
    assert service.state("titling").notice


def test_weights_that_overflow_do_not_answer(embedded, tiny_titling_folder, tmp_path):
    """Finite numbers, so that nothing is wrong with the file; the first title shows it."""
    config, tensors = bert.read_config(tiny_titling_folder), bert.read_tensors(tiny_titling_folder)
    vocabulary = (tiny_titling_folder / "vocab.txt").read_text(encoding="utf-8")
    huge = {name: tensor * 1e37 for name, tensor in tensors.items()}
    bert.write_folder(tmp_path / "chosen", config, vocabulary, huge, half=False)
    service = Service({"titling": str(tmp_path / "chosen")})
    assert service.titler().weights == "embedded:titling"


@pytest.mark.parametrize("change", [lambda pieces: pieces[:-1], lambda pieces: [*pieces, "甲乙"]], ids=["less", "more"])
def test_a_vocabulary_of_another_model(embedded, tiny_titling_folder, tmp_path, change):
    """Its pieces would be looked up in the wrong rows."""
    shutil.copytree(tiny_titling_folder, tmp_path / "chosen")
    pieces = (tmp_path / "chosen" / "vocab.txt").read_text(encoding="utf-8").splitlines()
    (tmp_path / "chosen" / "vocab.txt").write_text("\n".join(change(pieces)) + "\n", encoding="utf-8")
    service = Service({"titling": str(tmp_path / "chosen")})
    assert service.titler().weights == "embedded:titling"
    assert service.state("titling").notice.key == "weights_vocabulary"


def test_the_reason_is_that_of_the_chosen_ones(embedded, tiny_titling_folder, tmp_path):
    shutil.copytree(tiny_titling_folder, tmp_path / "chosen")
    (tmp_path / "chosen" / "vocab.txt").write_text("[PAD]\n")
    shutil.rmtree(embedded)
    with pytest.raises(VisitorError) as caught:
        Service({"titling": str(tmp_path / "chosen")}).titler()
    assert caught.value.key == "weights_bad_file"


@pytest.mark.parametrize("fault", ["no folder", "no titling", "broken"])
def test_embedded_ones_stand_in_with_a_notice(embedded, tiny_titling_folder, tmp_path, fault):
    choice = tmp_path / "chosen"
    if fault != "no folder":
        shutil.copytree(tiny_titling_folder, choice)
    if fault == "no titling":
        text = (choice / "config.json").read_text().replace('"titling"', '"something_else"')
        (choice / "config.json").write_text(text)
    if fault == "broken":
        (choice / "vocab.txt").write_text("[PAD]\n")
    service = Service({"titling": str(choice)})
    assert service.titler().weights == "embedded:titling"
    notice = service.state("titling").notice
    assert isinstance(notice, VisitorError)
    assert notice.sentence("zh") != notice.sentence("en")


def test_no_weights_at_all(embedded):
    shutil.rmtree(embedded)
    service = Service()
    with pytest.raises(VisitorError) as caught:
        service.titler()
    assert service.state("titling").stage == "failed"
    assert caught.value.key == "weights_no_embedded"
    kept = service.state("titling").error.__traceback__
    for _ in range(3):
        with pytest.raises(VisitorError, match="titling"):
            service.titler()
    assert service.state("titling").error.__traceback__ is kept, "what is raised holds the frames of who asked"


def test_tensorflow_waits_until_a_model_is_asked_for():
    """Neither the page nor the package imports it."""
    code = (
        "import sys, core, core.service, core.tasks, demo.blocks\n"
        "demo.blocks.build(core.service.Service())\n"
        "found = [m for m in ('tensorflow', 'tf_keras', 'keras', 'bert4keras', 'jieba', 'torch') if m in sys.modules]\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent, timeout=120)
