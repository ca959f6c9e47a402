"""Half precision, as on a GPU: that nothing overflows, and that answers stay what they are in float32.

A CPU computes the same in float16, only slowly, so all of it can be tried without a GPU.
"""

from __future__ import annotations

import numpy as np
import pytest

from core import backend
from core.errors import SetupError
from core.reading.task import Reader
from core.titling.task import Decoding, Titler
from core.triples.task import Extraction, Extractor
from core.weights import store
from demo.examples import EXAMPLES, TRIPLES


def test_bert4keras_own_norm_overflows_in_float16_and_ours_does_not():
    x = np.array([[300.0, -300.0, 900.0, -900.0]], np.float32)
    right = x / np.sqrt((x**2).mean())
    with backend.precision("mixed_float16"):
        norm = backend.load().layers.LayerNormalization
        theirs, ours = norm(dtype="mixed_float16"), norm()
        assert np.abs(np.asarray(theirs(x), np.float32)).max() == 0  # the square is infinite, and x / infinity is zero
        found = ours(x)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, right, rtol=1e-6)


def test_a_conditional_norm_too():
    rng = np.random.default_rng(0)
    x, condition = (rng.normal(0, 300, (2, 3, 8)).astype("float32"), rng.normal(0, 1, (2, 4)).astype("float32"))
    with backend.precision("mixed_float16"):
        norm = backend.load().layers.LayerNormalization(conditional=True)
        found = np.asarray(norm([x, condition]))
    centred = x - x.mean(-1, keepdims=True)
    np.testing.assert_allclose(found, centred / np.sqrt((centred**2).mean(-1, keepdims=True)), rtol=1e-4, atol=1e-5)


def test_the_policy_is_put_back_whatever_happens():
    policy = backend.load().keras.mixed_precision.global_policy
    with backend.precision("mixed_float16"):
        with backend.precision("float32"):
            assert policy().name == "float32"
        assert policy().name == "mixed_float16"
    with pytest.raises(ZeroDivisionError), backend.precision("mixed_bfloat16"):
        _ = 1 / 0
    assert policy().name == "float32"


def test_a_cpu_serves_in_float32_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("WANZHUAN_PRECISION", raising=False)
    assert backend.serving_precision() == "float32"
    monkeypatch.setattr(backend.load().tf.config, "list_physical_devices", lambda kind: [kind])
    assert backend.serving_precision() == "mixed_float16"
    monkeypatch.setenv("WANZHUAN_PRECISION", "mixed_bfloat16")
    assert backend.serving_precision() == "mixed_bfloat16"
    monkeypatch.setenv("WANZHUAN_PRECISION", "half")
    with pytest.raises(SetupError, match="float32, mixed_float16, mixed_bfloat16"):
        backend.serving_precision()


@pytest.fixture
def models(monkeypatch):
    """A task's embedded weights, loaded in float32 and in mixed float16."""

    def load(task, kind):
        found, loaded = store.embedded(task), []
        for name in ("float32", "mixed_float16"):
            monkeypatch.setenv("WANZHUAN_PRECISION", name)
            loaded.append(kind(found.folder, found.name))
        return loaded

    return load


@pytest.mark.long
def test_titles_in_half_precision(models):
    whole, half = models("titling", Titler)
    for text in list(EXAMPLES.values())[:2]:
        first, second = (titler.title(text, Decoding(count=1)).titles[0] for titler in (whole, half))
        assert second.text == first.text
        assert second.score == pytest.approx(first.score, abs=0.01)


@pytest.mark.long
def test_triples_in_half_precision(models):
    whole, half = models("triples", Extractor)
    for text in list(TRIPLES.values())[:2]:
        sure = [one for one in whole.extract(text, Extraction(threshold=0.5)).triples if one.probability > 0.6]
        found = {
            (one.subject.text, one.predicate, one.object.text): one.probability
            for one in half.extract(text, Extraction(threshold=0.4)).triples
        }
        assert sure
        for one in sure:
            same = found[one.subject.text, one.predicate, one.object.text]
            assert same == pytest.approx(one.probability, abs=0.02)


@pytest.mark.long
def test_answers_in_half_precision(models):
    whole, half = models("reading", Reader)
    pairs = [("这部电影的导演是谁？", TRIPLES["triples_film"]), ("图书馆哪天开放？", EXAMPLES["example_news"])]
    for first, second in zip(whole._model.read(pairs, "masks"), half._model.read(pairs, "masks"), strict=True):
        assert (first.start, first.end) == (second.start, second.end)
        assert second.probability == pytest.approx(first.probability, abs=0.02)
