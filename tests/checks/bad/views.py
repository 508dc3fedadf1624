"""Views that follow no practice."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination
from rest_framework.throttling import AnonRateThrottle
from rest_framework.viewsets import ReadOnlyModelViewSet

from tests.checks.bad.serializers import CustomerSerializer, OrderSerializer, ParentSerializer
from tests.shop.models import Category, Customer, Order


class OrderViewSet(ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer


class Feed(CursorPagination):
    page_size = 25
    ordering = "-name"


class CustomerViewSet(ReadOnlyModelViewSet):
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    pagination_class = Feed
    throttle_scope = "customers"


class Pages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "per_page"


class CategoryViewSet(ReadOnlyModelViewSet):
    queryset = Category.objects.all()
    serializer_class = ParentSerializer
    pagination_class = Pages
    throttle_classes = (AnonRateThrottle,)


class SlicesViewSet(CategoryViewSet):
    pagination_class = LimitOffsetPagination
