"""What each task's run is: its files, its stages, the batches of a pass, its network.

A row of `PLANS` is a task; NumPy alone is needed until a network is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.reading import batches as reading
from core.titling import data as titling
from core.tokenizer import Tokenizer
from core.triples import data as triples
from recipes.finetuning.examples import Sets

READING = reading.Sizes(places=32, question=64, passage=256)
MAX_SOURCE = 256  # pieces of an article
MAX_LENGTH = 256  # pieces of a sentence
MARKS = "\uff0c\u3002\uff1b\u3001"  # no mention of a triple crosses them
_CHUNK = 1500  # rows among which those of like length are put together


@dataclass(frozen=True)
class Stage:
    """What a stage of a run is.

    sets: name → times it is taken in a pass (a fraction: a part of it, another one each pass).
    share: of the run's length; rate: peak; tokens: places of a batch, padding included; dropout: rate.
    warm_up: updates until the rate is at its peak.
    options: what the task's batches take beside.
    minutes, updates: of the stage, once the run's length is known; one of them.
    """

    sets: Mapping[str, float]
    share: float
    rate: float
    tokens: int
    dropout: float = 0.1
    warm_up: int = 100
    options: Mapping[str, Any] = field(default_factory=dict)
    minutes: float = 0.0
    updates: float | None = None


@dataclass(frozen=True)
class Plan:
    """A task's.

    stages: in their order.
    batches: examples of a pass, stage, tokenizer, seed → its batches.
    network: configuration of the base, dropout, what travels beside the examples → the network.
    section: what of it stands in the weights' config.json, under the task's name.
    places: that its longest batches take.
    """

    stages: tuple[Stage, ...]
    batches: Callable[[list, Stage, Tokenizer, list[int]], Iterator[tuple[np.ndarray, ...]]]
    network: Callable[[dict, float, Mapping[str, Any]], Any]
    section: Mapping[str, Any]
    places: int


def of_a_pass(sets: Sets, stage: Stage, seed: list[int]) -> list:
    """The examples of one pass, the same for the same seed."""
    rng = np.random.default_rng(seed)
    examples: list = []
    for name, times in stage.sets.items():
        some = sets[name]
        examples += some * int(times)
        part = rng.permutation(len(some))[: round((times - int(times)) * len(some))]
        examples += [some[i] for i in part]
    return examples


# ---- titling ---------------------------------------------------------------------------------------------------
def _titling_batches(examples: list, stage: Stage, tokenizer: Tokenizer, seed: list[int]) -> Iterator[tuple]:
    """options: room, pieces of an article; of a longer one the beginning is read."""
    room = stage.options["room"]
    end = [tokenizer.sep]
    examples = [
        titling.Example(np.concatenate([e.source[: room - 1], end]), e.target) if len(e.source) > room else e
        for e in examples
    ]
    for batch in titling.batches(examples, stage.tokens, seed):
        yield batch.tokens, batch.segments, batch.sources, batch.targets


def _titling_network(config: dict, dropout: float, about: Mapping[str, Any]) -> Any:
    from recipes.finetuning.network import TitlingNetwork

    return TitlingNetwork(config, dropout)


# ---- triples ---------------------------------------------------------------------------------------------------
def _triples_batches(examples: list, stage: Stage, tokenizer: Tokenizer, seed: list[int]) -> Iterator[tuple]:
    for batch in triples.batches(examples, stage.tokens, 0, seed):
        yield batch.arrays()


def _triples_network(config: dict, dropout: float, about: Mapping[str, Any]) -> Any:
    from recipes.finetuning.triples import TriplesNetwork

    return TriplesNetwork(config, dropout, about["labels"])


# ---- reading ---------------------------------------------------------------------------------------------------
def _reading_batches(examples: list, stage: Stage, tokenizer: Tokenizer, seed: list[int]) -> Iterator[tuple]:
    """options: room, pieces of a passage; seq2seq, share of the batches that are written rather than read off;
    negatives, chance that a question with an answer is shown a passage without."""
    rng = np.random.default_rng(seed)
    options = stage.options
    rows = list(reading.rows(examples, options["negatives"], 1.0, options["room"], rng))
    for start in range(0, len(rows), _CHUNK):
        for group in reading.grouped(rows[start : start + _CHUNK], READING.places, stage.tokens, rng):
            if rng.random() < options["seq2seq"]:
                yield reading.collate_seq2seq(group, tokenizer)
            else:
                yield reading.collate(group, tokenizer, READING.places)


def _reading_network(config: dict, dropout: float, about: Mapping[str, Any]) -> Any:
    from recipes.finetuning.network import ReadingNetwork

    return ReadingNetwork(config, dropout)


# Sets that are for research only, and why; so are the weights that they train.
RESEARCH_ONLY = {
    "weibo": "LCSTS",
    "duie": "DuIE 2.0",
    "webqa": "WebQA",
    "triples": "made of DuIE 2.0",
    "words": "made of LCSTS and WebQA",
    "passages": "made of WebQA and DuIE 2.0",
}

_REAL = {"webqa": 1.0, "drcd.test": 1.0, "cmrc2018.trial": 2.0, "squad_zh": 1.0, "squad2_zh": 0.6}
_MADE = {"triples": 0.7, "words": 1.0, "passages": 0.15}

PLANS = {
    "titling": Plan(
        (
            Stage({"news": 1, "weibo": 1, "csl": 2, "tech": 1}, 0.6, 6e-4, 4096, 0.0, options={"room": 160}),
            Stage({"news": 1, "weibo": 2, "csl": 4, "tech": 1}, 0.4, 5e-4, 4096, options={"room": MAX_SOURCE}),
        ),
        _titling_batches,
        _titling_network,
        {"copy": "pointer", "max_source": MAX_SOURCE},
        320,  # an article and its title, a multiple of 32
    ),
    "triples": Plan(
        (
            Stage({"duie": 1, "partial": 1}, 0.25, 6e-4, 3072, 0.0),
            Stage({"duie": 1}, 0.75, 5e-4, 3072),
        ),
        _triples_batches,
        _triples_network,
        {"max_length": MAX_LENGTH, "marks": MARKS},
        MAX_LENGTH,
    ),
    "reading": Plan(
        (
            Stage(_REAL | _MADE, 0.6, 8e-4, 16384, options={"room": 224, "seq2seq": 0.2, "negatives": 0.1}),
            Stage(
                _REAL | {"webqa": 2.0, "cmrc2018.trial": 3.0, "squad2_zh": 0.4, "triples": 0.15, "passages": 0.05}, 0.4,
                5e-4, 16384, options={"room": 256, "seq2seq": 0.2, "negatives": 0.05},
            ),
        ),
        _reading_batches,
        _reading_network,
        {"copy": "pointer", "places": READING.places, "question": READING.question, "passage": READING.passage},
        368,  # mask places, question, passage and four marks, a multiple of 16
    ),
}  # fmt: skip
