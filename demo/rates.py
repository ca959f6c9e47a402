"""How many questions a visitor may ask within a minute: told apart by session, and by address whatever the session.

A session's hash is chosen by the browser, so a program can have as many as it likes; the address cannot be chosen,
but a whole school may share one.  So a session has a small allowance and an address a large one, and a question needs
both.  What is only drawn while a slider moves costs nothing here: its events are few at once by themselves.
Everything is in memory, and nothing of what was asked is kept.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

import gradio as gr
from starlette.requests import Request

from core.errors import VisitorError
from demo import limits
from demo.watch import note

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Rates:
    """Allowances that fill up evenly: `most` questions at once, and as many again within a minute.

    Args:
        keys: how many visitors are remembered; who has not asked for longest is forgotten first.
        clock: seconds that never go back.
    """

    def __init__(self, keys: int = limits.VISITORS_KNOWN, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys, self._clock = keys, clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # key → (questions left, when)
        self._lock = threading.Lock()

    def wait(self, allowances: Sequence[tuple[Hashable, int]]) -> float:
        """Take a question from every allowance, or from none when one of them is used up.

        Args:
            allowances: (whose it is, questions a minute), each of them once.

        Returns:
            0, or the seconds until the question can be asked.
        """
        with self._lock:
            now, left, longest = self._clock(), [], 0.0
            for key, most in allowances:
                had, then = self._left.get(key, (float(most), now))
                has = min(float(most), had + (now - then) * most / 60)
                longest = max(longest, (1 - has) * 60 / most)
                left.append((key, has))
            taken = longest <= 0
            for key, has in left:
                self._left[key] = (has - taken, now)
                self._left.move_to_end(key)
            while len(self._left) > self._keys:
                self._left.popitem(last=False)
            return 0.0 if taken else longest

    def __len__(self) -> int:
        """How many visitors are remembered."""
        return len(self._left)


RATES = Rates()
PROXIES: int | None = None  # how many stand between the visitors and this process; None: as `address_of` can tell


def admit(request: gr.Request | None, rates: Rates | None = None) -> None:
    """Nothing, as long as this visitor has not asked too much; without a request (a call from Python) always nothing.

    Raises:
        VisitorError: they have; the sentence says for how many seconds to wait.
    """
    if request is None:
        return
    seconds = (rates or RATES).wait(allowances(request))
    if seconds:
        note("refused")
        raise VisitorError("rate_limit", most=limits.QUESTIONS, seconds=math.ceil(seconds))


def allowances(request: gr.Request) -> list[tuple[Hashable, int]]:
    """Whose questions these are, and how many they may be."""
    found: list[tuple[Hashable, int]] = []
    headers = getattr(request, "headers", None) or {}
    session = getattr(request, "session_hash", None)
    if isinstance(session, str) and headers.get("x-gradio-user") != "mcp":  # all MCP callers come in one session
        found.append((("session", session[:64]), limits.QUESTIONS))
    address = address_of(request)
    if address:
        found.append((("address", address), limits.QUESTIONS_ADDRESS))
    return found


def waiting(page: gr.Blocks, address: str) -> int:
    """Events in the queue that came from this address; none for ""."""
    queues = list(page._queue.event_queue_per_concurrency_id.values())  # there may be more at any time
    events = [event for queue in queues for event in list(queue.queue)]
    return sum(address_of(event.request) == address for event in events) if address else 0


def address_of(request: gr.Request) -> str:
    """The visitor's address as far as it can be known, an IPv6 one by its network; "" when there is none.

    With `PROXIES` it is what the first of them saw, by `X-Forwarded-For`.  Else that counts only when whoever connects
    is on this machine or in a private network, as a proxy is; of its entries the last public one, which only visitors
    who come out of a private network themselves could have written.
    """
    found = _visitor(request)
    if found is None:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def with_address(request: Request) -> list[tuple[bytes, bytes]]:
    """A request's heads with the visitor's address in the place of what they may have written into them."""
    found = _visitor(request)
    heads = [(name, value) for name, value in request.scope["headers"] if name != b"x-forwarded-for"]
    return heads if found is None else [*heads, (b"x-forwarded-for", str(found).encode())]


def _visitor(request: gr.Request | Request) -> Address | None:
    peer = _address(getattr(getattr(request, "client", None), "host", None))
    headers = getattr(request, "headers", None) or {}
    lines = headers.getlist("x-forwarded-for") if hasattr(headers, "getlist") else [headers.get("x-forwarded-for", "")]
    told = [_address(part) for part in ",".join(lines).split(",")[-8:]]  # a proxy may add a line of its own
    if PROXIES is not None:
        return (told[-min(PROXIES, len(told))] if PROXIES else None) or peer
    if peer is not None and peer.is_global:
        return peer
    known = [one for one in told if one is not None]
    return next((one for one in reversed(known) if one.is_global), known[-1] if known else peer)


def proxies_of(text: str | None) -> int | None:
    """What `PROXIES` is to be, by `WANZHUAN_PROXIES`.

    Raises:
        VisitorError: it is no number from 0 to 8.
    """
    if not text:
        return None
    if text.strip() not in map(str, range(9)):
        raise VisitorError("proxies_number")
    return int(text)


def _address(text: object) -> Address | None:
    try:
        found = ipaddress.ip_address(str(text).strip())
    except ValueError:
        return None
    # as a socket for both kinds has it, ::ffff:1.2.3.4: they all lie in one network of IPv6
    return getattr(found, "ipv4_mapped", None) or found
