"""From files to examples: made questions, packing, and that nothing for measuring is opened."""

import json
import lzma
import sys
from pathlib import Path

import pytest

from core import bert
from core.reading.data import Passage, Question
from recipes import finetune as recipe
from recipes.finetuning import examples, packing, questions
from recipes.finetuning.held_out import HeldOut
from recipes.pretraining.sources import is_for_measuring
from tests.reading.conftest import write
from tests.triples.conftest import ROWS

_OPENED: list[str] | None = None  # paths that are opened while a test listens


def _hook(event: str, args: tuple) -> None:
    if event == "open" and _OPENED is not None and isinstance(args[0], str):
        _OPENED.append(args[0])


sys.addaudithook(_hook)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".xz":
        with lzma.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")


def _lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def data(tmp_path) -> Path:
    """A folder of the layout that the recipes know, with a file for measuring beside each file to learn from."""
    folder = tmp_path / "data"
    titles = [
        {"text": f"记者从{a}获悉，研究表明天气很好。{a}的公司采用该模型。", "title": f"{a}天气很好"}
        for a in ("北京", "上海")
    ]
    for name in packing.TITLES:
        _write(folder / "titling" / f"{name}.train.jsonl.xz", _lines(titles))
        _write(folder / "titling" / f"{name}.dev.jsonl", _lines(titles))
    spo = {"subject": "研究", "predicate": "作者", "object": {"@value": "王莹"}}
    whole = [{"text": "《研究》是王莹的文章。", "spo_list": [spo]}]
    partial = [{"text": "中国的首都是北京。", "subject": "中国", "predicate": "首都", "object": "北京"}]
    for part in ("train", "dev"):
        _write(folder / "triples" / f"duie.{part}.jsonl.xz", _lines(whole))
    _write(folder / "triples" / "partial.train.jsonl.xz", _lines(partial))
    _write(folder / "triples" / "duie.schema.json", ROWS)
    answers = [{"id": "q", "text": "北京", "answer_start": 3}]
    asked = [{"id": "q", "question": "林在？", "answers": answers}]
    squad = {"data": [{"title": "", "paragraphs": [{"id": "p", "context": "林海在北京。", "qas": asked}]}]}
    for name in (*questions.REAL, "drcd.dev", "cmrc2018"):
        for part in ("train", "dev"):
            _write(folder / "reading" / f"{name}.{part}.json.xz", json.dumps(squad, ensure_ascii=False))
    return folder


def test_files_become_examples_and_nothing_for_measuring_is_opened(data, tmp_path, monkeypatch):
    global _OPENED
    base = write(tmp_path / "base", 0.0)
    made, out = tmp_path / "questions", tmp_path / "tasks.npz.xz"
    monkeypatch.setattr(recipe, "say", lambda *_, **__: None)
    _OPENED = []
    try:
        assert recipe.main(["questions", "--data", str(data), "--out", str(made)]) == 0
        words = ["pack", "--data", str(data), "--questions", str(made), "--base", str(base), "--out", str(out)]
        assert recipe.main(words) == 0
        opened = {Path(path) for path in _OPENED}
    finally:
        _OPENED = None
    read = {path for path in opened if path.is_relative_to(data)}
    assert len(read) >= 10 and not [path for path in read if is_for_measuring(path.relative_to(data).as_posix())]
    tasks, about = examples.load(out)
    assert {task: set(sets) for task, sets in tasks.items()} == {
        "titling": set(packing.TITLES),
        "triples": {"duie", "partial"},
        "reading": {*questions.REAL, *packing.MADE},
    }
    assert all(len(tasks["titling"][name]) == 2 for name in packing.TITLES)
    assert tasks["triples"]["duie"][0].subjects and tasks["triples"]["partial"][0].partial
    assert tasks["reading"]["webqa"][0].length == 2
    assert about["labels"] == 4 and about["vocab"] == (base / bert.VOCAB).read_text(encoding="utf-8")


