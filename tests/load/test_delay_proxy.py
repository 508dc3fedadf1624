"""The proxy that makes round trips longer: it delays each, and changes nothing."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("benchmarks.load", reason="the source distribution has no benchmarks")

from benchmarks.load.proxy import delaying

DELAY = 0.004
POSTGRES = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/postgres"


@contextmanager
def echo():
    """A server that sends back what it gets, until its client has ended; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection):
        with connection:
            while got := connection.recv(65_536):
                connection.sendall(got)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.fixture
def proxy():
    with echo() as port, delaying("127.0.0.1", port) as delay:
        yield delay


@contextmanager
def client_of(delay):
    with socket.create_connection(("127.0.0.1", delay.port), timeout=10) as client:
        yield client


def read(client, size):
    got = b""
    while len(got) < size and (more := client.recv(65_536)):
        got += more
    return got


def test_each_round_trip_is_delayed(proxy):
    proxy.seconds = DELAY
    with client_of(proxy) as client:
        start = time.perf_counter()
        for number in range(25):
            sent = f"question {number}".encode()
            client.sendall(sent)
            assert read(client, len(sent)) == sent
        took = time.perf_counter() - start
    assert proxy.round_trips == 25
    assert took >= 25 * DELAY  # a lower bound: a busy machine is only slower


def test_what_follows_at_once_waits_at_the_same_time_and_keeps_its_order(proxy):
    proxy.seconds = 0.2
    with client_of(proxy) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        for number in range(10):
            client.sendall(bytes([number]))
            time.sleep(0.002)
        assert read(client, 10) == bytes(range(10))
        took = time.perf_counter() - start
    assert proxy.round_trips == 1
    assert took < 10 * 0.2  # one after the other


def test_bytes_are_passed_unchanged_both_ways(proxy):
    proxy.seconds = DELAY
    sent = random.Random(7).randbytes(2_000_000)
    with client_of(proxy) as client:
        threading.Thread(target=client.sendall, args=(sent,), daemon=True).start()
        assert read(client, len(sent)) == sent


def test_an_end_is_passed_on_after_what_was_sent_before_it(proxy):
    proxy.seconds = DELAY
    with client_of(proxy) as client:
        client.sendall(b"the last")
        client.shutdown(socket.SHUT_WR)
        assert read(client, 100) == b"the last"  # and then the server ended too


def test_the_delay_may_be_changed_between_round_trips(proxy):
    with client_of(proxy) as client:
        for seconds in (0.0, 0.05):
            proxy.seconds = seconds
            start = time.perf_counter()
            client.sendall(b"x")
            read(client, 1)
        assert time.perf_counter() - start >= 0.05


def test_a_server_that_is_not_there_ends_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with delaying("127.0.0.1", port) as delay, client_of(delay) as client:
        assert read(client, 1) == b""


def test_postgresql_is_asked_once_a_query_and_its_own_database_goes():
    psycopg = pytest.importorskip("psycopg")
    from urllib.parse import urlsplit

    from benchmarks.load import database

    try:
        psycopg.connect(POSTGRES, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if os.environ.get("REQUIRE_SERVICES", "") not in ("", "0"):
            raise
        pytest.skip(f"needs PostgreSQL: {error}")
    parts = urlsplit(POSTGRES)
    with (
        database.postgresql(POSTGRES) as own,
        delaying(parts.hostname, parts.port or 5432) as delay,
    ):
        far = database.through(own, delay.port)
        # As Django has it; else psycopg prepares what it has seen five times, for a trip more.
        with psycopg.connect(far, autocommit=True, prepare_threshold=None) as connection:
            before = delay.round_trips
            for number in range(20):
                found = connection.execute("SELECT %s, current_database()", [number]).fetchone()
                assert found == (number, urlsplit(own).path[1:])
            assert delay.round_trips - before == 20
    with psycopg.connect(POSTGRES) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert (urlsplit(own).path[1:],) not in names


def test_another_machine_s_server_is_not_put_under_load():
    from benchmarks.load import database

    place = database.postgresql("postgres://postgres@db.example/postgres")
    with pytest.raises(ValueError, match="only a server on this machine"), place:
        pass
