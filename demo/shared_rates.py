"""The same allowances as `demo.rates`, counted in Redis for several processes or machines together.

One script takes a question from every allowance or from none, by Redis' own clock, in one step that nothing can come
between.  What is kept is two numbers under a hash of the visitor, for a minute: after that an allowance is full again.
While Redis is away, each process counts alone, and says so in its log; no visitor notices.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from core.errors import VisitorError
from demo import limits, rates

PREFIX = "{wanzhuan}:rate:"  # with braces, for a cluster keeps such keys in one place, as a script needs them
# As Rates.wait: KEYS and ARGV[2…] go in pairs; ARGV[1] is the time in seconds, or "" for the server's.
SCRIPT = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1e6
end
local left, longest = {}, 0
for i, key in ipairs(KEYS) do
  local most = tonumber(ARGV[i + 1])
  local kept = redis.call('HMGET', key, 'left', 'at')
  local had, at = tonumber(kept[1]) or most, tonumber(kept[2]) or now
  left[i] = math.min(most, had + math.max(0, now - at) * most / 60)
  longest = math.max(longest, (1 - left[i]) * 60 / most)
end
local taken = longest <= 0 and 1 or 0
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'left', string.format('%.9f', left[i] - taken), 'at', string.format('%.6f', now))
  redis.call('EXPIRE', key, 61)
end
return string.format('%.6f', taken == 1 and 0 or longest)
"""
_log = logging.getLogger(__name__)


class SharedRates:
    """Allowances that several processes have together; the interface of `Rates`.

    Args:
        client: a `redis.Redis`.
        alone: who counts while Redis is away.
        clock: seconds for the script instead of the server's.
        patience: seconds that never go back, by which Redis is left alone for a while after a failure.
    """

    def __init__(
        self,
        client: Any,
        alone: rates.Rates,
        clock: Callable[[], float] | None = None,
        patience: Callable[[], float] = time.monotonic,
    ) -> None:
        self._alone, self._clock, self._patience = alone, clock, patience
        self._script = client.register_script(SCRIPT)
        self._again: float | None = None  # when Redis is asked again; None while it answers

    def wait(self, allowances: Sequence[tuple[Hashable, int]]) -> float:
        """As `Rates.wait`."""
        if not allowances:
            return 0.0
        if self._again is not None and self._patience() < self._again:
            return self._alone.wait(allowances)
        now = "" if self._clock is None else f"{self._clock():.6f}"
        try:
            told = self._script(
                keys=[_key(who) for who, _ in allowances], args=[now, *(most for _, most in allowances)]
            )
            seconds = float(told)
        except Exception as error:  # redis-py has no list of what a server that talks nonsense leads to
            if self._again is None:
                _log.warning("Redis is away (%s): questions are counted in this process alone", type(error).__name__)
            self._again = self._patience() + limits.SHARED_AGAIN
            return self._alone.wait(allowances)
        if self._again is not None:
            self._again = None
            _log.warning("Redis is back: questions are counted together again")
        return seconds


def of(address: str | None) -> rates.Rates | SharedRates:
    """Who counts: Redis at `address` (`REDIS_URL`), or without one this process.

    Raises:
        VisitorError: that is no address; the sentence does not repeat it, for it may hold a password.
    """
    alone = rates.Rates()
    if not address:
        return alone
    import redis  # of those who have an address alone
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    patience = {"socket_timeout": limits.SHARED_SECONDS, "socket_connect_timeout": limits.SHARED_SECONDS}
    try:  # once more for a connection that was idle too long; a visitor waits for no third time
        client = redis.Redis.from_url(address, retry=Retry(NoBackoff(), 1), **patience)
    except (ValueError, TypeError) as error:
        raise VisitorError("redis_address") from error
    return SharedRates(client, alone)


def _key(who: Hashable) -> str:
    return PREFIX + hashlib.blake2b(repr(who).encode(), digest_size=16).hexdigest()
