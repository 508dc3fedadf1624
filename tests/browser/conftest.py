"""The orders API under its dev server, and Chromium in front of it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLE = ROOT / "example_project"
PICTURES = ROOT / "docs" / "_static"
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
SECONDS_TO_START = 30
NAIVE, TUNED = "/api/naive/orders/", "/api/v1/orders/"
JSON = {"Accept": "application/json"}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Keeps what the page's policy forbids, which is not always told on the console.
WATCH = """
window.forbidden = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.forbidden.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
#: The database, in one process: to load the project takes longer than to fill it.
FILL = """
import sys
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
call_command("seed_orders", customers=40, orders=400, token=sys.argv[1])
"""
#: The rules of WCAG 2.2 A and AA, and what axe-core recommends besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium():
    """The browser of this machine; ``CHROMIUM`` names another one."""
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, names)), None)


def missing():
    """What is not installed, as a sentence for who runs the tests."""
    lacking = {
        "Playwright (make browser installs it)": find_spec("playwright") is not None,
        "axe-core (make browser installs it, with npm)": AXE.exists(),
        "Chromium (on Debian: apt install chromium)": chromium() is not None,
        "the example project": EXAMPLE.is_dir(),
    }
    return ", ".join(name for name, there in lacking.items() if not there)


class Server(NamedTuple):
    """The dev server: its address, and the token of a member of the staff."""

    url: str
    token: str

    def request(self, path, **headers):
        """What another client sends; its answer's status and headers."""
        told = {"Authorization": f"Token {self.token}", **headers}
        asked = urllib.request.Request(f"{self.url}{path}", headers=told)
        with urllib.request.urlopen(asked, timeout=30) as response:
            response.read()
            return response.status, response.headers


class Visit:
    """A page in a window of its own, and what the browser complained of meanwhile."""

    def __init__(self, page, server):
        self.page = page
        self.server = server
        self.complaints = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("response", self._answered)

    def open(self, path):
        self.page.goto(f"{self.server.url}{path}")
        return self.page

    def clean(self):
        """Nothing on the console, nothing that the page's policy forbids, nothing missing."""
        assert self.complaints == []
        assert self.page.evaluate("window.forbidden ?? []") == []

    def accessible(self, within=None):
        """What axe-core finds in the page, a line each."""
        self.page.evaluate(f"() => {{ {self._axe}; return null; }}")
        found = self.page.evaluate(
            "([within, rules]) => axe.run(within ?? document, "
            "{runOnly: {type: 'tag', values: rules}})",
            [within, RULES],
        )
        assert found["passes"]  # it has looked
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    @cached_property
    def _axe(self):
        return AXE.read_text()

    def _said(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _answered(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="session", autouse=True)
def installed():
    lacking = missing()
    if lacking and os.environ.get("CI"):
        pytest.fail(f"Not installed: {lacking}")
    if lacking:
        pytest.skip(f"needs {lacking}")


@pytest.fixture(scope="session")
def server(installed, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


@contextmanager
def serving(folder, **variables):
    """The example's dev server with a database, and a store, in this folder."""
    token = secrets.token_hex(20)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GUARD_")}
    variables = {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "ENV_FILE": os.devnull,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'orders.sqlite3'}",
        "XDG_CACHE_HOME": str(folder),
        "HOME": str(folder),
        "NAIVE_API": "true",
        "DEBUG_TOOLBAR": "false",
        "PYTHONUNBUFFERED": "1",
        **variables,
    }

    subprocess.run([sys.executable, "-c", FILL, token], cwd=EXAMPLE, env=variables, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=EXAMPLE,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(process, port, log)
        yield Server(f"http://127.0.0.1:{port}", token)
    finally:
        process.terminate()
        process.wait()


def _wait(process, port, log):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.fail(f"The dev server did not come up. It said:\n{log.read_text()}")


@pytest.fixture(scope="session")
def chrome(installed):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chrome, server):
    """Open a window; when the test ends, no window may have complained."""
    opened = []

    def window(**options):
        options = {"viewport": {"width": 1200, "height": 800}, **options}
        context = chrome.new_context(locale="en-GB", timezone_id="UTC", **options)
        context.set_default_timeout(10_000)
        context.add_init_script(WATCH)
        opened.append(Visit(context.new_page(), server))
        return opened[-1]

    yield window
    for each in opened:
        if each.page.context.browser and not each.page.is_closed():
            each.page.context.close()
    for each in opened:
        assert each.complaints == []


@pytest.fixture
def picture(tmp_path):
    """Take a picture of a window for the documentation; taken anew where that is asked for."""

    def taken(page, name, **options):
        fresh = tmp_path / name
        page.screenshot(path=fresh, animations="disabled", **options)
        kept = PICTURES / name
        if os.environ.get("UPDATE_SCREENSHOTS") == "1":
            shutil.copy(fresh, kept)
        assert kept.exists(), "UPDATE_SCREENSHOTS=1 make browser takes it"
        assert size(kept) == size(fresh), "UPDATE_SCREENSHOTS=1 make browser takes it anew"
        assert kept.stat().st_size < 300_000
        return fresh

    return taken


def size(path):
    """Width and height of a PNG, from its head."""
    head = path.read_bytes()[16:24]
    return int.from_bytes(head[:4]), int.from_bytes(head[4:])
