"""Requests of an application that nobody watches: recorded, and told to exporters alone."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from tests.conftest import fill
from tests.serving import MIDDLEWARE


@pytest.fixture
def exporting(db):
    """``with exporting("path.to.export") as get: get("/row-by-row/")``."""
    fill()

    def settings(*exporters, **more):
        return override_settings(
            MIDDLEWARE=[MIDDLEWARE],
            ROOT_URLCONF="tests.endpoints",
            NPLUSONE_GUARD={"ACTION": "record", "EXPORTERS": list(exporters), **more},
        )

    return settings


@pytest.fixture
def get():
    return Client(raise_request_exception=False).get
