"""A line chart with bands as SVG: a few kilobytes of text, drawn without a plotting library."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7")  # Okabe and Ito's, told apart by all eyes
DASHES = ("", ' stroke-dasharray="7 5"', "", "")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 360, 56, 16, 44, 44


def line_chart(
    series: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], x_name: str, y_name: str, least: float, most: float
) -> str:
    """A chart of several series over 1, 2, 3, ….

    Args:
        series: name → (lower edge of the band, line, upper edge), each of the same length; four series at most.  The
            second one is dashed and on top, so that a third one under it is seen.
        x_name, y_name: of the axes.
        least, most: ends of the vertical axis; what lies beyond is cut off at its end.  Where they are one, as for a
            series that stays the same, the axis reaches a little to both sides.

    Returns:
        A whole SVG document; readable on a light and a dark page, since it brings its own white.
    """
    least, most = _apart(least, most)
    count = max(len(line) for _, line, _ in series.values())

    def x(i: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * i / max(1, count - 1)

    def y(value: float) -> float:
        part = (min(max(value, least), most) - least) / (most - least)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    def points(values: np.ndarray, backwards: bool = False) -> str:
        places = [f"{x(i):.1f},{y(float(value)):.1f}" for i, value in enumerate(values)]
        return " ".join(reversed(places) if backwards else places)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for value in _ticks(least, most):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#444">{value:g}</text>')
    for i in range(count):
        if i == 0 or (i + 1) % max(1, round(count / 10)) == 0:
            at = f'x="{x(i):.1f}" y="{HEIGHT - BOTTOM + 16}"'
            parts.append(f'<text {at} text-anchor="middle" fill="#444">{i + 1}</text>')
    for colour, (low, _, high) in zip(COLOURS, series.values(), strict=False):
        parts.append(f'<polygon points="{points(high)} {points(low, True)}" fill="{colour}" fill-opacity=".13"/>')
    lines = [
        f'<polyline points="{points(line)}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        for colour, dash, (_, line, _) in zip(COLOURS, DASHES, series.values(), strict=False)
    ]
    parts += sorted(lines, key=lambda drawn: "dasharray" in drawn)
    left = LEFT
    for number, name in enumerate(series):
        drawn = f'stroke="{COLOURS[number]}" stroke-width="2"{DASHES[number]}'
        parts.append(f'<path d="M{left} 16h26" {drawn}/>')
        parts.append(f'<text x="{left + 32}" y="20" fill="#222">{escape(name)}</text>')
        left += 52 + 7 * len(name)
    parts.append(f'<text x="{LEFT}" y="36" fill="#444">{escape(y_name)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle" fill="#444">{escape(x_name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _apart(least: float, most: float) -> tuple[float, float]:
    """Both ends, moved apart where nothing lies between them."""
    if most > least:
        return least, most
    reach = max(abs(least) / 10, 1e-6) if least else 1.0
    return least - reach, least + reach


def _ticks(least: float, most: float) -> list[float]:
    """Four to eight round numbers from `least` to `most`."""
    rough = (most - least) / 6
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    return [float(value) for value in np.arange(np.ceil(least / step) * step, most + step / 1e6, step)]
