"""Production serves the files of its pages itself: the docs page works without another server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ASK = """
import json, re
import django
django.setup()
from django.test import Client

client = Client(HTTP_HOST="shop.example.com")
page = client.get("/api/v1/docs/", secure=True).content.decode()
paths = re.findall(r'(?:src|href)="([^"]+)"', page)
packed = [
    client.get(path, secure=True, headers={"Accept-Encoding": "gzip"}).headers for path in paths
]
answers = [client.get(path, secure=True) for path in paths]
print(json.dumps({
    "paths": paths,
    "status": [answer.status_code for answer in answers],
    "kept": [answer.headers["Cache-Control"] for answer in answers],
    "packed": [headers.get("Content-Encoding") for headers in packed],
    "missing": client.get("/static/none.css", secure=True).status_code,
    "plain": client.get(paths[0]).status_code,
}))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What production answers, in a process of its own, after collectstatic."""
    folder = tmp_path_factory.mktemp("production")

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=PROJECT,
            env={
                "PATH": os.environ["PATH"],
                "ENV_FILE": os.devnull,
                "DJANGO_SETTINGS_MODULE": "config.settings.prod",
                "SECRET_KEY": "for-tests-only-and-long-enough-to-sign-with-0123456789",
                "ALLOWED_HOSTS": "shop.example.com",
                "DATABASE_URL": "sqlite://:memory:",
                "STATIC_ROOT": str(folder / "static"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    run("manage.py", "collectstatic", "--noinput")
    return json.loads(run("-c", ASK))


def test_each_file_of_the_docs_page_is_served(shown):
    assert len(shown["paths"]) >= 3
    assert set(shown["status"]) == {200}


def test_a_file_is_named_by_its_content_and_kept_for_good(shown):
    assert all("immutable" in kept for kept in shown["kept"])


def test_text_is_sent_compressed(shown):
    text = [
        packed
        for path, packed in zip(shown["paths"], shown["packed"], strict=True)
        if path.endswith((".css", ".js"))
    ]
    assert len(text) >= 2
    assert set(text) == {"gzip"}


def test_what_is_not_there_is_not_found(shown):
    assert shown["missing"] == 404


def test_files_too_are_asked_for_with_https(shown):
    assert shown["plain"] == 301
