"""What all places share. Nothing secret, nothing that differs between hosts."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()

# The environment wins over the file.
ENV_FILE = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
if ENV_FILE.is_file():
    env.read_env(ENV_FILE)
# A name with nothing behind it, as in .env.example, is not set.
env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}


def listed(name: str) -> list[str]:
    """What a variable lists, separated by commas; nothing where it is not set."""
    return [each.strip() for each in env.list(name, default=[]) if each.strip()]


def database(default: str | None = None) -> dict[str, Any]:
    """The database of ``DATABASE_URL``.

    On SQLite with what lets readers and a writer coexist; a PostgreSQL that does not answer is
    given up, so that ``/readyz`` can say so.
    """
    config = env.db_url("DATABASE_URL", **({} if default is None else {"default": default}))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            **config.get("OPTIONS", {}),
        }
    if config["ENGINE"] == "django.db.backends.postgresql":
        config["OPTIONS"] = {"connect_timeout": 5, **config.get("OPTIONS", {})}
    return config


def cache() -> dict[str, Any]:
    """The cache of ``CACHE_URL``; a Redis that does not answer is given up, in seconds."""
    given = env.cache_url("CACHE_URL", default="locmemcache://")
    # For Redis django-environ gives ?key_prefix=… in lower case, which Django does not read.
    config: dict[str, Any] = {name.upper(): value for name, value in given.items()}
    if config["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
        limits = {"socket_connect_timeout": 2, "socket_timeout": 2}
        config["OPTIONS"] = {**limits, **config.get("OPTIONS", {})}
    return config


INSTALLED_APPS = [
    "nplusone_guard",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "accounts",
    "catalogue",
    "orders",
    "api",
    "observability",
]

MIDDLEWARE = [
    # First, so that all that follows logs with the request's id; it runs no query.
    "api.request_id.request_id_middleware",
    "observability.access.access_log_middleware",
    # Next, so that it sees the queries of all that follows.
    "nplusone_guard.middleware.GuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before all that may answer in place of a view: a refusal too needs the headers.
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Asked every second by load balancers: not traced, not logged, not redirected to HTTPS.
PROBE_PATHS = ["/healthz", "/readyz"]

STATIC_URL = "/static/"

NPLUSONE_GUARD: dict[str, Any] = {
    "HEADERS": True,
    # A list of one's own replaces the default, which is all but the probes.
    "EXCLUDE_PATHS": [
        *PROBE_PATHS,
        STATIC_URL,
        "/favicon.ico",
        "/robots.txt",
        "*/jsi18n/",
        "/__debug__/",
        "/__guard__/",
    ],
    "SLOW_QUERY_MS": env.float("SLOW_QUERY_MS", default=500.0),
    "REPORTERS": ["observability.guard.log_findings"],
    "BUDGETS": {"api/v[12]/*": {"n_plus_one": 0, "duplicates": 0}},
}

# Only behind a proxy that sets X-Forwarded-Proto and X-Forwarded-For itself.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # People's clients; the first also says in a 401 what is asked for.
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        # Other servers: a token is made in the admin or by manage.py drf_create_token.
        "rest_framework.authentication.TokenAuthentication",
        # The browsable API.
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "ALLOWED_VERSIONS": ["v1", "v2", "naive"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
        "api.throttles.WriteThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("THROTTLE_ANON", default="60/min"),
        "user": env.str("THROTTLE_USER", default="600/min"),
        "login": env.str("THROTTLE_LOGIN", default="5/min"),
        "signup": env.str("THROTTLE_SIGNUP", default="10/min"),
        "writes": env.str("THROTTLE_WRITES", default="60/min"),
    },
    # As DRF has it, None, a client names its own address in X-Forwarded-For: a new one each time.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=int(BEHIND_PROXY)),
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "api.schema.Schema",
    # Errors of a list's items by position, as later versions of DRF do.
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    # A refresh token is good for one refresh: see accounts/tokens.py.
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    # A new password ends what was issued under the old one.
    "CHECK_REVOKE_TOKEN": True,
}
# One of its own can be changed without ending sessions and password resets.
if signing_key := env.ENVIRON.get("JWT_SIGNING_KEY"):
    SIMPLE_JWT["SIGNING_KEY"] = signing_key

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Orders API",
    "DESCRIPTION": "Customers order products. Version 2 shows money with its currency.",
    "VERSION": None,  # the path has it
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"OrderStatus": "orders.models.Order.Status"},
    # Its own files, not another host's.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Counts of throttles: with more than one process they belong in Redis, else each has its own.
CACHES = {"default": cache()}

# Pages of other origins that may call the API: each by name, with scheme and port.
CORS_ALLOWED_ORIGINS = listed("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = ["Location", "Retry-After", "X-Request-ID"]

#: What all prices are in.
CURRENCY = "EUR"

# The most rows that a client gets at once, whatever ?page_size= says.
MAX_PAGE_SIZE = 100

# The naive twins under /api/naive/ are for looking at and measuring; off unless asked for.
NAIVE_API = env.bool("NAIVE_API", default=False)

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))

# What sentry_sdk.init is given; nothing, and nothing is sent, but in production.
SENTRY: dict[str, Any] = {}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "observability.logs.json_formatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Django's own logger has a handler already; without this its lines would come twice.
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # So has uvicorn's; its line for each request has no request id: ours has.
        "uvicorn": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "uvicorn.access": {"handlers": [], "propagate": False},
    },
}
