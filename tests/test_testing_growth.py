"""``QueryBudgetMixin.assertQueriesConstant`` in Django's and DRF's test cases."""

from __future__ import annotations

import unittest

import pytest
from asgiref.sync import sync_to_async
from django.test import TestCase, TransactionTestCase
from rest_framework.test import APITestCase, APITransactionTestCase

from nplusone_guard.testing import QueryBudgetMixin
from tests.shop.models import Customer, Order, Tag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.endpoints")]

CASES = [TestCase, TransactionTestCase, APITestCase, APITransactionTestCase]


def orders(number):
    for n in range(number):
        Order.objects.create(customer=Customer.objects.create(name=f"customer {n}"))


def run(base, test, **attributes):
    """Run one test in a test case of this base."""
    case = type("Case", (QueryBudgetMixin, base), {"test_it": test, **attributes})
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun == 1
    return result


def only_failure(result):
    assert result.errors == [], result.errors[0][1]
    ((_, text),) = result.failures
    return text


@pytest.mark.parametrize("base", CASES)
def test_what_is_constant_passes_and_leaves_nothing(base):
    def test_it(self):
        growth = self.assertQueriesConstant(orders, lambda: self.client.get("/joined/"), (1, 4))
        assert growth.queries == (1, 1)
        assert Order.objects.count() == 0

    assert run(base, test_it).wasSuccessful()


@pytest.mark.parametrize("base", CASES)
def test_what_grows_fails_with_its_fix(base):
    def test_it(self):
        self.assertQueriesConstant(orders, lambda: self.client.get("/row-by-row/"))

    text = only_failure(run(base, test_it))
    assert "QueriesGrow: " in text
    assert ".test_it  queries grow with the data, linear: 1 query per row\n" in text
    assert 'fix   select_related("customer")\n' in text


@pytest.mark.parametrize("base", CASES)
def test_a_call_that_saw_nothing_fails(base):
    def test_it(self):
        self.assertQueriesConstant(orders, lambda: self.client.get("/nothing/"), allow_unread=True)
        self.assertQueriesConstant(orders, lambda: self.client.get("/nothing/"))

    text = only_failure(run(base, test_it))
    assert "this proves nothing: the call ran no query at any size (2, 8).\n" in text


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
@pytest.mark.parametrize("base", [TestCase, TransactionTestCase])
def test_databases_that_the_case_names_are_rolled_back(base):
    def grow(number):
        for _ in range(number):
            Tag.objects.using("other").create(name="new")

    def test_it(self):
        self.assertQueriesConstant(grow, lambda: list(Tag.objects.using("other")))
        assert Tag.objects.using("other").count() == 0

    assert run(base, test_it, databases={"default", "other"}).wasSuccessful()


def test_rows_of_the_whole_class_are_there_at_each_size():
    def set_up_test_data(cls):
        orders(3)

    def test_it(self):
        growth = self.assertQueriesConstant(orders, lambda: list(Order.objects.all()))
        assert growth.rows == (5, 11)
        assert Order.objects.count() == 3

    assert run(TestCase, test_it, setUpTestData=classmethod(set_up_test_data)).wasSuccessful()


def test_an_asynchronous_test_asks_through_sync_to_async():
    async def test_it(self):
        await sync_to_async(self.assertQueriesConstant)(
            orders, lambda: self.async_client.get("/row-by-row-async/")
        )

    assert "2 → 8  shop.Customer  get" in only_failure(run(TestCase, test_it))
