"""How well the classifier tells the held-out utterances:

    python -m core.chat.score

The utterances and the lexicon come from one hand, and the lexicon was mended by looking at the *training* utterances
that went wrong; visitors will say other things than are held out here.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.chat.classifier import Classifier, trained, utterances
from core.cli.output import table


@dataclass(frozen=True)
class Score:
    """accuracy: share of held-out utterances told right, 0 to 1.  rows: (intent, held out, right).
    wrong: (utterance, its intent, what it was taken for, how probable that was)."""

    accuracy: float
    learned: int
    left_out_accuracy: float
    rows: tuple[tuple[str, int, int], ...]
    wrong: tuple[tuple[str, str, str, float], ...]


def score(classifier: Classifier | None = None) -> Score:
    """Of the classifier that the chat uses, unless another is given."""
    classifier = classifier or trained()
    held = [one for one in utterances() if one.held_out]
    found = classifier.probabilities([one.text for one in held])
    taken = [classifier.intents[i] for i in found.argmax(1)]
    right = [one.intent == intent for one, intent in zip(held, taken, strict=True)]
    rows = []
    for intent in classifier.intents:
        of = [ok for one, ok in zip(held, right, strict=True) if one.intent == intent]
        rows.append((intent, len(of), sum(of)))
    wrong = [
        (one.text, one.intent, intent, float(row.max()))
        for one, intent, row, ok in zip(held, taken, found, right, strict=True)
        if not ok
    ]
    learned = len(utterances()) - len(held)
    return Score(sum(right) / len(held), learned, classifier.left_out_accuracy, tuple(rows), tuple(wrong))


def main() -> None:
    """Print accuracy, a row an intent, and what went wrong."""
    found = score()
    held, right = (sum(row[i] for row in found.rows) for i in (1, 2))
    print(f"{right} of {held} held-out utterances right: {found.accuracy:.1%}")
    print(f"learned from {found.learned}; each of these left out in turn: {found.left_out_accuracy:.1%}\n")
    print(table([{"intent": name, "held out": of, "right": ok} for name, of, ok in found.rows]))
    for text, intent, taken, probability in found.wrong:
        print(f"  {text!r}: {intent}, taken for {taken} ({probability:.2f})")


if __name__ == "__main__":
    main()
