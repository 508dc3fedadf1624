"""One ORM call that sends its rows in batches is one call, whatever the size of the last batch."""

from __future__ import annotations

from django.db import connection

from nplusone_guard import capture
from tests.shop.models import Product, Tag


def tags(number):
    return [Tag(name=str(n)) for n in range(number)]


def kinds(report):
    return [(finding.kind, finding.total) for finding in report.findings]


def test_a_bulk_create_whose_last_batch_is_shorter_is_no_loop(db):
    with capture() as report:
        Tag.objects.bulk_create(tags(11), batch_size=2)
    assert report.queries == 6
    assert report.findings == (), str(report)


def test_a_bulk_update_whose_last_batch_is_shorter_is_no_loop(db):
    made = Tag.objects.bulk_create(tags(5))
    with capture() as report:
        Tag.objects.bulk_update(made, ["name"], batch_size=2)
    assert report.queries == 3
    assert report.findings == (), str(report)


def test_an_in_bulk_whose_last_batch_is_shorter_is_no_loop(db, monkeypatch):
    keys = [tag.pk for tag in Tag.objects.bulk_create(tags(5))]
    monkeypatch.setattr(type(connection.features), "max_query_params", 2)
    with capture() as report:
        Tag.objects.in_bulk(keys)
    assert report.queries == 3
    assert report.findings == (), str(report)


def test_a_delete_whose_last_batch_is_shorter_is_no_loop(db):
    Product.objects.bulk_create(Product(name=str(n)) for n in range(120))
    with capture() as report:
        Product.objects.all().delete()
    assert report.findings == (), str(report)


def test_prefetches_of_an_iterators_chunks_are_no_loop_though_the_last_is_shorter(shop):
    with capture() as report:
        list(Product.objects.prefetch_related("tags").iterator(chunk_size=2))
    assert report.findings == (), str(report)


def test_bulk_creates_in_a_loop_are_a_loop_whatever_their_sizes(db):
    with capture() as report:
        for number in (1, 2, 3):
            Tag.objects.bulk_create(tags(number))
    assert kinds(report) == [("write_loop", 3)]


def test_each_bulk_create_of_a_loop_counts_once(db):
    with capture() as report:
        for _ in range(3):
            Tag.objects.bulk_create(tags(3), batch_size=2)
    (group,) = (group for group in report.groups if group.operation == "insert")
    assert (group.count, group.calls) == (6, 3)
