"""The embedded weights of the 2018 model, where they are shipped: small, with a card, and on the page's examples."""

from __future__ import annotations

import pytest

from core.titling.task import Decoding, Titler
from core.weights import store
from demo.examples import EXAMPLES

NAME = "titling-seq2seq"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not store.is_embedded(NAME), reason="this installation ships no weights of the 2018 model"),
]


def test_the_folder():
    folder = store.embedded(NAME).folder
    assert (folder / "model.safetensors").stat().st_size <= 8e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("license", "Data", "Scores", "python recipes/titling_seq2seq.py"):
        assert word in card


def test_every_example_of_the_page_gets_titles():
    titler = Titler(store.embedded(NAME).folder, NAME)
    for text in EXAMPLES.values():
        (best,) = titler.title(text, Decoding(count=1)).titles
        assert 2 <= len(best.text) <= 40
