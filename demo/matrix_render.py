"""Results of the matrix tab as HTML in both languages; whatever a visitor wrote is escaped."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import json
import math

import numpy as np

from core.errors import VisitorError
from core.mathtoys.cost import Cost
from core.mathtoys.exponentials import Branch, Elementwise, Logarithm, Series, Spectrum, Sums
from core.mathtoys.matrix import Identity, scientific
from core.mathtoys.precise import Exact, Verified
from demo.i18n import both, notice
from demo.matrix_api import plain
from demo.plots import data_link

SHOWN = 6  # rows and columns of a matrix that is written out


def of(matrix: np.ndarray, told: str) -> str:
    """What is told of a matrix as HTML, with a mark by which the page knows whether another one stands there by now."""
    mark = hashlib.blake2b(np.ascontiguousarray(matrix).tobytes(), digest_size=8).hexdigest()
    return f'<div data-of="{mark}">{told}</div>'


def identity(found: Identity) -> str:
    """Both sides, large, whether they agree as far as doubles can, and how that is known."""
    left, right = (_side(found, log, plain) for log, plain in _logs(found))
    verdict = "verdict_within" if found.within else "verdict_beyond"
    values = {"error": _power(found.relative_error), "allowed": _power(found.allowed)}
    condition = "condition_bound" if found.condition_bound else "condition_exact"
    at = "A" if found.parts == 1 else f"A/{found.parts:,}"
    lines = [
        both("logs", left=_complex(found.log_left, 12), right=_complex(complex(found.trace), 12)),
        both(condition, at=at, condition=f"{found.condition:.3g}", spread=f"{found.exponential_condition:.3g}"),
        both("both_seconds", left=_seconds(found.seconds_left), right=_seconds(found.seconds_right)),
    ]
    if found.parts > 1:
        lines.insert(1, both("in_parts", parts=f"{found.parts:,}"))
    rest = "".join(f'<p class="wz-remark">{line}</p>' for line in lines)
    data = json.dumps(plain(dataclasses.asdict(found)), indent=1)
    rest += f'<div class="wz-saves">{data_link("wanzhuan-matrix.json", "json", data)}</div>'
    equals = "=" if found.within else "\u2260"
    return (
        '<div class="wz-card wz-identity" aria-live="polite"><div class="wz-sides">'
        f'<div><small>det exp(A)</small><b>{left}</b></div><span class="wz-equals">{equals}</span>'
        f"<div><small>exp(tr A)</small><b>{right}</b></div></div>"
        f'<p class="wz-verdict" data-within="{str(found.within).lower()}">{both(verdict, **values)}</p>{rest}</div>'
    )


def _logs(found: Identity) -> tuple:
    return (found.log_left, found.left), (found.log_right, found.right)


def _side(found: Identity, log: complex, plain: float | complex | None) -> str:
    if plain is not None:
        return html.escape(_complex(plain, 15))
    size = scientific(log.real, 8)
    return size if not found.is_complex else f"{size} &middot; e<sup>{log.imag:.6g}i</sup>"


def spectrum(found: Spectrum) -> str:
    """What the eigenvalues say."""
    values = {
        "total": _complex(found.total, 8),
        "trace": _complex(found.trace, 8),
        "condition": f"{found.condition:.3g}",
    }
    first = both("eigen_sum", **values)
    return _lines(first, both("defective" if found.defective else "diagonalisable", **values))


def series(found: Series) -> str:
    """How the three ways did."""
    least = int(np.argmin(found.errors))
    values = {
        "best": _power(float(found.errors[least])),
        "terms": int(found.terms[least]),
        "scaling": _power(found.scaling_error),
        "eigen": _power(found.eigen_error),
        "largest": f"{found.largest_term:.3g}",
    }
    lines = [both("series_told", **values), both("series_eigen", **values)]
    if found.errors[least] > 1e-10:
        lines.append(both("series_fails", **values))
    lines.append(both("reference_precise" if found.verified else "reference_double"))
    return _lines(*lines)


def elementwise(found: Elementwise) -> str:
    """Both matrices and both determinants."""
    told = both(
        "elementwise_told",
        entries=_complex(found.determinant_entries, 8),
        matrix=_complex(found.determinant_matrix, 8),
        trace=_complex(found.exp_trace, 8),
    )
    tables = _pair((both("by_entries"), found.entries), (both("by_matrix"), found.matrix))
    return tables + _lines(told)


def sums(found: Sums) -> str:
    """exp(A+B) and exp(A)exp(B)."""
    tables = _pair(("exp(A+B)", found.together), ("exp(A) exp(B)", found.apart))
    values = {
        "commutator": f"{found.commutator:.4g}",
        "difference": _power(found.difference),
        "leading": _power(found.leading),
        "together": _complex(found.determinant_together, 8),
        "apart": _complex(found.determinant_apart, 8),
    }
    first = "sums_commute" if found.commute else "sums_differ"
    return tables + _lines(both(first, **values), both("sums_determinants", **values))


def logarithm(found: Logarithm) -> str:
    """ln det B = tr ln B."""
    values = {
        "log_det": _complex(found.log_det, 10),
        "trace": _complex(found.trace_log, 10),
        "turns": found.turns,
        "distance": _power(found.distance),
    }
    lines = [both("log_told", **values)]
    if found.turns:
        lines.append(both("log_turns", **values))
    lines.append(both("log_same" if found.same else "log_other", **values))
    return _lines(*lines)


def branches(found: tuple[Branch, ...]) -> str:
    """The logarithms of a rotation as a table."""
    rows = "".join(
        f"<tr{' class=wz-principal' if abs(one.angle) <= math.pi else ''}><td>{one.number:+d}</td>"
        f"<td>{one.angle:.6f}</td><td>{one.norm:.4f}</td><td>{_power(one.error)}</td></tr>"
        for one in found
    )
    heads = "".join(f"<th>{head}</th>" for head in ("n", both("head_angle"), both("head_norm"), both("head_error")))
    return f'<div class="wz-scroll"><table class="wz-table"><tr>{heads}</tr>{rows}</table></div>'


def verified(found: Verified) -> str:
    """Many digits, one side below the other."""
    told = both(
        "verified_told" if found.stable else "verified_unstable", agreed=found.agreed, working=found.working_digits
    )
    rows = "".join(
        f"<dt>{name}</dt><dd>{html.escape(value)}</dd>"
        for name, value in (("det exp(A)", found.left), ("exp(tr A)", found.right))
    )
    return f'<dl class="wz-digits">{rows}</dl>{_lines(told)}'


def exact(found: Exact) -> str:
    """The closed form as Markdown with LaTeX; SymPy wrote it, no visitor's text stands in it."""
    sign = "=" if found.equal else r"\ne"
    return "\n\n".join(
        f"$${line}$$"
        for line in (
            rf"\chi_A(\lambda) = {found.polynomial}, \qquad J = {found.jordan}",
            rf"e^A = {found.exponential}",
            rf"\det e^A = {found.determinant} {sign} {found.exp_trace} = e^{{\operatorname{{tr}} A}}",
        )
    )


