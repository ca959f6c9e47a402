"""Every parser and the chat, on inputs that nobody wrote: an answer or a sentence, and nothing else."""

from __future__ import annotations

import pytest

from tests.fuzz.run import feed
from tests.fuzz.targets import targets

INPUTS = 75  # of a target whose share is 1; `python -m tests.fuzz` feeds them more


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of Pillow about broken pictures
@pytest.mark.parametrize("name", targets())
def test_answers_or_refuses_with_a_sentence(name, terminal):
    target = targets()[name]
    fed = feed(target, max(5, int(INPUTS * target.share)), terminal=terminal)
    assert not fed.faults, fed.faults[0]
    assert fed.inputs
