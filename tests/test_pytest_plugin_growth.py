"""``query_guard.constant``, as a project that has the plugin installed meets it."""

from __future__ import annotations

from tests.test_pytest_plugin import project  # noqa: F401  the fixture

DATA = """
from tests.shop.models import Customer, Tag

pytestmark = pytest.mark.django_db

def orders(number):
    for n in range(number):
        Order.objects.create(customer=Customer.objects.create(name=f"customer {n}"))
"""


def test_a_test_fails_with_the_growth_at_the_line_that_asks(project):  # noqa: F811
    result = project(
        """
def test_grows(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/row-by-row/"))

def test_is_constant(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/joined/"), sizes=(1, 4, 16))
    assert Order.objects.count() == 0
""",
        data=DATA,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       query_guard.constant(orders, *",
            "E * test_grows  queries grow with the data, linear: 1 query per row",
            "E *   size        2   8",
            "E *   queries     3   9",
            "E *   2 → 8  shop.Order.customer  lazy forward",
            "E *       at    */tests/endpoints.py:* in row_by_row*",
            'E *       fix   select_related("customer")',
        ]
    )
    result.stdout.no_fnmatch_line("*nplusone_guard/suite/*")
    result.stdout.no_fnmatch_line("*nplusone_guard/pytest_plugin.py*")


def test_a_call_that_saw_nothing_fails(project):  # noqa: F811
    result = project(
        """
def test_refused(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/nowhere/"))

def test_silent(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/nothing/"))

def test_meant(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/nothing/"), allow_unread=True)
""",
        data=DATA,
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E * test_refused  this proves nothing: the call answered 404 at size 2, *",
            "E * test_silent  this proves nothing: the call ran no query at any size (2, 8).",
        ]
    )


def test_marked_tests_hold_each_request_as_ever(project):  # noqa: F811
    result = project(
        """
@pytest.mark.query_budget(queries=1)
def test_within(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/joined/"))

@pytest.mark.query_budget(queries=8)
def test_over(client, query_guard):
    query_guard.constant(orders, lambda: client.get("/row-by-row/"))
""",
        data=DATA,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *   over budget  queries: 9 of 8 allowed"])


def test_databases_that_a_test_may_not_use_are_left_alone(project):  # noqa: F811
    result = project(
        """
def test_default(query_guard):
    query_guard.constant(orders, lambda: list(Order.objects.all()))

@pytest.mark.django_db(databases=["other"])
def test_other(query_guard):
    def grow(number):
        for n in range(number):
            Tag.objects.using("other").create(name="new")

    query_guard.constant(grow, lambda: list(Tag.objects.using("other")))
    assert Tag.objects.using("other").count() == 0

@pytest.mark.django_db(transaction=True)
def test_without_a_transaction(query_guard):
    query_guard.constant(orders, lambda: list(Order.objects.all()))
    assert Order.objects.count() == 0
""",
        data=DATA,
    )
    result.assert_outcomes(passed=3)


def test_without_a_database_pytest_django_says_what_is_missing(project):  # noqa: F811
    result = project(
        """
def test_unmarked(query_guard):
    query_guard.constant(print, list)
""",
        data="",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['E *Database access not allowed, use the "django_db" mark*'])
