"""What a run leaves: the card of its weights, and the pieces in which they travel."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

# ruff: noqa: E402  (what needs torch is imported once it is known to be there)
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from recipes import pretrain
from recipes.pretraining import RecipeError, bases, export, network
from recipes.pretraining.training import Piece, Run

SETTINGS = {"layers": 2, "width": 32, "batch": 512, "short": 32, "long": 64, "warm_up": 5, "rate": 5e-3, "steps": 4}
CPU = network.Machine("cpu", "float32", "no")
MODEL = network.make(9, 1, 8, 8, 0)


def trained(corpus, out: Path, **others) -> Path:
    Run(corpus, out, {**SETTINGS, **others}, CPU, lambda line: None).train(Piece())
    return out


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory) -> Path:
    """A run of 4 steps."""
    return trained(corpus, tmp_path_factory.mktemp("whole"))


# ---- the card ----------------------------------------------------------------------------------------------------
def test_the_card_names_sources_and_licences(corpus, whole):
    card = (whole / "README.md").read_text(encoding="utf-8")
    for row in corpus.manifest["sources"]:
        assert f"| {row['name']} | {Path(row['files'][0]).name} | {row['documents']:,} |" in card
    assert "No set that is for research only was read" in card
    research = export.card({**corpus.manifest, "research": True}, MODEL, SETTINGS, {}, "")
    assert "license_name: research-only" in research
    assert "are for research only" in research


def test_the_card_says_share_alike_of_the_sources_that_ask_for_it(corpus):
    first, second = corpus.manifest["sources"]
    alike = {**corpus.manifest, "sources": [{**first, "licence": "CC BY-SA 4.0 (CMRC 2018)"}, second]}
    assert f"Sharing alike (CC BY-SA) is asked for by the licence of {first['name']}." in export.card(
        alike, MODEL, SETTINGS, {}, ""
    )
    assert "Sharing alike" not in export.card(corpus.manifest, MODEL, SETTINGS, {}, "")


@pytest.mark.parametrize(
    ("head", "terms", "license_name"),
    [
        ("license: other\nlicense_name: research-only\n", "research-only", "research-only"),
        ("license: other\nlicense_name: 'see-the-table'\n", "see-the-table", "see-the-table-of-sources"),
        ("license: apache-2.0\n", "apache-2.0", "see-the-table-of-sources"),
        ("language: zh\n", None, "see-the-table-of-sources"),
        (None, None, "see-the-table-of-sources"),
    ],
)
def test_the_terms_of_the_base_are_carried_over(corpus, whole, tmp_path, head, terms, license_name):
    """Also when the run goes on after the base is gone; and never the base's path."""
    base = tmp_path / "first-base"
    base.mkdir()
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        (base / name).write_bytes((whole / name).read_bytes())
    if head is not None:
        (base / "README.md").write_text(f"---\n{head}---\n\nlicense: none of the head\n", encoding="utf-8")
    out = tmp_path / "out"
    Run(corpus, out, {**SETTINGS, "init": str(base)}, CPU, lambda line: None).save(Piece())
    base.rename(tmp_path / "gone")
    card = (trained(corpus, out, init=str(base)) / "README.md").read_text(encoding="utf-8")
    assert f"license_name: {license_name}\n" in card
    assert ("are for research only" in card) == (license_name == "research-only")
    assert ("No set that is for research only was read in this run" in card) == (license_name != "research-only")
    stated = f"its card states {terms}." if terms else "no card of it states them."
    assert f"Plus the terms of first-base: {stated}" in card
    assert "Trained from first-base to" in card
    assert "--init first-base" in card
    assert str(tmp_path) not in card


