"""What a trace holds in memory, by the number of its queries.

``tracemalloc`` counts what is allocated above the start: at the peak, when the trace has ended and
its report is held, and when the report is gone (what stays is caches of the process).  The same
queries without a trace show how much of the peak is Django's.

    python benchmarks/memory.py [--queries 1000 10000 100000]
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tracemalloc
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.pop("DATABASE_URL", None)

import django

django.setup()

from django.db import connection
from rich.console import Console
from rich.table import Table

from nplusone_guard import capture
from tests.shop.models import Customer, Order, OrderItem, Product

if TYPE_CHECKING:
    from collections.abc import Callable

PRODUCTS = 100


def lazy_loads(queries: int) -> None:
    """Load a relation by its key, again and again."""
    for number in range(queries):
        item = OrderItem(product_id=number % PRODUCTS + 1)
        item.product  # noqa: B018  reading it is what runs a query


def raw_literals(queries: int) -> None:
    """Run SQL with another value written into each statement."""
    with connection.cursor() as cursor:
        for number in range(queries):
            cursor.execute(f"SELECT name FROM shop_product WHERE id = {number}")
            cursor.fetchall()


def raw_literals_in_several_places(queries: int) -> None:
    """The same, of two shapes, on a path of three."""

    def ask(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT name FROM shop_product WHERE name = 'book {number}'")
            cursor.execute(f"SELECT id FROM shop_order WHERE id IN ({number}, {number + 1})")

    for number in range(queries // 2):
        ask(number)


def measure(run: Callable[[int], None], queries: int, *, traced: bool) -> tuple[int, int, int]:
    """Bytes above the start: at the peak, with the report, without it."""
    gc.collect()
    tracemalloc.start()
    start, _ = tracemalloc.get_traced_memory()
    with capture() if traced else nullcontext() as report:
        run(queries)
    _, peak = tracemalloc.get_traced_memory()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    if report is not None and report.queries != queries:
        raise RuntimeError(f"{report.queries} of {queries} queries were seen")
    del report
    gc.collect()
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - start, held - start, left - start


def prepare() -> None:
    """Fill the database, and let Django and the guard build what they build once."""
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    Product.objects.bulk_create(Product(name=f"book {number}") for number in range(PRODUCTS))
    Order.objects.create(customer=Customer.objects.create(name="Ada"))
    for run in RUNS:
        for traced in (False, True):
            measure(run, 100, traced=traced)


RUNS = (lazy_loads, raw_literals, raw_literals_in_several_places)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    arguments = parser.parse_args()
    prepare()
    table = Table(title="KiB above the start (tracemalloc)")
    table.add_column("queries of")
    for heading in ("number", "peak, no trace", "peak", "with the report", "without it"):
        table.add_column(heading, justify="right")
    for run in RUNS:
        for queries in arguments.queries:
            bare, _, _ = measure(run, queries, traced=False)
            figures = (bare, *measure(run, queries, traced=True))
            table.add_row(run.__name__, f"{queries:,}", *(f"{n / 1024:,.1f}" for n in figures))
        table.add_section()
    Console(width=100).print(table)
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}")


if __name__ == "__main__":
    main()
