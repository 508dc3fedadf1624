"""Settings by place, each in a process of its own, with an environment of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
REQUIRED = {
    "SECRET_KEY": "$a-generated-key-may-begin-so-0123456789-#-=-0123456789",
    "ALLOWED_HOSTS": "shop.example.com, www.example.com",
    "DATABASE_URL": "postgres://user:password@db:5432/shop",
}


@pytest.fixture
def python(tmp_path):
    """``python("dev", code, NAME=value)``: run code under settings; no variable but the given."""

    def run(place, code, *arguments, **variables):
        keep = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        return subprocess.run(
            [sys.executable, *(["-c", code] if code else ["manage.py"]), *arguments],
            cwd=PROJECT,
            env={
                **keep,
                "ENV_FILE": str(tmp_path / "none"),
                "DJANGO_SETTINGS_MODULE": f"config.settings.{place}",
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def printed(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # what was logged stands before it


SHOW = (
    "import json; from django.conf import settings as s; print(json.dumps({name: getattr(s, name) "
    "for name in ('SECRET_KEY', 'ALLOWED_HOSTS', 'DEBUG', 'NAIVE_API', 'DATABASES')}, default=str))"
)
STATUS = (
    "import django; django.setup(); from django.test import Client; "
    "print([Client(HTTP_HOST='shop.example.com').get(f'/api/{version}/orders/', secure=True)"
    ".status_code for version in ('v1', 'naive')])"
)


# --- Production ---


@pytest.mark.parametrize(
    "missing", [["SECRET_KEY"], ["ALLOWED_HOSTS"], ["DATABASE_URL"], list(REQUIRED)]
)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_production_does_not_start_without_what_it_names(python, missing, blank):
    given = {name: value for name, value in REQUIRED.items() if name not in missing}
    if blank is not None:
        given |= dict.fromkeys(missing, blank)
    done = python("prod", SHOW, **given)
    assert done.returncode != 0
    message = done.stderr.strip().splitlines()[-1]
    assert f"Production needs {', '.join(missing)} in the environment" in message
    assert REQUIRED["SECRET_KEY"] not in done.stderr


def test_production_takes_what_the_environment_says(python):
    shown = printed(python("prod", SHOW, **REQUIRED))
    assert shown["SECRET_KEY"] == REQUIRED["SECRET_KEY"]
    assert shown["ALLOWED_HOSTS"] == ["shop.example.com", "www.example.com"]
    assert shown["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert shown["DATABASES"]["default"]["HOST"] == "db"
    assert shown["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 8
    assert (shown["DEBUG"], shown["NAIVE_API"]) == (False, False)


def test_the_deployment_check_is_silent_in_production(python, tmp_path):
    done = python(
        "prod",
        None,
        "check",
        "--deploy",
        "--fail-level=DEBUG",
        **{**REQUIRED, "DATABASE_URL": f"sqlite:///{tmp_path / 'db'}"},
        CORS_ALLOWED_ORIGINS="https://shop.example.com",
        BEHIND_PROXY="true",
    )
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(("naive", "status"), [("", 404), ("false", 404), ("true", 401)])
def test_naive_twins_are_not_found_in_production_unless_asked_for(python, naive, status):
    given = {**REQUIRED, "DATABASE_URL": "sqlite://:memory:", "NAIVE_API": naive}
    assert printed(python("prod", STATUS, **given)) == [401, status]


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_a_server_that_is_told_nothing_gets_production(python, server):
    told_nothing = "import os; os.environ.pop('DJANGO_SETTINGS_MODULE')"
    done = python("", f"{told_nothing}; import config.{server}")
    assert "Production needs SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL" in done.stderr
    assert python("prod", f"import config.{server}", **REQUIRED).returncode == 0


PROBED = (
    "import django; django.setup(); from django.test import Client; "
    "client = Client(HTTP_HOST='shop.example.com'); "
    "print([client.get(path).status_code for path in "
    "('/healthz', '/readyz', '/healthz/more', '/api/v1/products/')])"
)


def test_production_asks_https_of_all_but_probes(python):
    given = {**REQUIRED, "DATABASE_URL": "sqlite://:memory:"}
    assert printed(python("prod", PROBED, **given)) == [200, 200, 301, 301]


ONLY_THERE = (
    "import django, json, sys; django.setup(); import config.urls; "
    "print(json.dumps([name in sys.modules for name in ('debug_toolbar', 'sentry_sdk')]))"
)


def test_the_toolbar_is_for_development_alone_and_sentry_for_who_asks_for_it(python):
    assert printed(python("dev", ONLY_THERE)) == [True, False]
    assert printed(python("dev", ONLY_THERE, DEBUG_TOOLBAR="false")) == [False, False]
    assert printed(python("test", ONLY_THERE)) == [False, False]
    assert printed(python("prod", ONLY_THERE, **REQUIRED)) == [False, False]
    dsn = "https://key@sentry.invalid/1"
    assert printed(python("prod", ONLY_THERE, **REQUIRED, SENTRY_DSN=dsn)) == [False, True]
    assert printed(python("dev", ONLY_THERE, SENTRY_DSN=dsn)) == [True, False]


TOOLBAR = (
    "import django, json; django.setup(); from django.test import Client; from django.core "
    "import management; management.call_command('migrate', verbosity=0); "
    "client = Client(HTTP_HOST='localhost'); print(json.dumps("
    "[b'djDebug' in client.get('/api/v1/docs/', headers=headers).content "
    "for headers in ({'Accept': 'text/html'}, {})]))"
)


def test_the_toolbar_is_on_pages_that_a_browser_asks_for(python, tmp_path):
    given = {"DATABASE_URL": f"sqlite:///{tmp_path / 'db'}"}
    assert printed(python("dev", TOOLBAR, **given)) == [True, False]


GUARD = (
    "import django, json; django.setup(); from nplusone_guard.conf import guard_settings; "
    "chosen = guard_settings(); print(json.dumps([chosen.enabled, chosen.action, chosen.headers, "
    "chosen.slow_query_ms, len(chosen.problems)]))"
)


def test_production_s_guard_logs_and_tells_clients_nothing(python):
    assert printed(python("prod", GUARD, **REQUIRED)) == [True, "warn", False, 500, 0]
    told = {"QUERY_GUARD": "false", "SLOW_QUERY_MS": "50"}
    assert printed(python("prod", GUARD, **REQUIRED, **told)) == [False, "warn", False, 50, 0]


CHOSEN = (
    "import json; from django.conf import settings as s; rest = s.REST_FRAMEWORK; print(json.dumps("
    "{'cache': s.CACHES['default'], 'origins': s.CORS_ALLOWED_ORIGINS, "
    "'rates': rest['DEFAULT_THROTTLE_RATES'], 'proxies': rest['NUM_PROXIES'], "
    "'header': getattr(s, 'SECURE_PROXY_SSL_HEADER', None), "
    "'key': s.SIMPLE_JWT.get('SIGNING_KEY')}))"
)


def test_what_production_may_be_told(python):
    given = {
        "CACHE_URL": "redis://cache:6379/2?key_prefix=shop",
        "CORS_ALLOWED_ORIGINS": "https://shop.example.com, https://admin.example.com:8443",
        "THROTTLE_LOGIN": "3/min",
        "BEHIND_PROXY": "true",
        "JWT_SIGNING_KEY": "$another",
    }
    chosen = printed(python("prod", CHOSEN, **REQUIRED, **given))
    assert chosen["cache"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache"
    assert chosen["cache"]["LOCATION"] == "redis://cache:6379/2"
    assert chosen["cache"]["KEY_PREFIX"] == "shop"
    assert chosen["origins"] == ["https://shop.example.com", "https://admin.example.com:8443"]
    assert (chosen["rates"]["login"], chosen["rates"]["writes"]) == ("3/min", "60/min")
    assert (chosen["proxies"], chosen["key"]) == (1, "$another")
    assert chosen["header"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_what_production_does_when_it_is_not_told(python):
    chosen = printed(python("prod", CHOSEN, **REQUIRED))
    assert chosen["cache"]["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache"
    assert (chosen["origins"], chosen["proxies"], chosen["header"]) == ([], 0, None)
    assert chosen["key"] is None


@pytest.mark.parametrize("origin", ["shop.example.com", "https://shop.example.com/path", "*"])
def test_an_origin_that_is_none_is_found_by_the_check(python, origin):
    given = {**REQUIRED, "DATABASE_URL": "sqlite://:memory:", "CORS_ALLOWED_ORIGINS": origin}
    done = python("prod", None, "check", **given)
    assert done.returncode != 0
    assert "corsheaders.E01" in done.stderr


# --- Development ---


def test_development_needs_nothing(python):
    shown = printed(python("dev", SHOW))
    assert (shown["DEBUG"], shown["NAIVE_API"]) == (True, True)
    assert shown["DATABASES"]["default"]["NAME"].endswith("orders.sqlite3")


def test_a_copy_of_the_example_file_changes_nothing(python):
    copied = printed(python("dev", SHOW, ENV_FILE=str(PROJECT / ".env.example")))
    assert copied == printed(python("dev", SHOW))


def test_the_environment_wins_over_the_file(python, tmp_path):
    file = tmp_path / "env"
    file.write_text("SECRET_KEY=from#file\nALLOWED_HOSTS=a.example.com,b.example.com\n")
    shown = printed(python("dev", SHOW, ENV_FILE=str(file), ALLOWED_HOSTS="c.example.com"))
    assert (shown["SECRET_KEY"], shown["ALLOWED_HOSTS"]) == ("from#file", ["c.example.com"])


def test_without_naive_twins_there_are_none(python):
    given = {"NAIVE_API": "false", "ALLOWED_HOSTS": "shop.example.com"}
    assert printed(python("dev", STATUS, **given)) == [401, 404]
    assert printed(python("dev", STATUS, **{**given, "NAIVE_API": ""})) == [401, 401]


def test_manage_py_uses_the_development_settings(python):
    done = python(
        "",
        "import os, runpy, sys; os.environ.pop('DJANGO_SETTINGS_MODULE'); "
        "sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')",
    )
    assert "no issues (0 silenced)" in done.stdout, done.stderr


def test_each_warning_is_printed_once(python):
    code = STATUS.replace("v1", "none")
    done = python("dev", code, ALLOWED_HOSTS="shop.example.com")
    assert done.stdout.count("Not Found: /api/none/orders/") == 1


# --- The example file ---


def test_the_example_file_lists_every_variable_that_is_read():
    read = set()
    for file in (PROJECT / "config").rglob("*.py"):
        if "tests" not in file.parts:
            read |= set(
                re.findall(
                    r'(?:env\.\w+\(|listed\(|environ\.get\(|ENVIRON\.get\(|ENVIRON\[)\s*"([A-Z_]+)"',
                    file.read_text(),
                )
            )
    listed = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", (PROJECT / ".env.example").read_text()))
    assert {"SECRET_KEY", "NAIVE_API", "ENV_FILE", "BEHIND_PROXY"} <= read
    assert read <= listed


def test_the_example_file_holds_no_secret():
    for line in (PROJECT / ".env.example").read_text().splitlines():
        if re.match("(SECRET_KEY|DATABASE_URL)=", line):
            assert line.endswith("=")


def test_git_ignores_the_file_itself():
    assert ".env" in (PROJECT / ".gitignore").read_text().splitlines()


# --- Load tests ---


def test_load_tests_have_productions_settings_without_throttles_and_for_this_machine_alone(python):
    code = (
        "import json; from django.conf import settings as s; from django.test import Client; "
        "import django; django.setup(); from rest_framework.settings import api_settings as a; "
        "print(json.dumps([s.ALLOWED_HOSTS, s.DEBUG, sorted(set(map(str, "
        "a.DEFAULT_THROTTLE_RATES.values()))), [Client(HTTP_HOST=host).get('/api/naive/orders/')"
        ".status_code for host in ('127.0.0.1', 'shop.example.com')]]))"
    )
    given = {"SECRET_KEY": REQUIRED["SECRET_KEY"], "DATABASE_URL": "sqlite://:memory:"}
    done = python("load", code, ALLOWED_HOSTS="shop.example.com", **given)
    assert printed(done) == [["127.0.0.1", "localhost"], False, ["None"], [401, 400]]


@pytest.mark.parametrize(("place", "most"), [("prod", 100), ("load", 500)])
def test_only_load_tests_get_longer_pages_and_go_without_throttles(python, place, most):
    code = (
        "import json; from django.conf import settings as s; import django; django.setup(); "
        "from api.pagination import Pages; from rest_framework.settings import api_settings as a; "
        "print(json.dumps([Pages.max_page_size, any(a.DEFAULT_THROTTLE_RATES.values())]))"
    )
    assert printed(python(place, code, **REQUIRED)) == [most, place == "prod"]
