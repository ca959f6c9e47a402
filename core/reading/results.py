"""What a reading gives: candidates of the passages, votes, the answer; and how it was asked."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import VisitorError

METHODS = ("masks", "seq2seq", "spans")
MOST_PASSAGES = 64  # that a question is read in


@dataclass(frozen=True)
class Guess:
    """A piece at a place, and its probability in (0, 1]."""

    piece: str
    probability: float


@dataclass(frozen=True)
class Place:
    """One mask place of the answer.

    guesses: its most probable pieces, best first, free of what the passage holds.  chosen: the piece that the decoding,
    which is held to the passage, took there ("[SEP]" where the answer ends).
    """

    guesses: tuple[Guess, ...]
    chosen: str


@dataclass(frozen=True)
class Candidate:
    """What one passage answers.

    text: cut from the source, `source_text[start:end]`.  Models with mask places say the likeliest answer of every
        passage, and the threshold tells whether it is one; a head of start and end, or a passage without words, may
        also give "", and then start and end are 0.
    probability: in [0, 1]: the mean of the chosen pieces' probabilities (seq2seq: their geometric mean; heads of start
        and end: of the span).
    passage: index into `ReadingResult.passages`.
    evidence_start, evidence_end: the sentence, or sentences, that the answer stands in, places in the source; 0 and 0
        where there is no answer.
    places: the mask places up to the end of the answer; empty for methods without masks.
    """

    text: str
    probability: float
    passage: int
    start: int
    end: int
    evidence_start: int
    evidence_end: int
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class PassageRead:
    """A passage that was read: characters `start:end` of source number `source`.

    relevance: its BM25 score to the question; None when all passages were read and nothing was searched.
    """

    source: int
    start: int
    end: int
    relevance: float | None = None


@dataclass(frozen=True)
class Vote:
    """Equal answers of several passages.

    text: as its best candidate has it.  score: Σp²/(1 + Σp) over the candidates
    (https://kexue.fm/archives/7148), at least 0.  candidates: indices into `ReadingResult.candidates`, best first.
    """

    text: str
    score: float
    candidates: tuple[int, ...]


@dataclass(frozen=True)
class ReadingResult:
    """An answer, and how it came about.

    answer: "" when no passage holds one.  probability: of the answer's best candidate, in [0, 1].
    score: its vote, 0 without an answer.
    votes: best first; candidates below the threshold, and those without an answer, have none.
    candidates: one a passage, in the order of `passages`.
    sources: names of the documents, "" for a pasted text.
    threshold: the probability from which a candidate counts.
    method: "masks", "seq2seq" or "spans" (a head of start and end).
    characters: of all sources together.
    weights, device: what answered, and where.  seconds: from question to answer.
    notice: a key of `core.messages.SENTENCES` that the reader should see, or None.
    """

    answer: str
    probability: float
    score: float
    votes: tuple[Vote, ...]
    candidates: tuple[Candidate, ...]
    passages: tuple[PassageRead, ...]
    sources: tuple[str, ...]
    question: str
    threshold: float
    method: str
    characters: int
    weights: str
    device: str
    seconds: float
    notice: str | None = None


@dataclass(frozen=True)
class Asking:
    """How a question is read.

    threshold: probability from which a candidate counts, 0 to 1; None: the one tuned on held-out data, which is stored
        with the weights.
    passages: how many passages of documents are read, the likeliest by BM25: 1 to `MOST_PASSAGES`.
    method: "masks", "seq2seq" or "spans", as the weights have it; None: their usual one.
    """

    threshold: float | None = None
    passages: int = 8
    method: str | None = None

    def checked(self) -> Asking:
        """Itself.

        Raises:
            VisitorError: a value is out of its range; the sentence names it.
        """
        ranges = {"threshold": (self.threshold, 0, 1), "passages": (self.passages, 1, MOST_PASSAGES)}
        for name, (value, least, most) in ranges.items():
            if value is None and name == "threshold":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise VisitorError("out_of_range", name=name, least=least, most=most)
        if not isinstance(self.passages, int):
            raise VisitorError("whole_wanted", name="passages", least=1, most=MOST_PASSAGES)
        if self.method not in (None, *METHODS):
            raise VisitorError("bad_choice", name="method", choices=", ".join(METHODS))
        return self
