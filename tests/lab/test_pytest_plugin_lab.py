"""``query_guard.prove`` and the mixin, as a project that has the plugin installed meets them."""

from __future__ import annotations

from tests.test_pytest_plugin import project  # noqa: F401  the fixture


def test_proven_fixes_pass_and_are_returned(project):  # noqa: F811
    project(
        """
def test_list(client, query_guard):
    proofs = query_guard.prove(lambda: client.get("/row-by-row/"))
    assert [proof.verdict for proof in proofs.proofs] == ["proven"]
    assert (proofs.before.queries, proofs.best.after.queries) == (6, 1)
    assert proofs.label == "test_list"
"""
    ).assert_outcomes(passed=1)


def test_a_fix_that_does_not_hold_fails_with_what_was_shown(project):  # noqa: F811
    result = project(
        """
def ahead():
    orders = list(Order.objects.all())
    return ["customer" in o._state.fields_cache for o in orders], [o.customer.name for o in orders]

def test_list(query_guard):
    query_guard.prove(ahead)

def test_told(query_guard):
    proofs = query_guard.prove(ahead, must_hold=False)
    assert proofs.failed == proofs.proofs != ()
"""
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            ">       query_guard.prove(ahead)",
            "E *FixNotProven: test_list  6 queries, * 1 changes the result",
            'E *fix    select_related("customer")',
            "E *diff *",
        ]
    )


def test_a_call_that_proves_nothing_fails(project):  # noqa: F811
    result = project(
        """
def test_missing(client, query_guard):
    query_guard.prove(lambda: client.get("/missing/"))

def test_nothing(query_guard):
    query_guard.prove(lambda: None)
"""
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *this proves nothing: the call answers 404"])
    result.stdout.fnmatch_lines(["E *this proves nothing: the call runs no query"])


def test_a_test_case_has_it_from_the_mixin(project):  # noqa: F811
    result = project(
        """
from nplusone_guard.testing import QueryBudgetMixin

class Orders(QueryBudgetMixin, TestCase):
    def setUp(self):
        fill()

    def test_list(self):
        proofs = self.assertFixesProven(lambda: self.client.get("/row-by-row/"), runs=1)
        self.assertEqual(proofs.best.after.queries, 1)

    def test_missing(self):
        self.assertFixesProven(lambda: self.client.get("/missing/"))
""",
        data="",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *FixNotProven: *test_missing *"])
