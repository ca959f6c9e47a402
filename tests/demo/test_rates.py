"""How often a visitor may ask: with a clock of the test's own."""

import threading
from types import SimpleNamespace

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from core.errors import VisitorError
from demo import common, limits, rates
from demo.rates import Rates, address_of, admit, allowances


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def request(session="s", host="203.0.113.7", **headers):
    return SimpleNamespace(session_hash=session, client=SimpleNamespace(host=host), headers=headers, cookies={})


def test_an_allowance_is_used_up_and_fills_again(clock):
    counted = Rates(clock=clock)
    assert [counted.wait([("a", 3)]) for _ in range(3)] == [0, 0, 0]
    assert counted.wait([("a", 3)]) == pytest.approx(20)
    assert counted.wait([("b", 3)]) == 0, "another visitor has their own"
    clock.now += 19.9
    assert counted.wait([("a", 3)]) == pytest.approx(0.1)
    clock.now += 0.2
    assert counted.wait([("a", 3)]) == 0
    assert counted.wait([("a", 3)]) > 19
    clock.now += 3600
    assert [bool(counted.wait([("a", 3)])) for _ in range(4)] == [False, False, False, True]


def test_a_question_needs_every_allowance_and_else_takes_none(clock):
    counted = Rates(clock=clock)
    for session in ("x", "y"):
        assert counted.wait([(session, 5), ("home", 2)]) == 0
    assert counted.wait([("z", 5), ("home", 2)]) == pytest.approx(30)
    assert [counted.wait([("z", 5)]) for _ in range(5)] == [0] * 5, "what was refused cost nothing"


def test_memory_has_a_bound(clock):
    counted = Rates(keys=10, clock=clock)
    counted.wait([("first", 1), ("home", 100)])
    for number in range(50):
        counted.wait([(number, 1), ("home", 100)])
    assert len(counted) == 10
    left = [counted.wait([("home", 100)]) == 0 for _ in range(50)]
    assert left == [True] * 49 + [False], "who asks much is not forgotten"
    assert counted.wait([("first", 1)]) == 0


def test_many_threads_get_no_more_than_there_is(clock):
    counted, answered = Rates(clock=clock), []

    def ask():
        answered.extend(counted.wait([("a", 100)]) == 0 for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) == 400 and sum(answered) == 100


@pytest.mark.parametrize(
    ("host", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),  # who is not behind a proxy writes what they like
        ("127.0.0.1", "8.8.4.4", "8.8.4.4"),
        ("10.0.3.4", "1.2.3.4, 8.8.4.4", "8.8.4.4"),  # the visitor wrote the first
        ("10.0.3.4", "8.8.4.4, 10.0.9.9", "8.8.4.4"),  # two proxies
        ("10.0.3.4", "192.168.1.5", "192.168.1.5"),
        ("10.0.3.4", "unknown, <script>", "10.0.3.4"),
        ("2a00:1450:4001:81b::200e", "", "2a00:1450:4001:81b::/64"),
        ("::1", "2a00:1450:4001:81b::1", "2a00:1450:4001:81b::/64"),
        ("::ffff:8.8.4.4", "1.1.1.1", "8.8.4.4"),  # of a socket for both kinds of addresses
        ("::ffff:127.0.0.1", "::ffff:8.8.4.4", "8.8.4.4"),
        ("testclient", "", ""),
        (None, "", ""),
    ],
)
def test_addresses(host, forwarded, address):
    assert address_of(request(host=host, **{"x-forwarded-for": forwarded})) == address


