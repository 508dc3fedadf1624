"""The store: a ring of the last requests in a SQLite file."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing

import pytest

from nplusone_guard.dashboard.filters import Filters
from nplusone_guard.dashboard.schema import APPLICATION_ID
from nplusone_guard.dashboard.store import StoreError, Totals
from tests.dashboard.records import record, store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "guard.sqlite3"


def paths(held, **keys):
    return [row.path for row in held.list(**keys)]


def numbered(held, count, **keys):
    held.add([record(f"/{number}/", **keys) for number in range(count)])
    return held


def test_the_last_request_is_listed_first(path):
    assert paths(numbered(store(path), 3)) == ["/2/", "/1/", "/0/"]


def test_a_cursor_gives_what_came_after_it_or_before(path):
    held = numbered(store(path), 5)
    middle = held.list()[2]
    assert paths(held, after=middle.seq) == ["/4/", "/3/"]
    assert paths(held, before=middle.seq) == ["/1/", "/0/"]
    assert paths(held, before=middle.seq, limit=1) == ["/1/"]


def test_a_request_is_found_by_its_id_with_all_that_is_known(path):
    held = store(path)
    held.add([record("/a/", id="1f"), record("/b/", id="2f")])
    found = held.get("2f")
    assert found.row.path == "/b/"
    assert found.payload["report"]["label"] == "GET /b/"
    assert held.get("3f") is None


def test_above_the_number_of_records_the_oldest_go(path):
    held = numbered(store(path, max_records=3), 10)
    assert paths(held) == ["/9/", "/8/", "/7/"]
    assert held.totals().records == 3
    assert held.totals().added == 10


def test_above_the_number_of_bytes_the_oldest_go(path):
    held = numbered(store(path, max_bytes=100_000), 30, padding=10_000)
    totals = held.totals()
    assert 80_000 < totals.bytes <= 100_000
    assert paths(held)[0] == "/29/"
    assert len(paths(held)) == totals.records < 10


def test_what_went_leaves_nothing_behind(path):
    held = numbered(store(path, max_records=2), 10)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM detail").fetchone() == (2,)
        (size,) = connection.execute("SELECT sum(size) FROM request").fetchone()
    assert held.totals().bytes == size


def test_the_file_stays_near_its_bound(path):
    held = store(path, max_bytes=200_000)
    for _ in range(20):
        numbered(held, 20, padding=5_000)
    assert path.stat().st_size < 500_000


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(path="ORD"), ["/orders/2/", "/orders/"]),
        (Filters(path="100%"), ["/100%/"]),
        (Filters(path="_"), []),
        (Filters(status="404"), ["/orders/2/"]),
        (Filters(status="4xx"), ["/orders/2/"]),
        (Filters(status="nonsense"), ["/100%/", "/orders/2/", "/orders/"]),
        (Filters(finding="n_plus_one"), ["/orders/"]),
        (Filters(finding="plus"), []),
        (Filters(finding="any"), ["/orders/"]),
        (Filters(finding="none"), ["/100%/", "/orders/2/"]),
        (Filters(route=""), ["/orders/2/"]),
        (Filters(route="o/", method="POST"), ["/100%/"]),
        (Filters(path="orders", finding="any", status="2xx"), ["/orders/"]),
    ],
)
def test_a_list_can_be_narrowed(filters, expected, path):
    held = store(path)
    held.add(
        [
            record("/orders/", kinds=("slow", "n_plus_one"), findings=2, route="o/"),
            record("/orders/2/", status=404, route=None),
            record("/100%/", method="POST", route="o/"),
        ]
    )
    assert paths(held, filters=filters) == expected


def test_a_file_that_is_not_there_has_no_requests_and_is_not_made_by_looking(path):
    held = store(path)
    assert held.list() == []
    assert held.get("1f") is None
    assert held.totals() == Totals()
    assert held.clear() == 0
    assert not path.exists()


def test_the_file_and_its_directory_are_the_users_alone(tmp_path):
    path = tmp_path / "deep" / "guard.sqlite3"
    numbered(store(path), 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_forgetting_all_leaves_numbers_that_grow(path):
    held = numbered(store(path), 3)
    before = held.list()[0].seq
    assert held.clear() == 3
    assert held.list() == []
    numbered(held, 1)
    assert held.list()[0].seq > before


def test_a_file_of_an_older_version_is_made_anew(path):
    numbered(store(path), 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.execute("ALTER TABLE request DROP COLUMN violations")
    held = store(path)
    assert held.list() == []
    assert paths(numbered(held, 1)) == ["/0/"]


# --- Files that can not be used ---


def test_a_file_of_garbage_is_named_and_left_alone(path):
    garbage = b"not a database" * 1_000
    path.write_bytes(garbage)
    for use in (lambda: store(path).add([record()]), store(path).list, store(path).clear):
        with pytest.raises(StoreError, match=r"guard\.sqlite3: file is not a database"):
            use()
    assert path.read_bytes() == garbage


def test_another_applications_database_is_left_alone(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE request (theirs TEXT)")
        connection.execute("INSERT INTO request VALUES ('kept')")
        connection.commit()
    with pytest.raises(StoreError, match="another application's database"):
        store(path).add([record()])
    with pytest.raises(StoreError, match="no store of the guard's"):
        store(path).list()
    with pytest.raises(StoreError, match="another application's database"):
        store(path).clear()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT theirs FROM request").fetchone() == ("kept",)


def test_a_damaged_page_of_the_file_is_an_error_of_the_store(path):
    numbered(store(path), 50, padding=2_000)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreError, match=r"guard\.sqlite3"):
        store(path).list()


def test_a_record_that_is_no_record_is_an_error_of_the_store(path):
    held = store(path)
    held.add([record(id="1f")])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE detail SET payload = ?", (b"garbage",))
        connection.commit()
    with pytest.raises(StoreError, match="request 1f: the record is damaged"):
        held.get("1f")


def test_a_directory_that_can_not_be_made_is_an_error_of_the_store(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"guard\.sqlite3"):
        store(tmp_path / "file" / "guard.sqlite3").add([record()])


def test_the_file_says_whose_it_is(path):
    numbered(store(path), 1)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
