"""``QueryBudgetMixin``: requests of test clients, and blocks, held to a budget."""

from __future__ import annotations

import unittest

import pytest
from django.test import (
    AsyncClient,
    Client,
    RequestFactory,
    SimpleTestCase,
    TestCase,
    TransactionTestCase,
)
from rest_framework.test import APIClient, APITestCase, APITransactionTestCase

from nplusone_guard import Budget
from nplusone_guard.testing import QueryBudgetMixin
from tests.conftest import fill
from tests.endpoints import ROW_BY_ROW, row_by_row
from tests.shop.models import Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.endpoints")]

#: Budgets that the view which loads row by row keeps, and does not keep.
WIDE, NARROW = Budget(queries=ROW_BY_ROW), Budget(queries=ROW_BY_ROW - 1)


class Filled:
    def setUp(self):
        fill()
        super().setUp()


def run(*bases, budget=None, **attributes):
    """Run a test case of these bases and attributes."""
    namespace = {"query_budget": budget, **attributes}
    case = type("Case", (QueryBudgetMixin, Filled, *bases), namespace)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun
    return result


def get(path, client="client"):
    def test_get(self):
        assert getattr(self, client).get(path).status_code == 200

    return test_get


def only_failure(result):
    assert result.errors == [], result.errors[0][1]
    ((_, text),) = result.failures
    return text


# --- query_budget on the class ---


@pytest.mark.parametrize(
    "base", [TestCase, TransactionTestCase, APITestCase, APITransactionTestCase]
)
def test_requests_within_the_budget_pass(base):
    assert run(base, budget=WIDE, test_get=get("/row-by-row/")).wasSuccessful()


@pytest.mark.parametrize(
    "base", [TestCase, TransactionTestCase, APITestCase, APITransactionTestCase]
)
def test_a_request_over_the_budget_fails_with_the_report(base):
    text = only_failure(run(base, budget=NARROW, test_get=get("/row-by-row/")))
    assert "BudgetExceeded: GET /row-by-row/" in text
    assert "queries: 6 of 5 allowed" in text
    assert "shop.Order.customer" in text
    line = row_by_row.__code__.co_firstlineno + 1
    assert f"tests/endpoints.py:{line} in row_by_row" in text


def test_a_test_case_without_a_budget_is_left_alone():
    assert run(TestCase, test_get=get("/row-by-row/")).wasSuccessful()


def test_each_request_is_held_by_itself():
    def test_twice(self):
        self.client.get("/row-by-row/")
        self.client.get("/row-by-row/")

    assert run(TestCase, budget=WIDE, test_twice=test_twice).wasSuccessful()


def test_queries_outside_of_requests_do_not_count():
    def test_around(self):
        list(Order.objects.all())
        self.client.get("/nothing/")

    assert run(TestCase, budget=Budget(queries=0), test_around=test_around).wasSuccessful()


def test_no_n_plus_one_may_be_the_budget():
    result = run(TestCase, budget=Budget(n_plus_one=0), test_get=get("/row-by-row/"))
    assert "n_plus_one: 1 of 0 allowed" in only_failure(result)
    result = run(TestCase, budget=Budget(n_plus_one=0), test_get=get("/joined/"))
    assert result.wasSuccessful()


def test_requests_of_set_up_are_held():
    def set_up(self):
        fill()
        self.client.get("/row-by-row/")

    result = run(TestCase, budget=NARROW, setUp=set_up, test_nothing=lambda self: None)
    assert "GET /row-by-row/" in only_failure(result)


@pytest.mark.parametrize("client", [Client, APIClient])
def test_requests_of_another_client_are_held(client):
    result = run(TestCase, budget=NARROW, test_get=lambda self: client().get("/row-by-row/"))
    assert "GET /row-by-row/" in only_failure(result)


def test_every_method_is_held():
    def test_post(self):
        data = {"customer": Order.objects.first().customer_id}
        assert self.client.post("/api/orders/", data, format="json").status_code == 201

    result = run(APITestCase, budget=Budget(queries=1), test_post=test_post)
    assert "POST /api/orders/" in only_failure(result)


