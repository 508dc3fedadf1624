"""A developer's machine: runs without any configuration, and the guard talks."""

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, LOGGING, NPLUSONE_GUARD, REST_FRAMEWORK, database, env

DEBUG = True
# Not env.str(): a generated key may begin with "$", which would make it another variable's name.
SECRET_KEY = env.ENVIRON.get("SECRET_KEY", "django-insecure-for-development-only")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

(BASE_DIR / "var").mkdir(exist_ok=True)
DATABASES = {"default": database(f"sqlite:///{BASE_DIR / 'var' / 'orders.sqlite3'}")}

NAIVE_API = env.bool("NAIVE_API", default=True)

NPLUSONE_GUARD = {**NPLUSONE_GUARD, "ENABLED": True, "ACTION": "warn"}
LOGGING = {
    **LOGGING,
    "loggers": {
        **LOGGING["loggers"],
        "nplusone_guard": {"handlers": ["guard"], "level": "INFO", "propagate": False},
    },
}

REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
}
