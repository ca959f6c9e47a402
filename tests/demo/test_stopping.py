"""What stops a run, and that each tab asks its model by one event, so that no older answer overwrites a newer."""

from __future__ import annotations

import threading

import pytest

from demo import stopping, watch
from demo.blocks import build
from demo.stopping import Runs
from tests.demo.fakes import FakeService

ASKED = ("titling.write", "triples.extract")  # the events of tabs that are wired by `common.asking`


@pytest.fixture(scope="module")
def page():
    return build(FakeService())


@pytest.fixture
def session(monkeypatch):
    """Whose run it is: `session("b")` lets what begins from now on be b's."""
    whose = ["a"]
    monkeypatch.setattr(stopping, "_session", lambda: whose[0])
    return lambda name: whose.__setitem__(0, name)


def counting():
    yield from range(3)


def test_a_run_that_is_not_stopped_goes_to_its_end(session):
    assert list(Runs().stoppable(counting, lambda: "stopped")()) == [0, 1, 2]


def test_a_flagged_run_says_last_that_it_was_stopped(session):
    runs, closed = Runs(), []

    def event(first):
        try:
            yield first
            pytest.fail("the next step began")
        finally:
            closed.append(first)

    steps = runs.stoppable(event, lambda: "stopped")(7)
    assert next(steps) == 7
    assert runs.stop("a")
    assert list(steps) == ["stopped"] and closed == [7]
    assert not runs.stop("a"), "it is over"


def test_an_answer_that_comes_after_the_stop_is_not_shown(session):
    runs, begun, goes_on = Runs(), threading.Event(), threading.Event()

    def event():
        begun.set()
        goes_on.wait(20)
        yield "answer"

    said = []
    thread = threading.Thread(target=lambda: said.extend(runs.stoppable(event, lambda: "stopped")()))
    thread.start()
    assert begun.wait(20) and runs.stop("a")
    goes_on.set()
    thread.join(20)
    assert said == ["stopped"]


def test_a_run_that_waits_when_it_is_stopped_does_not_begin(session, monkeypatch):
    runs, number = Runs(), ["first"]
    monkeypatch.setattr(stopping, "_event", lambda: number[0])

    def event():
        pytest.fail("it began")
        yield

    assert runs.stop("a", ["first"], ["first", "other"])
    assert list(runs.stoppable(event, lambda: "stopped")()) == ["stopped"]
    number[0] = "second"
    assert list(runs.stoppable(counting, lambda: "stopped")()) == [0, 1, 2], "asked for after the stop"
    assert runs.stop("b", ["other"], ["other"]) and runs._halted == {"other"}, "what is over is forgotten"


def test_a_run_that_does_not_begin_says_what_was_not_used(session, monkeypatch):
    monkeypatch.setattr(stopping, "_event", lambda: "first")
    runs, unused = Runs(), []
    assert runs.stop("a", ["first"], ["first"])
    steps = runs.stoppable(lambda path, number: counting(), lambda: "stopped", lambda *values: unused.append(values))
    assert list(steps("p", 1)) == ["stopped"]
    assert unused == [("p", 1)]
    monkeypatch.setattr(stopping, "_event", lambda: "second")
    assert list(runs.stoppable(counting, lambda: "stopped", pytest.fail)()) == [0, 1, 2]


def test_what_stops_at_the_very_end_is_told_as_well(session):
    """The button has been told that a run was there: the run itself must say its end."""
    runs = Runs()

    def event():
        yield "answer"
        assert runs.stop("a")

    assert list(runs.stoppable(event, lambda: "stopped")()) == ["answer", "stopped"]


def test_nobody_stops_somebody_else(session):
    runs = Runs()
    mine = runs.stoppable(counting, lambda: "stopped")()
    next(mine)
    session("b")
    theirs = runs.stoppable(counting, lambda: "stopped")()
    next(theirs)
    assert not runs.stop("c") and not runs.stop(None) and runs.stop("b")
    assert list(theirs) == ["stopped"] and list(mine) == [1, 2]


def test_a_run_whose_visitor_has_left_is_forgotten(session):
    runs = Runs()
    steps = runs.stoppable(counting, lambda: "stopped")()
    next(steps)
    steps.close()
    assert not runs.stop("a")


@pytest.mark.parametrize("name", ASKED)
def test_a_tab_asks_by_one_event_and_what_was_asked_last_stands_there(page, name):
    (event,) = [fn for fn in page.fns.values() if watch.name_of(fn) == name]
    assert event.trigger_mode == "always_last" and "unlessStopped" in event.js


def test_nothing_cancels_what_a_tab_asks(page):
    """See `demo.stopping`; the words of the run itself say that it was stopped."""
    names = {*ASKED, "triples_batch.run"}
    asked = {number for number, fn in page.fns.items() if watch.name_of(fn) in names}
    assert len(asked) == len(names)
    assert not any(asked & set(fn.cancels) for fn in page.fns.values())
