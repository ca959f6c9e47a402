"""The embedded base: small, with a card, and a Chinese one."""

from __future__ import annotations

import numpy as np
import pytest

from core import bert
from core.tokenizer import Tokenizer
from core.weights import store

pytestmark = pytest.mark.slow

# What a base has to have read: set phrases, and grammar.  The piece that stands at [MASK] is hidden.
HIDDEN = {
    "中国的首都是北[MASK]。": "京",
    "他是中华人民共[MASK]国的公民。": "和",
    "因为下雨，所[MASK]比赛取消了。": "以",
}


def test_the_folder():
    folder = store.find(store.BASE, None).folder
    assert sum(file.stat().st_size for file in folder.iterdir()) < 60e6
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("license", "Data", "Held out", "python recipes/pretrain.py"):
        assert word in card


def test_words_that_are_hidden_are_found():
    folder = store.find(store.BASE, None).folder
    model = bert.build_from_tensors(bert.read_config(folder), bert.read_tensors(folder)).model
    tokenizer = Tokenizer(folder / bert.VOCAB)
    for text, wanted in HIDDEN.items():
        before, after = text.split("[MASK]")
        before, after = tokenizer.encode(before).ids, tokenizer.encode(after).ids
        ids = [tokenizer.cls, *before, tokenizer.mask, *after, tokenizer.sep]
        logits = model.predict([np.array([ids]), np.zeros((1, len(ids)), int)], verbose=0)
        assert tokenizer.pieces[int(logits[0, ids.index(tokenizer.mask)].argmax())] == wanted
