"""The writer: a request only ever puts its report into a queue."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from secrets import token_hex

import pytest

from nplusone_guard.dashboard.writer import Writer
from tests.dashboard.records import store
from tests.report.samples import clean

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "guard.sqlite3"


@pytest.fixture
def started():
    """Makes writers, and stops them at the end of the test."""
    writers = []

    def start(held, **keys):
        writers.append(Writer(held, **keys))
        return writers[-1]

    yield start
    for writer in writers:
        writer.stop()


def put(writer, count=1):
    return [writer.put(clean(), token_hex(8)) for _ in range(count)]


def warnings(caplog):
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def test_what_is_put_is_written_in_its_order(path, started):
    writer = started(store(path))
    names = [token_hex(8) for _ in range(30)]
    assert all(writer.put(clean(), name) for name in names)
    assert writer.flush()
    assert [row.id for row in writer.store.list()] == names[::-1]
    assert writer.dropped == 0


def test_no_file_and_no_thread_before_the_first_report(path, started):
    writer = started(store(path))
    assert writer._thread is None
    assert not path.parent.joinpath("guard.sqlite3").exists()


def test_a_full_queue_drops_at_once_and_says_so_once(path, caplog, started):
    held = store(path)
    held.add([])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # the writer waits for this one
        writer = started(held, capacity=10)
        begun = time.perf_counter()
        taken = put(writer, 500)
        took = time.perf_counter() - begun
        other.execute("ROLLBACK")
    assert writer.flush()
    assert took < 1.0  # the writer would have waited five seconds
    assert taken.count(True) + writer.dropped == 500
    assert writer.dropped > 300
    assert held.totals().records == taken.count(True)
    (said,) = warnings(caplog)
    assert "requests come faster than they can be written" in said


def test_how_many_were_dropped_is_stored_as_soon_as_it_can_be(path, started):
    held = store(path)
    held.add([])
    writer = started(held, capacity=5)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        put(writer, 100)
        other.execute("ROLLBACK")
    writer.flush()
    put(writer)
    writer.flush()
    totals = held.totals()
    assert totals.dropped == writer.dropped > 0
    assert totals.records + totals.dropped == 101


def break_with_garbage(path):
    path.write_bytes(b"garbage" * 2_000)


def break_with_a_directory(path):
    path.mkdir()


def break_with_a_file_for_its_directory(path):
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    "break_it",
    [break_with_garbage, break_with_a_directory, break_with_a_file_for_its_directory],
)
def test_a_file_that_can_not_be_used_costs_the_records_and_one_line(
    break_it, tmp_path, caplog, monkeypatch, started
):
    monkeypatch.setattr("nplusone_guard.dashboard.writer._PAUSE", 0)
    path = tmp_path / "store" / "guard.sqlite3"
    path.parent.mkdir()
    break_it(path)
    writer = started(store(path))
    for _ in range(3):
        assert put(writer, 5) == [True] * 5
        assert writer.flush()
    assert writer.dropped == 15
    (said,) = warnings(caplog)
    assert "guard.sqlite3" in said


def test_a_file_that_is_mended_is_used_again(tmp_path, monkeypatch, started):
    monkeypatch.setattr("nplusone_guard.dashboard.writer._PAUSE", 0)
    path = tmp_path / "guard.sqlite3"
    break_with_garbage(path)
    writer = started(store(path))
    put(writer, 2)
    writer.flush()
    path.unlink()
    put(writer, 3)
    writer.flush()
    totals = writer.store.totals()
    assert (totals.records, totals.dropped) == (3, 2)


def test_a_file_that_is_taken_away_is_made_again(path, started):
    writer = started(store(path))
    put(writer, 3)
    writer.flush()
    for each in path.parent.glob("guard.sqlite3*"):
        each.unlink()
    put(writer, 2)
    writer.flush()
    assert writer.store.totals().records == 2


def test_a_report_that_takes_a_quarter_of_the_store_is_dropped(path, caplog, started):
    writer = started(store(path, max_bytes=500))
    put(writer)
    writer.flush()
    assert writer.dropped == 1
    assert "MAX_BYTES" in warnings(caplog)[0]


def test_a_report_that_can_not_be_rendered_costs_only_itself(path, caplog, started):
    writer = started(store(path))
    writer.put(object(), token_hex(8))
    put(writer, 2)
    writer.flush()
    assert writer.dropped == 1
    assert writer.store.totals().records == 2
    assert "could not render a report" in warnings(caplog)[0]


def test_a_writer_that_was_stopped_has_written_all_and_can_begin_anew(path, started):
    writer = started(store(path))
    put(writer, 5)
    thread = writer._thread
    writer.stop()
    assert not thread.is_alive()
    assert writer.store.totals().records == 5
    assert not path.with_name("guard.sqlite3-wal").exists()
    put(writer, 1)
    assert writer.flush()
    assert writer.store.totals().records == 6


# --- Processes ---


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_forked_process_writes_with_a_thread_of_its_own(path):
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    held = store(path)
    assert sorted(row.id for row in held.list()) == ["child0", "child1", "parent0", "parent1"]
    assert held.totals().dropped == 0


_FORKING = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: fork() in a process with threads
from django.conf import settings
settings.configure()
from nplusone_guard.dashboard.writer import Writer
from tests.dashboard.records import store
from tests.report.samples import clean
writer = Writer(store(sys.argv[1]))
writer.put(clean(), "parent0")
child = os.fork()
who = "parent" if child else "child"
writer.put(clean(), f"{who}1")
if child:
    assert os.waitpid(child, 0)[1] == 0
else:
    writer.put(clean(), "child0")
# and what waits is written when the process ends
"""


def test_a_full_disk_costs_the_records_and_nothing_else(path):
    """A limit on the size of files stands for the disk: SQLite is told the same kind of error."""
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    dropped, records = map(int, done.stdout.split())
    assert dropped > 0
    assert dropped + records == 400
    assert done.stderr.count("drops requests") == 1


_FULL = """
import logging, resource, signal, sys
logging.basicConfig()
from django.conf import settings
settings.configure()
from nplusone_guard.dashboard import writer as module
from tests.dashboard.records import store
from tests.report.samples import many_findings
module._PAUSE = 0
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
writer = module.Writer(store(sys.argv[1], max_records=1_000))
for number in range(40):
    for _ in range(10):
        writer.put(many_findings(), module.token_hex(8))
    assert writer.flush()
print(writer.dropped, writer.store.totals().records)
"""