def test_the_cards_commands_have_every_setting_that_is_not_so_by_itself(corpus):
    """They are read by the command line as what was trained."""
    flags = {"vocab": "own vocab.txt", "size": None, "research": True, "licence": "CC0", "held_out": ["a.dev.jsonl"]}
    manifest = {**corpus.manifest, "flags": flags, "left_out": 1234}
    settings = {"layers": 8, "width": 384, "batch": 3072, "rate": 1e-3, "warm_up": 9, "only_mask": True, "seed": 3,
                "steps": None, "decay": 0.1, "share": 0.15, "init": "/a/path/base"}  # fmt: skip
    card = export.card(manifest, MODEL, settings, {}, "", bases.Start("base", None))
    assert "1,234 documents whose text, or a line of it, stands in a.dev.jsonl" in card
    pack, train = card.split("```")[1].strip().splitlines()
    commands = pretrain.arguments()
    given = commands["pack"][0].parse_args(shlex.split(pack)[3:])
    assert (str(given.vocab), given.research, given.licence) == ("own vocab.txt", True, "CC0")
    assert given.held_out == [Path("a.dev.jsonl")]
    found = vars(commands["train"][0].parse_args(shlex.split(train.replace("MINUTES", "1"))[2:]))
    assert found["last"]
    assert found["init"] == "base"
    assert {name: found[name] for name in ("layers", "width", "rate", "warm_up", "only_mask", "seed")} == {
        name: settings[name] for name in ("layers", "width", "rate", "warm_up", "only_mask", "seed")
    }
    assert [found[name] for name in ("batch", "share", "steps")] == [None] * 3
    plain = export.card(corpus.manifest, MODEL, {"steps": 9}, {}, "")
    assert "python recipes/pretrain.py --data corpus.npz.xz --out OUT --steps 9\n```" in plain
    assert "pack --data DIR --out corpus.npz.xz --size-of-vocabulary 300\n" in plain


# ---- pieces ------------------------------------------------------------------------------------------------------
def test_pieces_are_joined_again(whole, tmp_path, capsys):
    paths = export.in_pieces(whole, tmp_path / "pieces", 20_000, 4)
    assert all(path.stat().st_size <= 20_000 for path in paths)
    assert len(paths) > 3
    assert pretrain.main(["join", "--pieces", str(tmp_path / "pieces"), "--out", str(tmp_path / "out")]) == 0
    for name in export.FILES:
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes()
    paths[1].write_bytes(paths[1].read_bytes()[::-1])
    assert pretrain.main(["join", "--pieces", str(tmp_path / "pieces"), "--out", str(tmp_path / "out")]) == 2
    assert "damaged" in capsys.readouterr().err


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_new_pieces_take_the_place_of_the_old_ones(whole, tmp_path):
    """Of an earlier version and of a killed process too; what is not theirs stays."""
    folder = tmp_path / "pieces"
    folder.mkdir()
    for name in ("base.tar.00", "base-000003-01234567.tar.00.part", "base.tar.gz"):
        (folder / name).write_text("old")
    first = export.in_pieces(whole, folder, 20_000, 4)
    assert names(folder) == {path.name for path in first} | {"base.tar.gz"}
    assert first[0].name.startswith("base-000004-")
    assert export.in_pieces(whole, folder, 20_000, 4) == first
    again = export.in_pieces(whole, folder, 30_000, 4)
    assert names(folder) == {path.name for path in again} | {"base.tar.gz"}


@pytest.mark.parametrize("when", range(4))
def test_killed_at_any_moment_there_are_pieces_that_can_be_joined(whole, tmp_path, monkeypatch, when):
    """Of the same step: its weights are written without figures first, and then with them."""
    folder, changed = tmp_path / "pieces", tmp_path / "changed"
    changed.mkdir()
    for name in export.FILES:
        (changed / name).write_bytes((whole / name).read_bytes())
    (changed / "README.md").write_text("other figures")
    export.in_pieces(whole, folder, 20_000, 4)
    write, written = export.write, []

    def killed(path, content):
        if len(written) == when:
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    monkeypatch.setattr(export, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        export.in_pieces(changed, folder, 20_000, 4)
    monkeypatch.undo()
    export.join(folder, tmp_path / "joined")
    assert (tmp_path / "joined" / "README.md").read_bytes() == (whole / "README.md").read_bytes()
    export.in_pieces(changed, folder, 20_000, 4)
    assert names(folder) == {*json.loads((folder / "pieces.json").read_text())["pieces"], "pieces.json"}


def test_what_cannot_be_joined_or_written_says_so(whole, tmp_path):
    file = tmp_path / "file"
    file.write_text("a file")
    with pytest.raises(RecipeError, match="does not hold all pieces"):
        export.join(tmp_path, tmp_path / "out")
    export.in_pieces(whole, tmp_path / "pieces", 20_000, 4)
    with pytest.raises(RecipeError, match="cannot be written"):
        export.join(tmp_path / "pieces", file)
    with pytest.raises(RecipeError, match="cannot be written"):
        export.in_pieces(whole, file, 20_000, 4)
