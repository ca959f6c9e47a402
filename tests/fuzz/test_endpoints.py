"""Some of the calls that `python -m tests.fuzz` makes thousands of."""

from __future__ import annotations

import logging

from tests.fuzz import endpoints


def test_every_call_is_answered_or_refused_with_a_sentence(capfd):
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with endpoints.served() as url:
        fed = endpoints.feed(url, 200)
    assert not fed.faults, fed.faults[0]
    assert 0 < fed.refused < fed.inputs
    assert "Traceback" not in "".join(capfd.readouterr())
