"""How the page's own events are listened to: keyword arguments of Gradio's listeners that many of them share."""

from __future__ import annotations

from typing import Any

# No endpoint, and no veil over what it will write.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# The same for what is done in a moment, and need not wait for what takes longer.
NOW: dict[str, Any] = {"queue": False, **QUIET}
# What is entered while an answer is on its way is answered after it, and of all that the last alone.
LAST: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
