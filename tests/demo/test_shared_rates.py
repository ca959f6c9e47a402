"""Questions counted in Redis: by a stand-in that runs the same script, and by a real server where there is one."""

import shutil
import socket
import socketserver
import subprocess
import threading
import time

import fakeredis
import pytest
import redis

from core.errors import VisitorError
from demo import limits, rates, shared_rates
from demo.rates import Rates
from demo.shared_rates import PREFIX, SharedRates
from tests.demo.test_rates import Clock, request


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a Redis server of the test's own."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("redis")
    address = f"unix://{folder}/redis.sock"
    # no port: nobody else can reach it
    command = [program, "--port", "0", "--unixsocket", f"{folder}/redis.sock", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: redis.Redis.from_url(address).ping())
            yield address
        finally:
            process.terminate()


def wait_for(what, seconds=20):
    until = time.monotonic() + seconds
    while True:
        try:
            if what():
                return
        except redis.RedisError:
            pass
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)


@pytest.fixture(params=["stand-in", "real"])
def client(request):
    """A client of an empty store."""
    if request.param == "stand-in":
        yield fakeredis.FakeRedis()
        return
    found = redis.Redis.from_url(request.getfixturevalue("server"))
    found.flushall()
    yield found
    found.close()


@pytest.fixture
def clock():
    return Clock()


def test_the_same_figures_as_in_memory(client, clock):
    """A long row of questions, of several visitors, at odd times."""
    shared, alone = SharedRates(client, Rates(), clock), Rates(clock=clock)
    for number in range(200):
        clock.now += (number * 7919 % 100) / 40
        asked = [(("session", number % 3), 3), (("address", "home"), 7)]
        assert shared.wait(asked) == pytest.approx(alone.wait(asked), abs=1e-4), number


def test_a_question_needs_every_allowance_and_else_takes_none(client, clock):
    counted = SharedRates(client, Rates(), clock)
    for session in ("x", "y"):
        assert counted.wait([(session, 5), ("home", 2)]) == 0
    assert counted.wait([("z", 5), ("home", 2)]) == pytest.approx(30)
    assert [counted.wait([("z", 5)]) for _ in range(5)] == [0] * 5, "what was refused cost nothing"
    assert counted.wait([]) == 0


def test_processes_share_one_allowance(client, clock):
    """Two counters over one store, as two processes have them."""
    one, other = SharedRates(client, Rates(), clock), SharedRates(client, Rates(), clock)
    assert [counted.wait([("a", 4)]) for counted in (one, other, one, other)] == [0] * 4
    assert one.wait([("a", 4)]) > 0 and other.wait([("a", 4)]) > 0


def test_many_threads_get_no_more_than_there_is(client, clock):
    counted, answered = SharedRates(client, Rates(), clock), []

    def ask():
        answered.extend(counted.wait([("a", 50)]) == 0 for _ in range(25))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) == 200 and sum(answered) == 50


def test_by_the_servers_own_clock(client):
    counted = SharedRates(client, Rates())
    assert counted.wait([("a", 1)]) == 0
    assert 50 < counted.wait([("a", 1)]) <= 60


def test_what_is_kept_goes_by_itself_and_names_nobody(client, clock):
    SharedRates(client, Rates(), clock).wait([(("address", "8.8.4.4"), 5), (("session", "abc"), 5)])
    keys = client.keys("*")
    assert len(keys) == 2 and all(key.startswith(PREFIX.encode()) for key in keys)
    assert all(0 < client.ttl(key) <= 61 for key in keys)
    kept = b"".join(keys) + repr([client.hgetall(key) for key in keys]).encode()
    assert b"8.8.4.4" not in kept and b"abc" not in kept


@pytest.fixture
def stranger():
    """A server that answers whatever it is asked with the same bytes, or never: its address, and what to say."""
    said = [b""]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(65536):
                if said[0]:
                    self.request.sendall(said[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as found:
        found.daemon_threads = True
        threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"redis://127.0.0.1:{found.server_address[1]}", said
        found.shutdown()


NONSENSE = [b"", b"+OK\r\n", b"*0\r\n", b"$3\r\nnan\r\n", b"$-1\r\n", b":7\r\n", b"-ERR no\r\n", b"\xff\xfe\r\n",
            b"HTTP/1.1 400 Bad Request\r\n\r\n"]  # fmt: skip


@pytest.mark.parametrize("answer", NONSENSE)
def test_a_redis_that_is_silent_or_talks_nonsense_is_away(stranger, monkeypatch, caplog, answer):
    monkeypatch.setattr(limits, "SHARED_SECONDS", 0.1)
    address, said = stranger
    said[0] = answer
    counted = shared_rates.of(address)
    found = [counted.wait([("a", 2)]) for _ in range(3)]
    assert found[:2] == [0, 0] and 0 < found[2] <= 60
    assert [record.message.split(" (")[0] for record in caplog.records] == ["Redis is away"]


def test_without_redis_the_process_counts_alone(clock, caplog):
    away = fakeredis.FakeServer()
    counted = SharedRates(fakeredis.FakeRedis(server=away), Rates(clock=clock), clock, patience=clock)
    assert counted.wait([("a", 2)]) == 0
    away.connected = False
    assert [counted.wait([("a", 2)]) > 0 for _ in range(3)] == [False, False, True]
    assert len(caplog.records) == 1 and "Redis is away" in caplog.text, "one line, however many ask"
    away.connected = True
    assert counted.wait([("a", 2)]) > 0, "not asked again yet"
    clock.now += limits.SHARED_AGAIN
    assert counted.wait([("a", 2)]) == 0 and "Redis is back" in caplog.text


def test_a_server_that_is_not_there(clock, caplog):
    """A real client, and a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        counted = shared_rates.of(f"redis://:secret@127.0.0.1:{free.getsockname()[1]}/0")
        assert isinstance(counted, SharedRates)
        assert counted.wait([("a", 1)]) == 0 and counted.wait([("a", 1)]) > 0
    assert "Redis is away" in caplog.text and "secret" not in caplog.text


def test_the_page_asks_whoever_counts(clock, monkeypatch):
    monkeypatch.setattr(rates, "RATES", SharedRates(fakeredis.FakeRedis(), Rates(), clock))
    monkeypatch.setattr(limits, "QUESTIONS", 1)
    rates.admit(request())
    with pytest.raises(VisitorError) as caught:
        rates.admit(request())
    assert caught.value.key == "rate_limit"


def test_who_counts():
    assert isinstance(shared_rates.of(None), Rates) and isinstance(shared_rates.of(""), Rates)
    for address in ("localhost:6379", "http://x", "redis://h:port", "nonsense"):
        with pytest.raises(VisitorError) as caught:
            shared_rates.of(address)
        assert caught.value.key == "redis_address" and address not in str(caught.value)
