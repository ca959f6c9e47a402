"""Weights and Spaces go to a stand-in for the Hub: what arrives, and the sentence for whatever is refused."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import space
from core.__main__ import main
from core.errors import VisitorError
from core.tasks import TASKS
from core.weights import store, upload
from core.weights.publish import publish
from tests.weights.upload_hub import TOKEN, UploadHub

REPO = "someone/titles"
ROOT = Path(space.ROOT)
CARD = "---\nlicense: other\n---\n\n# Titles\n\nTrained on nothing; scores: none.\n"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path) -> None:
    """A token, English, no Xet store (its protocol has no stand-in), no waits between tries."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)


@pytest.fixture
def hub(monkeypatch) -> Iterator[UploadHub]:
    server = UploadHub()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    yield server
    server.stop()


@pytest.fixture
def weights(tiny_titling_folder, tmp_path) -> Path:
    """A weights folder with a card, and with what must stay here."""
    folder = tmp_path / "mine"
    shutil.copytree(tiny_titling_folder, folder)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "optimizer.npz").write_bytes(b"1")
    for name in (".env", "log.txt", "pytorch_model.bin"):
        (folder / name).write_text(f"HF_TOKEN={TOKEN}")
    return folder


@pytest.fixture
def loads(monkeypatch) -> list:
    """Models are not loaded; what would have been is listed."""
    loaded = []
    monkeypatch.setattr("core.tasks.Task.load", lambda self, folder, name: loaded.append((self.name, name)))
    return loaded


# ---- weights


def test_weights_arrive_with_their_card_and_nothing_else(hub, weights, capsys):
    assert main(["publish", "titling", "--weights", str(weights), "--repo", REPO, "--private"]) == 0
    out, err = capsys.readouterr()
    made = hub.repositories["model", REPO]
    assert made.files == {
        ".gitattributes": b"*",
        **{name: (weights / name).read_bytes() for name in ("README.md", *store.NEEDED)},
    }
    assert made.private and len(made.commits) == 1
    assert out == f"{hub.address}/{REPO}\n"
    assert "model.safetensors" in err and TOKEN not in out + err
    assert hub.tokens == {f"Bearer {TOKEN}"}


def test_what_is_there_is_not_sent_again(hub, weights, loads):
    publish("titling", weights, REPO)
    assert loads == [("titling", "folder:mine")]
    sent = hub.asked("^/store/")
    publish("titling", weights, REPO)
    assert len(hub.repositories["model", REPO].commits) == 1
    (weights / "README.md").write_text(CARD + "More.\n", encoding="utf-8")
    publish("titling", weights, REPO)
    made = hub.repositories["model", REPO]
    assert len(made.commits) == 2 and made.files["README.md"].endswith(b"More.\n")
    assert hub.asked("^/store/") == sent == 1 and not made.private


