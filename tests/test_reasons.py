"""Where no code is proposed, it is said why, and what can be done."""

from __future__ import annotations

import pytest

from nplusone_guard import capture
from tests.situations import SITUATIONS

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("get_or_create_by_a_column_that_is_not_unique", "no unique constraint covers name"),
        (
            "get_or_create_by_another_case_of_a_unique_column",
            "no unique constraint covers name__iexact",
        ),
        ("set_of_a_many_to_many", "set() reads, deletes and inserts for one object"),
        ("remove_from_a_many_to_many", "Product.tags.through.objects has them all"),
        ("create_on_a_many_to_many", "then the rows of Product.tags.through.objects"),
        ("reading_lists_of_different_length", "Its lists differ in length"),
        ("reading_a_short_list_before_long_ones", "Its lists differ in length"),
        ("updates_of_lists_of_different_length", "Each update() takes a list of keys"),
    ],
)
def test_it_is_said_why_there_is_no_code(name, reason, shop):
    with capture() as report:
        SITUATIONS[name].run()
    (fix,) = [finding.fix for finding in report.findings]
    assert fix.code == ""
    assert reason in fix.explain


def test_writes_that_may_be_batches_are_for_information_only(shop):
    with capture() as report:
        SITUATIONS["updates_of_lists_of_different_length"].run()
    assert [finding.severity for finding in report.findings] == ["info"]


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("values_list_over_a_relation", "with .product.name, .product_id, .quantity."),
        ("values_list_of_a_key", "with .product_id."),
    ],
)
def test_objects_in_place_of_values_are_named_by_their_attributes(name, attributes, shop):
    with capture() as report:
        SITUATIONS[name].run()
    assert report.findings[0].fix.explain.endswith(f"its rows are objects then, {attributes}")


def test_where_a_key_is_read_it_is_said_what_loads_the_object(shop):
    with capture() as report:
        SITUATIONS["the_key_on_the_second_level"].run()
    (fix,) = [each.fix for each in report.findings if each.fix.code == "item.product_id"]
    assert 'prefetch_related("items__product")' in fix.explain