@pytest.mark.parametrize(
    ("proxies", "host", "forwarded", "address"),
    [
        (None, "192.168.1.5", "8.8.8.8, 192.168.1.5", "8.8.8.8"),  # what a visitor of a private network can write
        (1, "192.168.1.5", "8.8.8.8, 192.168.1.5", "192.168.1.5"),
        (1, "127.0.0.1", "1.1.1.1, 8.8.4.4", "8.8.4.4"),
        (2, "10.0.0.3", "1.1.1.1, 8.8.4.4, 10.0.9.9", "8.8.4.4"),
        (2, "10.0.0.3", "8.8.4.4", "8.8.4.4"),  # it came past the first
        (1, "10.0.0.3", "", "10.0.0.3"),
        (1, "10.0.0.3", "<script>", "10.0.0.3"),
        (0, "10.0.0.3", "8.8.4.4", "10.0.0.3"),
    ],
)
def test_addresses_behind_so_many_proxies(monkeypatch, proxies, host, forwarded, address):
    monkeypatch.setattr(rates, "PROXIES", proxies)
    assert address_of(request(host=host, **{"x-forwarded-for": forwarded})) == address


def test_a_proxy_that_adds_a_line_of_its_own(monkeypatch):
    """Of several lines of the same name the last is its, not the visitor's."""
    heads = Headers(raw=[(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"8.8.4.4")])
    asked = SimpleNamespace(session_hash="s", client=SimpleNamespace(host="10.0.0.3"), headers=heads)
    for proxies in (None, 1):
        monkeypatch.setattr(rates, "PROXIES", proxies)
        assert address_of(asked) == "8.8.4.4"


def test_what_tools_pass_on_holds_the_address_that_was_found(monkeypatch):
    """Gradio calls itself for them, from this machine, with the heads that they sent."""
    scope = {"type": "http", "client": ("203.0.113.7", 1), "headers": [(b"x-forwarded-for", b"1.1.1.1"), (b"a", b"b")]}
    monkeypatch.setattr(rates, "PROXIES", 0)
    assert rates.with_address(Request(scope)) == [(b"a", b"b"), (b"x-forwarded-for", b"203.0.113.7")]


def test_how_many_proxies_there_are_is_a_small_number():
    assert [rates.proxies_of(text) for text in (None, "", "0", " 2 ")] == [None, None, 0, 2]
    for text in ("-1", "9", "two", "1e9", "\u0663"):
        with pytest.raises(VisitorError, match="0 to 8"):
            rates.proxies_of(text)


def test_whose_questions_they_are():
    assert allowances(request("s" * 500)) == [
        (("session", "s" * 64), limits.QUESTIONS),
        (("address", "203.0.113.7"), limits.QUESTIONS_ADDRESS),
    ]
    assert [key for (key, _), _ in allowances(request("s", **{"x-gradio-user": "mcp"}))] == ["address"]
    assert allowances(SimpleNamespace()) == []


def test_sessions_of_one_address_share_the_large_allowance(clock, monkeypatch):
    monkeypatch.setattr(limits, "QUESTIONS_ADDRESS", 5)
    counted = Rates(clock=clock)
    for number in range(5):
        admit(request(str(number)), counted)
    with pytest.raises(VisitorError):
        admit(request("another"), counted)
    admit(request("another", host="198.51.100.2"), counted)


@pytest.fixture
def tired(monkeypatch, clock):
    """A visitor who has asked all they may."""
    monkeypatch.setattr(rates, "RATES", Rates(clock=clock))
    for _ in range(limits.QUESTIONS):
        admit(request())
    return request()


def test_the_sentence_says_how_long_to_wait(tired, clock):
    with pytest.raises(VisitorError) as caught:
        admit(tired)
    assert caught.value.values == {"most": limits.QUESTIONS, "seconds": 1}
    assert "ask again in 1 s" in caught.value.sentence("en") and "1 秒" in caught.value.sentence("zh")
    admit(None)
    clock.now += 1
    admit(tired)


def test_events_and_endpoints_tell_it(tired, monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(common, "warn", lambda text, request: told.append(text))
    steps = common.mistakes_told(iter([("never",)]), "titling", ("nothing",), ("late",), tired)
    assert list(steps) == [("nothing",)] and "ask again" in told[0]
    with pytest.raises(Exception, match="ask again"), common.endpoint_errors("titling", tired):
        pytest.fail("not admitted")
    path = tmp_path / "article.txt"
    path.write_text("今天")
    common.opener(100)(str(path), tired)
    assert "ask again" in told[1] and not path.exists(), "an upload goes in any case"
