"""What the server keeps of each visitor's session, and for how long.

Gradio keeps, for every session, the configuration of every component with its last value, so that a page can be saved
under a link: a megabyte and a tenth of a second for a page of this size.  It forgets none before there are 10,000, and
a program that calls an endpoint without naming a session is a new one each time.  Links carry a tab's state themselves
here (`demo.links`), so nothing of that is kept, and a session is forgotten when nobody comes back to it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from copy import copy
from typing import Any

import gradio as gr
from gradio.components import State
from gradio.state_holder import SessionState, StateHolder

from demo import limits
from demo.uploads import EmptyFolders

_EMPTY = 120.0  # seconds for a session that has nothing open: a call of a program, its answer fetched or not
_LOOK = 15.0  # seconds between two looks for sessions to forget


class Session(SessionState):
    """A session without the configuration of its components: what they were last given, and the states."""

    def __init__(self, blocks: gr.Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self._set_at: dict[int, float] = {}  # of those that Gradio knows by the wall clock
        self.closed_at: float | None = None  # since when no page of it is open, by a clock that never goes back
        self.STATE_TTL_WHEN_CLOSED = limits.CLOSED_SECONDS

    @property
    def is_closed(self) -> bool:
        """Whether its page was closed, or its line broke: Gradio says so."""
        return self.closed_at is not None

    @is_closed.setter
    def is_closed(self, closed: bool) -> None:
        if not closed:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = time.monotonic()

    @property
    def state_components(self) -> Iterator[tuple[State, Any, bool]]:
        """Each state, its value, and whether its time is over.  Gradio counts a closed page's time from when a state
        was set: who has read for a quarter of an hour would lose all in the moment in which their line breaks."""
        for block, value, _ in super().state_components:
            now, (longest, _) = time.monotonic(), self._state_ttl[block._id]
            away = 0.0 if self.closed_at is None else now - self.closed_at
            yield block, value, now - self._set_at[block._id] > longest or away > self.STATE_TTL_WHEN_CLOSED

    def __setitem__(self, key: int, value: Any) -> None:
        """Gradio sets a component anew for each update, also for `gr.skip()`, which changes nothing: it is not kept."""
        block = self.blocks_config.blocks.get(key)
        if not isinstance(block, State) and _same(block, value):
            return
        self._set_at[key] = time.monotonic()
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None: ...

    def _update_value_in_config(self, key: int, value: Any) -> None: ...


def _same(block: Any, other: Any) -> bool:
    """Whether two components were made of the very same arguments, values apart."""
    if type(block) is not type(other):
        return False
    one, two = (
        {name: value for name, value in component.constructor_args.items() if name not in ("value", "render")}
        for component in (block, other)
    )
    return one.keys() == two.keys() and all(one[name] is two[name] for name in one)


class Sessions(StateHolder):
    """Sessions by their names; those that nobody comes back to are forgotten.

    Args:
        closed: seconds after which a session whose page was closed is forgotten.
        unused: seconds for any other.
        most: sessions; more, and some go (`_make_room`).
    """

    def __init__(
        self,
        closed: float = limits.CLOSED_SECONDS,
        unused: float = limits.DESK_SECONDS,
        most: int = limits.SESSIONS,
    ) -> None:
        super().__init__()
        self._closed, self._unused, self._most = closed, unused, most
        self._used: dict[str, float] = {}
        self._from: dict[str, str] = {}
        self._looked = time.monotonic()
        self._guard = threading.RLock()
        self._folders = EmptyFolders()

    @classmethod
    def take_over(cls, page: gr.Blocks) -> None:
        """Let a page that has just been launched keep its sessions so."""
        sessions = cls()
        sessions.set_blocks(page)
        page.app.state_holder = sessions
        queue = page._queue
        queue.ANALYTICS_MAX_EVENTS = 1  # of 10,000 it would make a table after each event, and nobody looks at it
        queue.pending_messages_per_session.max_size = 2 * limits.SESSIONS  # with more, answers under way are lost

    def __getitem__(self, session_id: str) -> SessionState:
        with self._guard:
            self._used[session_id] = time.monotonic()
            session = self.session_data.get(session_id)
            if session is None:
                session = self.session_data[session_id] = Session(self.blocks)
            self.session_data.move_to_end(session_id)
            session.is_closed = False  # whoever asks is there; Gradio never takes it back by itself
            if len(self.session_data) > self._most:
                self._make_room(session_id)
            if time.monotonic() - self._looked > _LOOK:
                self.sweep()
            return session

    def asked_from(self, session_id: str, address: str) -> None:
        """Note where a session was last used from."""
        with self._guard:
            if session_id in self.session_data:
                self._from[session_id] = address

    def _make_room(self, newest: str) -> None:
        """Those go first who have nothing open: a program that calls an endpoint is a new session each time.  Then, of
        the address that has most, who was there longest ago: whoever opens thousands sends nobody else away."""
        others = [name for name in self.session_data if name != newest]
        empty = next((name for name in others if not self.session_data[name].state_data), None)
        if empty is None:
            (most, _), *_ = Counter(self._from.get(name, "") for name in others).most_common(1)
            empty = next(name for name in others if self._from.get(name, "") == most)
        self._forget(empty)

    def sweep(self) -> None:
        """Forget those that nobody comes back to."""
        with self._guard:
            now = self._looked = time.monotonic()
            self._folders.sweep(now)
            queue = getattr(self.blocks, "_queue", None)
            events = list(queue.event_ids_to_events.values()) if queue else []
            self._used.update({event.session_hash: now for event in events if event.session_hash in self.session_data})
            for name, session in list(self.session_data.items()):
                longest = self._closed if session.is_closed else self._unused
                longest = longest if session.state_data else min(longest, _EMPTY)
                if now - max(self._used.get(name, now), session.closed_at or 0.0) > longest:
                    self._forget(name)

    def update(self, session_id: str) -> None:
        """Nothing: the order is kept where a session is asked for."""

    def _forget(self, name: str) -> None:
        self._drop_answers(name)
        session = self.session_data.pop(name, None)
        self._used.pop(name, None)
        self._from.pop(name, None)
        self.time_last_used.pop(name, None)
        if session is None:
            return
        for component, value, _ in list(session.state_components):
            if isinstance(component, State):
                component.delete_callback(value)

    def _drop_answers(self, name: str) -> None:
        """Let go what a session never fetched, unless something of it is still under way."""
        queue = getattr(self.blocks, "_queue", None)
        if queue is None or any(event.session_hash == name for event in list(queue.event_ids_to_events.values())):
            return
        queue.pending_messages_per_session.pop(name, None)
        queue.pending_event_ids_session.pop(name, None)
