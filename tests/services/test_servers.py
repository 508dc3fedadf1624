"""What only a database server has: connections that end, and several of them at a time."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import DatabaseError, connection

from nplusone_guard import capture
from tests.shop.models import Order, Product

if connection.vendor == "sqlite":
    pytest.skip("needs a database server (make services)", allow_module_level=True)


def test_a_connection_that_was_closed_is_observed_again(committed_shop):
    with capture() as report:
        for product in Product.objects.all():
            connection.close()
            product.category.name
    assert [(each.relation, each.count) for each in report.findings] == [
        ("shop.Product.category", 3)
    ]


def test_a_connection_that_the_server_ends_fails_once_and_is_observed_again(committed_shop):
    end = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }
    with capture() as report:
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(end[connection.vendor])
        connection.close()
        assert Order.objects.count() == 5
    assert report.queries == 2


def test_the_connection_of_a_worker_thread_is_observed(committed_shop):
    def names():
        try:
            return [order.customer.name for order in Order.objects.all()]
        finally:
            connection.close()

    async def run():
        async with capture() as report:
            await sync_to_async(names, thread_sensitive=False)()
        return report

    report = async_to_sync(run)()
    assert [(each.relation, each.count) for each in report.findings] == [("shop.Order.customer", 5)]
    assert report.rows == 10
