"""A site of one file with the dashboard, for servers of their own: settings, URLs, WSGI."""

from __future__ import annotations

import os
from functools import cache

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import JsonResponse
from django.urls import include, path

SECRET_KEY = "tests only"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = __name__
INSTALLED_APPS = ["nplusone_guard"]
MIDDLEWARE = ["nplusone_guard.middleware.GuardMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
NPLUSONE_GUARD = {
    "REPORTERS": [],
    "DASHBOARD": {"PATH": os.environ.get("GUARD_STORE", "guard.sqlite3"), "MAX_RECORDS": 4_000},
}


def numbers(request):
    """Five queries, of which four repeat one."""
    with connection.cursor() as cursor:
        for number in range(5):
            cursor.execute("SELECT %s", [number])
    return JsonResponse({"pid": os.getpid()})


urlpatterns = [path("__guard__/", include("nplusone_guard.urls")), path("numbers/", numbers)]


@cache
def _site():
    return get_wsgi_application()


def application(environ, start_response):
    """Made at the first request, when this module is there for the settings to import."""
    return _site()(environ, start_response)
