"""A tiny model learns a rule, stops and goes on, and its weights answer afterwards."""

import json

import pytest

from core.errors import VisitorError
from core.reading.task import Asking, Reader
from core.reading.train import Options, train
from core.training import Settings

WHO, WHERE = "王林海东我他她们", "北京上海国中天地"


def write_files(folder):
    """Who is where: answers of two characters, a passage of two sentences."""
    rows = {}
    for i, (a, b) in enumerate((a, b) for a in range(0, 8, 2) for b in range(0, 8, 2)):
        who, where = WHO[a : a + 2], WHERE[b : b + 2]
        other = WHO[(a + 2) % 8 : (a + 2) % 8 + 2]
        rows[f"Q{i}"] = {
            "question": f"{who}在？",
            "evidences": {"1": {"answer": [where], "evidence": f"{who}在{where}。"},
                          "2": {"answer": ["no_answer"], "evidence": f"{other}不在。"}},
        }  # fmt: skip
    file = folder / "who.json"
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return file


def options(updates, **more):
    settings = Settings(epochs=1000, updates=updates, rate=5e-3, warm_up=10, weight_decay=0.0)
    return Options(places=4, question=8, passage=24, tokens=600, dropout=0.0, settings=settings, **more)


@pytest.mark.long
def test_it_learns_stops_and_goes_on(base, tmp_path):
    file, out, said = write_files(tmp_path), tmp_path / "out", []
    files = [file] * 20  # a pass of some length: the dev questions are asked after each
    train(files, [file], base, out, options(20), said.append)
    first = json.loads((out / "run" / "progress.json").read_text())
    assert first["updates"] == 20
    table = train(files, [file], base, out, options(140, seq2seq=0.0), said.append)
    assert any("resumed at update 20" in line for line in said)
    assert table[-1]["updates"] == 140 and table[-1]["loss"] < 0.5 * table[0]["loss"]
    reader = Reader(out)
    assert 0 <= reader.threshold() <= 1
    result = reader.answer("王林在？", "王林在北京。", Asking(threshold=0.0))
    assert result.answer == "北京"


def test_files_in_which_no_answer_fits(base, tmp_path):
    file = tmp_path / "none.json"
    rows = {"Q": {"question": "在？", "evidences": {"1": {"answer": ["上海"], "evidence": "王林在北京。"}}}}
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(VisitorError) as caught:
        train([file], [], base, tmp_path / "out", options(5), lambda line: None)
    assert caught.value.key == "reading_none_fit"
