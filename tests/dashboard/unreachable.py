"""The dashboard under a path with a part that no link of its own can fill in."""

from __future__ import annotations

from django.urls import include, path

from tests.shop import urls

urlpatterns = [path("<slug:team>/__guard__/", include("nplusone_guard.urls")), *urls.urlpatterns]
