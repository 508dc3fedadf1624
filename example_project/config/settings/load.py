"""Load tests, on this machine: production's settings without what would be measured in its place.

No TLS, no throttle, a cheap hash of passwords, pages of up to 500 rows, the naive twins, and the
guard's headers.  It answers to names of this machine alone, whatever ``ALLOWED_HOSTS`` says.
"""

import os

os.environ["ALLOWED_HOSTS"] = "127.0.0.1,localhost"

from config.settings.prod import *  # noqa: F403
from config.settings.prod import NPLUSONE_GUARD, REST_FRAMEWORK

SECURE_SSL_REDIRECT = False
NAIVE_API = True
MAX_PAGE_SIZE = 500
# Accounts are made up, with passwords made up for the run.  Production's hash takes a tenth of a
# second and more of a processor on purpose: many users who begin at a time would wait for it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    # The classes stay and are asked; without a rate none refuses.
    "DEFAULT_THROTTLE_RATES": dict.fromkeys(REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]),
}
# Each response tells of its queries; nothing is made of what is found, and no log is written.
NPLUSONE_GUARD = {
    **NPLUSONE_GUARD,
    "ENABLED": True,
    "ACTION": "record",
    "HEADERS": True,
    "REPORTERS": [],
}
SENTRY = {}
