"""The commands of `recipes/pretrain.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

# ruff: noqa: E402  (what needs torch is imported once it is known to be there)
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from recipes import pretrain
from recipes.pretraining import RecipeError, packing
from recipes.pretraining.corpus import Corpus

TINY = ["--layers", "1", "--width", "16", "--batch", "256", "--short", "32", "--long", "64", "--device", "cpu"]


def test_the_command_packs_trains_and_goes_on(texts, tmp_path, capsys):
    flags = ["--data", str(texts), "--out", str(tmp_path / "out"), "--size-of-vocabulary", "300", *TINY]
    flags += ["--pieces", "1"]
    assert pretrain.main([*flags, "--minutes", "1e-9"]) == 0
    assert "begins at step 0" in capsys.readouterr().out
    assert pretrain.main([*flags, "--minutes", "0.01"]) == 0
    assert "goes on at step 0" in capsys.readouterr().out
    first, second = sorted(path.name for path in (tmp_path / "out" / "pieces").iterdir())
    assert (first[:5], first[-7:], second) == ("base-", ".tar.00", "pieces.json")
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


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--width", "200"], "--width 200 cannot be shared out among heads"),
        (["--short", "64", "--long", "32"], "--short 64 is more than the network has places"),
        (["--short", "600"], "--short 600 is more than the network has places"),
        (["--short", "2"], "--short 2 is too few"),
        (["--seed", "-1"], "--seed -1 is none"),
        (["--seed", str(1 << 63)], "is none"),
        (["--share", "15"], "--share 15.0 is more than the whole"),
        (["--cool", "30"], "--cool 30.0 is more than the whole"),
        (["--rate", "inf"], "--rate inf is no finite number"),
        (["--pieces", "inf"], "--pieces inf MiB is no size"),
        (["--pieces", "1e-9"], "is no size"),
        (["--pieces", "1", "--pieces-in", "a-file"], "a-file is a file"),
        (["--out", "a-file"], "a-file is a file"),
        (["--out", "a-file/below"], "a-file is a file"),
        (["--vocab", "a-file"], "a-file is not UTF-8"),
        (["--held-out", "a-file"], "a-file is neither"),
    ],
)
def test_settings_that_cannot_be_get_a_sentence(texts, tmp_path, capsys, monkeypatch, words, sentence):
    """Before anything is packed, where that can be seen; and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    Path("a-file").write_bytes(b"\xff\xfe")
    assert pretrain.main(["--data", str(texts), "--out", "out", "--steps", "1", "--device", "cpu", *words]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not Path("out").exists()


def test_a_folder_that_cannot_be_written_to_gets_a_sentence(corpus, tmp_path, capsys):
    corpus.save(tmp_path / "corpus")
    (tmp_path / "out" / "config.json").mkdir(parents=True)
    flags = ["--data", str(tmp_path / "corpus"), "--out", str(tmp_path / "out"), "--steps", "1", *TINY]
    assert pretrain.main(flags) == 2
    assert "config.json cannot be written" in capsys.readouterr().err


# ---- pack --------------------------------------------------------------------------------------------------------
def test_packing_that_fails_leaves_the_old_corpus(texts, corpus, tmp_path, capsys, monkeypatch):
    old = tmp_path / "corpus"
    corpus.save(old)
    before = old.read_bytes()

    def fails(*arguments, **others):
        raise RecipeError("it fails")

    monkeypatch.setattr(packing, "gather", fails)
    assert pretrain.main(["pack", "--data", str(texts), "--out", str(old)]) == 2
    monkeypatch.undo()
    assert old.read_bytes() == before
    flags = ["pack", "--data", str(texts), "--size-of-vocabulary", "300", "--licence", "CC0", "--out"]
    assert pretrain.main([*flags, str(tmp_path)]) == 2
    assert pretrain.main([*flags, str(old / "below")]) == 2
    error = capsys.readouterr().err
    assert "is a folder; name a file" in error
    assert "is a file; a folder is needed there" in error
    assert pretrain.main([*flags, str(old)]) == 0
    assert Corpus.load(old).manifest["sources"][0]["licence"] == "CC0"
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_texts_for_measuring_are_left_out(texts, tmp_path, capsys):
    first = json.loads((texts / "more" / "titles.jsonl").read_text(encoding="utf-8").split("\n")[0])["text"]
    for name, text in (("a.dev.jsonl", json.dumps({"text": f" {first}"})), ("b.dev.txt", f"{first}\n{first[:30]}")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    flags = ["pack", "--data", str(texts), "--size-of-vocabulary", "300", "--out", str(tmp_path / "corpus")]
    assert pretrain.main([*flags, "--held-out", str(tmp_path / "b.dev.txt"), str(tmp_path / "a.dev.jsonl")]) == 0
    assert (
        "1 documents left out: their text, or a line of it, stands in b.dev.txt, a.dev.jsonl" in capsys.readouterr().out
    )
    assert Corpus.load(tmp_path / "corpus").manifest["left_out"] == 1


# ---- what is packed already --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def begun(texts, tmp_path_factory) -> tuple[Path, list[str]]:
    """A run whose folder was packed with every flag, and those flags."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "a.dev.txt").write_text("\u4e0d\u8bb8\u8bfb", encoding="utf-8")
    flags = ["--size-of-vocabulary", "300", "--research", "--licence", "CC0", "--held-out", str(folder / "a.dev.txt")]
    command = ["--data", str(texts), "--out", str(folder / "out"), "--minutes", "1e-9", *TINY]
    assert pretrain.main([*command, *flags]) == 0
    return folder, flags


@pytest.mark.parametrize("flags", ["the same", "none"])
def test_the_same_command_goes_on(texts, begun, capsys, flags):
    """Although the sets for research only, which were asked for, are not in this folder."""
    folder, asked = begun
    command = ["--data", str(texts), "--out", str(folder / "out"), "--minutes", "1e-9", *TINY]
    assert pretrain.main([*command, *(asked if flags == "the same" else [])]) == 0
    out = capsys.readouterr().out
    assert "packed before from a folder" in out
    assert "goes on at step 0" in out


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["--open"], "--open"),
        (["--size-of-vocabulary", "301"], "--size-of-vocabulary"),
        (["--licence", "MIT", "--open"], "--open, --licence"),
        (["--held-out", "b.dev.txt"], "--held-out"),
        (["--vocab", "vocab.txt"], "--vocab"),
    ],
)
@pytest.mark.parametrize("packed", ["a folder", "a file"])
def test_flags_that_disagree_with_a_packed_corpus_are_refused(
    texts, begun, capsys, tmp_path, monkeypatch, packed, flags, names
):
    folder, _ = begun
    monkeypatch.chdir(tmp_path)
    Path("vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\u4e00\n", encoding="utf-8")
    Path("b.dev.txt").write_text("\u4e00", encoding="utf-8")
    corpus = folder / "out" / "corpus.npz.xz"
    data, out = (texts, folder / "out") if packed == "a folder" else (corpus, tmp_path / "out")
    assert pretrain.main(["--data", str(data), "--out", str(out), "--minutes", "1e-9", *TINY, *flags]) == 2
    assert f"{corpus} was packed otherwise than {names} says" in capsys.readouterr().err


def test_the_vocabulary_of_a_packed_corpus_is_compared_by_its_pieces(begun, tmp_path, capsys):
    corpus = begun[0] / "out" / "corpus.npz.xz"
    vocab = tmp_path / "other-name.txt"
    vocab.write_text(Corpus.load(corpus).vocabulary, encoding="utf-8", newline="\r\n")
    command = ["--data", str(corpus), "--out", str(tmp_path / "out"), "--minutes", "1e-9", *TINY]
    assert pretrain.main([*command, "--vocab", str(vocab)]) == 0
    assert pretrain.main([*command, "--vocab", str(tmp_path / "none.txt")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_flags_are_compared_with_what_an_older_corpus_tells(corpus, tmp_path, capsys):
    """One that was packed before its flags were kept; of a folder of no known set it is not told whether sets for
    research only were asked for, and it does not matter."""
    manifest = {key: value for key, value in corpus.manifest.items() if key not in ("flags", "left_out")}
    rows = [{**row, "name": "news"} for row in manifest["sources"]]
    path = tmp_path / "corpus"
    command = ["--data", str(path), "--out", str(tmp_path / "out"), "--minutes", "1e-9", *TINY]
    for change, accepted, refused in (
        ({}, ["--research", "--size-of-vocabulary", "300", "--licence", "not stated"], ["--licence", "CC0"]),
        ({"sources": rows}, ["--open", "--licence", "CC0"], ["--research"]),
        ({"sources": rows, "research": True}, ["--research"], ["--open"]),
        ({"vocabulary": "vocab.txt"}, [], ["--size-of-vocabulary", "300"]),
    ):
        replace(corpus, manifest={**manifest, **change}).save(path)
        assert pretrain.main([*command, *accepted]) == 0
        assert pretrain.main([*command, *refused]) == 2
        assert f"was packed otherwise than {refused[0]} says" in capsys.readouterr().err


def test_a_mistyped_folder_is_not_taken_for_the_one_that_was_packed(begun, capsys):
    command = ["--out", str(begun[0] / "out"), "--minutes", "1e-9", *TINY]
    assert pretrain.main(["--data", str(begun[0] / "mistyped"), *command]) == 2
    assert "There is no folder or file" in capsys.readouterr().err


# ---- score -------------------------------------------------------------------------------------------------------
def test_what_cannot_be_scored_gets_a_sentence(begun, tmp_path, capsys):
    folder = begun[0] / "out"
    score = ["score", "--data", str(folder / "corpus.npz.xz"), "--weights"]
    other = tmp_path / "other"
    other.mkdir()
    for name in ("vocab.txt", "config.json", "model.safetensors"):
        (other / name).write_bytes((folder / name).read_bytes())
    config = json.loads((other / "config.json").read_text())
    for weights, words, sentence in (
        (folder, ["--short", "65"], "--short 65 is more than the network has places: 64"),
        (folder, ["--short", "7"], "--short 7 is too few"),
        (tmp_path, [], "cannot be read"),
    ):
        assert pretrain.main([*score, str(weights), *words]) == 2
        assert sentence in capsys.readouterr().err
    for change, sentence in (({"hidden_size": "16"}, "states no sizes"), ({"num_attention_heads": 2}, "has 2 heads")):
        (other / "config.json").write_text(json.dumps({**config, **change}))
        assert pretrain.main([*score, str(other), "--short", "32"]) == 2
        assert sentence in capsys.readouterr().err
    (other / "config.json").write_text(json.dumps(config))
    words = Corpus.load(folder / "corpus.npz.xz").vocabulary.splitlines()
    (other / "vocab.txt").write_text("\n".join(words[:-1]), encoding="utf-8")
    assert pretrain.main([*score, str(other), "--short", "32"]) == 2
    assert "another vocabulary" in capsys.readouterr().err


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
