"""The naive twins in the lab: their fixes proven, and how near they come to the tuned queryset."""

from __future__ import annotations

import pytest

from api.tests.twins import TWINS
from nplusone_guard import capture
from nplusone_guard.lab import ablate, prove

#: What no change of a queryset mends, and the words that say so.
READING = {
    "orders-prefetched/": ".matching_items in place of",
    "orders-prefetched/{id}/": None,  # nothing repeats, and so nothing is found
    "categories/": "read the attribute products_count instead",
    "categories/{id}/": None,
}


@pytest.fixture
def proofs(shop):
    """Of a twin: what was proven, and the queries of the tuned endpoint."""

    def prove_twin(twin):
        client = shop.clients[twin.by]
        found = prove(lambda: client.get(shop.path("naive", twin.path)), label=twin.path)
        with capture() as tuned:
            client.get(shop.path("v1", twin.tuned))
        after = found.best.after.queries if found.best else found.before.queries
        print(f"{twin.path:<26} {found.before.queries:>4} → {after:>3}   tuned {tuned.queries}")
        return found, after, tuned.queries

    return prove_twin


@pytest.mark.parametrize("twin", [each for each in TWINS if each.path not in READING], ids=str)
def test_proven_fixes_bring_a_naive_twin_to_the_tuned_count_or_lower(proofs, twin):
    found, after, tuned = proofs(twin)
    assert found.doubt == ""
    assert found.failed == ()
    assert after <= tuned, str(found)


@pytest.mark.parametrize("twin", [each for each in TWINS if each.path in READING], ids=str)
def test_of_a_twin_whose_reading_code_must_change_it_is_said(proofs, twin):
    found, after, tuned = proofs(twin)
    assert after > tuned
    said = READING[twin.path]
    reasons = [proof.experiment.reason for proof in found.proofs]
    assert [said in reason for reason in reasons] == ([True] if said else [])


@pytest.mark.parametrize("twin", [each for each in TWINS if "prefetched" not in each.path], ids=str)
def test_the_tuned_endpoint_loads_nothing_for_nobody(shop, twin):
    client = shop.clients[twin.by]
    found = ablate(lambda: client.get(shop.path("v1", twin.tuned)), runs=0)
    assert found.unstable == ""
    assert found.lookups == (), str(found)
    assert [each.code for each in found.columns if each.code] == [], str(found)
