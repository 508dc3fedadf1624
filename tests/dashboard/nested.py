"""The dashboard within a namespace of the project's, under a path of its own."""

from __future__ import annotations

from django.urls import include, path

from tests.shop import urls

internal = [path("n+1/", include("nplusone_guard.urls"))]
urlpatterns = [
    path("internal/<slug:team>/", include((internal, "teams"))),
    path("ops/", include((internal, "ops"))),
    *urls.urlpatterns,
]
