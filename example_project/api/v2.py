"""Version 2: money is an amount and a currency; all else is as in version 1."""

from __future__ import annotations

from django.urls import include, path

app_name = "v2"

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("api.docs")),
]
