"""Views that ask the database with whatever a request brings."""

from __future__ import annotations

import json

from django.db import DatabaseError, connection, transaction
from django.http import JsonResponse
from django.urls import include, path

from tests.shop.models import Customer, Order


def brought(request):
    """All values of a request."""
    body = json.loads(request.body) if request.body else {}
    return [
        *request.GET.values(),
        *request.COOKIES.values(),
        request.headers["X-Api-Key"],
        request.headers["Authorization"],
        *body.values(),
    ]


def asking(request):
    values = brought(request)
    for value in values:
        Customer.objects.filter(name=value).first()
        list(Order.objects.filter(note__contains=value)[:3])
        Customer.objects.filter(name__in=[value, "x" + value]).count()
        Customer.objects.create(name=value).orders.create(note=value)
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [value])
            cursor.execute(f"SELECT '{value}' AS one, 1 /* {value} */ -- {value}")
            cursor.execute(f'SELECT "name" FROM shop_customer WHERE "name" = \'{value}\'')
            cursor.executemany("UPDATE shop_customer SET name = %s WHERE name = %s", [(value, "-")])
        Order.objects.extra(where=["note = %s"], params=[value]).exists()
        list(Customer.objects.raw("SELECT * FROM shop_customer WHERE name = %s", [value]))
    return JsonResponse({"names": [order.customer.name for order in Order.objects.all()]})


def failing(request):
    for value in brought(request):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT '{value}' FROM nowhere_at_all WHERE a = %s", [value])
        except DatabaseError:
            pass
    return JsonResponse({})


urlpatterns = [
    path("asking/", asking),
    path("failing/", failing),
    path("__guard__/", include("nplusone_guard.urls")),
]
