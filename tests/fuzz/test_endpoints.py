"""Some of the calls that `python -m tests.fuzz` makes thousands of."""

from __future__ import annotations

import logging

import pytest

from tests.fuzz import endpoints, private


@pytest.fixture(scope="module")
def url():
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with endpoints.served() as found:
        yield found


@pytest.mark.parametrize("calls", [endpoints, private], ids=["endpoints", "private events"])
def test_every_call_is_answered_or_refused_with_a_sentence(url, calls, terminal, capfd):
    fed = calls.feed(url, 120, terminal=terminal)
    assert not fed.faults, fed.faults[0]
    assert 0 < fed.refused < fed.inputs
    assert "Traceback" not in "".join(capfd.readouterr())
