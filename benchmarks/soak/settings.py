"""The orders API as it is served for the load: the guard on or off by SOAK_GUARD, no throttles."""

from __future__ import annotations

import os

os.environ["NAIVE_API"] = "true"

from config.settings.test import *  # noqa: F403
from config.settings.test import DATABASES, REST_FRAMEWORK

# A connection of each thread's own, kept: what is measured is the guard, not connecting.
DATABASES = {"default": {**DATABASES["default"], "CONN_MAX_AGE": None}}
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
NPLUSONE_GUARD = {
    "ENABLED": os.environ["SOAK_GUARD"] == "on",
    "ACTION": "warn",
    "HEADERS": True,
    "REPORTERS": ["benchmarks.soak.traces.count"],
    # What depends on time differs from answer to answer under load.
    "SLOW_QUERY_MS": False,
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
