"""The orders API, which people copy, follows the practices: nothing is said of it.

Its naive twins are accepted by comments; one that was not needed would be told of.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "example_project"
if not EXAMPLE.is_dir():
    pytest.skip("the source distribution has no example", allow_module_level=True)

PRODUCTION = {
    "SECRET_KEY": "one-of-enough-characters-and-of-enough-different-ones-0123456789",
    "ALLOWED_HOSTS": "orders.example",
    "DATABASE_URL": "postgres://orders@127.0.0.1/orders",
}


def check(place, *options, **environ):
    settings = f"config.settings.{place}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "check", "--tag", "query_guard", *options],
        cwd=EXAMPLE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings, "ENV_FILE": os.devnull, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("place", "options", "environ"),
    [
        ("dev", (), {}),
        ("test", (), {}),
        ("test", (), {"NAIVE_API": "false"}),
        ("prod", ("--deploy",), PRODUCTION),
        ("prod", ("--deploy",), {**PRODUCTION, "NAIVE_API": "true"}),
    ],
)
def test_of_the_orders_api_nothing_is_said(place, options, environ):
    said = check(place, *options, **environ)
    assert said == "System check identified no issues (0 silenced).\n"
