"""The orders API with the tool that PEER names and no other; the guard as PEER_GUARD says."""

from __future__ import annotations

import json
import os

os.environ["NAIVE_API"] = "true"

from benchmarks.peers.tools import GUARD, switched_on
from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS, MIDDLEWARE, REST_FRAMEWORK

PEER = os.environ.get("PEER", "")
# A count of requests that grows with each of them would be measured too.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
globals().update(switched_on(PEER, INSTALLED_APPS, MIDDLEWARE))
ROOT_URLCONF = "benchmarks.peers.api_urls"
NPLUSONE_GUARD = {"ENABLED": False}
if PEER == GUARD:
    NPLUSONE_GUARD = {"ENABLED": True, "HEADERS": True, **json.loads(os.environ["PEER_GUARD"])}

# All is written as it would be, and thrown away.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {
        "nowhere": {
            "class": "logging.FileHandler",
            "filename": os.devnull,
        }
    },
    "root": {"handlers": ["nowhere"], "level": "WARNING"},
}
