"""What a message asks for: a softmax regression over jieba's words and character n-grams.

It is trained at first use from the utterances in `core/chat/utterances`, a file an intent, written for this project;
a fifth of them, chosen by a hash of the text, is held out and never seen by it.  No large language model and no
TensorFlow: about a thousand sparse rows and L-BFGS.

    python -m core.chat.score

prints how many of the held-out ones it tells right.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.text import words

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

UTTERANCES = Path(__file__).parent / "utterances"
HELD_OUT = 5  # one in so many utterances
LONGEST = 240  # characters that are looked at: the beginning and the end of a longer message
PENALTY = 0.3  # L2, of the regression; chosen by leaving each of the *training* utterances out
_KINDS = {"k": 3.0, "j": 1.5, "w": 1.0, "p": 0.5, "c": 0.7, "l": 0.5}  # weights of the kinds of features
_OURS = {"title", "triple", "matrix", "rope", "curve", "optim", "method", "surface", "about", "source"}  # concepts

MATRIX, POINTS, VALUE, PLACE = "\u25a6", "\u2234", "\u2254", "\u2301"  # what stands for what was found by its form
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
CELL = r"(?<![\w.])[-+]?(?:\d[\d./*^()+a-z-]*|(?:sqrt|pi|exp|sin|cos|[ei])(?![a-z])[\d./*^()+a-z-]*)"
_FORMS = (
    (re.compile(r"\\begin\{.*?\\end\{[a-z*]*\}|\[\s*\[.*?\]\s*\]", re.S), f" {MATRIX} "),
    (re.compile(r"\b(?:hilbert|random|jordan|identity)\s*\(\s*\d[^)]*\)"), f" {MATRIX} "),
    (re.compile(rf"(?:\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)\s*[,;]?\s*){{2,}}"), f" {POINTS} "),
    (re.compile(r"(?:https?|file)://\S+|(?:\.\./)+\S*|(?<!\w)/(?:etc|proc|root|home|gradio_api)\S*"), f" {PLACE} "),
    (re.compile(rf"(?:{CELL}[ ,]+)+{CELL}(?:\s*;\s*(?:{CELL}[ ,]+)+{CELL})+"), f" {MATRIX} "),  # rows by semicolons
    (re.compile(rf"(?<![a-z])(?:l|d|lr|ω|omega|k|h)\s*=\s*{_NUMBER}"), f" {VALUE} "),
    (re.compile(_NUMBER), "0"),
)  # fmt: skip


@dataclass(frozen=True)
class Utterance:
    """A message and what it asks for; `held_out`: the classifier does not learn it."""

    text: str
    intent: str
    held_out: bool


@functools.cache
def utterances() -> tuple[Utterance, ...]:
    """All that are written down, intents by name."""
    found = []
    for file in sorted(UTTERANCES.glob("*.toml")):
        languages = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [Utterance(text, file.stem, _held_out(text)) for some in languages.values() for text in some]
    return tuple(found)


def _held_out(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % HELD_OUT == 0


# ---- features ---------------------------------------------------------------------------------------------------
def normal(text: str) -> str:
    """`text` as it is compared: one width and case, numbers, matrices, points and addresses by what they are."""
    text = unicodedata.normalize("NFKC", _ends(text.strip())).lower().strip()
    text = _ends(text)  # NFKC makes up to 18 letters of one
    for form, sign in _FORMS:
        text = form.sub(sign, text)
    return re.sub(r"\s+", " ", text).strip()


def _ends(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"


def features(text: str) -> Counter[str]:
    """Concepts and pairs of them, words and pairs of them, runs of one to three characters; ends are marked."""
    text = normal(text)
    found = [word for word in words(text) if word.strip()]
    told = Counter(f"w {word}" for word in found)
    told.update(f"p {a} {b}" for a, b in zip(["^", *found], [*found, "$"], strict=True))
    for run in re.findall(r"[\u3400-\u9fff]+", text):
        marked = f"^{run}$" if run == text else run
        told.update(f"c {marked[i : i + n]}" for n in (1, 2, 3) for i in range(len(marked) - n + 1))
    concepts = [name for name, form in lexicon().items() if form.search(text)]
    concepts.append("ours" if _OURS & set(concepts) else "none of ours")
    told.update(f"k {name}" for name in concepts)
    told.update(f"j {a} {b}" for a, b in itertools.combinations(concepts, 2))
    told[f"l {min(len(found), 12) // 3}"] = 1  # a follow-up is short
    return told


@functools.cache
def lexicon() -> dict[str, re.Pattern[str]]:
    """Concepts of `lexicon.toml` and what finds them."""
    listed = tomllib.loads((UTTERANCES.parent / "lexicon.toml").read_text(encoding="utf-8"))
    return {name: re.compile("|".join(map(_form, some))) for name, some in listed.items()}


def ours(text: str) -> bool:
    """Whether it speaks of anything that is done here."""
    text = normal(text)
    return any(form.search(text) for name, form in lexicon().items() if name in _OURS)


def _form(word: str) -> str:
    ends = word.endswith("$")
    plain = re.escape(word.rstrip("$"))
    return rf"(?<![a-z]){plain}{'(?![a-z])' if ends else ''}" if word[0].isascii() and word[0].isalpha() else plain


# ---- the regression ---------------------------------------------------------------------------------------------
class Classifier:
    """Intents of messages, with probabilities.  It does not change once it is made, and threads may share it.

    Ridge regression onto the intents, solved at once; the residuals that each example would have if it were left out
    (they come with the solution, see Golub, Heath and Wahba 1979) say how sharply scores become probabilities.

    Args:
        examples: what it learns.
        penalty: L2 of its weights.
    """

    def __init__(self, examples: Sequence[Utterance], penalty: float = PENALTY) -> None:
        self.intents = tuple(sorted({one.intent for one in examples}))
        rows = [features(one.text) for one in examples]
        seen = Counter(name for row in rows for name in row)
        self._columns = {name: i for i, name in enumerate(sorted(seen))}
        self._worth = np.array([_worth(name, count, len(rows)) for name, count in sorted(seen.items())])
        x = self._matrix(rows)
        which = np.array([self.intents.index(one.intent) for one in examples])
        truth = np.eye(len(self.intents))[which]
        inverse = np.linalg.inv((x @ x.T).toarray() + 1.0 + penalty * np.eye(len(rows)))
        dual = inverse @ truth
        self._weights, self._bias = x.T @ dual, dual.sum(0)
        self.left_out = truth - dual / inverse.diagonal()[:, None]
        sharp = np.geomspace(1, 30, 30)
        likely = [float(np.log(_softmax(s * self.left_out)[range(len(which)), which]).sum()) for s in sharp]
        self._sharpness = float(sharp[int(np.argmax(likely))])
        self.left_out_accuracy = float((self.left_out.argmax(1) == which).mean())

    def _matrix(self, rows: Sequence[Counter[str]]):
        """Sparse (rows, columns), each row of length 1; features that were never learned are left out."""
        from scipy.sparse import csr_array

        i, j, values = [], [], []
        for number, row in enumerate(rows):
            known = {self._columns[name]: count for name, count in row.items() if name in self._columns}
            told = np.array(list(known.values())) * self._worth[list(known)] if known else np.zeros(0)
            size = float(np.sqrt((told**2).sum())) or 1.0
            i += [number] * len(known)
            j += known
            values += (told / size).tolist()
        return csr_array((values, (i, j)), shape=(len(rows), len(self._columns)))

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, intents), rows sum to 1."""
        x = self._matrix([features(text) for text in texts])
        return _softmax(self._sharpness * (x @ self._weights + self._bias))

    def known(self, text: str) -> float:
        """The share of a text's words that were ever learned, 0 to 1; of concepts, one is enough."""
        told = features(text)
        if any(name.startswith("k ") and "ours" not in name for name in told):
            return 1.0
        found = [name for name in told if name.startswith("w ")]
        return sum(name in self._columns for name in found) / max(1, len(found))

    def classify(self, text: str) -> tuple[tuple[str, float], ...]:
        """Intents with their probabilities, likeliest first."""
        found = self.probabilities([text])[0]
        return tuple((self.intents[i], float(found[i])) for i in np.argsort(-found, kind="stable"))


def _worth(name: str, count: int, rows: int) -> float:
    """A feature's weight: rare ones more, concepts of the lexicon most."""
    return _KINDS[name[0]] * math.log((1 + rows) / count) ** 0.5


def _softmax(scores: np.ndarray) -> np.ndarray:
    """(rows, intents), along the rows."""
    grown = np.exp(scores - scores.max(1, keepdims=True))
    return grown / grown.sum(1, keepdims=True)


@functools.cache
def trained() -> Classifier:
    """The one that the chat uses, trained once; its numbers hold nothing of a visitor."""
    return Classifier([one for one in utterances() if not one.held_out])
