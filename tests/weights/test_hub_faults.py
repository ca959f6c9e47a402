"""Downloads that are cut, spoilt, refused or have no room: what is resumed, and the sentence for the rest."""

from __future__ import annotations

import errno
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from core import bert
from core.errors import WeightsError
from core.weights import hub as hub_module
from core.weights import store
from tests.weights.conftest import REPO
from tests.weights.hub import Hub, etag


def blobs(tmp_path: Path) -> set[str]:
    """Names of the whole files in the cache."""
    return {path.name for path in tmp_path.glob("cache/models--*/blobs/*") if path.suffix != ".incomplete"}


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
