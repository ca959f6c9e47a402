"""Questions that nobody asked: from triples, from titles and sentences with a word taken out, and hard passages.

Small sets of questions teach a small model little about *finding*; these do.  A triple asks for its object or subject
(`templates.toml`), its sentence hidden among others; a title, or a sentence of a passage, loses a word that stands
elsewhere in the text, a question word in its place (after the recurring spans of Ram et al. 2021, arXiv:2101.00438);
and for real questions BM25 finds passages that look right and lack the answer.  All are written in SogouQA's form.
"""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.documents import Document
from core.reading.data import Question, read_questions
from core.reading.index import Library, terms
from core.text import sentences
from recipes.pretraining import RecipeError

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

TEMPLATES = Path(__file__).parent / "templates.toml"
REAL = ("webqa", "drcd.test", "cmrc2018.trial", "squad_zh", "squad2_zh")
Row = dict[str, Any]
_ASKED = {  # jieba's tags, the beginning of one is enough → what stands for such a word in a question
    "nr": ("谁", "哪个人", "哪位"),
    "ns": ("哪里", "什么地方", "哪个地方"),
    "nt": ("哪个机构", "什么机构", "哪家单位"),
    "nz": ("什么", "哪个"),
    "t": ("什么时候", "何时"),
    "m": ("多少",),
    "n": ("什么",),
    "v": ("怎么样",),
    "eng": ("什么",),
}
_YEAR = re.compile(r"\d{2,4}年")
_CLAUSE = re.compile("[\uff0c\u3001\uff1a,:]")


def _lines(path: Path) -> Iterator[Any]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)
    except FileNotFoundError:
        raise RecipeError(f"There is no file {path}.") from None
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from None


def write(path: Path, rows: Sequence[Row]) -> None:
    """Rows, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8", preset=1) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _row(question: str, passage: str, answer: str) -> Row:
    return {"question": question, "passages": [{"passage": passage, "answer": answer}], "answer": answer}


# ---- triples -----------------------------------------------------------------------------------------------------
def _facts(data: Path) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Sentences with their (subject, predicate, object)."""
    for row in _lines(data / "triples" / "duie.train.jsonl.xz"):
        yield row["text"], [(t["subject"], t["predicate"], t["object"]["@value"]) for t in row["spo_list"]]
    together: dict[str, list[tuple[str, str, str]]] = {}
    for row in _lines(data / "triples" / "partial.train.jsonl.xz"):
        together.setdefault(row["text"], []).append((row["subject"], row["predicate"], row["object"]))
    yield from together.items()


def from_triples(data: Path, most: int, rng: random.Random) -> list[Row]:
    """A question a triple, each predicate at most `most` times, its sentence among up to three others."""
    table = tomllib.loads(TEMPLATES.read_text(encoding="utf-8"))["templates"]
    facts = list(_facts(data))
    rng.shuffle(facts)
    asked: dict[str, int] = {}
    rows = []
    for text, triples in facts:
        for s, p, o in triples:
            if p not in table or asked.get(p, 0) >= most:
                continue
            template = rng.choice(table[p])
            answer = o if "{s}" in template else s
            given = s if "{s}" in template else o
            others = [(a, c) for a, b, c in triples if b == p and (a if "{s}" in template else c) == given]
            if len(others) > 1 or answer in given or answer not in text or given not in text:
                continue  # several right answers: which is asked for, nobody knows
            asked[p] = asked.get(p, 0) + 1
            question = template.format(s=s.strip("《》"), o=o.strip("《》"))
            around = [t for t, _ in rng.choices(facts, k=rng.choice((0, 0, 1, 2, 3))) if answer not in t]
            parts = [text, *around]
            rng.shuffle(parts)
            rows.append(_row(question, "\u3002".join(parts), answer))
    return rows


# ---- words taken out ---------------------------------------------------------------------------------------------
def _tagged(text: str) -> list[tuple[str, str]]:
    import jieba.posseg

    return [(word.word, word.flag) for word in jieba.posseg.cut(text)]


