"""Weights from a folder, the package and the Hub: what answers, and the sentence when something does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huggingface_hub import try_to_load_from_cache

from core import bert
from core.errors import WeightsError
from core.weights import store
from tests.weights.conftest import REPO
from tests.weights.hub import Hub


# ---- from the Hub ----------------------------------------------------------------------------------------------
def test_first_download(hub: Hub, files: dict[str, bytes], tmp_path: Path) -> None:
    shares: list[float] = []
    found = store.find("titling", REPO, shares.append)
    commit = hub.repositories[REPO].commit("main")
    assert found.name == f"{REPO}@{commit[:7]}" and found.notice is None
    assert {path.name for path in found.folder.iterdir()} == set(files) - {"pytorch_model.bin", "modeling.py"}
    assert all(path.read_bytes() == files[path.name] for path in found.folder.iterdir())
    assert not hub.files_asked() & {"pytorch_model.bin", "modeling.py"}
    assert all(commit in request.path for request in hub.requests if "/resolve/" in request.path)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert list(tmp_path.rglob("*.incomplete")) == []


def test_huggingface_hub_reads_the_same_cache(hub: Hub, tmp_path: Path) -> None:
    found = store.find("titling", REPO)
    for name in bert.CONFIG, bert.WEIGHTS:
        seen = try_to_load_from_cache(REPO, name, cache_dir=tmp_path / "cache", revision="main")
        assert Path(seen) == found.folder / name


def test_second_run_is_offline(hub: Hub) -> None:
    first = store.find("titling", REPO)
    hub.stop()
    assert store.find("titling", REPO) == first


def test_second_run_online_downloads_nothing(hub: Hub) -> None:
    first = store.find("titling", REPO)
    hub.requests.clear()
    assert store.find("titling", REPO) == first
    assert len(hub.requests) == 1  # what main is now


def test_a_commit_in_the_cache_asks_nobody(hub: Hub) -> None:
    commit = hub.repositories[REPO].commit("main")
    first = store.find("titling", f"{REPO}@{commit}")
    hub.requests.clear()
    assert store.find("titling", f"{REPO}@{commit}") == first
    assert hub.requests == []


@pytest.mark.parametrize("revision", ["v2", "refs/pr/1"])
def test_a_revision(hub: Hub, files: dict[str, bytes], revision: str) -> None:
    hub.add(REPO, {**files, "README.md": b"# Second\n"}, revision)
    main, other = store.find("titling", REPO), store.find("titling", f"{REPO}@{revision}")
    assert (main.folder / "README.md").read_bytes() == b"# Tiny\n"
    assert (other.folder / "README.md").read_bytes() == b"# Second\n"
    assert other.name != main.name
    assert len(hub.asked("store")) == 1  # the weights are the same bytes
    hub.stop()
    assert store.find("titling", f"{REPO}@{revision}") == other


def test_main_moves(hub: Hub, files: dict[str, bytes]) -> None:
    old = store.find("titling", REPO)
    repository = hub.repositories[REPO]
    repository.commit = lambda revision: "b" * 40
    repository.revisions["main"] = {**files, "README.md": b"# Newer\n"}
    new = store.find("titling", REPO)
    assert new.folder != old.folder and (new.folder / "README.md").read_bytes() == b"# Newer\n"
    hub.stop()
    assert store.find("titling", REPO) == new


def test_missing_repository(hub: Hub, fails: Callable[..., WeightsError]) -> None:
    assert "someone/nothing" in fails("weights_no_repository", "someone/nothing").sentence()


def test_missing_revision(hub: Hub, fails: Callable[..., WeightsError]) -> None:
    assert "v9" in fails("weights_no_revision", f"{REPO}@v9").sentence()


def test_private(hub: Hub, files: dict[str, bytes], fails: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("someone/private", files, token="hf_right")
    fails("weights_private", "someone/private")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    fails("weights_private", "someone/private")
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    assert store.find("titling", "someone/private").name.startswith("someone/private@")
    assert hub.asked("store") and all("authorization" not in request.headers for request in hub.asked("store"))


def test_gated(hub: Hub, files: dict[str, bytes], fails: Callable[..., WeightsError]) -> None:
    hub.add("someone/gated", files, gated=True)
    fails("weights_gated", "someone/gated")


def test_several_at_once(hub: Hub) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: store.find("titling", REPO), range(4)))
    assert len(set(found)) == 1 and len(hub.asked("store")) == 1


# ---- from a folder, the package, the table ---------------------------------------------------------------------
def test_folder(folder: Path) -> None:
    found = store.find("titling", str(folder))
    assert found == store.Weights(folder.resolve(), "folder:tiny")


def test_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANZHUAN_TITLING", str(folder))
    assert store.find("titling").name == "folder:tiny"
    monkeypatch.setenv("WANZHUAN_TITLING", "")
    assert store.find("titling").name == "embedded:titling"
    monkeypatch.setenv("WANZHUAN_TITLING", "./nothing")
    assert store.find_or_embedded("titling").notice.key == "weights_no_folder"


@pytest.mark.parametrize(
    "choice",
    ["./nothing", "/nothing/at/all", "nothing", "a/b/c", "a/b@", "a/b@../../c", "a b/c", "../x", "~nobody/x/y", "a\0/b"]
    + ["x" * 5000, "名字/权重", "C:\\weights", "a/..", "a--b/c..d", "https://example.org/a/b"],
)
def test_malformed_names(fails: Callable[..., WeightsError], choice: str) -> None:
    fails("weights_no_folder", choice)


@pytest.mark.parametrize(
    ("file", "content", "key"),
    [
        (bert.WEIGHTS, None, "weights_no_file"),
        (bert.VOCAB, None, "weights_no_file"),
        (bert.CONFIG, None, "weights_no_file"),
        (bert.CONFIG, b"{", "weights_bad_file"),
        (bert.CONFIG, b'{"model_type": "t5"}', "weights_not_bert"),
        (bert.WEIGHTS, b"version https://git-lfs.github.com/spec/v1\n", "weights_bad_file"),
        (bert.WEIGHTS, b"", "weights_bad_file"),
    ],
)
def test_broken_folders(
    folder: Path, tmp_path: Path, fails: Callable[..., WeightsError], file: str, content: bytes | None, key: str
) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / file).unlink()
    if content is not None:
        (broken / file).write_bytes(content)
    assert "broken" in fails(key, str(broken)).sentence()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "tf_model.h5"])
def test_a_folder_with_only_a_pickle(
    folder: Path, tmp_path: Path, fails: Callable[..., WeightsError], name: str
) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / bert.WEIGHTS).rename(broken / name)
    fails("weights_only_pickle", str(broken))


def test_no_embedded_weights(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "embedded")
    for call in store.find, store.find_or_embedded:
        with pytest.raises(WeightsError) as caught:
            call("titling")
        assert caught.value.key == "weights_no_embedded"
    with pytest.raises(WeightsError) as caught:
        store.find_or_embedded("titling", "./nothing")
    assert caught.value.key == "weights_no_folder"


def test_presets(fails: Callable[..., WeightsError]) -> None:
    table = store.presets()
    for preset in table.values():
        assert preset.task in ("titling", "triples", "reading", store.BASE) and preset.parameters > 0
        assert preset.source.startswith("embedded:") or store._HUB_NAME.fullmatch(preset.source)
    assert store.find("titling", "titling").name == "embedded:titling"
    assert store.find("base", "titling").name == "embedded:titling"
    with pytest.raises(WeightsError) as caught:
        store.find("reading", "titling")
    assert caught.value.key == "weights_other_task" and "reading" in caught.value.sentence("zh")


def test_a_preset_on_the_hub(hub: Hub, files: dict[str, bytes]) -> None:
    hub.add(store.presets()["bert-base-chinese"].source, files)
    assert store.find("base", "bert-base-chinese").name.startswith("google-bert/bert-base-chinese@")


def test_tensorflow_stays_out() -> None:
    code = "import sys, core.weights.store, core.weights.hub; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