def test_a_request_that_authenticates_by_force_is_held():
    def test_list(self):
        self.client.force_authenticate(user=None)
        self.client.get("/api/orders/")

    text = only_failure(run(APITestCase, budget=NARROW, test_list=test_list))
    assert "OrderSerializer.customer_name" in text


def test_a_redirect_that_is_followed_is_a_request_by_itself():
    def test_follow(self):
        self.client.get("/redirect/", follow=True)

    assert run(TestCase, budget=WIDE, test_follow=test_follow).wasSuccessful()
    assert "GET /row-by-row/" in only_failure(run(TestCase, budget=NARROW, test_follow=test_follow))


def test_a_request_factory_makes_no_request_to_hold():
    def test_view(self):
        row_by_row(RequestFactory().get("/row-by-row/"))

    assert run(TestCase, budget=NARROW, test_view=test_view).wasSuccessful()


def test_an_asynchronous_client_is_held():
    async def test_get(self):
        await self.async_client.get("/row-by-row-async/")

    assert run(TestCase, budget=WIDE, test_get=test_get).wasSuccessful()
    text = only_failure(run(TestCase, budget=NARROW, test_get=test_get))
    assert "BudgetExceeded: GET /row-by-row-async/" in text


def test_another_asynchronous_client_is_held():
    async def test_get(self):
        await AsyncClient().get("/row-by-row/")

    text = only_failure(run(TestCase, budget=NARROW, test_get=test_get))
    assert "shop.Order.customer" in text


def test_a_streaming_response_is_held_to_its_end():
    def test_read(self):
        response = self.client.get("/stream/")
        assert b"customer 4" in b"".join(response.streaming_content)

    assert run(TestCase, budget=WIDE, test_read=test_read).wasSuccessful()
    text = only_failure(run(TestCase, budget=NARROW, test_read=test_read))
    assert "shop.Order.customer" in text


def test_an_asynchronous_streaming_response_is_held_to_its_end():
    async def test_read(self):
        response = await self.async_client.get("/stream-async/")
        chunks = [chunk async for chunk in response.streaming_content]
        assert b"customer 4" in chunks

    assert run(TestCase, budget=WIDE, test_read=test_read).wasSuccessful()
    text = only_failure(run(TestCase, budget=NARROW, test_read=test_read))
    assert "queries: 6 of 5 allowed" in text


def test_a_stream_that_nobody_reads_costs_nothing():
    assert run(TestCase, budget=NARROW, test_get=get("/stream/")).wasSuccessful()


def test_a_failure_of_the_view_is_not_hidden_behind_the_budget():
    result = run(TestCase, budget=NARROW, test_get=get("/broken/"))
    ((_, text),) = result.errors
    assert "ZeroDivisionError" in text
    assert "BudgetExceeded" not in text


def test_a_failed_request_whose_error_is_not_raised_is_held():
    def test_get(self):
        self.client.raise_request_exception = False
        self.client.get("/broken/")

    result = run(TestCase, budget=NARROW, test_get=test_get)
    assert "GET /broken/" in only_failure(result)


def test_a_subtest_fails_alone():
    def test_paths(self):
        for path in ("/row-by-row/", "/joined/", "/stream/", "/api/orders/"):
            with self.subTest(path=path):
                self.client.get(path)

    result = run(TestCase, budget=NARROW, test_paths=test_paths)
    assert [case.params["path"] for case, _ in result.failures] == ["/row-by-row/", "/api/orders/"]


def test_a_budget_holds_no_request_of_the_test_after_it():
    run(TestCase, budget=NARROW, test_get=get("/row-by-row/"))
    assert run(TestCase, test_get=get("/row-by-row/")).wasSuccessful()
    assert Client().get("/joined/").status_code == 200


def test_a_test_case_without_a_database_is_held_too():
    class Case(QueryBudgetMixin, SimpleTestCase):
        query_budget = Budget(queries=0)

        def test_get(self):
            self.client.get("/nothing/")

    result = unittest.TestResult()
    unittest.TestSuite([Case("test_get")]).run(result)
    assert result.wasSuccessful()
