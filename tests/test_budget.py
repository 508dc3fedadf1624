"""Budgets, and how a report is held to them."""

from __future__ import annotations

import pytest

from nplusone_guard import Budget, BudgetExceeded, GuardError, NPlusOneDetected, capture
from tests.shop.models import Order, Product


def read_customers():
    for order in Order.objects.all():
        order.customer.name


def read_one_product_twice():
    key = Product.objects.values_list("pk", flat=True).first()
    for _ in range(2):
        Product.objects.get(pk=key)


def limits(report):
    return [(each.limit, each.allowed, each.actual) for each in report.violations]


# --- Budget ---


def test_a_budget_without_limits_allows_everything():
    assert list(Budget().limits()) == []


def test_limits_are_named_in_their_order():
    budget = Budget(rows=1, db_ms=2.5, n_plus_one=3, duplicates=4, queries=5)
    assert list(budget.limits()) == [
        ("queries", 5),
        ("duplicates", 4),
        ("n_plus_one", 3),
        ("db_ms", 2.5),
        ("rows", 1),
    ]


def test_a_limit_of_zero_is_a_limit():
    assert list(Budget(queries=0).limits()) == [("queries", 0)]


@pytest.mark.parametrize("name", ["queries", "duplicates", "n_plus_one", "rows"])
@pytest.mark.parametrize("value", ["4", 4.0, True, [4], float("inf")])
def test_a_limit_that_counts_takes_a_whole_number(name, value):
    with pytest.raises(TypeError) as error:
        Budget(**{name: value})
    assert str(error.value) == f"Budget({name}=...) takes a whole number or None, not {value!r}."


@pytest.mark.parametrize("value", ["4", True, [4]])
def test_a_limit_of_time_takes_a_number(value):
    with pytest.raises(TypeError) as error:
        Budget(db_ms=value)
    takes = "takes a number of milliseconds or None"
    assert str(error.value) == f"Budget(db_ms=...) {takes}, not {value!r}."


@pytest.mark.parametrize(
    ("name", "value"),
    [("queries", -1), ("duplicates", -1), ("n_plus_one", -1), ("rows", -1), ("db_ms", -0.1)],
)
def test_a_limit_is_not_negative(name, value):
    with pytest.raises(ValueError, match=f"{name}.*can't be negative, got {value}"):
        Budget(**{name: value})


def test_a_limit_is_a_number_that_can_be_compared():
    with pytest.raises(ValueError, match="nan"):
        Budget(db_ms=float("nan"))


def test_an_unknown_limit_is_refused():
    with pytest.raises(TypeError, match="querys"):
        Budget(querys=4)


def test_override_replaces_only_the_limits_that_the_other_sets():
    base = Budget(queries=10, rows=100)
    assert base.override(Budget(queries=0, db_ms=5)) == Budget(queries=0, rows=100, db_ms=5)
    assert base.override(Budget()) == base
    assert base.override(None) is base


def test_budgets_are_values():
    assert Budget(queries=4) == Budget(queries=4)
    assert len({Budget(queries=4), Budget(queries=4), Budget(queries=5)}) == 2
    with pytest.raises(AttributeError):
        Budget().queries = 4


@pytest.mark.parametrize(
    ("allowed", "actual", "said"),
    [
        (10, 152, "db_ms: 152 of 10 allowed"),
        (1_000_000, 1_234_567, "db_ms: 1234567 of 1000000 allowed"),
        (5.0, 12.34567, "db_ms: 12.346 of 5 allowed"),
        (0, 0.125, "db_ms: 0.125 of 0 allowed"),
    ],
)
def test_a_violation_writes_numbers_out(allowed, actual, said):
    (violation,) = Budget(db_ms=allowed).violations({"db_ms": actual})
    assert str(violation) == said


# --- A report and its budget ---


def test_a_report_within_its_budget_has_no_violation(shop):
    with capture(budget=Budget(queries=6, rows=10, duplicates=0, n_plus_one=1)) as report:
        read_customers()
    assert report.violations == ()


def test_each_limit_that_is_exceeded_is_a_violation(shop):
    with capture(budget=Budget(queries=5, rows=9, n_plus_one=0, db_ms=0)) as report:
        read_customers()
    assert limits(report)[:2] == [("queries", 5, 6), ("n_plus_one", 0, 1)]
    assert [name for name, _, _ in limits(report)] == ["queries", "n_plus_one", "db_ms", "rows"]
    assert not report.ok


def test_duplicates_are_counted_by_what_could_be_spared(shop):
    with capture(budget=Budget(duplicates=0)) as report:
        read_one_product_twice()
    assert limits(report) == [("duplicates", 0, 1)]


def test_nothing_is_raised_until_it_is_asked_for(shop):
    with capture(budget=Budget(queries=0)) as report:
        read_customers()
    with pytest.raises(BudgetExceeded) as error:
        report.raise_for_violations()
    assert error.value.report is report
    assert str(error.value) == str(report)
    assert "queries: 6 of 0 allowed" in str(error.value)


def test_an_n_plus_one_within_the_budget_is_raised_as_such(shop):
    with capture(budget=Budget(queries=100)) as report:
        read_customers()
    with pytest.raises(NPlusOneDetected) as error:
        report.raise_for_violations()
    assert "shop.Order.customer" in str(error.value)


def test_what_is_raised_is_an_assertion_error():
    assert issubclass(GuardError, AssertionError)
    assert issubclass(BudgetExceeded, GuardError)
    assert issubclass(NPlusOneDetected, GuardError)


def test_a_duplicate_alone_is_no_failure(shop):
    with capture() as report:
        read_one_product_twice()
    assert [finding.kind for finding in report.findings] == ["duplicate"]
    assert report.ok
    report.raise_for_violations()


# --- Report.judge ---


def test_judge_holds_a_report_to_one_more_budget(shop):
    with capture(budget=Budget(queries=5)) as report:
        read_customers()
    report.judge(Budget(queries=6, rows=10))
    with pytest.raises(BudgetExceeded, match="rows: 10 of 9 allowed"):
        report.judge(Budget(rows=9))
    assert limits(report) == [("queries", 5, 6), ("rows", 9, 10)]


def test_judge_says_nothing_twice(shop):
    with capture(budget=Budget(queries=5)) as report:
        read_customers()
    for _ in range(2):
        with pytest.raises(BudgetExceeded):
            report.judge(Budget(queries=5))
    assert limits(report) == [("queries", 5, 6)]


def test_judge_inside_the_block_tells_the_state_so_far_and_the_report_goes_on(shop):
    with capture() as report:
        Order.objects.count()
        report.judge(Budget(queries=1))
        Order.objects.exists()
        with pytest.raises(BudgetExceeded, match="queries: 2 of 1 allowed"):
            report.judge(Budget(queries=1))
        Order.objects.first()
    assert report.queries == 3
    assert limits(report) == [("queries", 1, 3)]


def test_a_report_tells_what_it_is(shop):
    with capture(label="export") as report:
        read_customers()
    assert repr(report) == "<Report 'export' queries=6 findings=1>"
    assert str(report).startswith("export  6 queries")
