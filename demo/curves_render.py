"""Results of `core.mathtoys` as HTML: figures with their names, comparisons, formulas; the tab 绳."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from core.errors import VisitorError
from core.mathtoys.catenary import Catenary
from core.mathtoys.fit import CatenaryFit
from core.mathtoys.rope import SkippingRope
from core.mathtoys.turning import Shape, TurningRope
from demo.i18n import both, notice

POST = "https://kexue.fm/archives/6784"
_GRAVITY_SMALL = 0.1  # of the turning: below, the curve without gravity is a good one


def number(value: float | None, unit: str = "", error: float | None = None) -> str:
    """A value for people, with its standard error when it has one, escaped."""
    if value is None or not math.isfinite(value):
        return "–"
    told = f"{value:.5g}".replace("e-0", "e-").replace("e+0", "e")
    if error is not None:
        digits = max(0, min(8, 1 - math.floor(math.log10(error)))) if 0 < error < 1e6 else 0
        told = f"{value:.{digits}f} ± {error:.2g}" if 1e-7 < error < 1e6 else f"{told} ± {error:.1g}"
    return html.escape(f"{told} {unit}".strip())


def place(point: tuple[float, float]) -> str:
    """(x, y)."""
    return f"({number(point[0])}, {number(point[1])})"


def card(facts: Sequence[tuple[str, str]], after: str = "") -> str:
    """Names (keys of phrases) with what they are (HTML)."""
    rows = "".join(f"<div><dt>{both(key)}</dt><dd>{value}</dd></div>" for key, value in facts)
    return f'<div class="wz-card wz-curves-card" aria-live="polite"><dl>{rows}</dl>{after}</div>'


def told(error: VisitorError | str) -> str:
    """A sentence in the place of a result; a key of phrases, or an error."""
    inner = both(error) if isinstance(error, str) else notice(error)
    return f'<div class="wz-card wz-curves-told" role="status"><p>{inner}</p></div>'


def story(key: str) -> str:
    """What the panel is about, in a few sentences."""
    return f'<p class="wz-curves-story">{both(key)}</p>'


def head() -> str:
    """What stands above all panels."""
    link = f'<a href="{POST}" target="_blank" rel="noopener">{both("curves_source_post")}</a>'
    return f'<p class="wz-curves-story">{both("curves_story")} {link}</p>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A small table: keys of phrases, cells of HTML."""
    top = "".join(f"<th>{both(key)}</th>" for key in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="wz-curves-table"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def rope(found: SkippingRope) -> str:
    """The figures of a skipping rope, and how near other curves come."""
    facts = [
        ("curves_fact_k", number(found.k)),
        ("curves_fact_depth", number(found.depth, "m")),
        ("curves_fact_omega", number(found.omega, "rad/s")),
        ("curves_fact_h", number(found.axial_tension, "N")),
        ("curves_fact_hand", number(found.hand_tension, "N")),
        ("curves_fact_angle", number(found.hand_angle, "°")),
        ("curves_fact_shift", number(found.shift, "m")),
    ]
    rows = [
        (both(f"curves_name_{other.name}"), number(other.depth, "m"), _share(other.largest / found.depth))
        for other in found.others
    ]
    heads = ("curves_other", "curves_other_depth", "curves_other_largest")
    key = "curves_gravity_small" if found.gravity < _GRAVITY_SMALL else "curves_gravity_large"
    remark = f'<p class="wz-remark">{both(key, share=_share(found.gravity))}</p>'
    return card(facts, table(heads, rows) + remark)


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"


def chain(found: Catenary) -> str:
    """The figures of a hanging chain."""
    ends = [
        f"{number(tension, 'N')}, {number(angle, '°')}"
        for tension, angle in ((found.left_tension, found.left_angle), (found.right_tension, found.right_angle))
    ]
    return card(
        [
            ("curves_fact_a", number(found.a, "m")),
            ("curves_fact_length", number(found.length, "m")),
            ("curves_fact_sag", number(found.sag, "m")),
            ("curves_fact_horizontal", number(found.horizontal_tension, "N")),
            ("curves_fact_left", ends[0]),
            ("curves_fact_right", ends[1]),
            ("curves_fact_lowest", place(found.lowest)),
            ("curves_fact_vertex", place((found.x0, found.y0))),
        ]
    )


def fit(found: CatenaryFit) -> str:
    """The parameters with their errors, and the other curves."""
    tilt = number(found.tilt, "°", found.tilt_error)
    facts = [
        ("curves_fact_a", number(found.a, "", found.a_error)),
        ("curves_fact_vertex", f"{number(found.x0, '', found.x0_error)}, {number(found.y0, '', found.y0_error)}"),
        ("curves_fact_tilt", tilt),
        ("curves_fact_rms", number(found.rms)),
        ("curves_fact_points", f"{found.points:,}, {found.outliers:,}"),
        ("curves_fact_length", number(found.length)),
        ("curves_fact_sag", number(found.sag)),
        ("curves_fact_seconds", number(found.seconds, "s")),
    ]
    rows = [
        (
            both(f"curves_name_{r.name}"),
            str(r.parameters),
            number(r.rms),
            _times(r.times),
        )
        for r in found.rivals
    ]
    heads = ("curves_rival", "curves_rival_parameters", "curves_rival_rms", "curves_rival_times")
    remark = f'<p class="wz-remark">{both("curves_no_errors")}</p>' if found.a_error is None else ""
    return card(facts, table(heads, rows) + remark)


def _times(value: float) -> str:
    return f"{value:.3g}" if value < 1e4 else "&gt; 10⁴"


def shape(found: TurningRope, chosen: Shape, asked: int | None = None) -> str:
    """The figures of one shape of a turning rope.

    Args:
        asked: which of a rope on a pole, from 1, was wanted.
    """
    facts = [
        ("curves_fact_omega", number(found.omega, "rad/s")),
        ("curves_fact_swing", number(found.swing)),
        ("curves_fact_ends", f"{number(chosen.first_tension, 'N')}, {number(chosen.last_tension, 'N')}"),
        ("curves_fact_energy", number(chosen.energy, "J")),
        ("curves_fact_drift", f"{chosen.drift:.1g}"),
    ]
    if found.critical:
        speeds = ", ".join(number(speed / (2 * math.pi)) for speed in found.critical[:4])
        shown = len(found.shapes)
        count = str(shown)
        if shown < found.count:
            count = both("curves_shapes_first", count=found.count, shown=shown)
        facts[1:1] = [("curves_fact_shapes", count), ("curves_fact_critical", f"{speeds}, …")]
    remarks = [both("curves_for_density", density=f"{1000 * found.density:g}")]
    if asked is not None and asked > len(found.shapes):
        key = "curves_shape_not" if asked > found.count else "curves_shape_beyond"
        remarks.insert(0, both(key, asked=asked, shown=len(found.shapes)))
    return card(facts, "".join(f'<p class="wz-remark">{line}</p>' for line in remarks))
