"""The plugin within locust, run as its users run it: one process, and a master with workers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import pytest

# Not imported: it patches the process.
pytestmark = pytest.mark.skipif(find_spec("locust") is None, reason="needs locust (make load)")

HERE = Path(__file__).parent
LOCUSTFILE = """
from locust import HttpUser, constant, task
import nplusone_guard.integrations.locust

class Reader(HttpUser):
    wait_time = constant(0.02)

    @task
    def read(self):
        self.client.get("/naive/")
        self.client.get("/tuned/")
        self.client.get("/untold/")
"""


@contextmanager
def served():
    server = subprocess.Popen(
        [sys.executable, str(HERE / "served.py")], stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.kill()
        server.communicate()


@pytest.fixture(scope="module")
def host():
    with served() as address:
        yield address


@pytest.fixture
def locust(tmp_path, host):
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)

    def run(*args):
        return subprocess.run(
            [sys.executable, "-m", "locust", "--headless", "-H", host, "-t", "2s", *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def test_one_line_gives_the_table_and_the_files(locust, tmp_path):
    done = locust("-u", "2", "--guard-json=out/q.json", "--guard-csv=q.csv", "--guard-html=q.html")
    assert done.returncode == 0, done.stderr
    printed = done.stdout + done.stderr
    assert "Queries and database time (nplusone_guard)" in printed
    told = {
        row["name"]: row for row in json.loads((tmp_path / "out/q.json").read_text())["endpoints"]
    }
    assert told["/naive/"]["queries"] == told["/naive/"]["queries_max"] == 152
    assert told["/naive/"]["db_ms"] == 15.2
    assert told["/naive/"]["app_ms"] == 5.0
    assert told["/tuned/"]["queries_max"] == 4
    assert told["/untold/"]["queries"] is None
    assert "Queries under load" in (tmp_path / "q.html").read_text()
    assert "GET,/naive/" in (tmp_path / "q.csv").read_text()


def test_a_gate_that_breaks_fails_the_run_and_says_which(locust):
    done = locust("-u", "1", "--guard-max-queries=10")
    assert done.returncode == 1
    broken = [line for line in (done.stdout + done.stderr).splitlines() if "gate broken" in line]
    assert broken == [
        "guard gate broken: GET /naive/: 152 queries, 10 allowed",
        (
            "guard gate broken: GET /untold/: no response had the header X-Guard-Queries "
            "(set HEADERS of the guard)"
        ),
    ]


def test_a_run_that_keeps_its_gates_says_so(locust):
    done = locust("-u", "1", "--guard-max-fail-ratio=0")
    assert done.returncode == 0
    assert "guard gates: all kept" in done.stdout + done.stderr


def test_a_file_of_gates_that_can_not_be_read_ends_the_run_before_it_begins(locust, tmp_path):
    (tmp_path / "gates.toml").write_text("[default]\nqueries = 1\n")
    done = locust("--guard-gates=gates.toml")
    assert done.returncode == 1
    assert "--guard-gates: gates.toml: 'default' takes the limits" in done.stderr


def test_a_master_has_what_its_workers_saw_and_judges_alone(locust, tmp_path):
    done = locust("-u", "4", "--processes=2", "--guard-max-queries=10", "--guard-json=q.json")
    assert done.returncode == 1
    printed = done.stdout + done.stderr
    assert printed.count("guard gate broken: GET /naive/") == 1
    told = {row["name"]: row for row in json.loads((tmp_path / "q.json").read_text())["endpoints"]}
    (aggregated,) = [
        line.split() for line in done.stderr.splitlines() if line.strip().startswith("Aggregated")
    ][-2:-1] or [[]]
    assert aggregated[1] == str(sum(row["requests"] for row in told.values()))
    assert "Queries and database time" in printed


def test_what_ends_while_the_workers_stop_is_counted_too(locust, tmp_path, host):
    """Longer than the half second that locust's master waits."""
    slow = LOCUSTFILE.replace('self.client.get("/untold/")', 'self.client.get("/slow/")')
    (tmp_path / "locustfile.py").write_text(slow)
    options = ("--processes=2", "--stop-timeout=10", "--guard-json=q.json")
    done = locust("-u", "2", "-r", "2", *options)
    assert done.returncode == 0, done.stderr
    told = {row["name"]: row for row in json.loads((tmp_path / "q.json").read_text())["endpoints"]}
    with urlopen(f"{host}/slow/count/") as answer:
        assert told["/slow/"]["requests"] == int(answer.read()) > 0
    *_, aggregated = re.findall(r"Aggregated +(\d+) +0\(", done.stderr)  # in locust's table
    assert int(aggregated) == sum(row["requests"] for row in told.values())


@pytest.mark.parametrize("path", ["/", "/stats/requests", "/nplusone-guard/csv"])
def test_the_web_ui_has_a_tab(tmp_path, host, path):
    script = f"""
import gevent
from locust import HttpUser, task, events
from locust.env import Environment
import nplusone_guard.integrations.locust

class Reader(HttpUser):
    host = {host!r}

    @task
    def read(self):
        self.client.get("/naive/")

environment = Environment(user_classes=[Reader], events=events)
runner = environment.create_local_runner()
web = environment.create_web_ui("127.0.0.1", 0, delayed_start=True)
events.init.fire(environment=environment, runner=runner, web_ui=web)
runner.start(1, spawn_rate=1)
gevent.sleep(1)
runner.stop()
print(web.app.test_client().get({path!r}).get_data(as_text=True))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    expected = {
        "/": "nplusone-guard",
        "/stats/requests": '"queries_max":152',
        "/nplusone-guard/csv": "GET,/naive/",
    }[path]
    assert expected in done.stdout.replace(": ", ":")
