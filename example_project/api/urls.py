"""The API's versions, and the naive twins where they are switched on."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from orders.naive import NaiveOrderViewSet

naive = SimpleRouter(use_regex_path=False)
naive.register("orders", NaiveOrderViewSet, basename="order")

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("api.v1")),
    path("v2/", include("api.v2")),
]

if settings.NAIVE_API:
    urlpatterns.append(path("naive/", include((naive.urls, "naive"), namespace="naive")))
