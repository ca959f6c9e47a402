"""The feeding itself."""

from __future__ import annotations

import faulthandler
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

from core.errors import VisitorError
from tests.fuzz import run
from tests.fuzz.targets import Target

HANGING = """
import threading
from hypothesis import strategies as st
from tests.fuzz.run import feed
from tests.fuzz.targets import Target
def never_comes_back(_):
    threading.Event().wait()
feed(Target(st.just(1), never_comes_back, seconds=0.1), 1)
"""


def test_an_input_that_hangs_ends_the_run_and_tells_where():
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", HANGING], cwd=root, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr and "never_comes_back" in ended.stderr


def test_nothing_is_armed_once_an_input_is_done(monkeypatch, terminal):
    told = []
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda *_, **__: told.append("armed"))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: told.append("let go"))

    def refuses(number: int) -> None:
        if number > 5:
            raise VisitorError("text_empty")

    def breaks(number: int) -> None:
        raise ZeroDivisionError

    fed = run.feed(Target(st.integers(0, 9), refuses), 10, terminal=terminal)
    assert not fed.faults and 0 < fed.refused < fed.inputs
    assert "ZeroDivisionError" in run.feed(Target(st.integers(), breaks), 3, terminal=terminal).faults[0]
    assert told == ["armed", "let go"] * (len(told) // 2) and len(told) > 20


@pytest.mark.parametrize("start", [None, 7])
def test_the_same_inputs_again(start, terminal):
    seen: list[list[int]] = [[], []]
    for one in seen:
        run.feed(Target(st.integers(), one.append), 20, start, terminal)
    assert seen[0] == seen[1] and len(set(seen[0])) > 5
