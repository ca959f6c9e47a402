"""Weights from a folder, the package and the Hub: what answers, and the sentence when something does not."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huggingface_hub import try_to_load_from_cache

from core import bert
from core.errors import WeightsError
from core.weights import hub as hub_module
from core.weights import store
from tests.weights.hub import Hub, etag

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
    return {**found, "pytorch_model.bin": b"a pickle", "modeling.py": b"print('code')", "thresholds.json": b"{}"}


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


def blobs(tmp_path: Path) -> set[str]:
    """Names of the whole files in the cache."""
    return {path.name for path in tmp_path.glob("cache/models--*/blobs/*") if path.suffix != ".incomplete"}


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


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_download_is_resumed(hub: Hub, files: dict[str, bytes], reset: bool) -> None:
    hub.cuts, hub.reset = [20_000, 10_000], reset
    found = store.find("titling", REPO)
    assert (found.folder / bert.WEIGHTS).read_bytes() == files[bert.WEIGHTS]
    ranges = [request.headers.get("range") for request in hub.asked("store")]
    if reset:  # a reset may overtake bytes that were on their way
        assert len(ranges) == 3 and ranges[0] is None
    else:
        assert ranges == [None, "bytes=20000-", "bytes=30000-"]
        assert hub.sent == len(files[bert.WEIGHTS])


def test_a_line_that_keeps_breaking_but_moves_on(hub: Hub, files: dict[str, bytes]) -> None:
    hub.cuts = [5_000] * 6  # more often than a standstill would be tried
    assert (store.find("titling", REPO).folder / bert.WEIGHTS).read_bytes() == files[bert.WEIGHTS]
    assert hub.sent == len(files[bert.WEIGHTS])


def test_a_download_cut_for_good_goes_on_at_the_next_start(hub: Hub, files: dict[str, bytes]) -> None:
    hub.cuts = [20_000, *[0] * 10]
    with pytest.raises(WeightsError) as caught:
        store.find("titling", REPO)
    assert caught.value.key == "weights_cut" and caught.value.values["file"] == bert.WEIGHTS
    hub.cuts = []
    hub.requests.clear()
    assert store.find("titling", REPO).folder.is_dir()
    assert [request.headers.get("range") for request in hub.asked("store")] == ["bytes=20000-"]
    assert hub.files_asked() == {bert.WEIGHTS}  # the small ones were whole
    assert hub.sent == len(files[bert.WEIGHTS])


def test_cut_falls_back(hub: Hub, fails: Callable[..., WeightsError]) -> None:
    hub.cuts = [0] * 20
    fails("weights_cut")


def test_a_server_without_ranges(hub: Hub, files: dict[str, bytes]) -> None:
    hub.cuts, hub.no_range = [20_000], True
    assert (store.find("titling", REPO).folder / bert.WEIGHTS).read_bytes() == files[bert.WEIGHTS]


def test_bytes_that_do_not_match(hub: Hub, tmp_path: Path, fails: Callable[..., WeightsError]) -> None:
    hub.corrupt = True
    assert fails("weights_bytes").values["file"] == bert.WEIGHTS
    assert not [path for path in tmp_path.glob("cache/models--*/*/**/*") if path.stat().st_size > 20_000]
    hub.corrupt = False
    assert store.find("titling", REPO).name.startswith(REPO)


def test_small_files_are_checked_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.weights.hub.etag", lambda name, content: etag(name, content + b"?"))
    with pytest.raises(WeightsError) as caught:
        store.find("titling", REPO)
    assert caught.value.key == "weights_bytes"


def test_a_spoilt_part_is_fetched_again_whole(hub: Hub, files: dict[str, bytes], tmp_path: Path) -> None:
    parts = tmp_path / "cache" / "models--someone--titles" / "blobs"
    parts.mkdir(parents=True)
    (parts / f"{etag(bert.WEIGHTS, files[bert.WEIGHTS])}.incomplete").write_bytes(b"?" * 1000)
    assert (store.find("titling", REPO).folder / bert.WEIGHTS).read_bytes() == files[bert.WEIGHTS]
    assert [request.headers.get("range") for request in hub.asked("store")] == ["bytes=1000-", None]


def test_a_damaged_cache_heals(hub: Hub, files: dict[str, bytes]) -> None:
    found = store.find("titling", REPO)
    (found.folder / bert.WEIGHTS).write_bytes(files[bert.WEIGHTS][:-7])
    assert store.find("titling", REPO) == found
    assert (found.folder / bert.WEIGHTS).read_bytes() == files[bert.WEIGHTS]


@pytest.mark.parametrize(
    ("drop", "add", "key"),
    [
        (bert.WEIGHTS, "pytorch_model.bin", "weights_only_pickle"),
        (bert.WEIGHTS, "model.safetensors.index.json", "weights_sharded"),
        (bert.VOCAB, "vocab.json", "weights_no_file"),
        (bert.CONFIG, "conf.json", "weights_no_file"),
    ],
)
def test_unusable_repositories_are_refused_before_download(
    hub: Hub, files: dict[str, bytes], fails: Callable[..., WeightsError], drop: str, add: str, key: str
) -> None:
    hub.add("someone/odd", {name: content for name, content in files.items() if name != drop} | {add: b"x"})
    fails(key, "someone/odd")
    assert hub.files_asked() == set()


def test_a_repository_that_is_no_bert(hub: Hub, files: dict[str, bytes], fails: Callable[..., WeightsError]) -> None:
    hub.add("someone/gpt", {**files, bert.CONFIG: b'{"model_type": "gpt2"}'})
    assert "someone/gpt@" in fails("weights_not_bert", "someone/gpt").sentence()


@pytest.mark.parametrize(("status", "key"), [(429, "weights_rate_limit"), (503, "weights_hub_down")])
def test_a_busy_hub(hub: Hub, fails: Callable[..., WeightsError], status: int, key: str) -> None:
    hub.always = status
    fails(key)
    hub.always, hub.statuses = None, [status, status]  # passes
    found = store.find("titling", REPO)
    hub.always = status  # and what is in the cache needs no Hub
    assert store.find("titling", REPO) == found


def test_unreachable(hub: Hub, fails: Callable[..., WeightsError]) -> None:
    hub.stop()
    fails("weights_unreachable")


def test_offline_by_choice(hub: Hub, fails: Callable[..., WeightsError], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    fails("weights_offline")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    found = store.find("titling", REPO)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert store.find("titling", REPO) == found


def test_not_the_hub(hub: Hub, fails: Callable[..., WeightsError]) -> None:
    hub.html = True
    fails("weights_hub_answer")


def test_a_cache_that_cannot_be_written(
    hub: Hub, fails: Callable[..., WeightsError], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    fails("weights_cache")


def test_a_full_disk(hub: Hub, fails: Callable[..., WeightsError], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(hub_module.shutil, "disk_usage", lambda _: usage(10, 10, 0))
    fails("weights_disk_full")


def test_a_disk_that_fills_up(hub: Hub, fails: Callable[..., WeightsError], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub_module.os, "replace", full)
    fails("weights_disk_full")


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
