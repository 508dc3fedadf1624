"""The settings of the library's tests, with the tool that PEER names and no other."""

from __future__ import annotations

import os

os.environ.pop("DATABASE_URL", None)

from benchmarks.peers.tools import switched_on
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE

ROOT_URLCONF = "benchmarks.peers.urls"
ALLOWED_HOSTS = ["testserver"]
globals().update(switched_on(os.environ.get("PEER", ""), INSTALLED_APPS, MIDDLEWARE))