@pytest.fixture
def pack(data, tmp_path, monkeypatch):
    """Packs with these held-out files: exit code, what was said, the file."""
    base, made = write(tmp_path / "base", 0.0), tmp_path / "questions"
    questions.make(data, made, 0, lambda line: None)

    def run(out: str, *held: Path) -> tuple[int, list[str], Path]:
        said: list[str] = []
        monkeypatch.setattr(recipe, "say", lambda line, **_: said.append(str(line)))
        words = ["pack", "--data", str(data), "--questions", str(made), "--base", str(base)]
        words += ["--out", str(tmp_path / out), *(["--held-out", *map(str, held)] if held else [])]
        return recipe.main(words), said, tmp_path / out

    return run


def test_texts_of_held_out_files_are_left_out(pack, data, tmp_path):
    article = {"text": "记者从 北京获悉，研究表明天气很好。\u3000北京的公司采用该模型。", "title": "另一个标题"}
    sentence = {"text": "《研究》是王莹的 文章。", "spo_list": []}
    _write(tmp_path / "titles.dev.jsonl", _lines([article, sentence]))
    _write(tmp_path / "some.dev.tsv", "text\n中国的首都是北京。\n")
    held = [tmp_path / "titles.dev.jsonl", tmp_path / "some.dev.tsv", data / "reading" / "webqa.dev.json.xz"]
    code, said, file = pack("with", *held)
    assert code == 0
    tasks, _ = examples.load(file)
    assert [len(tasks["titling"][name]) for name in packing.TITLES] == [1, 1, 1, 1]
    assert tasks["triples"] == {"duie": [], "partial": []}
    assert all(not tasks["reading"][name] for name in questions.REAL)
    assert tasks["reading"]["triples"] and tasks["reading"]["words"]  # the same passage, another question
    told = [line for line in said if "their text is held out" in line]
    assert len(told) == len(packing.TITLES) + 2 + len(questions.REAL) + len(packing.MADE)
    assert "duie: 1 left out, their text is held out" in told and "news: 1 left out, their text is held out" in told
    assert "webqa: 1 left out, their text is held out" in told and "words: 0 left out, their text is held out" in told
    assert "titles.dev.jsonl: 2 texts are held out" in said


def test_a_passage_is_held_out_with_its_question_alone(pack, tmp_path):
    rows = [{"question": "林不在？", "passages": [{"passage": "林海在北京。", "answer": "北京"}]}]
    _write(tmp_path / "other.dev.jsonl", _lines([*rows, {"text": "无关的一句话。"}]))
    code, said, file = pack("with", tmp_path / "other.dev.jsonl")
    assert code == 0 and "webqa: 0 left out, their text is held out" in said
    plain = pack("without")
    assert plain[0] == 0 and plain[2].read_bytes() == file.read_bytes()
    assert not any("held out" in line for line in plain[1])


def test_held_out_files_without_a_text_are_refused(pack, tmp_path):
    _write(tmp_path / "none.jsonl", _lines([{"title": "一"}]))
    code, said, file = pack("out", tmp_path / "none.jsonl")
    assert code == 2 and "none.jsonl holds no text" in said[-1] and not file.exists()
    code, said, _ = pack("out", tmp_path / "missing.jsonl")
    assert code == 2 and "missing.jsonl" in said[-1]


def test_one_passage_of_several_is_left_out():
    passages = (Passage("一", ("一",)), Passage("二", ()))
    held, said = HeldOut(frozenset(), frozenset({("一", "问")})), []
    found = held.unasked([Question("问", passages, ("一",)), Question("问", passages[:1], ("一",))], "a", said.append)
    assert found == [Question("问", passages[1:], ("一",))]
    assert said == ["a: 2 left out, their text is held out"]


def test_the_questions_are_the_same_for_the_same_seed(data, tmp_path):
    for name in ("one", "other"):
        questions.make(data, tmp_path / name, 3, lambda line: None)
    for name in packing.MADE:
        file = f"{name}.jsonl.xz"
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_large_vocabularies_are_refused(tmp_path):
    import numpy as np

    from core.titling.data import Example
    from recipes.pretraining import RecipeError

    some = [Example(np.array([1, examples.MOST_PIECES], np.int32), np.array([1], np.int32))]
    with pytest.raises(RecipeError, match="65,536"):
        examples.save(tmp_path / "file", {"titling": {"a": some}}, {})
