"""Triples as a graph: an entity is one node however often it is named, a statement one edge however often it is made.

Two mentions are the same entity when their words are the same; what types they were given is kept with the node.
`items` numbers what has a probability of its own, first the triples, then their slots, so that the page can show and
hide each of them by its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.triples.task import Mention, Triple


@dataclass(frozen=True)
class Item:
    """One statement: of a triple, or of one of its slots.

    triple: the triple's place in the result.  slot: its place in the triple, or None.
    subject, predicate, object: of a slot, the triple's object, the slot's name and its value.
    probability: of a slot, not more than its triple's.
    """

    triple: int
    slot: int | None
    subject: Mention
    predicate: str
    object: Mention
    probability: float


@dataclass(frozen=True)
class Node:
    """An entity: its words, and its types, the most frequent first."""

    text: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """A statement between two nodes, given by their places; `items` are those that make it."""

    source: int
    target: int
    predicate: str
    items: tuple[int, ...]
    slot: bool


@dataclass(frozen=True)
class Graph:
    """Nodes, edges."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def items(triples: Sequence[Triple]) -> tuple[Item, ...]:
    """What the triples state: the triples in their order, then the slots in theirs."""
    told = [Item(n, None, t.subject, t.predicate, t.object, t.probability) for n, t in enumerate(triples)]
    for number, triple in enumerate(triples):
        for place, slot in enumerate(triple.slots):
            probability = min(triple.probability, slot.probability)
            told.append(Item(number, place, triple.object, slot.name, slot.value, probability))
    return tuple(told)


def graph(statements: Sequence[Item], most: int) -> Graph:
    """The graph of the statements whose triples are among the `most` probable ones."""
    triples = sorted((i for i in statements if i.slot is None), key=lambda i: -i.probability)
    kept = {item.triple for item in triples[:most]}
    types: dict[str, Counter[str]] = {}
    edges: dict[tuple[str, str, str, bool], list[int]] = {}
    for number, item in enumerate(statements):
        if item.triple not in kept:
            continue
        for mention in (item.subject, item.object):
            types.setdefault(mention.text, Counter()).update([mention.type] if mention.type else [])
        key = (item.subject.text, item.object.text, item.predicate, item.slot is not None)
        edges.setdefault(key, []).append(number)
    places = {text: place for place, text in enumerate(types)}
    nodes = tuple(Node(text, tuple(kind for kind, _ in counts.most_common())) for text, counts in types.items())
    drawn = (Edge(places[s], places[o], p, tuple(numbers), slot) for (s, o, p, slot), numbers in edges.items())
    return Graph(nodes, tuple(drawn))
