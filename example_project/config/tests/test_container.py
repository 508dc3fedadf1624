"""The image and the services round it, as far as that shows without building them."""

from __future__ import annotations

import re
import runpy
import socket
from pathlib import Path

import pytest
import yaml

from observability import probe

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_the_probe_of_the_image_asks_the_server(live_server, monkeypatch):
    monkeypatch.setenv("PORT", live_server.url.rsplit(":", 1)[1])
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost, other.example.com")
    assert probe.main() == 0
    monkeypatch.setenv("ALLOWED_HOSTS", "other.example.com")
    assert probe.main() == 1


def test_the_probe_fails_where_nobody_answers(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(closed.getsockname()[1]))
        assert probe.main() == 1


def test_what_runs_is_nobody_and_installs_nothing():
    web = DOCKERFILE.split("FROM ")[-1]
    assert re.findall(r"^USER (.+)$", web, re.MULTILINE) == ["10001"]
    assert "pip install" not in web
    assert 'CMD ["gunicorn", "config.wsgi"]' in web


def test_no_secret_is_in_the_image_or_the_file_of_services():
    assert not re.search(r"^(ENV|ARG).*(SECRET|PASSWORD|DSN)", DOCKERFILE, re.MULTILINE)
    for service in SERVICES.values():
        password = (
            service["environment"].get("POSTGRES_PASSWORD") if "environment" in service else ""
        )
        assert not password or password.startswith("${POSTGRES_PASSWORD:?")
    ignored = (PROJECT / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert "example_project/.env" in ignored


@pytest.mark.parametrize("name", ["web", "migrate"])
def test_the_application_is_told_of_database_and_cache(name):
    environment = SERVICES[name]["environment"]
    assert environment["DATABASE_URL"].endswith("@postgres:5432/orders")
    assert environment["CACHE_URL"] == "redis://redis:6379/0"
    assert SERVICES[name]["build"]["dockerfile"] == "example_project/Dockerfile"


def test_the_web_starts_when_all_it_needs_is_there():
    assert SERVICES["web"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "redis": {"condition": "service_healthy"},
    }
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert {"postgres", "redis"} == {name for name in SERVICES if "healthcheck" in SERVICES[name]}


def test_requests_under_way_are_answered_before_a_container_ends():
    gunicorn = runpy.run_path(str(PROJECT / "gunicorn.conf.py"))
    grace = int(SERVICES["web"]["stop_grace_period"].removesuffix("s"))
    assert gunicorn["graceful_timeout"] < grace
    assert gunicorn["limit_request_line"] == 8_190
