"""A tiny repository, the Hub's stand-in that serves it, and surroundings without a token or a cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import bert
from core.errors import WeightsError
from core.weights import hub as hub_module
from core.weights import store
from tests.weights.hub import Hub

REPO = "someone/titles"
CONFIG = {
    "model_type": "bert",
    "vocab_size": 40,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 32,
    "hidden_act": "gelu",
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny untrained BERT."""
    path = tmp_path_factory.mktemp("made") / "tiny"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(chr, range(0x4E00, 0x4E00 + 35))]
    bert.write_folder(path, CONFIG, "\n".join(pieces) + "\n", bert.random_tensors(CONFIG))
    (path / "README.md").write_text("# Tiny\n", encoding="utf-8")
    return path


@pytest.fixture
def files(folder: Path) -> dict[str, bytes]:
    """What a repository of that model holds, with things in it that nobody may fetch."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {**found, "pytorch_model.bin": b"a pickle", "modeling.py": b"print('code')", "tokenizer_config.json": b"{}"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
    """An empty cache, no token, no choice in the environment, no waits; the tiny model stands for the embedded one."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "WANZHUAN_TITLING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hub_module, "RETRY_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(store, "EMBEDDED", tmp_path / "embedded")
    shutil.copytree(folder, tmp_path / "embedded" / "titling")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> Iterator[Hub]:
    """The stand-in for the Hub, with the tiny model published as REPO."""
    server = Hub()
    server.add(REPO, files)
    monkeypatch.setenv("HF_ENDPOINT", server.address())
    yield server
    server.stop()


@pytest.fixture
def fails() -> Callable[..., WeightsError]:
    """`fails(key, choice)`: finding stops with that sentence, and the embedded weights answer with it as notice."""

    def check(key: str, choice: str = REPO) -> WeightsError:
        with pytest.raises(WeightsError) as caught:
            store.find("titling", choice)
        assert caught.value.key == key
        answer = store.find_or_embedded("titling", choice)
        assert answer.name == "embedded:titling" and answer.notice.key == key
        for language in ("en", "zh"):
            sentence = answer.notice.sentence(language)
            assert "\n" not in sentence and "{" not in sentence and "None" not in sentence
            assert sentence.endswith("." if language == "en" else "。")
        return caught.value

    return check
