"""The naive twins of version 1's lists and single objects; on where ``NAIVE_API`` is.

Each makes a mistake that people make, names it, and answers what its tuned twin does, to the
letter.  For the demonstration and for benchmarks: they write nothing, and of them orders
alone take filters.
"""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.naive import NaiveProfileView
from catalogue.naive import NaiveCategoryViewSet, NaiveProductViewSet
from orders.naive import NaiveOrderEventViewSet, NaiveOrderViewSet, PrefetchedOrderViewSet

app_name = "naive"

router = SimpleRouter(use_regex_path=False)
router.register("categories", NaiveCategoryViewSet, basename="category")
router.register("products", NaiveProductViewSet, basename="product")
router.register("orders", NaiveOrderViewSet, basename="order")
router.register("orders-prefetched", PrefetchedOrderViewSet, basename="order-prefetched")
router.register("order-events", NaiveOrderEventViewSet, basename="order-event")

urlpatterns = [
    *router.urls,
    path("profile/", NaiveProfileView.as_view(), name="profile"),
]
