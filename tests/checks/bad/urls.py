"""Routes without a version."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from tests.checks.bad import views

router = SimpleRouter(use_regex_path=False)
router.register("orders", views.OrderViewSet)
router.register("customers", views.CustomerViewSet)
router.register("categories", views.CategoryViewSet)
router.register("slices", views.SlicesViewSet, basename="slice")

urlpatterns = router.urls
