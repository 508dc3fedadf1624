"""A developer's machine."""

from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, NPLUSONE_GUARD, env

DEBUG = True
SECRET_KEY = env.str("SECRET_KEY", default="for development only, never deployed")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
NAIVE_API = env.bool("NAIVE_API", default=True)

(BASE_DIR / "var").mkdir(exist_ok=True)

NPLUSONE_GUARD = {**NPLUSONE_GUARD, "ENABLED": True, "ACTION": "warn", "HEADERS": True}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"bare": {"format": "%(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "bare"}},
    "loggers": {
        # INFO: a line for each request, not only for those with findings.
        "nplusone_guard": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
