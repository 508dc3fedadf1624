"""Pages of other origins: those that are named, and no others."""

from __future__ import annotations

import pytest

PATH = "/api/v1/products/"
SHOP = "https://shop.example.com"


@pytest.fixture(autouse=True)
def shop(settings, db):
    settings.CORS_ALLOWED_ORIGINS = [SHOP]


def allowed(response):
    return response.headers.get("Access-Control-Allow-Origin")


def test_a_page_of_a_named_origin_may_call_and_read_what_it_needs(anyone):
    response = anyone.get(PATH, headers={"Origin": SHOP})
    assert allowed(response) == SHOP
    exposed = response.headers["Access-Control-Expose-Headers"]
    assert exposed == "Location, Retry-After, X-Request-ID"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "http://shop.example.com",
        "https://shop.example.com:8443",
        "https://evil-shop.example.com",
        "https://shop.example.com.evil.org",
        "null",
    ],
)
def test_no_other_page_may(anyone, origin):
    assert allowed(anyone.get(PATH, headers={"Origin": origin})) is None


def test_a_page_may_ask_first(anyone):
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    response = anyone.options(PATH, headers=asked)
    assert (response.status_code, allowed(response)) == (200, SHOP)


def test_an_error_can_be_read_too(anyone):
    response = anyone.get("/api/v1/orders/", headers={"Origin": SHOP})
    assert (response.status_code, allowed(response)) == (401, SHOP)


def test_the_admin_is_for_its_own_pages(anyone):
    assert allowed(anyone.get("/admin/login/", headers={"Origin": SHOP})) is None
