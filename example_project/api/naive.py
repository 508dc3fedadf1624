"""The naive twins of version 1's lists and single objects: they take no filters and no writes."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from orders.naive import NaiveOrderViewSet

app_name = "naive"

router = SimpleRouter(use_regex_path=False)
router.register("orders", NaiveOrderViewSet, basename="order")

urlpatterns = [path("", include(router.urls))]