def test_a_dry_run_asks_nobody(hub, weights, loads, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert main(["publish", "titling", "--weights", str(weights), "--repo", REPO, "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{hub.address}/{REPO}\n" and "would be uploaded" in err
    assert [line.split()[-1] for line in err.splitlines()[1:5]] == ["README.md", *store.NEEDED]
    assert loads and not hub.requests


def refused(arguments, capsys) -> str:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and TOKEN not in err
    return err


@pytest.mark.parametrize("card", [None, "", "---\nlicense: mit\n---\n", "# Titles\n\n"])
def test_weights_without_a_card_stay_here(weights, loads, capsys, card):
    (weights / "README.md").unlink()
    if card is not None:
        (weights / "README.md").write_text(card, encoding="utf-8")
    told = refused(["publish", "titling", "--weights", str(weights), "--repo", REPO, "--dry-run"], capsys)
    assert "has no card" in told and str(weights.parent) not in told


def test_weights_that_do_not_load_stay_here(hub, weights, capsys):
    asked = ["publish", "titling", "--weights", str(weights), "--repo", REPO]
    (weights / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", encoding="utf-8")
    assert "vocabulary" in refused(asked, capsys)
    (weights / "model.safetensors").write_bytes(b"no tensors")
    assert "broken" in refused(asked, capsys)
    (weights / "model.safetensors").unlink()
    assert "pickle" in refused(asked, capsys)
    assert not hub.requests


def test_weights_of_another_task_stay_here(hub, weights, capsys):
    refused(["publish", "triples", "--weights", str(weights), "--repo", REPO], capsys)
    assert not hub.requests


def test_only_a_folder_is_published(loads, capsys):
    told = refused(["publish", "titling", "--weights", "owner/name", "--repo", REPO], capsys)
    assert "no weights folder owner/name" in told


# ---- a Space


def test_a_space_gets_what_it_needs(hub, capsys):
    asked = ["space", "--repo", "someone/play", "--titling", "someone/titles@v2"]
    assert main(asked) == 0
    out, err = capsys.readouterr()
    assert out == f"{hub.address}/spaces/someone/play\n" and TOKEN not in out + err
    made = hub.repositories["space", "someone/play"]
    assert made.sdk == "gradio" and not made.private
    assert made.variables["WANZHUAN_TITLING"] == "someone/titles@v2"
    assert made.variables["WANZHUAN_TRIPLES"] == "triples"
    assert set(made.files) > set(space.TOP)
    assert {name.split("/")[0] for name in made.files} == {*space.TOP, *space.FOLDERS, ".gitattributes"}
    assert made.files["requirements.txt"] == (ROOT / "requirements.txt").read_bytes()
    assert made.files["app.py"] == (ROOT / "app.py").read_bytes()
    front = made.files["README.md"].decode().split("---\n")[1]
    assert f"thumbnail: {hub.address}/spaces/someone/play/resolve/main/demo/assets/card.png\n" in front
    assert "suggested_hardware: cpu-basic\n" in front


def test_a_space_is_renewed(hub):
    space.publish("someone/play", {"titling": "someone/titles"})
    made = hub.repositories["space", "someone/play"]
    made.files |= {"core/gone.py": b"", "demo/assets/gone.css": b"", "notes.md": b"theirs"}
    changes = hub.asked("variables$")
    space.publish("someone/play", {"titling": "someone/titles"})
    assert "notes.md" in made.files and not [name for name in made.files if "gone" in name]
    assert hub.asked("variables$") == changes + 1, "variables that are right are only looked at"
    space.publish("someone/play")
    assert made.variables["WANZHUAN_TITLING"] == "titling"


def test_a_gpu_brings_its_tensorflow_and_suggests_hardware():
    files = space.files_of(ROOT, "https://huggingface.co/spaces/someone/play", gpu=True)
    usual = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    text = files["requirements.txt"].decode()
    assert "\ntensorflow[and-cuda]==" in text and "\ntf-keras==" in text
    assert text.replace("[and-cuda]", "") == usual
    readme = files["README.md"].decode()
    assert readme.count("suggested_hardware: t4-small\n") == 1 and "cpu-basic" not in readme.split("---")[1]
    assert readme.split("---\n", 2)[2] == (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]


def test_everything_in_version_control_goes_and_nothing_hidden():
    names = set(space.files_of(ROOT, "https://h/spaces/a/b"))
    assert not [name for name in names if "/base/" in name], "tasks are not trained there"
    assert not [name for name in names if "__pycache__" in name or "/." in name or name.endswith(".pyc")]
    listed = subprocess.run(["git", "ls-files", *space.FOLDERS], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    there = {name for name in listed.stdout.split() if (ROOT / name).is_file()}
    assert {name for name in there if "/base/" not in name} <= names


def test_what_must_not_go_with_a_space(tmp_path):
    for name in (*space.TOP, space.CARD, "core/a.py", "demo/assets/b.css", "core/__pycache__/a.py", "demo/.env.json",
                 "core/.secret/k.py", "core/run.log", "tests/t.py", "runs/w/model.safetensors", ".env"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("---\n---\n")
    assert set(space.files_of(tmp_path, "a")) == {*space.TOP, space.CARD, "core/a.py", "demo/assets/b.css"}
    (tmp_path / "LICENSE").unlink()
    with pytest.raises(VisitorError, match="LICENSE is missing"):
        space.files_of(tmp_path, "a")


def test_a_readme_without_front_matter():
    with pytest.raises(VisitorError, match="front matter"):
        space.readme("# Title\n", "a", False)


def test_a_dry_run_of_a_space(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert main(["space", "--repo", "someone/play", "--gpu", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "app.py" in err and "WANZHUAN_TITLING=titling" in err and "would be uploaded" in err
    assert out == f"{hub.address}/spaces/someone/play\n" and not hub.requests


@pytest.mark.parametrize("choice", ["./mine", "/tmp/mine", "no such", "a/../b"])
def test_a_space_cannot_see_folders(capsys, choice):
    told = refused(["space", "--repo", "someone/play", "--triples", choice, "--dry-run"], capsys)
    assert "core publish triples" in told


def test_tasks_without_embedded_weights_get_no_variable(monkeypatch):
    monkeypatch.setattr(store, "presets", lambda: {})
    assert space.variables_of({"reading": "someone/reading"}) == {"WANZHUAN_READING": "someone/reading"}
    assert set(TASKS) >= {"titling", "triples", "reading"}


def test_zerogpu_is_named_as_unsupported(capsys):
    with pytest.raises(SystemExit):
        main(["space", "--help"])
    assert "ZeroGPU is not supported" in capsys.readouterr().out


# ---- what goes wrong


@pytest.mark.parametrize(
    "name", ["titles", "a/b/c", "a b/c", "/b", "a/", "a/b\n", "a/b--c", "a/" + "b" * 100, "a/b..c"]
)
def test_names_that_are_none(capsys, name):
    assert "owner/name" in refused(["space", "--repo", name, "--dry-run"], capsys)


SMALL = {"README.md": b"---\nlicense: mit\n---\n", "model.safetensors": b"12345"}


def told(repo: str = REPO, kind: str = "model") -> VisitorError:
    """What stops an upload; the same in Chinese is one sentence too."""
    with pytest.raises(VisitorError) as caught:
        upload.push(repo, kind, SMALL, "Weights")
    for language, end in (("en", "."), ("zh", "。")):
        sentence = caught.value.sentence(language)
        assert sentence.endswith(end) and "\n" not in sentence and "{" not in sentence and TOKEN not in sentence
    return caught.value


def test_without_a_token_nobody_is_asked(hub, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    assert told().key == "publish_no_token"
    assert not hub.requests


def test_a_token_that_is_not_known(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    assert told().key == "publish_token"


@pytest.mark.parametrize(
    ("status", "key"),
    [(401, "token"), (402, "payment"), (403, "forbidden"), (404, "missing"), (409, "conflict"), (412, "conflict"),
     (413, "refused"), (429, "rate"), (500, "hub_down"), (503, "hub_down")],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/preupload/", "/commit/", "^/store/"])
def test_refusals_are_sentences(hub, status, key, path):
    hub.refuse = path, status
    assert told().key == f"publish_{key}"


@pytest.mark.parametrize(("status", "key"), [(401, "token"), (402, "payment"), (403, "forbidden"), (404, "missing")])
def test_a_repository_that_may_not_be_made(hub, status, key):
    hub.refuse = "^/api/repos/create", status
    assert told(kind="space").key == f"publish_{key}"


@pytest.mark.parametrize(("status", "key"), [(401, "token"), (403, "forbidden")])
def test_refusals_on_the_way_to_the_store_of_large_files(hub, monkeypatch, status, key):
    pytest.importorskip("hf_xet")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    hub.refuse = "/xet-write-token/", status
    assert told().key == f"publish_{key}"


def test_the_hubs_own_words_are_one_line(hub):
    hub.refuse = "/commit/", 400
    error = told()
    assert (error.key, error.values["why"]) == ("publish_refused", "no: it is not allowed here")


def test_front_matter_that_the_hub_refuses(hub):
    hub.bad_card = True
    error = told(kind="space")
    assert error.key == "publish_refused" and "colorFrom" in error.values["why"]


def test_no_network(hub):
    hub.stop()
    assert told().key == "publish_unreachable"


def test_not_the_hub(hub):
    hub.html = True
    assert told().key == "publish_answer"


def test_offline_by_choice(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert told().key == "publish_offline"
