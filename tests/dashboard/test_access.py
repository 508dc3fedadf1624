"""Who may see the dashboard, and what its responses forbid."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.test import Client, override_settings

from nplusone_guard.conf import guard_settings
from tests.dashboard.conftest import settings_for

PAGES = [
    "",
    "rows/",
    "requests/00ff/",
    "compare/",
    "endpoints/",
    "static/0123/guard.css",
]
POSTS = ["clear/", "requests/00ff/explain/0/"]
PERMISSION = "tests.dashboard.urls.admits_header"


def closed(path, permission=None):
    dashboard = {"PERMISSION": permission} if permission else {}
    settings = settings_for(path / "guard.sqlite3", DASHBOARD=dashboard, ENABLED=True)
    return override_settings(**{**settings, "DEBUG": False})


def seen(response):
    """All that a stranger sees, but for what differs from one request to the next."""
    headers = {name: value for name, value in response.headers.items() if "Timing" not in name}
    return response.status_code, response.content, headers


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("permission", [None, PERMISSION])
def test_to_others_it_is_as_if_nothing_were_there(page, permission, tmp_path, db):
    with closed(tmp_path, permission):
        unknown = Client().get("/unknown/")
        assert unknown.status_code == 404
        assert seen(Client().get(f"/__guard__/{page}")) == seen(unknown)


@pytest.mark.parametrize("page", [*PAGES, *POSTS])
@pytest.mark.parametrize(
    "middleware", [[], ["django.middleware.csrf.CsrfViewMiddleware"]], ids=["bare", "csrf"]
)
def test_nor_does_a_post_without_a_token_tell_them(page, middleware, tmp_path, db):
    with closed(tmp_path), override_settings(MIDDLEWARE=middleware):
        client = Client(enforce_csrf_checks=True)
        unknown = client.post("/unknown/")
        assert unknown.status_code == 404
        assert seen(client.post(f"/__guard__/{page}")) == seen(unknown)


def test_a_login_that_is_required_everywhere_does_not_tell_them_either(tmp_path, db):
    required = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    with closed(tmp_path), override_settings(MIDDLEWARE=required):
        # The middleware itself looks at the session before it asks whether it has to.
        assert seen(Client().get("/__guard__/"))[:2] == seen(Client().get("/unknown/"))[:2]


def test_the_projects_permission_admits(tmp_path, db):
    with closed(tmp_path, PERMISSION):
        assert Client().get("/__guard__/", headers={"X-Admin": "yes"}).status_code == 200
        assert Client().get("/__guard__/").status_code == 404


@pytest.mark.parametrize("name", ["fails", "says_something"])
def test_a_permission_that_fails_or_gives_no_true_admits_nobody(name, tmp_path, db):
    with closed(tmp_path, f"tests.dashboard.urls.{name}"):
        assert Client().get("/__guard__/").status_code == 404


def test_a_coroutine_function_is_no_permission(tmp_path):
    with closed(tmp_path, "tests.dashboard.urls.admits_later"):
        assert guard_settings().dashboard.permission is None
        (error,) = [each for each in run_checks(tags=["query_guard"]) if each.is_serious()]
    assert error.id == "nplusone_guard.E003"
    assert "PERMISSION" in error.hint


@pytest.mark.parametrize("page", POSTS)
@pytest.mark.parametrize(
    "middleware", [[], ["django.middleware.csrf.CsrfViewMiddleware"]], ids=["bare", "csrf"]
)
def test_a_post_needs_a_token_whether_or_not_the_middleware_is_there(page, middleware, site):
    site.get("/orders/")
    with override_settings(MIDDLEWARE=middleware):
        client = Client(enforce_csrf_checks=True)
        assert client.post(f"/__guard__/{page}").status_code == 403
        assert site.store.totals().records == 1
        client.get("/__guard__/")
        token = client.cookies["csrftoken"].value
        accepted = client.post(f"/__guard__/{page}", {"csrfmiddlewaretoken": token})
        assert accepted.status_code in {302, 404}


@pytest.mark.parametrize("page", POSTS)
def test_what_changes_or_asks_the_database_takes_no_get(page, site):
    assert site.client.get(f"/__guard__/{page}").status_code == 405


def test_each_response_forbids_what_it_does_not_need(site):
    site.get("/orders/")
    name = site.last().id
    for page in ["", f"requests/{name}/", "compare/", "endpoints/", "requests/none/"]:
        headers = site.client.get(f"/__guard__/{page}").headers
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("debug", [True, False])
def test_switched_off_it_is_not_there(debug, tmp_path, db):
    settings = settings_for(tmp_path / "guard.sqlite3")
    settings["NPLUSONE_GUARD"]["DASHBOARD"] = False
    with override_settings(**{**settings, "DEBUG": debug}):
        assert Client().get("/__guard__/").status_code == 404


COMMON = "django.middleware.common.CommonMiddleware"


def test_the_missing_slash_is_added_for_who_develops(site):
    with override_settings(MIDDLEWARE=[COMMON]):
        response = Client().get("/__guard__")
    assert (response.status_code, response.headers["Location"]) == (301, "/__guard__/")


@pytest.mark.parametrize("permission", [None, PERMISSION])
@pytest.mark.parametrize("page", ["", "/compare", "/requests/00ff"])
def test_to_others_the_missing_slash_tells_of_no_page(permission, page, tmp_path, db):
    with closed(tmp_path, permission), override_settings(MIDDLEWARE=[COMMON]):
        unknown = Client().get("/unknown")
        assert unknown.status_code == 404
        assert seen(Client().get(f"/__guard__{page}")) == seen(unknown)
