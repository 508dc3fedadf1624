"""Somebody else on the network, in another tab of the browser, or on the same machine."""

from __future__ import annotations

import os
import sqlite3
import zlib

import pytest
from django.test import Client, override_settings

from nplusone_guard.dashboard import place, recording
from nplusone_guard.dashboard.store import Store, StoreError
from tests.dashboard.records import record
from tests.dashboard.test_access import PAGES, PERMISSION, POSTS, closed, seen


@pytest.mark.parametrize("page", PAGES[:-1])
def test_a_foreign_name_that_leads_to_this_machine_gets_no_page(page, site):
    assert (
        Client().get(f"/__guard__/{page}", headers={"Host": "rebound.example"}).status_code == 400
    )
    assert Client().get(f"/__guard__/{page}", headers={"Host": "localhost"}).status_code != 400


def test_to_strangers_a_foreign_name_tells_no_more_than_any_other(tmp_path, db):
    foreign = {"Host": "rebound.example"}
    with closed(tmp_path, PERMISSION):
        unknown = Client().get("/unknown/", headers=foreign)
        assert seen(Client().get("/__guard__/", headers=foreign)) == seen(unknown)


def test_no_page_can_be_framed_or_read_by_another_origin(site):
    headers = Client().get("/__guard__/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("page", POSTS)
def test_a_form_on_another_site_changes_nothing(page, site):
    site.get("/orders/")
    client = Client(enforce_csrf_checks=True)
    client.get("/__guard__/")
    token = client.cookies["csrftoken"].value
    refused = client.post(
        f"/__guard__/{page}",
        {"csrfmiddlewaretoken": token},
        headers={"Origin": "https://evil.example"},
    )
    assert refused.status_code == 403
    assert site.store.totals().records == 1


def test_forgetting_all_leads_nowhere_else(site):
    for more in ("?next=https://evil.example/", "?next=//evil.example/"):
        moved = Client().post(f"/__guard__/clear/{more}", {"next": "https://evil.example/"})
        assert moved.headers["Location"] == "/__guard__/"


@pytest.mark.parametrize("number", ["9" * 18, "9" * 30, "-1", "1e9", "٣", "0x10", ""])
@pytest.mark.parametrize("name", ["before", "after"])
def test_a_page_number_of_somebodys_own_is_answered(name, number, site):
    site.get("/orders/")
    page = "rows/" if name == "after" else ""
    assert Client().get(f"/__guard__/{page}", {name: number}).status_code in {200, 204}


def test_many_ids_are_not_compared(site):
    site.get("/orders/")
    response = Client().get("/__guard__/compare/", {"id": [str(number) for number in range(900)]})
    assert response.status_code == 200
    assert "Choose two requests" in response.content.decode()


# --- The same machine ---


@pytest.fixture
def shared(tmp_path):
    """A directory that all users of the machine may write to."""
    directory = tmp_path / "shared"
    directory.mkdir()
    directory.chmod(0o1777)
    return directory


def test_a_link_that_somebody_planted_is_not_followed(shared, tmp_path):
    target = tmp_path / "target"
    (shared / "guard.sqlite3").symlink_to(target)
    store = Store(shared / "guard.sqlite3", 10, 1_000_000)
    with pytest.raises(StoreError, match="not a file of this user"):
        store.add([record()])
    assert not target.exists()


def test_a_planted_link_to_a_store_is_not_read_either(shared, tmp_path):
    Store(tmp_path / "planted.sqlite3", 10, 1_000_000).add([record("/planted/")])
    (shared / "guard.sqlite3").symlink_to(tmp_path / "planted.sqlite3")
    with pytest.raises(StoreError, match="not a file of this user"):
        Store(shared / "guard.sqlite3", 10, 1_000_000).list()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make another user's file")
def test_a_file_of_another_user_is_neither_written_nor_read_where_all_may_write(shared):
    path = shared / "guard.sqlite3"
    store = Store(path, 10, 1_000_000)
    store.add([record()])
    os.chown(path, 65534, 65534)
    for use in (lambda: store.add([record()]), store.list, store.totals):
        with pytest.raises(StoreError, match="not a file of this user"):
            use()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make another user's file")
def test_a_file_of_another_user_in_a_directory_of_the_projects_is_used(tmp_path):
    path = tmp_path / "guard.sqlite3"  # as of a container that runs as root over a mounted folder
    store = Store(path, 10, 1_000_000)
    store.add([record()])
    os.chown(path, 65534, 65534)
    store.add([record()])
    assert len(store.list()) == 2


@pytest.mark.parametrize("mode", [0o777, 0o750])
def test_a_temporary_directory_that_others_may_look_into_is_not_used(mode, tmp_path, monkeypatch):
    monkeypatch.setattr(place.tempfile, "gettempdir", lambda: str(tmp_path))
    directory = tmp_path / f"nplusone_guard-{os.getuid()}"
    directory.mkdir()
    directory.chmod(mode)
    with pytest.raises(StoreError, match="not a directory of this user alone"):
        Store(directory / "guard.sqlite3", 10, 1_000_000).add([record()])
    assert list(directory.iterdir()) == []


def test_a_store_in_a_place_of_others_is_said_on_the_page_and_breaks_no_request(
    shared, tmp_path, shop, caplog
):
    from tests.dashboard.conftest import settings_for

    (shared / "guard.sqlite3").symlink_to(tmp_path / "target")
    with override_settings(**settings_for(shared / "guard.sqlite3")):
        assert Client().get("/orders/").status_code == 200
        recording.writer().flush()
        (tmp_path / "target").touch()
        page = Client().get("/__guard__/")
    assert "not a file of this user" in page.content.decode()
    assert "not a file of this user" in caplog.text


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"null", b'{"report": {}}', b"3"])
def test_a_record_of_another_version_is_said_and_breaks_no_page(payload, site):
    site.store.add([record(id="0a"), record(id="0b")])
    with sqlite3.connect(site.path) as connection:
        connection.execute("UPDATE detail SET payload = ?", (zlib.compress(payload),))
    connection.close()
    for page in ("requests/0a/", "compare/?id=0a&id=0b"):
        assert "of another version" in site.page(page, status=404)
    assert site.client.post("/__guard__/requests/0a/explain/0/").status_code == 404
    assert "/orders/" in site.page()
