"""The tests: a database in memory unless ``DATABASE_URL`` names one, and no ``.env``."""

import os

os.environ["ENV_FILE"] = os.devnull

from config.settings.base import *  # noqa: F403
from config.settings.base import NPLUSONE_GUARD, database, env

DEBUG = False
SECRET_KEY = "for-tests-only"
ALLOWED_HOSTS = ["testserver", "localhost"]
DATABASES = {"default": database("sqlite://:memory:")}

NAIVE_API = env.bool("NAIVE_API", default=True)
NPLUSONE_GUARD = {**NPLUSONE_GUARD, "ENABLED": True, "ACTION": "record"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
