"""Production: everything from the environment, nothing guessed; ``check --deploy`` is silent."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import (
    BEHIND_PROXY,
    LOGGING,
    MIDDLEWARE,
    NPLUSONE_GUARD,
    PROBE_PATHS,
    database,
    env,
    listed,
)

REQUIRED = ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL")
missing = [name for name in REQUIRED if name not in env]
if missing:
    raise ImproperlyConfigured(
        f"Production needs {', '.join(missing)} in the environment; .env.example shows the form."
    )

DEBUG = False
# Not env.str(): a generated key may begin with "$", which would make it another variable's name.
SECRET_KEY = env.ENVIRON["SECRET_KEY"]
ALLOWED_HOSTS = listed("ALLOWED_HOSTS")
DATABASES = {"default": {**database(), "CONN_HEALTH_CHECKS": True}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Connections of a process's own pool: under ASGI, where each request has a thread of its own,
    # those that CONN_MAX_AGE keeps would never be used again, nor closed.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("DB_POOL_SIZE", default=8),
        "timeout": 5,  # seconds; before it a request waits for a connection, after it fails
    }

# Files of the docs and the admin: collectstatic gives each a name by its content, which browsers
# keep for good, and compresses it.
_SECURITY = MIDDLEWARE.index("django.middleware.security.SecurityMiddleware")
MIDDLEWARE = [
    *MIDDLEWARE[: _SECURITY + 1],
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *MIDDLEWARE[_SECURITY + 1 :],
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# It warns of slow queries and the like in the log; a client is told nothing.
NPLUSONE_GUARD = {
    **NPLUSONE_GUARD,
    "ENABLED": env.bool("QUERY_GUARD", default=True),
    "ACTION": "warn",
    "HEADERS": False,
}
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "INFO"}}

# Not env.str(): see SECRET_KEY.
if dsn := env.ENVIRON.get("SENTRY_DSN"):
    SENTRY = {
        "dsn": dsn,
        "traces_sample_rate": env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0),
    }

SECURE_SSL_REDIRECT = True
# Load balancers ask without TLS, and take a redirect for a failure.
SECURE_REDIRECT_EXEMPT = [f"^{path.lstrip('/')}$" for path in PROBE_PATHS]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 60 * 60)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