def _blanked(text: str, elsewhere: str, rng: random.Random) -> tuple[str, str] | None:
    """`text` with a word that stands `elsewhere` turned into a question word, and that word; names are preferred."""
    words, ways, place = _tagged(text), [], 0
    for number, (word, tag) in enumerate(words):
        kind = next((k for k in _ASKED if tag.startswith(k)), None)
        if kind and len(word) > 1 and elsewhere.count(word) in (1, 2, 3) and text.count(word) == 1:
            ways.append((number, place, word, kind))
        place += len(word)
    if not ways:
        return None
    weights = [{"n": 1.0, "v": 0.3}.get(kind, 4.0) for *_, kind in ways]
    number, place, word, kind = rng.choices(ways, weights)[0]
    last = number + 1
    # a run of names or numbers is one answer: 9月 + 30日, 爱德华 + ...
    while last < len(words) and kind in ("nr", "ns", "nt", "t", "m") and words[last][1].startswith((kind, "q")):
        if elsewhere.count(word + words[last][0]) == 0:
            break
        word, last = word + words[last][0], last + 1
    asked = "哪一年" if _YEAR.fullmatch(word) else rng.choice(_ASKED[kind])
    return text[:place] + asked + text[place + len(word) :], word


def _asked(text: str, rng: random.Random) -> str:
    return text.strip("\u3002\uff01!?\uff1f;\uff1b \n") + rng.choice(("\uff1f", "\uff1f", "?", ""))


def from_titles(files: Sequence[Path], most: int, rng: random.Random) -> list[Row]:
    """Titles with a word taken out, to be found in the first 700 characters of their texts."""
    rows = []
    for path in files:
        pairs = [row for row in _lines(path) if 6 <= len(row["title"]) <= 50]
        rng.shuffle(pairs)
        for row in pairs[:most]:
            if made := _blanked(row["title"], row["text"][:700], rng):
                rows.append(_row(_asked(made[0], rng), row["text"][:700], made[1]))
    return rows


def from_sentences(texts: Sequence[str], most: int, rng: random.Random) -> list[Row]:
    """A sentence of a text, shortened to two or three clauses, with a word taken out that stands in the other ones."""
    rows: list[Row] = []
    for text in rng.sample(texts, len(texts)):
        if len(rows) >= most:
            break
        text = text[:700]
        spans = [s for s in sentences(text) if 10 <= s[1] - s[0] <= 120]
        if len(spans) < 3:
            continue
        start, end = rng.choice(spans)
        rest = text[:start] + text[end:]
        clauses = _CLAUSE.split(text[start:end])
        first = rng.randrange(len(clauses))
        sentence = "\uff0c".join(clauses[first : first + rng.choice((1, 2, 3))])
        if 8 <= len(sentence) <= 60 and (made := _blanked(sentence, rest, rng)):
            rows.append(_row(_asked(made[0], rng), rest, made[1]))
    return rows


# ---- passages that look right ------------------------------------------------------------------------------------
def hard_passages(
    questions: Sequence[Question], others: Sequence[str], each: int, say: Callable[[str], None]
) -> list[Row]:
    """For each question the `each` likeliest of all passages in which none of its answers stands."""
    texts = list(dict.fromkeys([*(p.text for q in questions for p in q.passages), *others]))
    library = Library.build([Document("", text[:250]) for text in texts])
    rows = []
    for number, question in enumerate(questions):
        if not question.answers or not terms(question.text):
            continue
        best = [library.text(passage) for passage, _ in library.best(question.text, 4 * each)]
        wrong = [text for text in best if not any(answer in text for answer in question.answers)][:each]
        rows += [_row(question.text, text, "") for text in wrong]
        if number % 2000 == 0:
            say(f"passages that look right: {number:,} of {len(questions):,} questions")
    return rows


def make(data: Path, out: Path, seed: int, say: Callable[[str], None]) -> None:
    """Write triples, words and passages (`.jsonl.xz`) into `out`, from the training files below `data`."""
    rng = random.Random(seed)
    rows = from_triples(data, 1600, rng)
    write(out / "triples.jsonl.xz", rows)
    say(f"triples: {len(rows):,} questions")
    reading = [data / "reading" / f"{name}.train.json.xz" for name in REAL]
    questions, _ = read_questions(reading)
    rows = hard_passages(questions, [text for text, _ in _facts(data)][:8000], 2, say)
    write(out / "passages.jsonl.xz", rows)
    say(f"passages that look right and are not: {len(rows):,}")
    titles = [data / "titling" / f"{name}.train.jsonl.xz" for name in ("news", "weibo", "tech", "csl")]
    rows = from_titles(titles, 9000, rng)
    say(f"titles: {len(rows):,} questions")
    texts = list(dict.fromkeys(p.text for q in questions for p in q.passages if len(p.text) > 200))
    texts += [row["text"] for path in titles[:1] for row in _lines(path)]
    rows += from_sentences(texts, 14_000, rng)
    write(out / "words.jsonl.xz", rng.sample(rows, len(rows)))
    say(f"words taken out: {len(rows):,} questions")
