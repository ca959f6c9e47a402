"""Results of `core.optim` as HTML in both languages, and as csv and json; the tab 优化器."""

from __future__ import annotations

import html
import json
import math

from core.errors import VisitorError
from core.optim.batches import Accumulation
from core.optim.flow import Optimization, Path
from demo.curves_render import number
from demo.i18n import both, notice, phrase, spans
from demo.optimizers_api import answer
from demo.optimizers_pictures import names
from demo.plots import COLOURS

POSTS = ("5879", "6234", "6794")
_COLS = ("method", "end", "loss", "gradients", "time", "stability")
COLUMNS = ("path", "method", "step", "gradients", "time", "x", "y", "loss")


def head() -> str:
    """What stands above all."""
    links = " ".join(
        f'<a href="https://kexue.fm/archives/{post}" target="_blank" rel="noopener">{post}</a>' for post in POSTS
    )
    return f'<p class="wz-optimizers-told">{both("optimizers_head")} {both("optimizers_posts")} {links}</p>'


def section(key: str, why: str = "") -> str:
    """A heading, and what it is about."""
    more = f"<p>{both(why)}</p>" if why else ""
    return f'<section class="wz-optimizers-section"><h2>{both(key)}</h2>{more}</section>'


def story(key: str) -> str:
    """The words of one step of the argument."""
    return f'<p class="wz-optimizers-story" aria-live="polite">{both(f"optimizers_story_{key}_told")}</p>'


def told(error: VisitorError | str) -> str:
    """A sentence about a mistake; a key of phrases, or an error."""
    inner = both(error) if isinstance(error, str) else notice(error)
    return f'<div class="wz-card wz-optimizers-wrong" role="alert"><p>{inner}</p></div>'


def table(found: Optimization) -> str:
    """A row a method, below what went out of bounds; each cell names its column for narrow pages, without a head."""
    english, chinese = names(found, "en"), names(found, "zh")
    remarks, rows = [], []
    for at, path in enumerate(found.paths):
        name = spans(english[at], chinese[at])
        remarks += _remarks(path, (english[at], chinese[at]))
        dot = f'<span class="wz-optimizers-dot" style="background:{COLOURS[at]}"></span>'
        cells = (_end(path), _short(path.loss[-1]), f"{path.gradients[-1]:,}", _short(path.time[-1]), _bound(path))
        of = (f'<small class="wz-optimizers-of">{both(f"optimizers_col_{key}")}</small>' for key in _COLS[1:])
        told = "".join(f"<td>{one} {cell}</td>" for one, cell in zip(of, cells, strict=True))
        rows.append(f"<tr><th scope=row>{dot}{name}</th>{told}</tr>")
    if not found.flow.whole and not any(p.ended == "escaped" for p in found.paths):
        remarks.append(both("optimizers_flow_rough", time=number(found.flow.time[-1])))
    top = "".join(f"<th scope=col>{both(f'optimizers_col_{key}')}</th>" for key in _COLS)
    body = f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    wrong = "".join(f"<li>{one}</li>" for one in remarks)
    listed = f'<ul class="wz-optimizers-remarks">{wrong}</ul>' if wrong else ""
    small = [both("optimizers_leapfrog", step=number(path.friction[0]), friction=number(path.friction[1]))
             for path in found.paths if path.friction]  # fmt: skip
    small.append(both("optimizers_seconds", seconds=f"{found.seconds:.2f}"))
    foot = f'<p class="wz-figures">{"".join(f"<span>{one}</span>" for one in small)}</p>'
    return f'<div class="wz-card wz-optimizers-card" aria-live="polite">{listed}<div>{body}</div>{foot}</div>'


def _end(path: Path) -> str:
    if path.ended == "done":
        place = both("optimizers_end_done", x=_short(path.x[-1], 3), y=_short(path.y[-1], 3))
        return f'<span class="wz-optimizers-place">{place}</span>'
    return both(f"optimizers_end_{path.ended}", step=path.steps + 1)


def _short(value: float, digits: int = 4) -> str:
    """A number as short as a cell wants it, where six columns stand beside a map; all digits are in the files."""
    return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e") if math.isfinite(value) else "–"


def _bound(path: Path) -> str:
    found = path.stability
    if found is None:
        return "–"
    sign = "&gt;" if found.left_at else "≤"
    kind = ' class="wz-optimizers-over"' if found.left_at else ""
    return f"<span{kind}>{_short(found.product)} {sign} {_short(found.bound)}</span>"


def _remarks(path: Path, called: tuple[str, str]) -> list[str]:
    """Sentences about a path that left its stable range, or ended early."""

    def said(key: str, **values: object) -> str:
        return spans(*(phrase(key, tag, method=name, **values) for tag, name in zip(("en", "zh"), called, strict=True)))

    remarks, found = [], path.stability
    if found is not None and found.left_at and path.setting.method != "rmsprop_scalar":
        key = "optimizers_left" if found.quadratic else "optimizers_left_locally"
        values = {"product": found.product, "bound": found.bound, "rate": path.setting.rate, "lam": found.curvature}
        shown = {name: html.unescape(number(value)) for name, value in values.items()}
        remarks.append(said(key, step=found.left_at, product=shown["product"], bound=shown["bound"],
                            rate=shown["rate"], curvature=shown["lam"]))  # fmt: skip
    if path.ended != "done":
        remarks.append(said(f"optimizers_{path.ended}", step=path.steps + 1))
    return remarks


def accumulation(found: Accumulation) -> str:
    """How far the accumulated path lies from the big batch's."""
    sizes = " + ".join(map(str, found.pieces)) if len(found.pieces) <= 12 else f"{found.micro} …"
    values = {"updates": found.updates, "pieces": len(found.pieces), "sizes": sizes}
    said = [both("optimizers_acc_told", apart=f"{found.apart:.1e}", **values)]
    if found.unweighted_apart is not None:
        said.append(both("optimizers_acc_wrong", apart=f"{found.unweighted_apart:.2g}"))
    return (
        f'<div class="wz-card wz-optimizers-card" aria-live="polite">{"".join(f"<p>{one}</p>" for one in said)}</div>'
    )


# ---- files


def as_csv(found: Optimization) -> str:
    """A row a step of every path; the exact flow last, without steps."""
    lines = [",".join(COLUMNS)]
    for at, path in enumerate(found.paths, 1):
        for step, values in enumerate(zip(path.gradients, path.time, path.x, path.y, path.loss, strict=True)):
            lines.append(f"{at},{path.setting.method},{step},{','.join(map(_cell, values))}")
    flow = found.flow
    for values in zip(flow.time, flow.x, flow.y, flow.loss, strict=True):
        lines.append(f"0,flow,,,{','.join(map(_cell, values))}")
    return "\r\n".join(lines) + "\r\n"


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def as_json(found: Optimization) -> str:
    """What `/optimize` answers."""
    return json.dumps(answer(found), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
