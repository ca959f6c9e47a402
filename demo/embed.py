"""The foot of the page: how to show the page on another one, and what is said when a file is too large."""

from __future__ import annotations

from core.errors import VisitorError
from demo import limits
from demo.i18n import both, notice
from demo.render import copy_button
from demo.theme import html_block


def foot() -> None:
    """The foot, inside the `gr.Blocks` that is open; `assets/door.js` fills in the page's address."""
    ways = "".join(_way(kind) for kind in ("iframe", "element"))
    large = notice(VisitorError("upload_too_large", megabytes=limits.FILE_BYTES // 1_000_000))
    html_block(
        f'<details class="wz-embed"><summary>{both("embed")}</summary>'
        f'<div class="wz-card"><p class="wz-hint">{both("embed_why")}</p>{ways}</div></details>'
        f'<p class="wz-too-large" role="alert" data-bytes="{limits.FILE_BYTES}" hidden>{large}</p>',
        elem_id="wz-foot",
    )


def _way(kind: str) -> str:
    return (
        f'<div class="wz-snippet" data-kind="{kind}"><p>{both(f"embed_{kind}")}</p>'
        f'<pre tabindex="0"><code></code></pre>{copy_button("", "copy")}</div>'
    )
