"""Limits of time: with a clock of the test's own."""

import threading

import pytest

from core import patience
from core.errors import LateError
from core.patience import Limit


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    return now


def test_a_limit_is_over_when_its_seconds_are(clock):
    with Limit(5) as limit:
        patience.check()
        assert patience.left(60) == 5 and patience.left(3) == 3
        clock[0] += 6
        with pytest.raises(LateError, match="5 seconds"):
            patience.check()
        assert patience.left(60) == limit.left() == 0
    patience.check()
    assert patience.left(60) == 60


@pytest.mark.parametrize(("outer", "inner"), [(5, 50), (50, 5)])
def test_the_earlier_of_two_holds(clock, outer, inner):
    with Limit(outer), Limit(inner):
        assert patience.left(60) == 5
        clock[0] += 6
        with pytest.raises(LateError, match=r"than 5 seconds"):
            patience.check()
    with Limit(outer):
        assert patience.left(60) == outer


def test_what_is_made_step_by_step_has_one_limit_for_all(clock):
    def steps():
        for number in range(10):
            patience.check()
            clock[0] += 1
            yield number

    seen = []
    with pytest.raises(LateError):
        for number in Limit(3.5).each(steps()):
            patience.check()  # what runs between the steps is outside
            seen.append(number)
    assert seen == [0, 1, 2, 3], "one that was begun in time is not thrown away"
    assert list(Limit(100).each(steps())) == list(range(10))


def test_a_limit_is_its_threads_alone(clock):
    with Limit(-1):
        found = []
        thread = threading.Thread(target=lambda: found.append(patience.left(7)))
        thread.start()
        thread.join()
    assert found == [7]


def test_an_error_inside_takes_the_limit_away(clock):
    with pytest.raises(KeyError), Limit(1):
        raise KeyError
    assert patience.left(60) == 60
