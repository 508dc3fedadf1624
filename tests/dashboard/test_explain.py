"""A plan is asked for SELECTs alone, without a value, on a connection of its own."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nplusone_guard.dashboard.explain import NoPlanError, plan, refusal
from tests.dashboard.records import record


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM t WHERE id = ?",
        "SELECT COUNT(*) FROM t WHERE id IN (?) LIMIT ?",
        '(SELECT "a;b" FROM t)'.replace(";", ""),
        'SELECT "t"."update" FROM "t"',
    ],
)
def test_a_select_may_be_asked_about(sql):
    assert refusal(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "   ",
        "UPDATE t SET a = ?",
        "DELETE FROM t",
        "WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT ?; DROP TABLE t",
        "SELECT ? ; SELECT ?",
        "SELECT /* */ ?",
        "SELECT ? -- gone",
        "SELECT 'text'",
        "SELECT E'\\''",
        "SELECT $$; DROP TABLE t $$",
        'SELECT "a;b" FROM t',
        "SELECT a INTO OUTFILE ? FROM t",
        "SELECT a INTO b FROM t",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t FOR SHARE",
        "PRAGMA writable_schema = 1",
        "SELECT " + "a, " * 20_000 + "a FROM t",
    ],
)
def test_whatever_else_is_not(sql):
    assert refusal(sql) is not None
    with pytest.raises(NoPlanError):
        plan(sql, "default")


def explain(site, **headers):
    site.get("/orders/serialized/")
    page = site.page(f"requests/{site.last().id}/")
    url = re.findall(r'hx-post="([^"]*)"', page)[0]  # the finding's
    return site.client.post(url, headers=headers)


def test_a_click_shows_the_plan_of_a_findings_statement(site):
    part = explain(site, **{"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert re.search(r"SEARCH.*shop_customer|Scan|table", part)


def test_without_scripts_the_plan_is_a_page_of_its_own(site):
    page = explain(site).content.decode()
    assert "<h1>Plan</h1>" in page
    assert "shop_customer" in page


def test_the_projects_own_connection_is_not_used(site):
    with CaptureQueriesContext(connection) as queries:
        explain(site)
    assert not [each for each in queries if "EXPLAIN" in each["sql"]]


def test_a_statement_that_the_database_refuses_is_a_sentence(site):
    with pytest.raises(NoPlanError, match="can not plan it without its values"):
        plan("SELECT gone FROM nowhere WHERE id = ?", "default")


def test_a_database_that_is_gone_is_a_sentence(site):
    with pytest.raises(NoPlanError, match="no database 'gone'"):
        plan("SELECT ?", "gone")


def test_a_statement_that_is_not_there_is_not_found(site):
    site.store.add([record(id="0a")])
    assert site.client.post("/__guard__/requests/0a/explain/5/").status_code == 404
    assert site.client.post("/__guard__/requests/00/explain/0/").status_code == 404
