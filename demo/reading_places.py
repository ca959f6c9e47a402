"""The mask places of an answer as columns: at each place the most probable pieces, darker the more probable, and framed
the one that the answer takes."""

from __future__ import annotations

import html
from collections.abc import Sequence

from core.reading.results import Candidate, Place
from demo.i18n import both, phrase, spans

_END = "[SEP]"


def columns(candidate: Candidate, hidden: bool) -> str:
    """The places of one candidate, its number in `data-candidate`; "" for one without places."""
    if not candidate.places:
        return ""
    places = "".join(_column(number, place) for number, place in enumerate(candidate.places, 1))
    number = candidate.passage + 1
    answer = candidate.text
    if answer:
        told = both("reading_of_passage", number=number, answer=answer)
    else:
        told = spans(*(phrase("reading_of_passage", language, number=number,
                              answer=phrase("reading_empty", language)) for language in ("en", "zh")))  # fmt: skip
    return (
        f'<figure class="wz-r-places" data-candidate="{candidate.passage}"{" hidden" if hidden else ""}>'
        f'<figcaption>{told}</figcaption><ol class="wz-r-columns" tabindex="0" lang="zh-CN">{places}</ol></figure>'
    )


def _column(number: int, place: Place) -> str:
    rows = [_guess(guess.piece, guess.probability, guess.piece == place.chosen) for guess in place.guesses]
    if all(guess.piece != place.chosen for guess in place.guesses):
        rows.append(_guess(place.chosen, None, True))
    return f'<li class="wz-r-place"><span class="wz-r-mask">{number}</span>{"".join(rows)}</li>'


def _guess(piece: str, probability: float | None, chosen: bool) -> str:
    """A cell; without a probability it is a piece that only the passage speaks for."""
    kind = " wz-r-chosen" if chosen else ""
    tip = _tip("reading_end_tip") if piece == _END else ""
    if probability is None:
        tip, told, share = _tip("reading_held_tip"), "·", "0"
    else:
        told, share = f"{probability:.2f}", f"{probability:.4f}"
    title = f' title="{tip}"' if tip else ""
    return f'<span class="wz-r-guess{kind}" style="--p:{share}"{title}>{_named(piece)}<small>{told}</small></span>'


def _named(piece: str) -> str:
    """A piece as people read it: the end as a word, the rest of a word without its marks."""
    if piece == _END:
        return f'<b class="wz-r-end">{both("reading_end")}</b>'
    return f"<b>{html.escape(piece.removeprefix('##') or piece)}</b>"


def _tip(key: str) -> str:
    return html.escape(" / ".join(phrase(key, language) for language in ("zh", "en")), quote=True)


def figure(candidates: Sequence[Candidate], shown: int) -> str:
    """The places of all candidates, those of number `shown` open; "" where the way of reading has none."""
    drawn = "".join(columns(candidate, number != shown) for number, candidate in enumerate(candidates))
    if not drawn:
        return ""
    return (
        f'<section class="wz-card wz-r-figure"><h3>{both("reading_places")}</h3>'
        f'<p class="wz-hint">{both("reading_places_hint")}</p>{drawn}</section>'
    )
