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


def test_whoever_asks_leaves_a_child_for_others(slow):
    go, begun = slow
    found = []
    threads = [threading.Thread(target=asked, args=(who, found)) for who in "aab"]
    for thread in threads[:2]:
        thread.start()
        assert begun.acquire(timeout=60)
    with pytest.raises(LateError), Limit(0.1), child.asked_by("a"):
        child.ask("any", b"", 30)
    threads[2].start()
    assert begun.acquire(timeout=60), "another one does not wait for the first"
    with pytest.raises(LateError), Limit(0.1), child.asked_by("c"):  # no more than three in all
        child.ask("any", b"", 30)
    go.set()
    for thread in threads:
        thread.join(60)
    assert found == [1, 1, 1] and not child._turns
    asked("a", found)
    assert found == [1, 1, 1, 1]


def test_no_more_wait_for_one_who_asks_than_places_are_left_for_others(slow):
    go, begun = slow
    found = []
    threads = [threading.Thread(target=asked, args=("a", found)) for _ in range(child.EACH + child.WAITING)]
    for thread in threads:
        thread.start()
    while sum(count for _, count in child._turns.values()) < len(threads):  # until all of them have come
        assert any(thread.is_alive() for thread in threads)
    with pytest.raises(LateError) as caught:
        asked("a", found)
    assert caught.value.key == "files_busy"
    go.set()
    for thread in threads:
        thread.join(60)
    assert found == [1] * len(threads)


def test_a_child_has_no_longer_than_who_asks():
    """Python itself takes longer to begin."""
    with pytest.raises(LateError), Limit(0.005):
        child.ask("core.html_text", b"<p>", 30)
