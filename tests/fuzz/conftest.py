"""Where an input that hangs is told of."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture
def terminal(capfd: pytest.CaptureFixture[str]) -> Iterator[int]:
    """Standard error as it was before pytest captured it: what it holds back is lost when the process ends."""
    with capfd.disabled():
        kept = os.dup(2)
    yield kept
    os.close(kept)
