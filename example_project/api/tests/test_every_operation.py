"""What holds for each operation of each version: none is left out, and none of what it owes."""

from __future__ import annotations

import pytest

from accounts.models import User
from api.tests.operations import OPERATIONS
from api.tests.routes import routes
from api.tests.schema_client import SchemaClient, openapi
from nplusone_guard import capture

pytestmark = pytest.mark.parametrize("version", ["v1", "v2"])


def those(condition):
    return pytest.mark.parametrize("operation", [*filter(condition, OPERATIONS)], ids=str)


def test_they_are_those_of_the_urls(version):
    assert {(each.method, each.path) for each in OPERATIONS} == routes(version)


def test_what_takes_a_body_and_what_has_pages_is_what_the_schema_says(version):
    bodies, lists = set(), set()
    for path, item in openapi(version)["paths"].items():
        for method, operation in item.items():
            key = (method, path.removeprefix(f"/api/{version}/"))
            if "requestBody" in operation:
                bodies.add(key)
            if operation["operationId"].endswith("_list"):
                lists.add(key)
    assert {(each.method, each.path) for each in OPERATIONS if each.wrong} == bodies
    assert {(each.method, each.path) for each in OPERATIONS if each.is_list} == lists


@those(lambda each: True)
def test_who_may_is_answered_within_the_declared_budget(shop, version, operation):
    """With a browser's session, which costs most; more than declared would raise."""
    client = SchemaClient()
    if operation.by != "anyone":
        client.force_login(User.objects.get(username=operation.by))
    body = operation.body(shop, version)
    with capture() as report:
        response = operation.ask(shop, version, client, body)
    assert response.status_code == operation.status
    assert report.queries <= operation.budget(shop, version)
    assert report.findings == (), str(report)


@those(lambda each: each.wrong)
def test_what_is_not_valid_is_told(shop, version, operation):
    body = {**operation.body(shop, version), **operation.wrong}
    response = operation.ask(shop, version, shop.clients[operation.by], body)
    assert response.status_code == 400
    assert list(response.json()["error"]["details"]) == list(operation.wrong)


@those(lambda each: each.refused)
def test_who_may_not_is_refused(shop, version, operation):
    refused = operation.refused
    body = refused.given or operation.body(shop, version)
    response = operation.ask(shop, version, shop.clients[refused.who], body)
    assert response.status_code == refused.status
    assert "details" in response.json()["error"]


@those(lambda each: each.refused is None)
def test_what_was_opened_is_open_to_anyone(shop, version, operation):
    response = operation.ask(shop, version, shop.clients["anyone"], operation.body(shop, version))
    assert response.status_code == operation.status


@those(lambda each: each.is_list)
def test_a_list_has_pages(shop, version, operation):
    client = shop.clients[operation.by]
    first = operation.ask(shop, version, client, None).json()
    assert len(first["results"]) == 25
    seen = []
    page = operation.ask(shop, version, client, {"page_size": 20}).json()
    while page["next"]:
        seen += page["results"]
        page = client.get(page["next"]).json()
    seen += page["results"]
    ids = [each["id"] for each in seen]
    assert len(ids) == len(set(ids)) > 25
    assert seen[:25] == first["results"]
