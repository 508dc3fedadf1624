"""Whatever goes wrong, and wherever: one form, and nothing in it that is for us alone."""

from __future__ import annotations

import pytest
from django.test import Client

from catalogue.models import Category

PRODUCTS = "/api/v1/products/"


@pytest.fixture
def broken(db, settings):
    """A client that gets the answer to a fault, as one on the network does."""
    settings.ROOT_URLCONF = "api.tests.broken_urls"
    return Client(raise_request_exception=False)


def failing(case, api, hers, anyone, grow):
    order = grow(1)[0]
    return {
        "malformed": lambda: api.post(PRODUCTS, "{", content_type="application/json"),
        "invalid": lambda: api.post(PRODUCTS, {}),
        "unauthenticated": lambda: anyone.post(PRODUCTS, {}),
        "forbidden": lambda: hers.post(PRODUCTS, {}),
        "not there": lambda: api.get(f"{PRODUCTS}0/"),
        "no such page": lambda: api.get("/api/v1/nothing/"),
        "no such version": lambda: api.get("/api/v3/products/"),
        "method": lambda: api.delete(PRODUCTS),
        "not acceptable": lambda: api.get(PRODUCTS, HTTP_ACCEPT="text/csv"),
        "in use": lambda: api.delete(f"{PRODUCTS}{order.items.first().product_id}/"),
        "media type": lambda: api.post(PRODUCTS, "a=1", content_type="text/plain"),
    }[case]()


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        ("malformed", 400, "parse_error"),
        ("invalid", 400, "invalid"),
        ("unauthenticated", 401, "not_authenticated"),
        ("forbidden", 403, "permission_denied"),
        ("not there", 404, "not_found"),
        ("no such page", 404, "not_found"),
        ("no such version", 404, "not_found"),
        ("method", 405, "method_not_allowed"),
        ("not acceptable", 406, "not_acceptable"),
        ("in use", 409, "conflict"),
        ("media type", 415, "unsupported_media_type"),
    ],
)
def test_an_error_has_the_one_form(case, status, code, api, hers, anyone, grow):
    response = failing(case, api, hers, anyone, grow)
    assert response.status_code == status
    (name,) = response.json()
    error = response.json()[name]
    assert name == "error"
    assert list(error) == ["code", "message", "details", "request_id"]
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == response.headers["X-Request-ID"]
    assert (error["details"] is None) == (code != "invalid")


def test_wrong_input_is_told_by_field_with_message_and_code(api):
    error = api.post(PRODUCTS, {"sku": "", "price": "cheap"}).json()["error"]
    assert error["details"]["sku"] == [{"message": "This field may not be blank.", "code": "blank"}]
    assert error["details"]["price"][0]["code"] == "invalid"
    assert error["details"]["name"][0]["code"] == "required"


def test_a_body_that_is_no_object_is_told_too(api):
    details = api.post(PRODUCTS, ["sku"]).json()["error"]["details"]
    assert details["non_field_errors"][0]["code"] == "invalid"


def test_what_is_not_there_is_not_named(api):
    assert "Product" not in api.get(f"{PRODUCTS}0/").content.decode()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/broken/fault/", 500, "error"),
        ("/api/broken/null/", 500, "error"),
        ("/api/plain/broken/", 500, "error"),
        ("/api/plain/suspicious/", 400, "parse_error"),
        ("/api/plain/denied/", 403, "permission_denied"),
    ],
)
def test_a_fault_of_ours_tells_nothing_but_where_to_look(broken, path, status, code):
    response = broken.get(path)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    error = response.json()["error"]
    assert error["code"] == code
    assert error["request_id"] == response.headers["X-Request-ID"]
    for secret in (b"swordfish", b"Traceback", b".py", b"constraint"):
        assert secret not in response.content


def test_the_log_has_the_rest_under_the_same_name(broken, log):
    name = broken.get("/api/broken/fault/").json()["error"]["request_id"]
    (line,) = [line for line in log() if line["level"] == "error"]
    assert (line["logger"], line["request_id"]) == ("django.request", name)
    assert "RuntimeError: the password is swordfish" in line["exception"]


@pytest.mark.django_db(transaction=True)
def test_a_value_that_another_request_took_meanwhile_is_a_conflict(settings):
    settings.ROOT_URLCONF = "api.tests.broken_urls"
    response = Client().get("/api/broken/taken/")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "conflict")
    assert Category.objects.count() == 1


def test_elsewhere_a_browser_gets_its_page(broken):
    response = broken.get("/elsewhere/plain/broken/")
    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"swordfish" not in response.content
    assert b"<h1>Not Found</h1>" in broken.get("/nothing/").content
