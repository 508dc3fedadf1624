"""The schema of a version and a page to read it, for each version's URLs."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from nplusone_guard import query_budget


@query_budget(queries=1)  # whoever logs in; nobody has to
class SchemaView(SpectacularAPIView):
    """The version is the one of the URL."""


@query_budget(queries=1)
class DocsView(SpectacularSwaggerView):
    """Swagger UI, from the project's own static files."""


urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
]
