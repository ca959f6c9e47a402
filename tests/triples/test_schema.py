"""Schema files: both forms of DuIE, a JSON list, and what is none."""

from __future__ import annotations

import json

import pytest

from core.errors import VisitorError, WeightsError
from core.triples import schema


def test_both_forms_and_the_order_of_the_columns(schema_file):
    found = schema.read(schema_file)
    assert found.names == ("作者", "上映时间", "首都")
    assert found.labels == (
        ("作者", "@value"), ("上映时间", "@value"), ("上映时间", "inArea"), ("首都", "@value"),
    )  # fmt: skip
    assert found.predicates[1].object_types == {"@value": "Date", "inArea": "地点"}


def test_written_and_read_again(schema_file, tmp_path):
    found = schema.read(schema_file)
    found.write(tmp_path)
    assert schema.read_beside(tmp_path) == found
    assert schema.read(tmp_path / schema.FILE).labels == found.labels


def test_a_predicate_with_two_pairs_of_types_is_one(tmp_path):
    rows = [{"predicate": "成立日期", "subject_type": kind, "object_type": "Date"} for kind in ("机构", "企业")]
    (tmp_path / "s.json").write_text(json.dumps(rows), encoding="utf-8")
    (only,) = schema.read(tmp_path / "s.json").predicates
    assert only.subject_type == "机构"


BAD = {
    "no JSON": '{"predicate": ',
    "a number": "7",
    "no object": "[[1]]",
    "nothing": "",
    "no types": '{"predicate": "作者"}',
    "no value": '{"predicate": "作者", "subject_type": "书", "object_type": {"inArea": "地点"}}',
    "empty name": '{"predicate": " ", "subject_type": "书", "object_type": "人"}',
    "a list for a type": '{"predicate": "作者", "subject_type": "书", "object_type": {"@value": ["人"]}}',
    "deep": "[" * 100_000,
    "long name": json.dumps({"predicate": "作" * 101, "subject_type": "书", "object_type": "人"}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_schema_gets_a_sentence(tmp_path, name):
    (tmp_path / "schema.json").write_text(BAD[name], encoding="utf-8")
    with pytest.raises(VisitorError, match="schema"):
        schema.read(tmp_path / "schema.json")
    with pytest.raises(WeightsError, match="broken"):
        schema.read_beside(tmp_path)


def test_too_many_and_missing_and_not_text(tmp_path):
    rows = [{"predicate": str(i), "subject_type": "书", "object_type": "人"} for i in range(2001)]
    (tmp_path / "many.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(VisitorError, match="2000"):
        schema.read(tmp_path / "many.json")
    with pytest.raises(VisitorError, match="no file"):
        schema.read(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(VisitorError, match="row 1"):
        schema.read(tmp_path / "bytes.json")
    with pytest.raises(WeightsError, match="has no schema.json"):
        schema.read_beside(tmp_path)
