"""The table of query counts in the README: measured here, and written here.

``UPDATE_GOLDEN=1 pytest api/tests/test_query_counts.py`` writes it anew; read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from django.db import transaction

from api.tests.operations import OPERATIONS
from api.tests.twins import TWINS
from catalogue.models import Category, Product
from nplusone_guard import capture
from orders.models import Order, OrderEvent, OrderItem

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"(?<=<!-- query counts -->\n).*?(?=<!-- /query counts -->)", re.DOTALL)
HEAD = ("endpoint", "naive", "because of", "tuned", "budget")


def queries(shop, version, who, operation, path=None):
    """What it costs with a token; what it writes is taken back."""
    body = operation.body(shop, version)
    with transaction.atomic():
        with capture() as report:
            call = getattr(shop.clients[who], operation.method)
            response = call(shop.path(version, path or operation.path), body)
        assert response.status_code == operation.status
        transaction.set_rollback(True)
    return report.queries


def seeded():
    models = {
        "orders": Order,
        "items": OrderItem,
        "events": OrderEvent,
        "products": Product,
        "categories": Category,
    }
    return ", ".join(f"{model.objects.count()} {name}" for name, model in models.items())


def rows(shop):
    for operation in OPERATIONS:
        tuned = queries(shop, "v1", operation.by, operation)
        assert queries(shop, "v2", operation.by, operation) == tuned, str(operation)
        budget = operation.budget(shop, "v1")
        assert operation.budget(shop, "v2") == budget
        endpoint = f"`{operation}`"
        twins = [
            twin for twin in TWINS if ("get", twin.tuned) == (operation.method, operation.path)
        ]
        for twin in twins:
            naive = queries(shop, "naive", twin.by, operation, twin.path)
            why = ", ".join(twin.mistakes).replace(".filter()", "`.filter()`")
            elsewhere = "" if twin.path == twin.tuned else f" (`{twin.path}`)"
            yield endpoint, naive, f"{why}{elsewhere}", tuned, budget
        if not twins:
            yield endpoint, "-", "-", tuned, budget


def table(shop):
    lines = [HEAD, ("---", "---:", "---", "---:", "---:"), *rows(shop)]
    text = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    return f"Measured with {seeded()}; a page has 25.\n\n{text}\n"


@pytest.mark.usefixtures("guard_records")
def test_the_table_in_the_readme_is_what_is_measured(shop):
    measured = table(shop)
    before = README.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_GOLDEN"):
        before = BLOCK.sub(lambda _: measured, before)
        README.write_text(before, encoding="utf-8")
    (shown,) = BLOCK.findall(before)
    assert shown == measured, "run with UPDATE_GOLDEN=1, and read the difference in README.md"
