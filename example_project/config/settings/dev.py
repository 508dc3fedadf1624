"""A developer's machine: runs without any configuration, and the guard talks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings.base import *  # noqa: F403
from config.settings.base import (
    BASE_DIR,
    INSTALLED_APPS,
    LOGGING,
    MIDDLEWARE,
    NPLUSONE_GUARD,
    REST_FRAMEWORK,
    database,
    env,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

DEBUG = True
# Not env.str(): a generated key may begin with "$", which would make it another variable's name.
SECRET_KEY = env.ENVIRON.get("SECRET_KEY", "django-insecure-for-development-only")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

(BASE_DIR / "var").mkdir(exist_ok=True)
DATABASES = {"default": database(f"sqlite:///{BASE_DIR / 'var' / 'orders.sqlite3'}")}

NAIVE_API = env.bool("NAIVE_API", default=True)

NPLUSONE_GUARD = {
    **NPLUSONE_GUARD,
    "ENABLED": True,
    "ACTION": "warn",
    "REPORTERS": ["nplusone_guard.report.console.log"],
    "VERBOSITY": env.int("GUARD_VERBOSITY", default=1),
}

LOGGING = {
    **LOGGING,
    "formatters": {
        "line": {"()": "observability.logs.console_formatter"},
        "bare": {"format": "{message}", "style": "{"},
    },
    "handlers": {
        **LOGGING["handlers"],
        # The guard's reports are laid out to be read: nothing in front of them.
        "guard": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
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

if env.bool("DEBUG_TOOLBAR", default=True):
    from debug_toolbar.settings import PANELS_DEFAULTS

    INSTALLED_APPS = [*INSTALLED_APPS, "debug_toolbar"]
    # Outermost: what the guard sees is the project without it.
    MIDDLEWARE = ["debug_toolbar.middleware.DebugToolbarMiddleware", *MIDDLEWARE]
    DEBUG_TOOLBAR_PANELS = [
        "debug_toolbar.panels.history.HistoryPanel",
        "nplusone_guard.integrations.debug_toolbar.GuardPanel",
        *(panel for panel in PANELS_DEFAULTS if not panel.endswith(".HistoryPanel")),
    ]
    INTERNAL_IPS = ["127.0.0.1", "::1"]
    DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": "config.settings.dev.wants_toolbar"}


def wants_toolbar(request: HttpRequest) -> bool:
    """Whether a browser on this machine asks for a page; other clients pay nothing for it."""
    if request.path.startswith("/__guard__/"):
        return False  # it would lie over the dashboard, and has nothing to say of it
    return request.META.get("REMOTE_ADDR") in INTERNAL_IPS and (
        "text/html" in request.headers.get("Accept", "") or request.path.startswith("/__debug__/")
    )
