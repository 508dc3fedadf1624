"""The test suite: SQLite in memory, or the database that DATABASE_URL names."""

from config.settings.base import *  # noqa: F403
from config.settings.base import NPLUSONE_GUARD, env

SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["*"]
NAIVE_API = True
DATABASES = {"default": env.db("DATABASE_URL", default="sqlite://:memory:")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

NPLUSONE_GUARD = {**NPLUSONE_GUARD, "ENABLED": True, "ACTION": "record", "HEADERS": True}