def cost(found: Cost) -> str:
    """What both sides took on the visitor's matrix."""
    ratio = found.left / max(found.right, 1e-9)
    values = {"n": found.n, "left": _seconds(found.left), "right": _seconds(found.right), "ratio": f"{ratio:,.0f}"}
    return _lines(both("cost_told", **values))


def refused(error: VisitorError | str) -> str:
    """A panel's sentence when it does not fit this matrix; a key of phrases, or an error."""
    inner = both(error) if isinstance(error, str) else notice(error)
    return f'<p class="wz-remark wz-refused">{inner}</p>'


def matrix(array: np.ndarray) -> str:
    """A matrix as a table, its first rows and columns when it is large."""
    n = len(array)
    cut = array[:SHOWN, :SHOWN]
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{_complex(value, 5)}</td>" for value in row)
        + ("<td>…</td>" if n > SHOWN else "")
        + "</tr>"
        for row in cut.tolist()
    )
    more = f"<tr>{'<td>…</td>' * (SHOWN + 1)}</tr>" if n > SHOWN else ""
    return f'<div class="wz-scroll"><table class="wz-matrix">{rows}{more}</table></div>'


def _pair(*pairs: tuple[str, np.ndarray]) -> str:
    inner = "".join(f"<figure><figcaption>{name}</figcaption>{matrix(array)}</figure>" for name, array in pairs)
    return f'<div class="wz-pair">{inner}</div>'


def _lines(*lines: str) -> str:
    return "".join(f'<p class="wz-told">{line}</p>' for line in lines)


def _power(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "∞"
    return f"{value:.2g}"


def _complex(value: complex, digits: int) -> str:
    value = complex(value)
    if not (math.isfinite(value.real) and math.isfinite(value.imag)):
        return "∞"
    if abs(value.imag) <= 1e-15 * abs(value) or value.imag == 0:
        return f"{value.real:.{digits}g}"
    return f"{value.real:.{digits}g} {'−' if value.imag < 0 else '+'} {abs(value.imag):.{digits}g}i"


def _seconds(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e6:.2g} µs"
