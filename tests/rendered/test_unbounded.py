"""Results that grow with the table, in a request."""

from __future__ import annotations

import pytest
from django.db import models

FEW = {
    "NPLUSONE_GUARD": {
        "ENABLED": True,
        "REPORTERS": ["tests.rendered.site.keep"],
        "UNBOUNDED_ROWS": 3,
    }
}
needs_modes = pytest.mark.skipif(
    not hasattr(models, "FETCH_PEERS"), reason="Fetch modes came with Django 6.1."
)


def view(queryset, read):
    return f"""
        from django.db import models

        def show(request):
            return JsonResponse({{"names": [{read} for order in {queryset}]}})

        urlpatterns = [path("", show)]
    """


def test_all_rows_of_a_table_are_to_be_paginated_or_streamed(site):
    site.write(view("Order.objects.all()", "order.pk"), **FEW)
    (found,) = site.found()
    assert found.kind == "unbounded"
    explain = site.finding("unbounded").fix.explain
    assert "5 rows at once" in explain
    assert "iterator()" in explain


@needs_modes
def test_peers_of_an_unbounded_result_are_named_with_it(site):
    orders = "Order.objects.fetch_mode(models.FETCH_PEERS)"
    site.write(view(orders, "order.customer.name"), **FEW)
    (found,) = site.found()
    assert (found.kind, found.relation) == ("unbounded", None)
    explain = site.finding("unbounded").fix.explain
    assert "FETCH_PEERS" in explain
    assert "IN list of up to 5 keys" in explain
    assert "iterator()" not in explain  # under which each row would load its own


@needs_modes
def test_peers_of_a_slice_are_bounded(site):
    orders = "Order.objects.fetch_mode(models.FETCH_PEERS)[:5]"
    site.write(view(orders, "order.customer.name"), **FEW)
    assert site.found() == []
