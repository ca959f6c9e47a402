"""The classifier: what it learned, what it says of what it never saw."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chat.classifier import Classifier, Utterance, features, lexicon, normal, trained, utterances
from core.chat.score import score

ROOT = Path(__file__).parents[2]
SKILLS = ("title", "triples", "answer", "matrix", "rope", "optimizers", "explain", "help")


def test_every_intent_has_forty_utterances_in_both_languages():
    counted = Counter(one.intent for one in utterances())
    assert set(SKILLS) < set(counted)
    assert min(counted.values()) >= 40 and min(counted[name] for name in SKILLS) >= 60
    for intent in counted:
        chinese = [any("一" <= c <= "鿿" for c in one.text) for one in utterances() if one.intent == intent]
        assert 0.3 < sum(chinese) / len(chinese) < 0.8, intent


def test_a_fifth_is_held_out_and_none_of_it_is_learned():
    held = {normal(one.text) for one in utterances() if one.held_out}
    learned = {normal(one.text) for one in utterances() if not one.held_out}
    assert 0.15 < len(held) / len(utterances()) < 0.25
    assert len(held & learned) <= 2, "what differs in numbers alone reads the same"
    assert len({one.text for one in utterances()}) == len(utterances())


def test_the_held_out_ones_are_told_right():
    found = score()
    assert found.accuracy >= 0.95
    assert sum(of for _, of, _ in found.rows) == sum(one.held_out for one in utterances())


def test_the_command_prints_the_accuracy():
    done = subprocess.run(
        [sys.executable, "-m", "core.chat.score"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
    )
    assert f"{score().accuracy:.1%}" in done.stdout


def test_neither_tensorflow_nor_gradio_is_imported():
    code = (
        "import sys; from core.chat.conversation import turn; from core.chat.session import Session;"
        "list(turn('1 2; 3 4', Session(), None));"
        "bad = {'tensorflow', 'tf_keras', 'keras', 'gradio', 'demo', 'sklearn'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("检查矩阵 [[1,2],[3,4]]", "检查矩阵 ▦"),
        ("ＣＨＥＣＫ　1 2; 3 4", "check ▦"),
        ("L = 2，D=1", "≔ , ≔"),
        ("open ../../etc/passwd", "open ⌁"),
        ("拟合 (0,1) (1,0.2) (2,1)", "拟合 ∴"),
        ("跑 500 步", "跑 0 步"),
    ],
)
def test_forms_stand_for_what_they_are(text, expected):
    assert normal(text) == expected


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_probabilities(text):
    found = trained().classify(text)
    assert {name for name, _ in found} == set(trained().intents)
    assert abs(sum(p for _, p in found) - 1) < 1e-9 and found == tuple(sorted(found, key=lambda one: -one[1]))
    assert 0 <= trained().known(text) <= 1


def test_leaving_one_out_is_what_training_without_it_gives():
    some = [one for one in utterances() if one.intent in ("title", "matrix", "speak")][:60]
    whole = Classifier(some)
    left = Classifier(some[1:])
    # the vocabulary shrinks a little with the one that is left out, so the scores agree only nearly
    scores = np.log(left.probabilities([some[0].text])[0])
    assert int(scores.argmax()) == int(whole.left_out[0].argmax())


def test_words_that_mean_like_things_are_one_feature():
    assert {"k short"} <= set(features("精简些")) & set(features("make it shorter"))
    assert all(form.search("") is None for form in lexicon().values())


def test_a_utterance_is_frozen():
    with pytest.raises(AttributeError):
        utterances()[0].text = "x"
    assert isinstance(utterances()[0], Utterance)
