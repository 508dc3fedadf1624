"""The API's versions, the naive twins where they are switched on, and last all that is neither."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from api.errors import no_endpoint

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("api.v1")),
    path("v2/", include("api.v2")),
]

if settings.NAIVE_API:
    urlpatterns.append(path("naive/", include("api.naive")))

urlpatterns.append(re_path("", no_endpoint))
