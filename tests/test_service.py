"""Which weights an app ends up with, and what it says about them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_tensorflow_waits_until_a_model_is_asked_for():
    """Neither the page nor the package imports it."""
    code = (
        "import sys, core, core.service, core.tasks, demo.blocks\n"
        "demo.blocks.build(core.service.Service())\n"
        "found = [m for m in ('tensorflow', 'tf_keras', 'keras', 'bert4keras', 'jieba', 'torch') if m in sys.modules]\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent, timeout=120)
