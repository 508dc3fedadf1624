"""What is no URL of the API: the one form in development as in production."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture(params=["development", "production"])
def client(request, settings):
    """A browser's session, which CSRF checks hold for, in either place."""
    settings.DEBUG = request.param == "development"
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing",
        "/api/nothing/",
        "/api/v1/",
        "/api/v1/nothing/",
        "/api/v1/orders/x/",
        "/api/v1/orders/1/nothing/",
        "/api/v3/orders/",
        "/api/naive/nothing/",
        "/api/a\nb/",
    ],
)
def test_an_unknown_url_is_answered_in_the_one_form(client, path, method):
    response = getattr(client, method)(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {
        "error": {
            "code": "not_found",
            "message": "Not found.",
            "details": None,
            "request_id": response.headers["X-Request-ID"],
        }
    }


def test_a_url_without_its_closing_slash_leads_to_the_one_with_it(client):
    response = client.get("/api/v1/products?page=2")
    assert response.status_code == 301
    assert response.headers["Location"] == "/api/v1/products/?page=2"


def test_elsewhere_in_development_the_page_of_django_helps(client, settings):
    settings.DEBUG = True
    assert b"Using the URLconf defined in" in client.get("/nothing/").content
