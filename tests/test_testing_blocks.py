"""``QueryBudgetMixin``: blocks of a test, and the text that a failure shows."""

from __future__ import annotations

import unittest

import pytest
from django.test import TestCase
from rest_framework.test import APITestCase

from nplusone_guard import Budget, BudgetExceeded, NPlusOneDetected
from nplusone_guard.testing import QueryBudgetMixin
from tests.shop.models import Customer, Order, Product

pytestmark = pytest.mark.usefixtures("shop")


def read_customers():
    for order in Order.objects.all():
        order.customer.name


def read_joined():
    for order in Order.objects.select_related("customer"):
        order.customer.name


class Case(QueryBudgetMixin, unittest.TestCase):
    """The mixin needs nothing of Django's test cases but their database."""

    __test__ = False

    def test_it(self):
        raise NotImplementedError


@pytest.fixture(params=[TestCase, APITestCase, unittest.TestCase])
def case(request):
    class Case(QueryBudgetMixin, request.param):
        __test__ = False

        def test_it(self):
            raise NotImplementedError

    return Case("test_it")


# --- assertQueryBudget ---


def test_a_block_within_its_budget_passes_and_gives_its_report(case):
    with case.assertQueryBudget(queries=6, rows=10) as report:
        read_customers()
    assert report.queries == 6
    assert report.label == case.id()


def test_a_block_over_its_budget_fails_with_the_report(case):
    with pytest.raises(case.failureException) as error, case.assertQueryBudget(queries=5):
        read_customers()
    assert isinstance(error.value, BudgetExceeded)
    text = str(error.value)
    assert text.startswith(case.id())
    assert "  over budget  queries: 6 of 5 allowed" in text
    assert "shop.Order.customer" in text
    line = read_customers.__code__.co_firstlineno + 2
    assert f"tests/test_testing_blocks.py:{line} in read_customers" in text
    assert "order.customer.name" in text
    assert 'select_related("customer")' in text


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"duplicates": 0}, "duplicates: 1 of 0 allowed"),
        ({"n_plus_one": 0}, "n_plus_one: 1 of 0 allowed"),
        ({"rows": 3}, "rows: 12 of 3 allowed"),
        ({"db_ms": 0}, "db_ms: "),
        ({"queries": 1, "rows": 1}, "queries: 8 of 1 allowed"),
    ],
)
def test_each_limit_is_held(limits, said):
    def read():
        read_customers()
        for _ in range(2):
            Product.objects.first()

    with pytest.raises(BudgetExceeded) as error, Case("test_it").assertQueryBudget(**limits):
        read()
    assert said in str(error.value)


def test_without_limits_a_block_only_reports(case):
    with case.assertQueryBudget() as report:
        read_customers()
    assert [finding.kind for finding in report.findings] == ["n_plus_one"]


def test_a_limit_that_can_be_none_of_them_is_told_before_the_block_runs():
    with pytest.raises(TypeError, match="takes a whole number"):
        Case("test_it").assertQueryBudget(queries="4")
    with pytest.raises(TypeError, match="querys"):
        Case("test_it").assertQueryBudget(querys=4)


def test_blocks_nest():
    case = Case("test_it")

    def read():
        with case.assertQueryBudget(queries=6):
            read_customers()
        Customer.objects.count()

    with pytest.raises(BudgetExceeded) as error, case.assertQueryBudget(queries=1):
        read()
    assert "queries: 7 of 1 allowed" in str(error.value)


def test_a_block_holds_inside_a_class_budget():
    class Held(Case):
        query_budget = Budget(queries=0)

        def test_it(self):
            with self.assertQueryBudget(queries=6):
                read_customers()

    result = unittest.TestResult()
    Held("test_it").run(result)
    assert result.wasSuccessful()


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, AssertionError])
def test_an_exception_in_the_block_is_not_hidden_behind_the_budget(error):
    case = Case("test_it")

    def read():
        read_customers()
        raise error

    with pytest.raises(error) as raised, case.assertQueryBudget(queries=0):
        read()
    assert not isinstance(raised.value, BudgetExceeded)


# --- assertNoNPlusOne ---


def test_a_block_that_loads_ahead_passes(case):
    with case.assertNoNPlusOne() as report:
        read_joined()
    assert report.queries == 1


def test_a_block_that_loads_row_by_row_fails_with_the_report(case):
    with pytest.raises(case.failureException) as error, case.assertNoNPlusOne():
        read_customers()
    assert isinstance(error.value, NPlusOneDetected)
    text = str(error.value)
    assert text.startswith(case.id())
    line = read_customers.__code__.co_firstlineno + 2
    assert f"tests/test_testing_blocks.py:{line} in read_customers" in text
    assert "shop.Order.customer" in text


def test_it_takes_a_threshold(case):
    with case.assertNoNPlusOne(threshold=6):
        read_customers()
    with pytest.raises(NPlusOneDetected), case.assertNoNPlusOne(threshold=5):
        read_customers()


def test_a_question_asked_twice_is_no_n_plus_one():
    with Case("test_it").assertNoNPlusOne() as report:
        for _ in range(2):
            Product.objects.first()
    assert [finding.kind for finding in report.findings] == ["duplicate"]


def test_an_exception_in_the_block_is_not_hidden_behind_the_finding():
    def read():
        read_customers()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Case("test_it").assertNoNPlusOne():
        read()


def test_a_subtest_fails_alone():
    class Both(Case):
        def test_it(self):
            for read in (read_customers, read_joined):
                with self.subTest(read=read.__name__), self.assertNoNPlusOne():
                    read()

    result = unittest.TestResult()
    Both("test_it").run(result)
    assert [case.params["read"] for case, _ in result.failures] == ["read_customers"]
    assert "shop.Order.customer" in result.failures[0][1]
