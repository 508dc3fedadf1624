"""A request has one name: in the response, in the log, under WSGI and ASGI."""

from __future__ import annotations

import logging

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from api.request_id import request_id

PATH = "/api/v1/orders/"


def ask_wsgi(**headers):
    return Client().get(PATH, headers=headers)


def ask_asgi(**headers):
    return async_to_sync(AsyncClient().get)(PATH, headers=headers)


@pytest.fixture(params=[ask_wsgi, ask_asgi])
def ask(request, db):
    return request.param


def test_each_request_gets_a_name_of_its_own(ask):
    names = {ask().headers["X-Request-ID"] for _ in range(3)}
    assert len(names) == 3
    assert all(len(name) == 32 for name in names)


def test_a_name_given_by_a_proxy_is_kept(ask):
    given = "proxy-0123.abc_DEF"
    assert ask(**{"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", "line\nbreak", "ümlaut-12"])
def test_a_name_that_could_break_a_log_is_not_taken(ask, given):
    assert ask(**{"X-Request-ID": given}).headers["X-Request-ID"] != given


def test_it_ends_with_the_request(ask):
    ask()
    assert request_id() == "-"


def test_each_line_that_a_request_logs_has_it(ask, log):
    name = ask().headers["X-Request-ID"]
    (line,) = log()
    assert line["request_id"] == name
    assert (line["logger"], line["event"]) == ("django.request", f"Unauthorized: {PATH}")


def test_a_line_logged_within_a_view_has_it_without_being_told(ask, log, monkeypatch):
    def authenticate(self, request):
        logging.getLogger("orders").warning("asked")

    monkeypatch.setattr(
        "rest_framework_simplejwt.authentication.JWTAuthentication.authenticate", authenticate
    )
    name = ask().headers["X-Request-ID"]
    assert ("orders", name, "asked") in [
        (line["logger"], line["request_id"], line["event"]) for line in log()
    ]


def test_a_line_logged_outside_of_a_request_has_a_dash(log):
    logging.getLogger("orders").warning("asked")
    (line,) = log()
    assert (line["request_id"], line["event"]) == ("-", "asked")
