from __future__ import annotations

import pytest
from django.test import Client, override_settings

from nplusone_guard.dashboard import recording
from tests.serving import MIDDLEWARE


class Site:
    """A site with the dashboard, its store in a file of the test's own."""

    def __init__(self, path):
        self.path = path
        self.client = Client()

    @property
    def store(self):
        return recording.store()

    def get(self, path, **keys):
        """A request, and its record written."""
        response = self.client.get(path, **keys)
        assert recording.writer().flush()
        return response

    def page(self, path="", status=200):
        """A page of the dashboard, as text."""
        response = self.client.get(f"/__guard__/{path}")
        assert response.status_code == status
        return response.content.decode()

    def last(self):
        """The newest row."""
        return self.store.list(limit=1)[0]


def settings_for(path, **keys):
    dashboard = {"PATH": str(path), **keys.pop("DASHBOARD", {})}
    return {
        "DEBUG": True,
        "ROOT_URLCONF": "tests.dashboard.urls",
        "MIDDLEWARE": [MIDDLEWARE],
        "NPLUSONE_GUARD": {"REPORTERS": [], "DASHBOARD": dashboard, **keys},
    }


@pytest.fixture
def site(tmp_path, shop):
    path = tmp_path / "store" / "guard.sqlite3"
    with override_settings(**settings_for(path)):
        yield Site(path)


@pytest.fixture(autouse=True, scope="session")
def writer_stopped():
    """The last writer of this process leaves no open file behind."""
    yield
    if recording._current is not None:
        recording._current[1].stop()
