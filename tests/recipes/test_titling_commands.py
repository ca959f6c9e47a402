"""The recipes that train titlers with the app: `copying.py`, `titling_seq2seq.py` and `prior.py`."""

import json
import lzma
from pathlib import Path

import pytest

from core import bert
from recipes import copying, prior, titling_seq2seq
from tests.conftest import TINY_CONFIG, tiny_vocabulary

SETS = ("news", "weibo", "csl", "tech")
RECIPES = {"copying": copying, "titling_seq2seq": titling_seq2seq, "prior": prior}


@pytest.fixture(autouse=True)
def same_process(monkeypatch):
    """No recipe may start the tests again."""
    for recipe in (titling_seq2seq, prior):
        monkeypatch.setattr(recipe, "keep_memory", lambda: None)


@pytest.fixture
def base(tmp_path) -> Path:
    """A base of 2 layers of width 32 with as many places as an article of 128 pieces and its title take."""
    pieces = tiny_vocabulary()
    config = {k: v for k, v in TINY_CONFIG.items() if k != "titling"}
    config |= {"vocab_size": len(pieces), "max_position_embeddings": 192}
    bert.write_folder(tmp_path / "base", config, "\n".join(pieces) + "\n", bert.random_tensors(config, seed=3))
    return tmp_path / "base"


@pytest.fixture
def data(tmp_path) -> Path:
    """A few titles of each set, one of them the name of a web page."""
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [{"text": f"记者从{a}获悉，研究表明天气很好。", "title": f"{a}天气很好"} for a in ("北京", "上海", "公司")]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in [*rows, {"text": "今天", "title": "迷影"}]]
    for name in SETS:
        (folder / f"{name}.dev.jsonl").write_text("".join(lines[:1]), encoding="utf-8")
        with lzma.open(folder / f"{name}.train.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(lines)
    return folder


def _words(data: Path, base: Path, out: Path, *more: str) -> list[str]:
    return ["--data", str(data), "--base", str(base), "--out", str(out), *more]


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("lost", ["csl.train.jsonl.xz", "csl.dev.jsonl"])
def test_a_folder_without_the_files_gets_a_sentence(name, lost, data, base, tmp_path, capsys):
    (data / lost).unlink()
    assert RECIPES[name].main(_words(data, base, tmp_path / "out")) == 2
    error = capsys.readouterr().err
    assert lost in error and "must hold the titling files" in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", RECIPES)
def test_a_base_that_is_none_gets_a_sentence(name, data, tmp_path, capsys):
    assert RECIPES[name].main(_words(data, tmp_path / "none", tmp_path / "out")) == 2
    assert "none" in capsys.readouterr().err


@pytest.mark.long
def test_each_copy_head_has_a_row(data, base, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(copying, "KINDS", ("none", "pointer"))  # of four, for the time that each takes
    assert copying.main(_words(data, base, tmp_path / "out", "--updates", "1", "--limit", "1")) == 0
    table = capsys.readouterr().out.strip().split("\n")[-3:]
    assert table[0].split() == ["copy", "training", "loss", "csl", "weibo"]
    assert [row.split()[0] for row in table[1:]] == ["none", "pointer"]


# ---- titling_seq2seq -------------------------------------------------------------------------------------------
def test_the_model_of_2018_is_trained_without_names_of_pages(data, base, tmp_path, capsys):
    assert titling_seq2seq.main(_words(data, base, tmp_path / "out", "--minutes", "1e-6")) == 0
    assert {path.name for path in (tmp_path / "out" / "cleaned").iterdir()} == {f"{n}.train.jsonl" for n in SETS}
    assert "迷影" not in (tmp_path / "out" / "cleaned" / "csl.train.jsonl").read_text(encoding="utf-8")
    assert "15 pairs to train on, 4 to score on" in capsys.readouterr().out  # csl twice


def test_a_file_that_is_broken_gets_a_sentence(data, base, tmp_path, capsys):
    file = data / "tech.train.jsonl.xz"
    for broken in (file.read_bytes()[:-10], b"no xz", lzma.compress(b'{"text": "a"}\n')):
        file.write_bytes(broken)
        assert titling_seq2seq.main(_words(data, base, tmp_path / "out")) == 2
        assert f"{file} cannot be read" in capsys.readouterr().err


# ---- prior -----------------------------------------------------------------------------------------------------
@pytest.fixture
def runs(monkeypatch):
    """Runs that are told rather than made; which ones were."""
    made = []

    def run(kind, copy, seed, args, sizes):
        made.append((kind, copy, seed))
        return [{"rouge-l": 10.0 + seed + n} for n in range(sizes.slices)]

    monkeypatch.setattr(prior, "run", run)
    return made


def test_the_figure_goes_into_the_folder_of_the_runs(runs, data, base, tmp_path, capsys):
    drawn = prior.frame.ROOT / "docs" / "prior.svg"
    before = drawn.stat().st_mtime_ns
    assert prior.main(_words(data, base, tmp_path / "out", "--seeds", "2")) == 0
    assert len(runs) == 2 * len(prior.NAMES) and "seeds in which the prior ends higher" in capsys.readouterr().out
    assert (tmp_path / "out" / "prior.svg").read_text(encoding="utf-8").startswith("<svg")
    assert drawn.stat().st_mtime_ns == before
    assert prior.main(_words(data, base, tmp_path / "out", "--figure", str(tmp_path / "a.svg"))) == 0
    assert (tmp_path / "a.svg").is_file()


def test_runs_of_another_base_or_other_data_are_not_taken(runs, data, base, tmp_path, capsys):
    words = _words(data, base, tmp_path / "out")
    assert prior.main(words) == 0 and prior.main(words) == 0
    count = len(runs)
    assert prior.main([*words, "--limit", "7"]) == 2 and "other sizes" in capsys.readouterr().err
    tensors = bert.random_tensors(bert.read_config(base), seed=4)
    other = tmp_path / "other"
    bert.write_folder(other, bert.read_config(base), (base / bert.VOCAB).read_text(encoding="utf-8"), tensors)
    assert prior.main(_words(data, other, tmp_path / "out")) == 2 and "another base" in capsys.readouterr().err
    with (data / "csl.dev.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert prior.main(words) == 2 and "other data" in capsys.readouterr().err
    assert len(runs) == count


def test_runs_of_before_are_taken_with_what_is_said_of_them_now(runs, data, base, tmp_path, capsys):
    words, file = _words(data, base, tmp_path / "out"), tmp_path / "out" / "sizes.json"
    assert prior.main(words) == 0
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert set(kept["data"]) == {"news.train.jsonl.xz", "csl.train.jsonl.xz", "news.dev.jsonl", "csl.dev.jsonl"}
    file.write_text(json.dumps({n: v for n, v in kept.items() if n not in ("base", "data")}), encoding="utf-8")
    assert prior.main(words) == 0
    assert json.loads(file.read_text(encoding="utf-8")) == kept
    file.write_text("[", encoding="utf-8")
    assert prior.main(words) == 2 and "damaged" in capsys.readouterr().err


def test_a_run_has_at_least_an_update_a_slice(data, base, tmp_path, capsys):
    assert prior.main(_words(data, base, tmp_path / "out", "--unilm-updates", "2")) == 2
    assert "no 3 slices" in capsys.readouterr().err
