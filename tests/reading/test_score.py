"""Scores of answers: by hand, and of a reader whose answers are known."""

import json
from types import SimpleNamespace

import pytest

from core.errors import VisitorError
from core.reading.data import Passage, Question
from core.reading.results import Candidate, Vote
from core.reading.score import Answered, best_threshold, character_f1, measured, score_files, with_others


@pytest.mark.parametrize(
    ("answer", "true", "f1"),
    [
        ("北京", "北京", 1.0),
        ("在北京", "北京市", 4 / 6),  # two of three and two of three
        ("北京", "上海", 0.0),
        ("", "上海", 0.0),
        ("", "", 1.0),
        ("《红楼梦》", "红楼梦", 1.0),
        ("ＡＢＣ 12", "abc12", 1.0),
    ],
)
def test_character_f1(answer, true, f1):
    assert character_f1(answer, true) == pytest.approx(f1)


def test_the_best_true_answer_counts():
    assert measured("北京", ["上海", "北京"]) == (1.0, 1.0)
    assert measured("", []) == (1.0, 1.0)
    assert measured("北京", []) == (0.0, 0.0)


class Parrot:
    """Answers with each passage's first two characters, as probable as its digit says; the vote takes the last."""

    methods = ("masks",)

    def answer_passages(self, question, passages, asking, with_places):
        if len(question) > 20:
            raise VisitorError("reading_question_long", pieces=len(question), most=20)
        some = tuple(Candidate(p[:2].strip("-"), int(p[2]) / 10, i, 0, 2, 0, 9) for i, p in enumerate(passages))
        last = next((c for c in reversed(some) if c.text and c.probability >= 0.2), None)
        votes = (Vote(last.text, 0.1, (last.passage,)),) if last else ()
        return SimpleNamespace(candidates=some, votes=votes, answer=last.text if last else "", threshold=0.2)


def test_the_surest_passage_and_the_vote(tmp_path):
    rows = [
        {
            "question": "在哪？",
            "passages": [{"passage": "北京9", "answer": "北京"}, {"passage": "上海5", "answer": ""}],
        },
        {"question": "谁？", "passages": [{"passage": "王五1", "answer": ""}]},  # below the threshold, and has none
        {"question": "太长的问题" * 9, "passages": [{"passage": "王五9", "answer": "王五"}]},
        {"question": "没有段落"},
    ]
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    said = []
    row = score_files(Parrot(), [file], None, said.append).row()
    assert row["n"] == 3 and any("some.jsonl:4" in line for line in said)
    assert (row["em"], row["em_vote"]) == (66.67, 33.33)
    assert (row["f1"], row["f1_vote"], row["mean"]) == (66.67, 33.33, 66.67)
    assert row["answerable"] == 66.67
    assert score_files(Parrot(), [file], 1, said.append).row()["n"] == 1


def test_a_file_without_questions(tmp_path):
    file = tmp_path / "none.json"
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(VisitorError):
        score_files(Parrot(), [file])


def test_a_method_that_the_weights_lack(tmp_path):
    with pytest.raises(VisitorError) as caught:
        score_files(Parrot(), [tmp_path / "none.json"], method="spans")
    assert caught.value.key == "reading_method"


def test_the_threshold_parts_right_answers_from_wrong_ones():
    right, wrong = Answered(0.8, 1.0, True), Answered(0.3, 0.0, False)
    assert 0.3 < best_threshold([right, wrong, right]) < 0.8
    assert best_threshold([right, Answered(0.2, 0.9, True)]) == 0.0  # nothing is gained by refusing
    assert best_threshold([wrong]) == 0.0 and best_threshold([]) == 0.0
    some = [Answered(0.5, 0.0, False)] * 2 + [Answered(0.2, 1.0, True)]  # two refused rightly are not worth one lost
    assert best_threshold([right, *some]) == 0.0
    assert best_threshold([right, *some[:2] * 5, *some[2:]]) > 0.5


def test_questions_with_the_passages_of_others():
    some = [Question(f"{i}？", (Passage(f"甲{i}乙", (str(i),)),), (str(i),)) for i in range(8)]
    asked = with_others(some)
    assert asked[:8] == some and [q.text for q in asked[8:]] == ["0？", "4？"]
    assert all(not q.answers and q.text[0] not in q.passages[0].text for q in asked[8:])
