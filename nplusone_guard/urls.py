"""The dashboard's URLs: ``path("__guard__/", include("nplusone_guard.urls"))``.

Names, below ``nplusone_guard:``: ``requests``, ``request`` (an id), ``compare``, ``endpoints``.
"""

from __future__ import annotations

from django.urls import path

from nplusone_guard.dashboard import NAMESPACE, views
from nplusone_guard.dashboard.quiet import quieten

app_name = NAMESPACE

urlpatterns = [
    path("", views.listed, name="requests"),
    path("rows/", views.rows, name="rows"),
    path("requests/<slug:name>/", views.one, name="request"),
    path("requests/<slug:name>/explain/<int:number>/", views.explain, name="explain"),
    path("compare/", views.compare, name="compare"),
    path("endpoints/", views.endpoints, name="endpoints"),
    path("clear/", views.clear, name="clear"),
    path("static/<slug:digest>/<str:file>", views.static, name="static"),
]

quieten()
