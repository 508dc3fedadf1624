"""Version 1: what it answers stays as it is."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from catalogue.views import CategoryViewSet, ProductViewSet
from orders.views import OrderEventViewSet, OrderViewSet

app_name = "v1"

router = SimpleRouter(use_regex_path=False)
router.register("categories", CategoryViewSet, basename="category")
router.register("products", ProductViewSet, basename="product")
router.register("orders", OrderViewSet, basename="order")
router.register("order-events", OrderEventViewSet, basename="order-event")

urlpatterns = [
    *router.urls,
    path("", include("accounts.urls")),
    path("", include("api.docs")),
]
