"""Requests made up from the schema of each version: no fault of ours, no answer it does not name.

Run by ``make fuzz``, not with the other tests: it needs schemathesis.  The guard is on, as in all
tests: a request that goes over its budget is a fault.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, settings
from rest_framework.authtoken.models import Token
from rest_framework.throttling import SimpleRateThrottle
from schemathesis import checks

from config.wsgi import application

CATALOGUE = ("categories", "products")
HOST = {"Host": "localhost"}
# The same requests each time.  FUZZ_EXAMPLES=200 looks further than the boundaries of each value,
# which are always tried.
bounded = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES") or 5),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "allow_header_conformance",
    ]
)
v1, v2 = (
    schemathesis.openapi.from_wsgi(f"/api/{version}/schema/?format=json", application, headers=HOST)
    for version in ("v1", "v2")
)


@pytest.fixture
def unthrottled(monkeypatch):
    rates = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)


@pytest.fixture
def there(grow, stocked, ada):
    """What paths may name: every second id is taken from it."""
    (order,) = grow(1, customer=ada)
    return {
        "orders": order.pk,
        "products": stocked(1)[0].pk,
        "categories": order.items.first().product.category_id,
    }


@pytest.fixture
def token_of(staff, ada):
    """``token_of("staff")`` or ``token_of("customer")``: headers with credentials."""
    keys = {
        name: Token.objects.create(user=user).key
        for name, user in (("staff", staff), ("customer", ada.user))
    }
    return lambda name: {**HOST, "Authorization": f"Token {keys[name]}"}


@v1.parametrize()
@bounded
def test_version_1_answers_as_its_schema_says(case, there, token_of, unthrottled):
    """Orders as a customer meets them."""
    kind = case.operation.path.split("/")[3]
    hold(case, kind, there, token_of("staff" if kind in CATALOGUE else "customer"))


@v2.parametrize()
@bounded
def test_version_2_answers_as_its_schema_says(case, there, token_of, unthrottled):
    """Orders as staff meet them."""
    kind = case.operation.path.split("/")[3]
    hold(case, kind, there, token_of("customer" if kind == "profile" else "staff"))


def hold(case, kind, there, headers):
    """Send a request, hold the answer to the schema, and leave the data as it was."""
    key = case.path_parameters.get("id")
    if isinstance(key, int) and key % 2 == 0:
        case.path_parameters["id"] = there[kind]
    with transaction.atomic():
        case.call_and_validate(headers=headers, checks=CHECKS)
        transaction.set_rollback(True)
