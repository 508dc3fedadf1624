"""The tests: a database in memory unless ``DATABASE_URL`` names one, and no ``.env``."""

import os

os.environ["ENV_FILE"] = os.devnull

from config.settings.base import *  # noqa: F403
from config.settings.base import NPLUSONE_GUARD, database, env

DEBUG = False
SECRET_KEY = "for-tests-only-and-long-enough-to-sign-with"
ALLOWED_HOSTS = ["testserver", "localhost"]
DATABASES = {"default": database("sqlite://:memory:")}
# Whatever CACHE_URL says: tests clear it.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

NAIVE_API = env.bool("NAIVE_API", default=True)
# A request that goes over the budget its view declares fails the test that sent it.
NPLUSONE_GUARD = {**NPLUSONE_GUARD, "ENABLED": True, "ACTION": "raise"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
