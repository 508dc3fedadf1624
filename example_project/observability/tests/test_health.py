"""Probes: cheap, open to anyone, and without a detail for whoever asks."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.db import DatabaseError, connections
from django.test import Client

from api.tests.schema_client import openapi

LIVE, READY = "/healthz", "/readyz"
SECRET = "password=swordfish host=db.internal"


@pytest.fixture
def no_database(monkeypatch):
    def refuse(*arguments, **options):
        raise DatabaseError(SECRET)

    monkeypatch.setattr(connections["default"], "cursor", refuse)


@pytest.fixture
def no_cache(monkeypatch):
    def refuse(*arguments, **options):
        raise ConnectionError(SECRET)

    monkeypatch.setattr(type(caches["default"]), "set", refuse)


def test_a_live_process_says_so_without_a_database():
    # No fixture of a database: pytest-django refuses each query.
    response = Client().get(LIVE)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_is_who_reaches_database_and_cache(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = Client().get(READY)
    assert (response.status_code, response.json()) == (200, {"status": "ok", "failed": []})


def test_what_failed_is_named(db, no_cache):
    response = Client().get(READY)
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failed": ["cache"]}


def test_each_check_is_made(no_database, no_cache):
    assert Client().get(READY).json()["failed"] == ["database", "cache"]


def test_why_is_for_the_log_alone(no_database, log):
    response = Client().get(READY)
    assert response.json()["failed"] == ["database"]
    assert b"swordfish" not in response.content
    line = next(line for line in log() if line["logger"] == "health")
    assert (line["check"], line["request_id"]) == ("database", response.headers["X-Request-ID"])
    assert "DatabaseError" in line["exception"]


def test_a_cache_that_forgets_is_none(db, monkeypatch):
    monkeypatch.setattr(type(caches["default"]), "get", lambda *given, **options: None)
    assert Client().get(READY).json()["failed"] == ["cache"]


def test_a_probe_leaves_nothing_in_the_cache(db, monkeypatch):
    kept = []
    put = type(caches["default"]).set
    monkeypatch.setattr(
        type(caches["default"]),
        "set",
        lambda self, key, *a, **o: kept.append(key) or put(self, key, *a, **o),
    )
    Client().get(READY)
    assert len(kept) == 1
    assert caches["default"].get(kept[0]) is None


def test_an_answer_is_never_taken_from_a_cache(db):
    for path in (LIVE, READY):
        assert "no-store" in Client().get(path).headers["Cache-Control"]


def test_a_database_that_fails_is_no_reason_to_restart(no_database):
    assert Client().get(LIVE).status_code == 200


def test_probes_are_not_counted(anyone, db):
    answers = {anyone.get(path).status_code for _ in range(70) for path in (LIVE, READY)}
    assert answers == {200}
    assert anyone.get("/api/v1/products/").status_code == 200


@pytest.mark.parametrize("path", [LIVE, READY])
def test_a_probe_only_asks(db, path):
    assert Client().post(path).status_code == 405
    head = Client().head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_they_are_no_part_of_the_api(version):
    assert not [path for path in openapi(version)["paths"] if path.endswith(("healthz", "readyz"))]
