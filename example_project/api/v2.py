"""Version 2: money is an amount and a currency; all else is as in version 1."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from catalogue.v2 import ProductViewSetV2
from catalogue.views import CategoryViewSet
from orders.v2 import OrderViewSetV2
from orders.views import OrderEventViewSet

app_name = "v2"

router = SimpleRouter(use_regex_path=False)
router.register("categories", CategoryViewSet, basename="category")
router.register("products", ProductViewSetV2, basename="product")
router.register("orders", OrderViewSetV2, basename="order")
router.register("order-events", OrderEventViewSet, basename="order-event")

urlpatterns = [
    *router.urls,
    path("", include("accounts.urls")),
    path("", include("api.docs")),
]
