"""Who waits for whom where files are read by child processes."""

import threading

import pytest

from core import child
from core.errors import LateError
from core.patience import Limit


@pytest.fixture
def slow(monkeypatch):
    """Children that answer once `go` is set; `begun` counts them."""
    go, begun = threading.Event(), threading.Semaphore(0)

    def run(command, **how):
        begun.release()
        assert go.wait(60)
        return child.subprocess.CompletedProcess(command, 0, b"1")

    monkeypatch.setattr(child.subprocess, "run", run)
    yield go, begun
    go.set()


def asked(who, found):
    with child.asked_by(who):
        found.append(child.ask("any", b"", 30).value)


def test_of_one_who_asks_one_child_runs_at_a_time(slow):
    go, begun = slow
    found = []
    threads = [threading.Thread(target=asked, args=(who, found)) for who in "ab"]
    threads[0].start()
    assert begun.acquire(timeout=60)
    with pytest.raises(LateError), Limit(0.1), child.asked_by("a"):
        child.ask("any", b"", 30)
    threads[1].start()
    assert begun.acquire(timeout=60), "another one does not wait for the first"
    with pytest.raises(LateError), Limit(0.1), child.asked_by("c"):  # no more than two in all
        child.ask("any", b"", 30)
    go.set()
    for thread in threads:
        thread.join(60)
    assert found == [1, 1] and not child._turns
    asked("a", found)
    assert found == [1, 1, 1]


def test_a_child_has_no_longer_than_who_asks():
    """A module that does not end by itself: it reads no more than a page, and its input never comes to an end."""
    with pytest.raises(LateError), Limit(0.1):
        child.ask("core.html_text", b"<p>", 30)
