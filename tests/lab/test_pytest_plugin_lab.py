"""``query_guard.prove`` and the mixin, as a project that has the plugin installed meets them."""

from __future__ import annotations

from tests.test_pytest_plugin import project  # noqa: F401  the fixture


def test_a_test_passes_with_proven_fixes_and_fails_with_what_was_shown(project):  # noqa: F811
    result = project(
        """
def test_proven(client, query_guard):
    proofs = query_guard.prove(lambda: client.get("/row-by-row/"))
    assert [proof.verdict for proof in proofs.proofs] == ["proven"]
    assert (proofs.before.queries, proofs.best.after.queries) == (6, 1)
    assert proofs.label == "test_proven"

def ahead():
    orders = list(Order.objects.all())
    return ["customer" in o._state.fields_cache for o in orders], [o.customer.name for o in orders]

def test_changed(query_guard):
    query_guard.prove(ahead)

def test_told(query_guard):
    proofs = query_guard.prove(ahead, must_hold=False)
    assert proofs.failed == proofs.proofs != ()

def test_missing(client, query_guard):
    query_guard.prove(lambda: client.get("/missing/"))

def test_nothing(query_guard):
    query_guard.prove(lambda: None)

def test_idle(query_guard):
    assert query_guard.ablate(lambda: [o.pk for o in Order.objects.select_related("payer")]).lookups
"""
    )
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(
        [
            ">       query_guard.prove(ahead)",
            "E *FixNotProven: test_changed  6 queries, * 1 changes the result",
            'E *fix    select_related("customer")',
            "E *diff *",
        ]
    )
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
