"""The files of all tasks, read into examples by the app's own readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import bert
from core.reading import batches as reading
from core.reading.data import read_questions
from core.titling import data as titling
from core.tokenizer import Tokenizer
from core.triples import data as triples
from core.triples import schema as schemas
from recipes.finetuning.examples import Sets
from recipes.finetuning.held_out import HeldOut
from recipes.finetuning.plans import MAX_LENGTH, MAX_SOURCE, READING
from recipes.finetuning.questions import REAL

TITLES = ("news", "weibo", "csl", "tech")
# Some titles of weibo and csl are the name of the page they were found on, and a model learns to write it.
PAGE_NAMES = re.compile("jstv|数字报刊平台|经济参考网|经理人分享|迷影|专栏征文|联合公告", re.IGNORECASE)
MADE = ("triples", "words", "passages")


def examples(
    data: Path, questions: Path, base: Path, say: Callable[[str], None], held: HeldOut | None = None
) -> tuple[dict[str, Sets], dict[str, Any]]:
    """Examples of each task's sets, and what has to travel with them: the vocabulary, the labels, files beside the
    weights.

    Args:
        data: a folder of the layout of `recipes/pretraining/sources.toml`.
        questions: the folder of what `questions.make` made.
        base: for its vocabulary.
        say: a line of progress.
        held: texts that are left out.

    Raises:
        VisitorError: a file is missing, or none of ours.
    """
    tokenizer = Tokenizer(base / bert.VOCAB)
    schema = schemas.read(data / "triples" / "duie.schema.json")
    tasks = {
        "titling": _titling(data / "titling", tokenizer, say, held),
        "triples": _triples(data / "triples", tokenizer, schema, say, held),
        "reading": _reading(data / "reading", questions, tokenizer, say, held),
    }
    about = {
        "vocab": tokenizer.vocabulary_text,
        "labels": len(schema.labels),
        "files": {"triples": {schemas.FILE: schema.text()}},
    }
    return tasks, about


def _titling(folder: Path, tokenizer: Tokenizer, say: Callable[[str], None], held: HeldOut | None) -> Sets:
    sets = {}
    for name in TITLES:
        pairs = titling.usable_pairs([folder / f"{name}.train.jsonl.xz"], None, say)
        kept = [pair for pair in pairs if not PAGE_NAMES.search(pair.title)]
        if held:
            kept = held.without(kept, name, say)
        sets[name] = titling.encode(kept, tokenizer, MAX_SOURCE)
        say(f"{name}: {len(sets[name]):,} of {len(pairs):,} pairs")
    return sets


def _triples(
    folder: Path, tokenizer: Tokenizer, schema: schemas.Schema, say: Callable[[str], None], held: HeldOut | None
) -> Sets:
    whole = triples.usable_sentences([folder / "duie.train.jsonl.xz"], None, say)
    partial = triples.usable_sentences([folder / "partial.train.jsonl.xz"], None, say)
    known = {sentence.text for sentence in whole}  # the full labels say all there is to say
    partial = [sentence for sentence in partial if sentence.text not in known]
    if held:
        whole, partial = held.without(whole, "duie", say), held.without(partial, "partial", say)
    sets = {
        name: triples.encode(some, tokenizer, schema, MAX_LENGTH)
        for name, some in (("duie", whole), ("partial", partial))
    }
    say(", ".join(f"{name}: {len(some):,} sentences" for name, some in sets.items()))
    return sets


def _reading(
    folder: Path, questions: Path, tokenizer: Tokenizer, say: Callable[[str], None], held: HeldOut | None
) -> Sets:
    files = {name: folder / f"{name}.train.json.xz" for name in REAL}
    files |= {name: questions / f"{name}.jsonl.xz" for name in MADE}
    sets = {}
    for name, path in files.items():
        asked, bad = read_questions([path])
        if held:
            asked = held.unasked(asked, name, say)
        sets[name], out = reading.encode(asked, tokenizer, READING)
        say(f"{name}: {len(sets[name]):,} examples; {out:,} left out, {len(bad)} bad rows")
    return sets
